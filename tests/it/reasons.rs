//! What workers and the control plane say of failures stands in the panel's catalogue, in both languages.
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Where failures are worded that a worker reports.
const SAID_BY_WORKERS: &[&str] = &[
    "data-plane/src/fleet/error.rs",
    "data-plane/src/exports/error.rs",
    "crates/vault/src/stream.rs",
    "crates/vault/src/manifest.rs",
    "crates/export/src/zip/mod.rs",
    "crates/store/src/store.rs",
    "crates/store/src/origin.rs",
    "tenant-migrations/src/runner.rs",
];

/// What names little but what a server or a program said: it is shown as it is.
const OTHERS_WORDS: &[&str] =
    &["{}", "{} failed", "{} failed: {}", "{} failed: the server cannot be reached", "{} took longer than {}"];

/// Behind what the control plane says why it gives something up.
const GIVEN: &[&str] = &[
    "give_up(app, tx, open, ",
    "give_up(app, tx, &open, &format!(",
    "failed(tx, &begun, ",
    "failed(app, tx, begun, ",
    "failed(app, tx, caller, report, ",
    "reason = format!(",
    "because = format!(",
];

/// Where a worker's failure is said in words of its own within another's.
const WITHIN: &[&str] = &["data-plane/src/fleet", "crates/export/src"];

/// Behind what such words follow.
const SAID_WITHIN: &[&str] = &[
    "Unrecoverable(",
    "Unrecoverable(format!(",
    "NotArchived(format!(",
    "CannotMove(",
    "BadSeed(",
    "NotOurs(",
    "Unlike(",
];

fn read(path: &str) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// The phrases of reasons and their texts in a language.
fn catalogue(lang: &str) -> Result<BTreeMap<String, String>> {
    let texts: BTreeMap<String, String> =
        serde_json::from_str(&read(&format!("control-plane/templates/i18n/reasons/{lang}.json"))?)?;
    let phrase = |(key, text): (String, String)| Some((key.strip_prefix("reason.")?.to_owned(), text));
    Ok(texts.into_iter().filter_map(phrase).collect())
}

/// `the table {table} has {found} rows` as `the table {} has {} rows`, and what it names.
fn taken_apart(phrase: &str) -> (String, BTreeSet<&str>) {
    let mut pieces = phrase.split('{');
    let mut bare = pieces.next().unwrap_or_default().to_owned();
    let mut names = BTreeSet::new();
    for piece in pieces {
        let (name, words) = piece.split_once('}').unwrap_or((piece, ""));
        names.insert(name);
        bare.push_str("{}");
        bare.push_str(words);
    }
    (bare, names)
}

/// The literals that stand right behind one of these leads.
fn literals<'a>(source: &'a str, leads: &[&str], quote: char) -> Vec<&'a str> {
    let behind =
        leads.iter().flat_map(|lead| source.match_indices(lead).map(move |(at, lead)| &source[at + lead.len()..]));
    let literal = |text: &'a str| text.trim_start().strip_prefix(quote)?.split(quote).next();
    behind.filter_map(literal).collect()
}

/// The sources in a folder but for its tests, texts that go on in the next line joined.
fn sources(folder: &str) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.file_stem().is_some_and(|name| name == "tests") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                texts.push(joined(&fs::read_to_string(&path)?));
            }
        }
    }
    Ok(texts)
}

fn joined(source: &str) -> String {
    let mut pieces = source.split("\\\n");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.trim_start())
}

#[test]
fn every_phrase_of_a_reason_is_worded_in_both_languages_and_names_the_same() -> Result<()> {
    let (id, en) = (catalogue("id")?, catalogue("en")?);
    ensure!(id.keys().eq(en.keys()), "one language lacks what the other has");
    for (phrase, text) in &id {
        ensure!(en[phrase] == *phrase, "{phrase} is not the English text of itself");
        ensure!(text != phrase, "{phrase} is English in Indonesian");
        ensure!(taken_apart(phrase).1 == taken_apart(text).1, "{phrase} and {text} name other values");
    }
    Ok(())
}

#[test]
fn whatever_is_said_of_a_failure_stands_in_the_catalogue() -> Result<()> {
    let known: BTreeSet<String> = catalogue("en")?.keys().map(|phrase| taken_apart(phrase).0).collect();
    let mut said = BTreeSet::new();
    for path in SAID_BY_WORKERS {
        let source = read(path)?;
        let phrases = literals(&source, &["#[error("], '"');
        ensure!(!phrases.is_empty(), "{path} says nothing");
        said.extend(phrases.into_iter().map(|phrase| taken_apart(phrase).0));
    }
    for source in sources("control-plane/src")? {
        let rows = ["error = ", "last_error, ", "error, "];
        said.extend(literals(&source, &rows, '\'').into_iter().map(str::to_owned));
        said.extend(literals(&source, GIVEN, '"').into_iter().map(|phrase| taken_apart(phrase).0));
    }
    for folder in WITHIN {
        for source in sources(folder)? {
            said.extend(literals(&source, SAID_WITHIN, '"').into_iter().map(|phrase| taken_apart(phrase).0));
        }
    }
    for one in ["{} called it off", "not wanted any more", "its copy is not whole", "it names other entries"] {
        ensure!(said.contains(one), "{one} is not found: {said:?}");
    }
    // Of a phrase that ends with what somebody else said its beginning is enough.
    let is_known = |phrase: &str| {
        let mut heads = phrase.match_indices(": ").map(|(at, _)| &phrase[..at]);
        known.contains(phrase) || heads.any(|head| known.contains(head))
    };
    let unknown: Vec<_> =
        said.iter().filter(|phrase| !is_known(phrase) && !OTHERS_WORDS.contains(&phrase.as_str())).collect();
    ensure!(unknown.is_empty(), "no words in the catalogue for {unknown:#?}");
    Ok(())
}
