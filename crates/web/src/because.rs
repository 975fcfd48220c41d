//! Why something was not done, as people read it.
//!
//! Rows, programs and logs keep the reason as an English sentence. The phrase it was made of is its key in the catalogue
//! (`reason.{who} called it off`), as at a field of a form, so that each reader has it in his own language. A sentence of no phrase, such as
//! what a server said, is shown as it is.
use handlebars::{Helper, RenderError};

use crate::saying::first_text;
use crate::templates::Catalogue;

#[cfg(test)]
mod tests;

/// `{{because reason}}`: the reason in the catalogue's words.
pub(crate) fn because(texts: &Catalogue, helper: &Helper<'_>) -> Result<String, RenderError> {
    Ok(told(first_text(helper)?, texts))
}

/// The sentence in the words of a language; its causes stand behind colons and are told one by one.
pub(crate) fn told(reason: &str, texts: &Catalogue) -> String {
    if let Some(whole) = worded(reason, texts) {
        return whole;
    }
    let mut colons = reason.rmatch_indices(": ").map(|(at, colon)| (&reason[..at], &reason[at + colon.len()..]));
    let known = colons.find_map(|(head, cause)| Some((worded(head, texts)?, cause)));
    known.map_or_else(|| reason.to_owned(), |(head, cause)| format!("{head}: {}", told(cause, texts)))
}

/// A sentence that is one of the catalogue's phrases, with its values.
fn worded(sentence: &str, texts: &Catalogue) -> Option<String> {
    let phrases = texts.iter().filter_map(|(key, text)| Some((key.strip_prefix("reason.")?, text)));
    let fitting = phrases.filter_map(|(phrase, text)| Some((phrase, text, values(phrase, sentence)?)));
    // Who says more of it in words of his own is meant.
    let (_, text, values) = fitting.max_by_key(|(phrase, ..)| phrase.len())?;
    let fill = |text: String, (name, value): (&str, &str)| text.replace(&format!("{{{name}}}"), value);
    Some(values.into_iter().fold(text.clone(), fill))
}

/// What stands in a sentence where its phrase has names: `sari called it off` has `sari` for `{who} called it off`.
fn values<'a>(phrase: &'a str, sentence: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut pieces = phrase.split('{');
    let mut rest = sentence.strip_prefix(pieces.next()?)?;
    let mut values = Vec::new();
    for piece in pieces {
        let (name, words) = piece.split_once('}')?;
        let end = if words.is_empty() { rest.len() } else { rest.find(words)? };
        let (value, behind) = rest.split_at_checked(end)?;
        values.push((name, value));
        rest = behind.strip_prefix(words)?;
    }
    rest.is_empty().then_some(values)
}
