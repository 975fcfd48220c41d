//! The file a hotel takes its data away in, and comes back with: a ZIP of tables as CSV and a manifest that says what is in it.
//!
//! It is packed and unpacked as a stream in bounded memory, up to 128 GiB, which unpack to 1 TiB at most. Whatever is not exactly what
//! [`Packing`] writes is refused: who hands in such a file is a stranger. Nothing here knows a database, a file or a network.
mod check;
mod manifest;
mod packing;
mod passphrase;
#[cfg(test)]
mod tests;
mod zip;

pub use check::{Check, Unpacking};
pub use manifest::{Contents, FORMAT, Hotel, MANIFEST, Manifest, Owner, Part, README};
pub use packing::Packing;
pub use passphrase::{Opening, Sealing, is_sealed};
pub use zip::{Event, Refused, TooLarge};
