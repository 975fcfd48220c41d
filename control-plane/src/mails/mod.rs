//! Letters of the control plane: rows, rendered when they are caused, sent by its work role.
//!
//! A letter may be sent twice when a sender dies at the wrong moment; its Message-ID stays the same, so that a mailbox shows it once.
mod jobs;
mod store;

pub use jobs::send_due;
pub(crate) use store::{NewLetter, enqueue};
