//! What proves somebody besides a password, and why an authenticator is not taken.
use hotelhub_web::{AppError, Kind};
use thiserror::Error;

/// What an account brought, not yet used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Nothing more than the password: no authenticator guards the account.
    PasswordAlone,
    /// The code of this step.
    Step(i64),
    /// Perhaps a recovery code: this is its hash.
    Recovery([u8; 32]),
}

impl Proof {
    /// What the audit log says somebody signed in by.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::PasswordAlone => "password",
            Self::Step(_) => "password and code",
            Self::Recovery(_) => "password and recovery code",
        }
    }
}

/// Why an authenticator is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    #[error("An authenticator guards this account already.")]
    GuardedAlready,
    #[error("Ask for a secret first and put it into the authenticator.")]
    NotEnrolled,
    #[error("The code does not fit: is the phone's clock right?")]
    CodeDoesNotFit,
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::GuardedAlready => Self::new(Kind::Conflict, "already-guarded", detail),
            Refusal::NotEnrolled => Self::new(Kind::Conflict, "not-enrolled", detail),
            Refusal::CodeDoesNotFit => Self::new(Kind::Invalid, "wrong-code", detail).field("code", "does not fit"),
        }
    }
}
