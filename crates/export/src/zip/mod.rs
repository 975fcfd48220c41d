//! A ZIP (PKWARE's APPNOTE 6.3) as narrow as exports need it: deflated entries of unknown length, one after the other, and a directory
//! that says the same once more. No encryption, no comments, no links. Where 4 GiB or 65,535 entries are reached it is a ZIP64, elsewhere
//! never.
//!
//! Entries stream through: of each only what the directory says of it is kept, below 400 bytes, and nothing grows with its length.
mod reader;
mod records;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::Arc;

use sha2::Digest as _;
use sha2::Sha256;
use thiserror::Error;

pub use reader::Event;
pub(crate) use reader::Reader;
pub(crate) use writer::Writer;

const LONGEST_NAME: usize = 200;

const GIB: u64 = 1024 * 1024 * 1024;

/// What an archive may come to: no more is written, and no more is taken in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Entries, the manifest among them.
    pub(crate) entries: usize,
    /// Bytes of all entries together, unpacked.
    pub(crate) unpacked: u64,
    /// Bytes of the file.
    pub(crate) packed: u64,
    /// The bytes before it, where it stands behind others: its directory counts them.
    pub(crate) begins: u64,
    /// A length or an offset of so many bytes is told wide.
    pub(crate) wide_lengths: u64,
    /// So many entries are.
    pub(crate) wide_entries: u64,
}

impl Default for Bounds {
    /// A file that comes to the vendor in its 10,000 pieces, and what the tables of hotels unpack to from that. The entries are a thousand
    /// times what any schema has tables. A field of ones says that the wide one is meant, so they are the first number that does not fit.
    fn default() -> Self {
        Self {
            entries: 100_000,
            unpacked: 1024 * GIB,
            packed: 128 * GIB,
            begins: 0,
            wide_lengths: u32::MAX.into(),
            wide_entries: u16::MAX.into(),
        }
    }
}

/// An entry that was written, or read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: Arc<str>,
    pub(crate) bytes: u64,
    pub(crate) sha256: [u8; 32],
    crc: u32,
    packed: u64,
    offset: u64,
}

/// What an entry's plain bytes come to.
#[derive(Default)]
struct Tally {
    crc: crc32fast::Hasher,
    sha: Sha256,
    bytes: u64,
    packed: u64,
}

impl Tally {
    fn add(&mut self, plain: &[u8]) {
        self.crc.update(plain);
        self.sha.update(plain);
        self.bytes += plain.len() as u64;
    }

    fn entry(self, name: Arc<str>, offset: u64) -> Entry {
        let (crc, sha256) = (self.crc.finalize(), self.sha.finalize().into());
        Entry { name, bytes: self.bytes, sha256, crc, packed: self.packed, offset }
    }
}

/// It would be more than is taken in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the export would be longer than 128 GiB, or its tables longer than 1 TiB in all, or more than 100,000")]
pub struct TooLarge;

/// Why a file is not taken in. Nothing of it is believed then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// No ZIP, or not one of ours.
    #[error("this is no export: {0}")]
    NotOurs(&'static str),
    /// It ends too early.
    #[error("the export is cut off: it ends before its end")]
    CutOff,
    /// Something is behind its end.
    #[error("something follows the end of the export")]
    Longer,
    /// An entry no export has.
    #[error("the export holds an entry that none has: {0:?}")]
    Foreign(String),
    /// An entry twice.
    #[error("the export holds {0} twice")]
    Twice(String),
    /// What was unpacked is not what was packed.
    #[error("{0} is damaged or was changed: its checksum is another")]
    Damaged(String),
    /// It unpacks into more than anybody packs.
    #[error("{0} unpacks into far more than it says: a ZIP bomb")]
    Bomb(String),
    /// It is more than any export.
    #[error("the export is longer than 128 GiB, or unpacks into more than 1 TiB")]
    TooMuch,
    /// The directory is not of the entries.
    #[error("the export's directory names other entries than it holds")]
    Directory,
    /// There is no manifest, or it cannot be read.
    #[error("the export's manifest is missing or cannot be read")]
    Manifest,
    /// The manifest speaks of other entries.
    #[error("the export's manifest does not fit what it holds: {0}")]
    Unlike(String),
    /// Written by another version of the program.
    #[error("the export has format {theirs}; this program reads format {ours}")]
    Format {
        /// Its format.
        theirs: u32,
        /// What is known here.
        ours: u32,
    },
    /// Sealed, and no passphrase was given.
    #[error("the export is sealed: its passphrase is needed")]
    Sealed,
    /// Another passphrase than it was sealed with.
    #[error("this is not the export's passphrase")]
    Passphrase,
    /// Changed or cut off since it was sealed.
    #[error("the sealed export is cut off or was changed")]
    Unsealed,
    /// Not sealed, and a passphrase was given.
    #[error("the export is not sealed, so no passphrase opens it")]
    Open,
}

/// Whether an export may have an entry of this name: nothing that leads anywhere.
fn is_plain(name: &str) -> bool {
    let part = |part: &str| {
        part.bytes().any(|b| b != b'.')
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-'))
    };
    name == crate::README || (name.len() <= LONGEST_NAME && name.split('/').all(part))
}
