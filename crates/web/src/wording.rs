//! What a refusal says to people: a pattern, and the values it names, worded anew in each language.
use std::borrow::Cow;

use hotelhub_kernel::{BasisPoints, Rupiah};
use jiff::civil::Date;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::{Lang, format};

/// A value that a sentence names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A number of things: `1.000` in Indonesian, `1,000` in English.
    Count(i64),
    /// Money: `Rp1.210.000`.
    Money(Rupiah),
    /// A share: `10,5%` in Indonesian, `10.5%` in English.
    Rate(BasisPoints),
    /// A day: `03 Jul 2026`.
    Day(Date),
    /// A name, a number on a door: as it is.
    Name(String),
}

/// The values of a sentence by the names under which its pattern asks for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named(Vec<(&'static str, Told)>);

/// What is wrong with a field: an English phrase, which is also its key in the catalogue (`wrong.at most {most} characters`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pattern: Cow<'static, str>,
    named: Named,
}

impl Told {
    fn worded(&self, lang: Lang) -> String {
        match self {
            Self::Count(count) => format::count(*count, lang),
            Self::Money(amount) => format::rupiah(*amount),
            Self::Rate(rate) => format::rate(*rate, lang),
            Self::Day(day) => format::date(*day, lang),
            Self::Name(name) => name.clone(),
        }
    }
}

impl Named {
    pub(crate) fn push(&mut self, name: &'static str, value: Told) {
        self.0.push((name, value));
    }

    /// The names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// A text with each `{name}` in the words of a language.
    pub(crate) fn fill(&self, text: &str, lang: Lang) -> String {
        let fill =
            |text: String, (name, value): &(&str, Told)| text.replace(&format!("{{{name}}}"), &value.worded(lang));
        self.0.iter().fold(text.to_owned(), fill)
    }
}

/// `{"most": {"id": "1.000", "en": "1,000"}}`: what a template needs, whose language is not known yet.
impl Serialize for Named {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            let [id, en] = Lang::ALL.map(|lang| value.worded(lang));
            map.serialize_entry(name, &serde_json::json!({ "id": id, "en": en }))?;
        }
        map.end()
    }
}

impl Wrong {
    /// A phrase; every `{name}` in it has to be named.
    pub fn new(pattern: &'static str) -> Self {
        Self { pattern: Cow::Borrowed(pattern), named: Named::default() }
    }

    /// Names a value of the phrase.
    #[must_use]
    pub fn naming(mut self, name: &'static str, value: impl Into<Told>) -> Self {
        self.named.push(name, value.into());
        self
    }

    /// Whether it has words of its own in the catalogue.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.pattern, Cow::Borrowed(_))
    }

    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    pub(crate) fn named(&self) -> &Named {
        &self.named
    }

    /// The phrase for programs.
    pub fn in_english(&self) -> String {
        self.named.fill(&self.pattern, Lang::En)
    }
}

impl From<&'static str> for Wrong {
    fn from(pattern: &'static str) -> Self {
        Self::new(pattern)
    }
}

/// The sentence of the refusal itself, or what a parser says: at the field people read the refusal's `problem.<code>`.
impl From<String> for Wrong {
    fn from(phrase: String) -> Self {
        Self { pattern: Cow::Owned(phrase), named: Named::default() }
    }
}

impl From<Rupiah> for Told {
    fn from(amount: Rupiah) -> Self {
        Self::Money(amount)
    }
}

impl From<BasisPoints> for Told {
    fn from(rate: BasisPoints) -> Self {
        Self::Rate(rate)
    }
}

impl From<Date> for Told {
    fn from(day: Date) -> Self {
        Self::Day(day)
    }
}

impl From<String> for Told {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<&str> for Told {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<i64> for Told {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

impl From<i32> for Told {
    fn from(count: i32) -> Self {
        Self::Count(count.into())
    }
}

impl From<i16> for Told {
    fn from(count: i16) -> Self {
        Self::Count(count.into())
    }
}

impl From<u32> for Told {
    fn from(count: u32) -> Self {
        Self::Count(count.into())
    }
}

impl From<usize> for Told {
    fn from(count: usize) -> Self {
        Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }
}
