//! What vouches for a backup: whose it is, what it holds, how long it is, and its data key, wrapped.
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotelhub_kernel::{Entropy, Key, TenantId, hex, unhex};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// The version of manifest and stream.
pub const FORMAT: u32 = 1;

/// All that is known of a backup besides its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Whose data it holds.
    pub tenant: TenantId,
    /// Which backup it is.
    pub backup: Uuid,
    /// The database it was taken of.
    pub database: String,
    /// The version of the schema that had.
    pub schema: String,
    /// The version of its server, as `server_version_num`.
    pub server_version: i32,
    /// The instant it shows.
    pub taken_at: Timestamp,
    /// The name of the object with the data.
    pub data: String,
    /// How many bytes were sealed.
    pub plain_bytes: u64,
    /// How many bytes lie in the store.
    pub stored_bytes: u64,
    /// SHA-256 of the bytes that lie in the store, in hexadecimal.
    pub sha256: String,
    /// What each table held.
    pub tables: BTreeMap<String, TableSum>,
    /// Which key of the installation wraps the data key.
    pub key_id: String,
    /// The data key, wrapped, in base64.
    pub data_key: String,
}

/// A table's rows, as a number that does not depend on their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    /// How many.
    pub rows: i64,
    /// The sum of each row's first 60 bits of MD5, in decimal digits.
    pub sum: String,
}

/// A manifest as it lies in the store: its text, and the installation's MAC of it.
#[derive(Serialize, Deserialize)]
struct Signed {
    manifest: String,
    mac: String,
}

/// Why a manifest is not believed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("the backup's manifest cannot be read")]
    Unreadable,
    /// Written under another key of the installation.
    #[error("the backup was sealed under the key {theirs}, this worker has {ours}")]
    OtherKey {
        /// What it was sealed under.
        theirs: String,
        /// What we have.
        ours: String,
    },
    /// Changed after it was written, or never written by us.
    #[error("the backup's manifest is forged or changed")]
    Forged,
    /// Written by a newer program.
    #[error("the backup has format {0}, which this program does not know")]
    Format(u32),
    /// It is another base backup, or another server's.
    #[error("the base backup is {base} of the server {server}: not the one that was asked for")]
    ForeignBase {
        /// Of which server it is.
        server: String,
        /// Which it is.
        base: Uuid,
    },
    /// The store has another file of this name.
    #[error("the store has another {0} of this server already: two servers archive WAL under one name")]
    OtherWal(String),
    /// It is another backup, or another tenant's.
    #[error("the backup is {backup} of the tenant {tenant}: not the one that was asked for")]
    Foreign {
        /// Whose it is.
        tenant: TenantId,
        /// Which it is.
        backup: Uuid,
    },
}

/// The installation's keys: the one that seals, and others that were sealed with or are going to be.
#[derive(Clone)]
pub(crate) struct Keys {
    sealing: Key,
    others: Vec<Key>,
}

impl Keys {
    pub(crate) fn of(sealing: Key) -> Self {
        Self { sealing, others: Vec::new() }
    }

    pub(crate) fn with(self, others: Vec<Key>) -> Self {
        Self { others, ..self }
    }

    /// The one that seals.
    pub(crate) fn sealing(&self) -> &Key {
        &self.sealing
    }

    /// The one of this name, whatever it is for by now.
    pub(crate) fn named(&self, theirs: &str) -> Result<&Key, Refused> {
        let known = std::iter::once(&self.sealing).chain(&self.others).find(|key| key_id(key) == theirs);
        let other = || Refused::OtherKey { theirs: theirs.chars().take(32).collect(), ours: key_id(&self.sealing) };
        known.ok_or_else(other)
    }
}

impl Manifest {
    /// How many rows it holds.
    pub fn rows(&self) -> i64 {
        self.tables.values().map(|table| table.rows).sum()
    }

    /// The manifest of this tenant's backup, if these bytes are it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(bytes: &[u8], keys: &Keys, tenant: TenantId, backup: Uuid) -> Result<Self, Refused> {
        let manifest: Self = believed(bytes, keys)?;
        if (manifest.tenant, manifest.backup) != (tenant, backup) {
            return Err(Refused::Foreign { tenant: manifest.tenant, backup: manifest.backup });
        }
        Ok(manifest)
    }

    /// The key its data are sealed under.
    ///
    /// # Errors
    /// When it was wrapped for another backup, or under another key.
    pub(crate) fn data_key(&self, keys: &Keys) -> Result<Key, Refused> {
        let key = keys.named(&self.key_id)?;
        unwrap(key, &context(self.tenant, self.backup), &self.data_key).ok_or(Refused::Forged)
    }
}

/// A manifest's text and the installation's MAC of it.
pub(crate) fn signed(manifest: &impl Serialize, key: &Key) -> Vec<u8> {
    let manifest = serde_json::to_string(manifest).unwrap_or_default();
    let mac = hex(&signing(key).mac(manifest.as_bytes()));
    serde_json::to_vec(&Signed { manifest, mac }).unwrap_or_default()
}

/// What every manifest has.
#[derive(Deserialize)]
struct Head {
    format: u32,
    key_id: String,
}

/// The manifest that these bytes are, of the format this program knows and under one of these keys of the installation.
pub(crate) fn believed<M: DeserializeOwned>(bytes: &[u8], keys: &Keys) -> Result<M, Refused> {
    let signed: Signed = serde_json::from_slice(bytes).map_err(|_| Refused::Unreadable)?;
    let head: Head = serde_json::from_str(&signed.manifest).map_err(|_| Refused::Unreadable)?;
    let key = keys.named(&head.key_id)?;
    let mac = unhex(&signed.mac).ok_or(Refused::Forged)?;
    if mac.len() != 32 || !signing(key).verifies(signed.manifest.as_bytes(), &mac) {
        return Err(Refused::Forged);
    }
    if head.format != FORMAT {
        return Err(Refused::Format(head.format));
    }
    serde_json::from_str(&signed.manifest).map_err(|_| Refused::Unreadable)
}

/// What a stream and a data key are bound to.
pub(crate) fn context(tenant: TenantId, backup: Uuid) -> Vec<u8> {
    format!("hotelhub backup {FORMAT} of {tenant}: {backup}").into_bytes()
}

/// The name of a key of the installation: it says nothing of the key.
pub(crate) fn key_id(key: &Key) -> String {
    hex(key.derive("backup-key-id").expose().first_chunk::<8>().unwrap_or(&[0; 8]))
}

fn signing(key: &Key) -> Key {
    key.derive("backup-manifest")
}

/// A data key as the manifest carries it.
pub(crate) fn wrap(key: &Key, context: &[u8], data_key: &Key, entropy: &Entropy) -> String {
    STANDARD.encode(wrapping(key).seal(context, data_key.expose(), entropy))
}

pub(crate) fn unwrap(key: &Key, context: &[u8], wrapped: &str) -> Option<Key> {
    let plain = wrapping(key).open(context, &STANDARD.decode(wrapped).ok()?)?;
    plain.try_into().ok().map(Key::new)
}

fn wrapping(key: &Key) -> Key {
    key.derive("backup-data-key")
}
