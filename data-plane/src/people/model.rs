//! What all parts of this capability share: mail addresses, names, and the refusals that give nothing away.
/// Accounts are found by it.
pub(crate) use hotelhub_kernel::MailAddress as Email;
use hotelhub_web::{AppError, Kind};
use thiserror::Error;

/// Reads a line of text that people see: trimmed, 1 to 120 characters, nothing unprintable.
pub(crate) fn line(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (1..=120).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refused {
    /// No such account, no password yet, the account is off, or the password is wrong: all look the same.
    #[error("The mail address or the password is wrong.")]
    WrongCredentials,
    /// The password is right; the account wants a code as well.
    #[error("This account needs a code of its authenticator app, or a recovery code.")]
    CodeNeeded,
    /// The password is right; the code is wrong or was used before.
    #[error("The code is wrong or was used before.")]
    WrongCode,
}

impl From<Refused> for AppError {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::WrongCredentials => Self::new(Kind::Unauthenticated, "wrong-credentials", detail),
            Refused::CodeNeeded => Self::new(Kind::Unauthenticated, "code-needed", detail),
            Refused::WrongCode => Self::new(Kind::Unauthenticated, "wrong-code", detail),
        }
    }
}
