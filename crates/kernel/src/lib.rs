//! Values both planes share: no I/O, no async, nothing that knows a database or a request.
//!
//! The wall clock and the dice live here and nowhere else: [`Clock`], [`Entropy`] and [`Ids`] are handed down from `main`.
mod backoff;
mod clock;
mod digest;
mod entropy;
mod host;
mod ids;
mod mail_address;
mod money;
mod page;
mod seal;
mod secret;
mod slug;
#[cfg(test)]
mod tests;

pub use backoff::Backoff;
pub use clock::Clock;
pub use digest::{Key, hex, sha256, unhex};
pub use entropy::Entropy;
pub use host::{BadHost, Host};
pub use ids::{Ids, TenantId};
pub use mail_address::MailAddress;
pub use money::{BasisPoints, Rupiah};
pub use page::{BadCursor, Cursor, Page};
pub use secret::Secret;
pub use slug::{BadSlug, Slug};
