//! Texts and dates of a request, bounded at the door; a refusal names the field.
use hotelhub_kernel::MailAddress;
use hotelhub_web::{AppError, Kind, Told, Wrong};
use jiff::civil::Date;

/// A field that holds what it cannot. The phrase is a key of the catalogue; its values are named ([`Wrong::naming`]).
pub(crate) fn wrong(field: impl Into<String>, wrong: impl Into<Wrong>) -> AppError {
    let (field, wrong) = (field.into(), wrong.into());
    AppError::new(Kind::Invalid, "invalid-field", format!("`{field}`: {}.", wrong.in_english())).field(field, wrong)
}

/// A text without outer blanks, of at most `most` characters; it may be empty.
pub(crate) fn text(field: &str, text: &str, most: usize) -> Result<String, AppError> {
    let text = text.trim();
    let printable = |c: char| !c.is_control() || c == '\n';
    if text.chars().count() > most {
        Err(wrong(field, Wrong::new("at most {most} characters").naming("most", most)))
    } else if !text.chars().all(printable) {
        Err(wrong(field, "no control characters"))
    } else {
        Ok(text.to_owned())
    }
}

/// A text that is not empty.
pub(crate) fn filled(field: &str, value: &str, most: usize) -> Result<String, AppError> {
    let value = text(field, value, most)?;
    if value.is_empty() { Err(wrong(field, "may not be empty")) } else { Ok(value) }
}

/// A code: 1 to 12 capital letters, digits or hyphens; small letters are raised.
pub(crate) fn code(field: &str, value: &str) -> Result<String, AppError> {
    let code = value.trim().to_ascii_uppercase();
    let shape = (1..=12).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
    if shape { Ok(code) } else { Err(wrong(field, "1 to 12 letters, digits or hyphens")) }
}

/// A number within its bounds, both included.
pub(crate) fn within<T: PartialOrd + Into<Told>>(field: &str, value: T, least: T, most: T) -> Result<T, AppError> {
    if value < least || value > most { Err(beyond(field, least, most)) } else { Ok(value) }
}

/// A number that is not within its bounds.
pub(crate) fn beyond<T: Into<Told>>(field: &str, least: T, most: T) -> AppError {
    wrong(field, Wrong::new("from {least} to {most}").naming("least", least).naming("most", most))
}

/// A date that a calendar on a desk could show.
pub(crate) fn date(field: &str, date: Date) -> Result<Date, AppError> {
    if (1900..=2999).contains(&date.year()) { Ok(date) } else { Err(wrong(field, "a year from 1900 to 2999")) }
}

/// An e-mail address as far as a form can know it, in lower case; it may be empty.
pub(crate) fn email(field: &str, value: &str) -> Result<String, AppError> {
    let value = text(field, value, 254)?;
    if value.is_empty() {
        return Ok(value);
    }
    MailAddress::parse(&value).map(String::from).ok_or_else(|| wrong(field, "an e-mail address"))
}
