//! How a refusal is worded for a program; a person reads the catalogue's sentence.
use std::fmt::Display;

/// A phrase as a sentence: `one night is full` → `One night is full.`
pub(super) fn sentence(phrase: &impl Display) -> String {
    let phrase = phrase.to_string();
    let mut letters = phrase.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}
