//! A tenant's name in an address: `<slug>.hotelhub.id`.
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Names the platform keeps for itself; sorted.
const RESERVED: &[&str] = &[
    "accounts", "admin", "api", "app", "assets", "billing", "blog", "cdn", "cname", "docs", "help", "hotelhub", "imap",
    "klustera", "login", "mail", "ns1", "ns2", "portal", "signup", "smtp", "static", "status", "support", "www",
];

/// 3 to 30 of `a-z`, `0-9` and `-`: no hyphen at either end, none at places 3 and 4 together, not only digits, not reserved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Why a text is no slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadSlug {
    /// Shorter than 3 or longer than 30 characters.
    #[error("a name has 3 to 30 characters")]
    Length,
    /// Something other than `a-z`, `0-9` and `-`.
    #[error("a name has only small letters a to z, digits and hyphens")]
    Character,
    /// A hyphen first, last, or at places 3 and 4 together.
    #[error("a hyphen stands neither first nor last, nor twice at places 3 and 4")]
    Hyphen,
    /// Digits alone, which would look like a number or an address.
    #[error("a name needs at least one letter")]
    OnlyDigits,
    /// Kept by the platform.
    #[error("this name is kept by the platform")]
    Reserved,
}

impl Slug {
    /// Reads a slug exactly as written: no trimming, no lower-casing.
    pub fn parse(text: &str) -> Result<Self, BadSlug> {
        if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(BadSlug::Character);
        }
        if !(3..=30).contains(&text.len()) {
            return Err(BadSlug::Length);
        }
        if text.starts_with('-') || text.ends_with('-') || text.get(2..4) == Some("--") {
            return Err(BadSlug::Hyphen);
        }
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadSlug::OnlyDigits);
        }
        if RESERVED.binary_search(&text).is_ok() {
            return Err(BadSlug::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// A slug made of a hotel's name as people write it ("Hotel Melati" → `hotel-melati`), if enough of it is left.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut slug = String::new();
        for c in name.chars().flat_map(char::to_lowercase) {
            match c {
                'a'..='z' | '0'..='9' => slug.push(c),
                _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
                _ => {}
            }
            if slug.len() == 30 {
                break;
            }
        }
        Self::parse(slug.trim_end_matches('-')).ok()
    }

    /// The same name with a number behind it: what is offered when the name itself is taken.
    pub fn numbered(&self, n: u32) -> Option<Self> {
        let tail = format!("-{n}");
        let head = self.0.get(..self.0.len().min(30 - tail.len()))?;
        Self::parse(&format!("{}{tail}", head.trim_end_matches('-'))).ok()
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = BadSlug;

    fn try_from(text: String) -> Result<Self, BadSlug> {
        Self::parse(&text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}
