//! Every refusal of the hotel can be read in both languages: what the code says, the catalogue says.
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use hotelhub_kernel::{BasisPoints, Rupiah};
use hotelhub_web::{AppError, Lang, Wrong};
use jiff::civil::date;

use super::templates;
use crate::hotel::fields;

/// The text of every source file of the hotel.
fn sources() -> Vec<String> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/hotel")];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                texts.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    texts
}

/// The string that starts here.
fn literal(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix('"')?.split('"').next()
}

/// What stands between the bracket before `text` and the one that closes it.
fn arguments(text: &str) -> &str {
    let (mut depth, mut quoted) = (1, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

/// The phrases about fields, with the values that are named behind each.
fn phrases() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for source in sources() {
        for (at, lead) in source.match_indices("Wrong::new(") {
            let rest = &source[at + lead.len()..];
            let statement = rest.split(';').next().unwrap_or_default();
            let named = statement.match_indices(".naming(");
            let named = named.filter_map(|(at, lead)| literal(&statement[at + lead.len()..]));
            let phrase = literal(rest).expect("a phrase is written where it is said");
            found.insert(phrase.to_owned(), named.map(str::to_owned).collect());
        }
        for lead in ["wrong(", ".field("] {
            for (at, lead) in source.match_indices(lead) {
                let given = arguments(&source[at + lead.len()..]).trim_end().trim_end_matches(',');
                let phrase = given.strip_suffix('"').and_then(|given| given.rsplit('"').next());
                if let Some(phrase) = phrase.filter(|_| given.contains(", ")) {
                    found.entry(phrase.to_owned()).or_default();
                }
            }
        }
    }
    found
}

/// The codes of refusals that a form may have to show.
fn codes() -> BTreeSet<String> {
    let shown = |kind: &str| !["Internal", "Unavailable", "Forbidden", "Unauthenticated"].contains(&kind);
    let mut found = BTreeSet::new();
    for source in sources() {
        for (at, lead) in source.match_indices("Kind::") {
            let Some((kind, rest)) = source[at + lead.len()..].split_once(',') else { continue };
            let code = literal(rest).filter(|_| kind.bytes().all(|b| b.is_ascii_alphabetic()) && shown(kind));
            found.extend(code.map(str::to_owned));
        }
    }
    found
}

fn placeholders(text: &str) -> BTreeSet<String> {
    let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_phrase_about_a_field_stands_in_both_languages_and_shows_its_values() {
    let (templates, phrases) = (templates(), phrases());
    assert!(phrases.len() > 20, "{phrases:?}");
    for (phrase, named) in &phrases {
        assert_eq!(&placeholders(phrase), named, "`{phrase}` names other values");
        for lang in Lang::ALL {
            let text = templates.catalogue(lang).get(&format!("wrong.{phrase}"));
            let text = text.unwrap_or_else(|| panic!("no text in {lang:?} for wrong.{phrase}"));
            assert_eq!(&placeholders(text), named, "{lang:?} of wrong.{phrase}");
        }
    }
    let texts = templates.catalogue(Lang::Id).keys().filter_map(|key| key.strip_prefix("wrong."));
    let unsaid: Vec<_> = texts.filter(|phrase| !phrases.contains_key(*phrase)).collect();
    assert_eq!(unsaid, Vec::<&str>::new(), "texts that nobody says");
}

#[test]
fn every_refusal_has_a_sentence_in_both_languages() {
    let (templates, codes) = (templates(), codes());
    assert!(codes.len() > 30, "{codes:?}");
    for code in codes {
        for lang in Lang::ALL {
            assert!(
                templates.catalogue(lang).contains_key(&format!("problem.{code}")),
                "{lang:?} lacks problem.{code}"
            );
        }
    }
}

#[test]
fn a_refusal_speaks_of_money_days_and_numbers_as_its_reader_does() {
    let refusals = [
        (fields::within("price_idr", Rupiah(-1), Rupiah(0), Rupiah(1_210_000)), "dari Rp0 sampai Rp1.210.000"),
        (fields::within("prices", Rupiah(-1), Rupiah(0), Rupiah(1)), "dari Rp0 sampai Rp1"),
    ];
    let templates = templates();
    for (refusal, said) in refusals {
        let refusal = refusal.unwrap_err();
        assert_eq!(templates.flaws_of(&refusal), Vec::<String>::new());
        assert_eq!(templates.at_field(Lang::Id, &refusal, &refusal.fields()[0].field), said);
    }
    let long = fields::text("notes", "dua kata", 2).unwrap_err();
    assert_eq!(long.fields()[0].message, "at most 2 characters");
    let rate =
        Wrong::new("from {least} to {most}").naming("least", BasisPoints(1_050)).naming("most", date(2026, 7, 3));
    let refusal: AppError = fields::wrong("pb1_bp", rate);
    assert_eq!(templates.at_field(Lang::Id, &refusal, "pb1_bp"), "dari 10,5% sampai 03 Jul 2026");
    assert_eq!(templates.at_field(Lang::En, &refusal, "pb1_bp"), "from 10.5% to 03 Jul 2026");
}

#[test]
fn a_value_that_no_text_shows_and_a_text_that_is_missing_are_flaws() {
    let templates = templates();
    let silent = fields::wrong("notes", Wrong::new("may not be empty").naming("most", 2_i64));
    assert_eq!(templates.flaws_of(&silent).len(), 2, "{:?}", templates.flaws_of(&silent));
    let unheard = fields::wrong("notes", "nobody ever said this");
    assert_eq!(
        templates.flaws_of(&unheard),
        ["id lacks wrong.nobody ever said this", "en lacks wrong.nobody ever said this"]
    );
}
