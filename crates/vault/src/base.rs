//! Base backups: a whole Postgres server, from which and its WAL one instant of it can be made again.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::manifest::{believed, signed, unwrap};
use crate::{BasePlace, FORMAT, Reading, Refused, Shelf, Taking, VaultError};

/// All that is known of a base backup besides its data, a compressed tar archive of the server's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseManifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Of which server it is.
    pub server: String,
    /// Which base backup it is.
    pub base: Uuid,
    /// The version of the server, as `server_version_num`.
    pub server_version: i32,
    /// When it was begun, by the server's clock.
    pub began_at: Timestamp,
    /// When it was whole, by the server's clock: no earlier instant can be made of it.
    pub ended_at: Timestamp,
    /// The first file of WAL it needs.
    pub from_wal: String,
    /// The last file of WAL without which it is not whole.
    pub to_wal: String,
    /// About how many bytes it takes unpacked.
    pub unpacked_bytes: u64,
    /// The name of the object with the data.
    pub data: String,
    /// How many bytes lie in the store.
    pub stored_bytes: u64,
    /// SHA-256 of the bytes that lie in the store, in hexadecimal.
    pub sha256: String,
    /// Which key of the installation wraps the data key.
    pub key_id: String,
    /// The data key, wrapped, in base64.
    pub data_key: String,
}

impl Shelf {
    /// Begins to take a base backup's data in.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_base(&self, place: &BasePlace) -> Result<Taking, VaultError> {
        self.take_at(place, context(place)).await
    }

    /// Writes the manifest: from now on the base backup counts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn vouch_base(&self, place: &BasePlace, manifest: &BaseManifest) -> Result<(), VaultError> {
        self.vouch_at(place, &signed(manifest, self.keys().sealing())).await
    }

    /// The manifest of the base backup that is to be at this place.
    ///
    /// # Errors
    /// When it is not there, or is not believed.
    pub async fn base(&self, place: &BasePlace) -> Result<BaseManifest, VaultError> {
        let manifest: BaseManifest = believed(&self.manifest_at(place).await?, self.keys())?;
        if manifest.base != place.base || manifest.server != place.server.to_string() {
            return Err(Refused::ForeignBase { server: manifest.server, base: manifest.base }.into());
        }
        Ok(manifest)
    }

    /// Begins to read a base backup's data.
    ///
    /// # Errors
    /// When they are not there, or the data key is another's.
    pub async fn open_base(&self, place: &BasePlace, manifest: &BaseManifest) -> Result<Reading, VaultError> {
        let context = context(place);
        let key = self.keys().named(&manifest.key_id)?;
        let data_key = unwrap(key, &context, &manifest.data_key).ok_or(Refused::Forged)?;
        self.open_at(place, (&manifest.data, &manifest.sha256), (&data_key, &context)).await
    }

    /// Removes a base backup; one that is gone is gone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remove_base(&self, place: &BasePlace) -> Result<(), VaultError> {
        Ok(self.store().remove(place).await?)
    }
}

fn context(place: &BasePlace) -> Vec<u8> {
    format!("hotelhub base backup {FORMAT} of the server {}: {}", place.server, place.base).into_bytes()
}
