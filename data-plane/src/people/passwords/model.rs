//! Why a password is not changed.
use hotelhub_web::{AppError, Kind};
use thiserror::Error;

/// Why a password is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    #[error("The current password is wrong.")]
    WrongCurrent,
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::WrongCurrent => {
                Self::new(Kind::Forbidden, "wrong-password", detail).field("current_password", "wrong")
            }
        }
    }
}
