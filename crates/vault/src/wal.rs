//! The WAL a server archives: each file sealed by itself, kept once and never changed.
//!
//! An object is its head (magic, the key's id, 32 random bytes its data key derives from) and a sealed stream: the file's length, and its
//! bytes up to the last one that is not zero, for a file that was switched early is zeros for the most part.
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use hotelhub_kernel::{Key, hex};
use hotelhub_store::{Spot, StoreError};

use crate::manifest::key_id;
use crate::place::wal_of;
use crate::{Opener, Refused, Sealer, Server, Shelf, Spoilt, VaultError};

const MAGIC: &[u8; 8] = b"HHWAL001";
const KEY_ID: usize = 16;
const SALT: usize = 32;

/// No file of WAL is longer than a gigabyte.
const LONGEST: usize = 1024 * 1024 * 1024 + 1024 * 1024;

/// The name of a file that Postgres archives: a segment, a timeline's history, the label of a base backup, or a segment cut short.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WalName(String);

impl FromStr for WalName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let hexadecimal = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
        let (digits, rest) = name.split_once('.').map_or((name, ""), |(digits, rest)| (digits, rest));
        let label = rest.strip_suffix(".backup").is_some_and(|offset| offset.len() == 8 && hexadecimal(offset));
        let good = match digits.len() {
            8 => rest == "history",
            24 => matches!(rest, "" | "partial") && !name.ends_with('.') || label,
            _ => false,
        };
        let good = good && hexadecimal(digits);
        good.then(|| Self(name.to_owned())).ok_or_else(|| format!("`{name}` is no name of a file of WAL"))
    }
}

impl fmt::Display for WalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl WalName {
    /// Whether it is WAL, and not about it.
    pub fn is_segment(&self) -> bool {
        self.0.len() == 24
    }

    /// Whose timeline it is of.
    pub fn timeline(&self) -> u32 {
        self.0.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default()
    }

    /// Which segment it is, or begins with, whatever the timeline; nothing for a timeline's history.
    fn position(&self) -> Option<&str> {
        self.0.get(8..24)
    }
}

/// How a file was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is lasting now.
    New,
    /// It was there, byte for byte.
    Already,
}

/// The WAL of one server.
#[derive(Clone)]
pub struct WalShelf {
    shelf: Shelf,
    server: Server,
}

impl Shelf {
    /// The WAL of this server.
    pub fn wal(&self, server: &Server) -> WalShelf {
        WalShelf { shelf: self.clone(), server: server.clone() }
    }
}

impl WalShelf {
    /// Keeps a file. It is lasting when this has ended well; until then it was never there.
    ///
    /// # Errors
    /// When the store fails, or has another file of this name.
    pub async fn keep(&self, name: &WalName, file: &[u8]) -> Result<Kept, VaultError> {
        match self.fetch(name).await? {
            Some(there) if there == file => {
                // Whoever named it may have been killed before its name was lasting.
                self.shelf.store().settle(self.spot()).await?;
                return Ok(Kept::Already);
            }
            Some(_) => return Err(Refused::OtherWal(name.to_string()).into()),
            None => {}
        }
        let entropy = self.shelf.entropy();
        // Two who keep the same file do not write into one another's.
        let unfinished = format!(".{name}.{}.unfinished", hex(&entropy.bytes::<8>()));
        let salt = entropy.bytes::<SALT>();
        let key = self.shelf.keys().sealing();
        let head = [MAGIC.as_slice(), key_id(key).as_bytes(), &salt].concat();
        let mut sealer = Sealer::new(&data_key(key, &salt), &self.context(name));
        let written = file.len() - file.iter().rev().take_while(|byte| **byte == 0).count();
        let length = u64::try_from(file.len()).unwrap_or(u64::MAX).to_le_bytes();
        let mut writing = self.shelf.store().write_by_way_of(self.spot(), &name.0, &unfinished).await?;
        writing.push(&head).await?;
        writing.push(&sealer.push(&length)?).await?;
        writing.push(&sealer.push(file.split_at(written).0)?).await?;
        writing.push(&sealer.finish()?).await?;
        writing.finish().await?;
        Ok(Kept::New)
    }

    /// A file as it was kept; nothing where it was not.
    ///
    /// # Errors
    /// When the store fails, or what lies there is not what was kept.
    pub async fn fetch(&self, name: &WalName) -> Result<Option<Vec<u8>>, VaultError> {
        let reading = match self.shelf.store().read(self.spot(), &name.0).await {
            Ok(reading) => reading,
            Err(StoreError::Missing(_)) => {
                // Not there in a store that is there; a disk that is not mounted is another matter.
                self.shelf.store().must_be_there().await?;
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let object = reading.whole(LONGEST).await?.ok_or(Spoilt)?;
        self.opened(name, &object).map(Some)
    }

    /// Whether a file is there, unread.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn has(&self, name: &WalName) -> Result<bool, VaultError> {
        match self.shelf.store().read(self.spot(), &name.0).await {
            Ok(_) => Ok(true),
            Err(StoreError::Missing(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The timelines of which anything is there.
    ///
    /// # Errors
    /// When the store fails, or is not there itself.
    pub async fn timelines(&self) -> Result<BTreeSet<u32>, VaultError> {
        let names = self.shelf.store().names(self.spot()).await?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).map(|name: WalName| name.timeline()).collect())
    }

    /// Removes what no base backup from this file on needs; histories of timelines stay. How many were removed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remove_before(&self, first: &WalName) -> Result<u32, VaultError> {
        let mut removed = 0;
        for found in self.shelf.store().names(self.spot()).await? {
            let name = found.trim_start_matches('.');
            let segment = name.get(..24).and_then(|name| name.parse::<WalName>().ok());
            if segment.is_some_and(|segment| segment.position() < first.position()) {
                self.shelf.store().remove_one(self.spot(), &found).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    fn opened(&self, name: &WalName, object: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (magic, rest) = object.split_first_chunk::<8>().ok_or(Spoilt)?;
        let (theirs, rest) = rest.split_first_chunk::<KEY_ID>().ok_or(Spoilt)?;
        let (salt, sealed) = rest.split_first_chunk::<SALT>().ok_or(Spoilt)?;
        if magic != MAGIC {
            return Err(Spoilt.into());
        }
        let key = self.shelf.keys().named(&String::from_utf8_lossy(theirs))?;
        let mut opener = Opener::new(&data_key(key, salt), &self.context(name));
        let mut plain = opener.push(sealed)?;
        plain.extend(opener.finish()?);
        let length = u64::from_le_bytes(*plain.first_chunk::<8>().ok_or(Spoilt)?);
        let length = usize::try_from(length).ok().filter(|length| *length <= LONGEST).ok_or(Spoilt)?;
        plain.drain(..8);
        plain.resize(length, 0);
        Ok(plain)
    }

    fn spot(&self) -> Spot {
        wal_of(&self.server)
    }

    fn context(&self, name: &WalName) -> Vec<u8> {
        format!("hotelhub wal 1 of the server {}: {name}", self.server).into_bytes()
    }
}

/// Of one object: its 32 bytes are random.
fn data_key(key: &Key, salt: &[u8; SALT]) -> Key {
    Key::new(key.derive("wal-data-key").mac(salt))
}
