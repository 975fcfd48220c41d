//! A host name out of a request, parsed once.
use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Slug;

/// A DNS host name in lower case, without port and trailing dot; never an IP address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host(Box<str>);

/// Why a text is no host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadHost {
    /// Nothing there.
    #[error("the host is empty")]
    Empty,
    /// Over 253 bytes, or a label over 63.
    #[error("the host is too long")]
    Length,
    /// A byte that stands in no host name, or an empty label, or a hyphen at a label's end.
    #[error("the host has a character or a label that no host name has")]
    Shape,
    /// An IP address where a name is needed.
    #[error("the host is an address, not a name")]
    Address,
    /// A port that is no number below 65,536.
    #[error("the port is not a number")]
    Port,
}

/// The longest host name DNS can carry, in bytes.
const MAX: usize = 253;

impl Host {
    /// Reads the value of a `Host` header or an authority: `Name.Example:8080` → `name.example`.
    pub fn parse(text: &str) -> Result<Self, BadHost> {
        Self::parsed(text, |host| Self(host.into()))
    }

    /// Reads a host as [`Host::parse`] does and hands it to `use_it` without allocating.
    pub fn parsed<T>(text: &str, use_it: impl FnOnce(&str) -> T) -> Result<T, BadHost> {
        let name = strip_port(text)?;
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.is_empty() {
            return Err(BadHost::Empty);
        }
        if name.len() > MAX {
            return Err(BadHost::Length);
        }
        let mut buffer = [0_u8; MAX];
        let lower = buffer.get_mut(..name.len()).ok_or(BadHost::Length)?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        check_labels(lower)?;
        let name = std::str::from_utf8(lower).map_err(|_| BadHost::Shape)?;
        Ok(use_it(name))
    }

    /// `<slug>.<base>`.
    pub fn of_slug(slug: &Slug, base: &Host) -> Self {
        Self(format!("{slug}.{base}").into())
    }

    /// The host as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn strip_port(text: &str) -> Result<&str, BadHost> {
    if text.starts_with('[') {
        return Err(BadHost::Address);
    }
    let Some((name, port)) = text.split_once(':') else { return Ok(text) };
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    if !digits || port.parse::<u16>().is_err() {
        return Err(if port.contains(':') { BadHost::Address } else { BadHost::Port });
    }
    Ok(name)
}

fn check_labels(name: &[u8]) -> Result<(), BadHost> {
    let mut last_is_number = false;
    for label in name.split(|&b| b == b'.') {
        if label.len() > 63 {
            return Err(BadHost::Length);
        }
        let ends_well = label.first().is_some_and(|&b| b != b'-') && label.last().is_some_and(|&b| b != b'-');
        if !ends_well || !label.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-') {
            return Err(BadHost::Shape);
        }
        last_is_number = label.iter().all(u8::is_ascii_digit);
    }
    // No top-level domain is a number (RFC 3696 §2), every dotted IPv4 address ends in one.
    if last_is_number { Err(BadHost::Address) } else { Ok(()) }
}

impl Borrow<str> for Host {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Host {
    type Error = BadHost;

    fn try_from(text: String) -> Result<Self, BadHost> {
        Self::parse(&text)
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.0.into()
    }
}
