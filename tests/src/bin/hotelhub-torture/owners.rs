//! Whose a byte is: every name, note and address of a hotel holds its mark, and every identifier is the hotel's that showed it first.
use std::collections::HashMap;
use std::sync::Mutex;

use anyhow::Result;
use uuid::Uuid;

use crate::guesthouse::lock;
use crate::sign::Sign;

/// What every mark begins with. Nothing else in the house does.
const STEM: &[u8] = b"zqmark";

/// How many bytes a mark has.
const LENGTH: usize = STEM.len() + 2;

/// How many bytes are shown on either side of what is foreign.
const AROUND: usize = 60;

/// The mark of the hotel of this number: `zqmarkab` for 1. It is its slug as well.
pub(crate) fn mark(hotel: usize) -> String {
    let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).unwrap_or_default());
    [String::from_utf8_lossy(STEM).into_owned(), letter(hotel / 26).to_string(), letter(hotel).to_string()].concat()
}

/// Who was seen to own which identifier.
#[derive(Default)]
pub(crate) struct Owners(Mutex<Known>);

#[derive(Default)]
struct Known {
    ids: HashMap<Uuid, String>,
    marks: u64,
}

impl Owners {
    /// Fails where an answer to the hotel of this mark shows what is another's. `told` says where that was seen.
    pub(crate) fn look(
        &self,
        own: &str,
        answer: &[u8],
        asked: Option<&str>,
        told: impl FnOnce() -> String,
    ) -> Result<()> {
        let foreign = self.foreign(own, answer, asked);
        Sign::Foreign.unless(foreign.is_none(), || format!("{}: …{}…", told(), foreign.unwrap_or_default()))
    }

    /// These identifiers are the hotel's of this mark.
    pub(crate) fn belong<'a>(&self, own: &str, ids: impl IntoIterator<Item = &'a String>) {
        let ids = ids.into_iter().filter_map(|id| Uuid::try_parse(id).ok());
        lock(&self.0).ids.extend(ids.map(|id| (id, own.to_owned())));
    }

    /// What in an answer to the hotel of this mark is another's, with the text around it. What was `asked` for may be named.
    fn foreign(&self, own: &str, answer: &[u8], asked: Option<&str>) -> Option<String> {
        let mut known = lock(&self.0);
        for (at, byte) in answer.iter().enumerate() {
            let shown = match byte {
                b'z' => mark_at(answer, at).filter(|mark| {
                    known.marks += 1;
                    *mark != own.as_bytes()
                }),
                b'-' => id_around(answer, at)
                    .filter(|(id, _)| {
                        let owner = known.ids.entry(*id).or_insert_with(|| own.to_owned());
                        owner.as_str() != own
                    })
                    .map(|(_, text)| text),
                _ => None,
            };
            if let Some(shown) = shown
                && asked.is_none_or(|asked| asked.as_bytes() != shown)
            {
                return Some(around(answer, at));
            }
        }
        None
    }

    /// How many identifiers and how many marks were seen.
    pub(crate) fn seen(&self) -> (usize, u64) {
        let known = lock(&self.0);
        (known.ids.len(), known.marks)
    }
}

/// The mark that begins here.
fn mark_at(answer: &[u8], at: usize) -> Option<&[u8]> {
    let mark = answer.get(at..at + LENGTH)?;
    mark.starts_with(STEM).then_some(mark)
}

/// The identifier whose first hyphen this is.
fn id_around(answer: &[u8], hyphen: usize) -> Option<(Uuid, &[u8])> {
    if answer.get(hyphen + 5) != Some(&b'-') || answer.get(hyphen + 15) != Some(&b'-') {
        return None;
    }
    let start = hyphen.checked_sub(8)?;
    let text = answer.get(start..start + 36)?;
    Some((Uuid::try_parse_ascii(text).ok()?, text))
}

fn around(answer: &[u8], at: usize) -> String {
    let from = at.saturating_sub(AROUND);
    let to = (at + AROUND).min(answer.len());
    String::from_utf8_lossy(answer.get(from..to).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Owners, mark};

    const ID: &str = "0198a3c2-7d10-7000-8000-00000000de5c";

    #[test]
    fn a_mark_of_another_hotel_is_foreign_wherever_it_stands() {
        let owners = Owners::default();
        let own = mark(1);
        assert_eq!(own, "zqmarkab");
        assert!(owners.foreign(&own, b"<p>Hotel zqmarkab, z, zq, zqmark", None).is_none());
        assert!(owners.foreign(&own, b"<p>Hotel zqmarkab, sari@zqmarkac.example", None).is_some());
        assert!(owners.foreign(&own, b"zqmarkac", Some("zqmarkac")).is_none());
    }

    #[test]
    fn an_identifier_is_the_hotels_that_showed_it_first() {
        let owners = Owners::default();
        let answer = format!("{{\"id\":\"{ID}\"}}");
        assert!(owners.foreign("zqmarkaa", answer.as_bytes(), None).is_none());
        assert!(owners.foreign("zqmarkaa", answer.as_bytes(), None).is_none());
        assert!(owners.foreign("zqmarkab", answer.as_bytes(), None).is_some());
        assert!(owners.foreign("zqmarkab", answer.as_bytes(), Some(ID)).is_none());
    }
}
