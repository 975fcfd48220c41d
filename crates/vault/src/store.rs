//! Where backups lie: a folder of this machine. One place for each backup, named by ids alone, so that no name leads to another tenant's.
mod folder;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use hotelhub_kernel::TenantId;
use thiserror::Error;
use uuid::Uuid;

pub(crate) use folder::{FolderReading, FolderWriting};

/// Where one backup lies: `<tenant>/<backup>/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose it is.
    pub tenant: TenantId,
    /// Which.
    pub backup: Uuid,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.backup)
    }
}

/// A store of objects.
#[derive(Clone, Debug)]
pub enum Store {
    /// A folder: `file:///var/backups/hotelhub`.
    Folder(PathBuf),
}

/// The store refused or did not answer.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It is not there.
    #[error("there is no {0} in the store of backups")]
    Missing(String),
    /// It cannot be read or written.
    #[error("the store of backups: {doing} failed: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: std::io::Error,
    },
}

/// Names what was being done.
pub(crate) fn during(doing: &'static str) -> impl Fn(std::io::Error) -> StoreError {
    move |source| StoreError::Io { doing, source }
}

impl FromStr for Store {
    type Err = String;

    /// Reads where the store is, as a setting says it.
    fn from_str(url: &str) -> Result<Self, String> {
        match url.strip_prefix("file://") {
            Some(path) if path.starts_with('/') => Ok(Self::Folder(PathBuf::from(path))),
            _ => Err("a store of backups is a folder, file:///var/backups/hotelhub".to_owned()),
        }
    }
}

impl Store {
    /// Begins an object. It is there when [`FolderWriting::finish`] says so, whole or not at all.
    pub(crate) async fn write(&self, place: Place, name: &str) -> Result<FolderWriting, StoreError> {
        let Self::Folder(root) = self;
        FolderWriting::begin(root, place, name).await
    }

    /// Begins to read an object.
    pub(crate) async fn read(&self, place: Place, name: &str) -> Result<FolderReading, StoreError> {
        let Self::Folder(root) = self;
        FolderReading::begin(root, place, name).await
    }

    /// Removes all that lies at a place; nothing there is fine.
    pub async fn remove(&self, place: Place) -> Result<(), StoreError> {
        let Self::Folder(root) = self;
        folder::remove(root, place).await
    }
}
