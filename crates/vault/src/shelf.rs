//! Backups put into a store and taken out of it. The manifest is written last: a backup without one does not count.
use hotelhub_kernel::{Entropy, Key, hex};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::manifest::{context, key_id, wrap};
use crate::store::{FolderReading, FolderWriting};
use crate::{Manifest, Opener, Place, Refused, Sealer, Spoilt, Store, StoreError};

/// The name of every manifest.
const MANIFEST: &str = "manifest";

/// A manifest is not longer: a thousand tables are a tenth of it.
const LONGEST_MANIFEST: usize = 1024 * 1024;

/// A store and the installation's key.
#[derive(Clone)]
pub struct Shelf {
    store: Store,
    key: Key,
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
    writing: FolderWriting,
    sealer: Sealer,
    hash: Sha256,
    digest: Digest,
}

/// A backup's data on the way out of the store.
pub struct Reading {
    reading: FolderReading,
    opener: Option<Opener>,
    hash: Sha256,
    sha256: String,
}

impl Shelf {
    /// A shelf in this store, under this key of the installation.
    pub fn new(store: Store, key: Key, entropy: Entropy) -> Self {
        Self { store, key, entropy }
    }

    /// Begins to take a backup's data in, under a data key and a name of their own: two who take the same backup do not meet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take(&self, place: Place) -> Result<Taking, VaultError> {
        let context = context(place.tenant, place.backup);
        let data_key = Key::new(self.entropy.bytes());
        let data = format!("data-{}", hex(&self.entropy.bytes::<8>()));
        let writing = self.store.write(place, &data).await?;
        let digest = Digest {
            data,
            plain_bytes: 0,
            stored_bytes: 0,
            sha256: String::new(),
            key_id: key_id(&self.key),
            data_key: wrap(&self.key, &context, &data_key, &self.entropy),
        };
        Ok(Taking { writing, sealer: Sealer::new(&data_key, &context), hash: Sha256::new(), digest })
    }

    /// Writes the manifest: from now on the backup counts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn vouch(&self, manifest: &Manifest) -> Result<(), VaultError> {
        let mut writing = self.store.write(place_of(manifest), MANIFEST).await?;
        writing.push(&manifest.written(&self.key)).await?;
        Ok(writing.finish().await?)
    }

    /// The manifest of the backup that is to be at this place.
    ///
    /// # Errors
    /// When it is not there, or is not believed.
    pub async fn manifest(&self, place: Place) -> Result<Manifest, VaultError> {
        let mut reading = self.store.read(place, MANIFEST).await?;
        let mut bytes = Vec::new();
        loop {
            let next = reading.next().await?;
            if next.is_empty() {
                return Ok(Manifest::read(&bytes, &self.key, place.tenant, place.backup)?);
            }
            bytes.extend(next);
            if bytes.len() > LONGEST_MANIFEST {
                return Err(Refused::Unreadable.into());
            }
        }
    }

    /// Begins to read a backup's data.
    ///
    /// # Errors
    /// When they are not there, or the data key is another backup's.
    pub async fn open(&self, manifest: &Manifest) -> Result<Reading, VaultError> {
        let data_key = manifest.data_key(&self.key)?;
        let reading = self.store.read(place_of(manifest), &data_name(manifest)?).await?;
        let opener = Some(Opener::new(&data_key, &context(manifest.tenant, manifest.backup)));
        Ok(Reading { reading, opener, hash: Sha256::new(), sha256: manifest.sha256.clone() })
    }

    /// Removes a backup; one that is gone is gone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remove(&self, place: Place) -> Result<(), VaultError> {
        Ok(self.store.remove(place).await?)
    }
}

fn place_of(manifest: &Manifest) -> Place {
    Place { tenant: manifest.tenant, backup: manifest.backup }
}

/// The data's name, which leads nowhere else.
fn data_name(manifest: &Manifest) -> Result<String, Refused> {
    let digits = manifest.data.strip_prefix("data-").ok_or(Refused::Unreadable)?;
    let fits = digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if fits { Ok(manifest.data.clone()) } else { Err(Refused::Unreadable) }
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
            let hash = std::mem::take(&mut self.hash).finalize();
            return if hex(&hash) == self.sha256 { Ok(Some(last)) } else { Err(Spoilt.into()) };
        }
        self.hash.update(&sealed);
        let plain = opener.push(&sealed)?;
        self.opener = Some(opener);
        Ok(Some(plain))
    }
}
