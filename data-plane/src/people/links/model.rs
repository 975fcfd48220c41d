//! What a one-time link is for and how long it waits.
use hotelhub_web::{AppError, Kind};
use jiff::SignedDuration;
use thiserror::Error;

/// What a link does when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Signs its reader in: the welcome letter's.
    Login,
    /// Lets its reader choose a password: forgotten, or the first one of an invited colleague.
    Password,
    /// Confirms that letters sent to an address are read.
    Email,
}

impl Purpose {
    /// The purpose as a database keeps it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Password => "password",
            Self::Email => "email",
        }
    }

    /// How long a link waits to be used. The welcome letter's own is set by whoever sends it.
    pub(crate) fn lifetime(self) -> SignedDuration {
        match self {
            Self::Login => SignedDuration::from_hours(24),
            Self::Password => SignedDuration::from_hours(72),
            Self::Email => SignedDuration::from_hours(24 * 7),
        }
    }
}

/// Why a link opens nothing. Never given out, used, too old, or its account is gone: all look the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("This link has been used or is too old. Ask for a new one.")]
pub(crate) struct Spent;

impl Spent {
    /// The slug of its problem.
    pub(crate) const CODE: &'static str = "link-spent";
}

impl From<Spent> for AppError {
    fn from(spent: Spent) -> Self {
        Self::new(Kind::Gone, Spent::CODE, spent.to_string())
    }
}
