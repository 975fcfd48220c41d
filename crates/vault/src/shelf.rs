//! Backups put into a store and taken out of it. The manifest is written last: a backup without one does not count.
use std::collections::BTreeMap;

use hotelhub_kernel::{Entropy, Key, TenantId, hex};
use hotelhub_store::{self as store, Spot, Store, StoreError};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::manifest::{Keys, context, key_id, signed, wrap};
use crate::{CHUNK, FORMAT, Manifest, Opener, Place, Refused, Sealer, Spoilt};

/// The name of every manifest.
const MANIFEST: &str = "manifest";

/// A manifest is not longer: a thousand tables are a tenth of it.
const LONGEST_MANIFEST: usize = 1024 * 1024;

/// A store and the installation's keys.
#[derive(Clone)]
pub struct Shelf {
    store: Store,
    keys: Keys,
    entropy: Entropy,
}

/// Why a backup was not written or is not believed.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The manifest is not believed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The data are not what was sealed.
    #[error(transparent)]
    Spoilt(#[from] Spoilt),
}

impl VaultError {
    /// Whether trying again leads to the same end: what lies in the store is wrong, not the way to it. What is not there may be on a disk
    /// that is not mounted.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Spoilt(_))
    }
}

/// What lies in the store of a backup's data, and how to open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// The object's name.
    pub data: String,
    /// Bytes sealed.
    pub plain_bytes: u64,
    /// Bytes stored.
    pub stored_bytes: u64,
    /// SHA-256 of what is stored, in hexadecimal.
    pub sha256: String,
    /// Which key wraps the data key.
    pub key_id: String,
    /// The data key, wrapped.
    pub data_key: String,
}

/// A backup's data on the way into the store.
pub struct Taking {
    writing: store::Writing,
    sealer: Sealer,
    hash: Sha256,
    digest: Digest,
}

/// A backup's data on the way out of the store.
pub struct Reading {
    reading: store::Reading,
    opener: Option<Opener>,
    /// Of what is stored, and what it is to be; nothing where it is not read from its first byte.
    hash: Option<(Sha256, String)>,
    /// Plaintext that comes first and is not asked for, in bytes.
    passed: usize,
}

impl Shelf {
    /// A shelf in this store, under this key of the installation.
    pub fn new(store: Store, key: Key, entropy: Entropy) -> Self {
        Self { store, keys: Keys::of(key), entropy }
    }

    /// The same shelf, which opens what was sealed under these keys as well.
    #[must_use]
    pub fn opening_also(self, others: Vec<Key>) -> Self {
        Self { keys: self.keys.with(others), ..self }
    }

    /// Begins to take a backup's data in, under a data key and a name of their own: two who take the same backup do not meet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take(&self, place: Place) -> Result<Taking, VaultError> {
        self.take_at(place, context(place.tenant, place.backup)).await
    }

    /// Begins to take data in at a place, bound to a context.
    pub(crate) async fn take_at(&self, place: impl Into<Spot>, context: Vec<u8>) -> Result<Taking, VaultError> {
        let data_key = Key::new(self.entropy.bytes());
        let data = format!("data-{}", hex(&self.entropy.bytes::<8>()));
        let writing = self.store.write(place, &data).await?;
        let digest = Digest {
            data,
            plain_bytes: 0,
            stored_bytes: 0,
            sha256: String::new(),
            key_id: key_id(self.keys.sealing()),
            data_key: wrap(self.keys.sealing(), &context, &data_key, &self.entropy),
        };
        Ok(Taking { writing, sealer: Sealer::new(&data_key, &context), hash: Sha256::new(), digest })
    }

    /// Writes the manifest: from now on the backup counts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn vouch(&self, manifest: &Manifest) -> Result<(), VaultError> {
        self.vouch_at(place_of(manifest), &signed(manifest, self.keys.sealing())).await
    }

    /// Writes a manifest.
    pub(crate) async fn vouch_at(&self, place: impl Into<Spot>, written: &[u8]) -> Result<(), VaultError> {
        let mut writing = self.store.write(place, MANIFEST).await?;
        writing.push(written).await?;
        Ok(writing.finish().await?)
    }

    /// Vouches for data that are no dump of a database but a file of their own, as of this instant and of this schema.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn vouch_for_file(
        &self,
        place: Place,
        digest: &Digest,
        (taken_at, schema): (Timestamp, &str),
    ) -> Result<(), VaultError> {
        let manifest = Manifest {
            format: FORMAT,
            tenant: place.tenant,
            backup: place.backup,
            database: String::new(),
            schema: schema.to_owned(),
            server_version: 0,
            taken_at,
            data: digest.data.clone(),
            plain_bytes: digest.plain_bytes,
            stored_bytes: digest.stored_bytes,
            sha256: digest.sha256.clone(),
            tables: BTreeMap::new(),
            key_id: digest.key_id.clone(),
            data_key: digest.data_key.clone(),
        };
        self.vouch(&manifest).await
    }

    /// The manifest of the backup that is to be at this place.
    ///
    /// # Errors
    /// When it is not there, or is not believed.
    pub async fn manifest(&self, place: Place) -> Result<Manifest, VaultError> {
        let bytes = self.manifest_at(place).await?;
        Ok(Manifest::read(&bytes, &self.keys, place.tenant, place.backup)?)
    }

    /// The manifest at a place, as it was written.
    pub(crate) async fn manifest_at(&self, place: impl Into<Spot>) -> Result<Vec<u8>, VaultError> {
        let reading = self.store.read(place, MANIFEST).await?;
        reading.whole(LONGEST_MANIFEST).await?.ok_or(Refused::Unreadable.into())
    }

    /// Begins to read a backup's data.
    ///
    /// # Errors
    /// When they are not there, or the data key is another backup's.
    pub async fn open(&self, manifest: &Manifest) -> Result<Reading, VaultError> {
        let data_key = manifest.data_key(&self.keys)?;
        let context = context(manifest.tenant, manifest.backup);
        self.open_at(place_of(manifest), (&manifest.data, &manifest.sha256), (&data_key, &context)).await
    }

    /// Begins to read a backup's data at a byte of theirs. What is before it is not fetched, but for less than [`CHUNK`] bytes.
    ///
    /// # Errors
    /// When they are not there, or the data key is another backup's.
    pub async fn open_from(&self, manifest: &Manifest, byte: u64) -> Result<Reading, VaultError> {
        if byte == 0 {
            return self.open(manifest).await;
        }
        let (data_key, context) = (manifest.data_key(&self.keys)?, context(manifest.tenant, manifest.backup));
        let (opener, offset) = Opener::from_byte(&data_key, &context, byte)?;
        let reading = self.store.read_from(place_of(manifest), data_name(&manifest.data)?, offset).await?;
        let passed = usize::try_from(byte % CHUNK as u64).unwrap_or(0);
        Ok(Reading { reading, opener: Some(opener), hash: None, passed })
    }

    /// Begins to read the data of this name and digest at a place.
    pub(crate) async fn open_at(
        &self,
        place: impl Into<Spot>,
        (data, sha256): (&str, &str),
        (data_key, context): (&Key, &[u8]),
    ) -> Result<Reading, VaultError> {
        let reading = self.store.read(place, data_name(data)?).await?;
        let opener = Some(Opener::new(data_key, context));
        Ok(Reading { reading, opener, hash: Some((Sha256::new(), sha256.to_owned())), passed: 0 })
    }

    /// Removes a backup; one that is gone is gone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remove(&self, place: Place) -> Result<(), VaultError> {
        Ok(self.store.remove(place).await?)
    }

    /// Removes all that lies there of a tenant, also what nobody vouched for or wrote down.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remove_all_of(&self, tenant: TenantId) -> Result<(), VaultError> {
        Ok(self.store.remove(Spot::own(tenant.to_string())).await?)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn entropy(&self) -> &Entropy {
        &self.entropy
    }
}

fn place_of(manifest: &Manifest) -> Place {
    Place { tenant: manifest.tenant, backup: manifest.backup }
}

/// The data's name, which leads nowhere else.
fn data_name(data: &str) -> Result<&str, Refused> {
    let digits = data.strip_prefix("data-").ok_or(Refused::Unreadable)?;
    let fits = digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if fits { Ok(data) } else { Err(Refused::Unreadable) }
}

impl Taking {
    /// Takes plaintext in.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn push(&mut self, plain: &[u8]) -> Result<(), VaultError> {
        self.digest.plain_bytes += plain.len() as u64;
        let sealed = self.sealer.push(plain)?;
        self.store(&sealed).await
    }

    /// The data are in the store, whole. Dropped before, they are not.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn finish(mut self) -> Result<Digest, VaultError> {
        let last = std::mem::replace(&mut self.sealer, Sealer::new(&Key::new([0; 32]), &[])).finish()?;
        self.store(&last).await?;
        self.writing.finish().await?;
        self.digest.sha256 = hex(&self.hash.finalize());
        Ok(self.digest)
    }

    async fn store(&mut self, sealed: &[u8]) -> Result<(), VaultError> {
        if sealed.is_empty() {
            return Ok(());
        }
        self.hash.update(sealed);
        self.digest.stored_bytes += sealed.len() as u64;
        Ok(self.writing.push(sealed).await?)
    }
}

impl Reading {
    /// The next plaintext, or nothing when the data ended as they were sealed.
    ///
    /// # Errors
    /// When they are cut off or changed: what came before then is not a backup.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(mut opener) = self.opener.take() else { return Ok(None) };
        let sealed = self.reading.next().await?;
        if sealed.is_empty() {
            let last = opener.finish()?;
            let is_whole = self.hash.take().is_none_or(|(hash, sha256)| hex(&hash.finalize()) == sha256);
            return if is_whole { Ok(Some(self.asked_for(last))) } else { Err(Spoilt.into()) };
        }
        if let Some((hash, _)) = &mut self.hash {
            hash.update(&sealed);
        }
        let plain = opener.push(&sealed)?;
        self.opener = Some(opener);
        Ok(Some(self.asked_for(plain)))
    }

    fn asked_for(&mut self, mut plain: Vec<u8>) -> Vec<u8> {
        let passed = self.passed.min(plain.len());
        self.passed -= passed;
        plain.drain(..passed);
        plain
    }
}
