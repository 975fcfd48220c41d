//! A ZIP (PKWARE's APPNOTE 6.3) as narrow as exports need it: deflated entries of unknown length, one after the other, and a directory
//! that says the same once more. No entry and no whole of 4 GiB, no encryption, no comments, no links.
mod reader;
mod writer;

use hotelhub_kernel::hex;
use sha2::Digest as _;
use sha2::Sha256;
use thiserror::Error;

pub use reader::Event;
pub(crate) use reader::Reader;
pub(crate) use writer::Writer;

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;

const LOCAL_SIZE: usize = 30;
const DESCRIPTOR_SIZE: usize = 16;
const CENTRAL_SIZE: usize = 46;
const END_SIZE: usize = 22;

/// Made on a Unix, for readers of version 2.0.
const MADE_BY: u16 = 0x0314;
const NEEDED: u16 = 20;
/// Length and checksum follow the data; names are UTF-8.
const FLAGS: u16 = 0x0808;
const DEFLATE: u16 = 8;
/// The first day a ZIP knows: the manifest has the time.
const DAY: u16 = 0x0021;
/// A plain file that its owner reads and writes.
const PLAIN_FILE: u32 = 0o100_600 << 16;

/// More entries than any schema has tables.
const MOST_ENTRIES: usize = 1_000;
const LONGEST_NAME: usize = 200;

/// All entries together are not longer, unpacked, in bytes: no more is packed, and no more is taken in.
const LARGEST: u64 = 16 * 1024 * 1024 * 1024;

/// An entry that was written, or read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
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

    fn entry(self, name: String, offset: u64) -> Entry {
        let (crc, sha256) = (self.crc.finalize(), hex(&self.sha.finalize()));
        Entry { name, bytes: self.bytes, sha256, crc, packed: self.packed, offset }
    }
}

/// It would be longer than a ZIP without extensions can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the export would be longer than 4 GiB, or one of its tables would, or all of them longer than 16 GiB")]
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
    /// All of it unpacks into more than any export holds.
    #[error("the export unpacks into more than 16 GiB")]
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
