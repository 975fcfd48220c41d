//! A store, and objects on their way into it and out of it.
use std::path::PathBuf;

use thiserror::Error;

use crate::bucket::{Bucket, BucketReading, BucketWriting};
use crate::folder::{self, FolderReading, FolderWriting};

/// Where objects lie that belong together: names that lead nowhere else, joined by slashes.
#[derive(Clone, Debug)]
pub struct Spot {
    pub(crate) path: String,
    pub(crate) shared: bool,
}

impl Spot {
    /// Objects that are their writer's alone. `path` is made of ids and fixed words, never of what a stranger says.
    pub fn own(path: impl Into<String>) -> Self {
        Self { path: path.into(), shared: false }
    }

    /// Objects that the group of who writes them may read and remove, where the store is a folder.
    pub fn shared(path: impl Into<String>) -> Self {
        Self { path: path.into(), shared: true }
    }
}

/// A store of objects.
#[derive(Clone, Debug)]
pub enum Store {
    /// A folder.
    Folder(PathBuf),
    /// A bucket of an S3 service.
    Bucket(Bucket),
}

/// The store refused or did not answer.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It is not there.
    #[error("there is no {0} in the store")]
    Missing(String),
    /// It cannot be read or written.
    #[error("the store: {doing} failed: {source}")]
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

/// An object that is being written. Dropped before [`Writing::finish`], it was never there.
pub struct Writing(WritingTo);

enum WritingTo {
    Folder(FolderWriting),
    Bucket(BucketWriting),
}

/// An object that is being read.
pub struct Reading(ReadingFrom);

enum ReadingFrom {
    Folder(FolderReading),
    Bucket(BucketReading),
}

impl Writing {
    /// Adds bytes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        match &mut self.0 {
            WritingTo::Folder(writing) => writing.push(bytes).await,
            WritingTo::Bucket(writing) => writing.push(bytes).await,
        }
    }

    /// Makes it lasting, then shows it under its name.
    ///
    /// # Errors
    /// When the store fails: it is not there then, or its answer was lost and it is.
    pub async fn finish(self) -> Result<(), StoreError> {
        match self.0 {
            WritingTo::Folder(writing) => writing.finish().await,
            WritingTo::Bucket(writing) => writing.finish().await,
        }
    }
}

impl Reading {
    /// The next bytes; none at the end.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn next(&mut self) -> Result<Vec<u8>, StoreError> {
        match &mut self.0 {
            ReadingFrom::Folder(reading) => reading.next().await,
            ReadingFrom::Bucket(reading) => reading.next().await,
        }
    }

    /// All of it; nothing where it is longer than `longest` bytes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn whole(mut self, longest: usize) -> Result<Option<Vec<u8>>, StoreError> {
        let mut bytes = Vec::new();
        loop {
            let next = self.next().await?;
            if next.is_empty() {
                return Ok(Some(bytes));
            }
            bytes.extend(next);
            if bytes.len() > longest {
                return Ok(None);
            }
        }
    }
}

impl Store {
    /// Begins an object. It is there when [`Writing::finish`] says so, whole or not at all.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn write(&self, spot: impl Into<Spot>, name: &str) -> Result<Writing, StoreError> {
        self.write_by_way_of(spot, name, &format!(".{name}.unfinished")).await
    }

    /// [`Store::write`], in a folder under this name until it is finished.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn write_by_way_of(
        &self,
        spot: impl Into<Spot>,
        name: &str,
        unfinished: &str,
    ) -> Result<Writing, StoreError> {
        Ok(Writing(match self {
            Self::Folder(root) => WritingTo::Folder(FolderWriting::begin(root, &spot.into(), name, unfinished).await?),
            Self::Bucket(bucket) => WritingTo::Bucket(bucket.write(&spot.into(), name)),
        }))
    }

    /// Makes the names at a spot lasting, of which another may have written one and not lived to sync it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settle(&self, spot: impl Into<Spot>) -> Result<(), StoreError> {
        match self {
            Self::Folder(root) => folder::settle(root, &spot.into()).await,
            // What a bucket has answered for is lasting.
            Self::Bucket(_) => Ok(()),
        }
    }

    /// Begins to read an object.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not there; when the store fails.
    pub async fn read(&self, spot: impl Into<Spot>, name: &str) -> Result<Reading, StoreError> {
        self.read_from(spot, name, 0).await
    }

    /// Begins to read an object at this byte, which is one of its bytes or 0.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not there; when the store fails.
    pub async fn read_from(&self, spot: impl Into<Spot>, name: &str, byte: u64) -> Result<Reading, StoreError> {
        Ok(Reading(match self {
            Self::Folder(root) => ReadingFrom::Folder(FolderReading::begin(root, &spot.into(), name, byte).await?),
            Self::Bucket(bucket) => ReadingFrom::Bucket(bucket.read(&spot.into(), name, byte).await?),
        }))
    }

    /// That the store itself is there, whatever lies in it.
    ///
    /// # Errors
    /// When it is not, or fails.
    pub async fn must_be_there(&self) -> Result<(), StoreError> {
        match self {
            Self::Folder(root) => folder::must_be_there(root).await,
            Self::Bucket(bucket) => bucket.must_be_there().await,
        }
    }

    /// The names of all that lies at a spot, in a folder also of what is not finished. None where nothing was ever put there.
    ///
    /// # Errors
    /// When the store fails, or is not there itself.
    pub async fn names(&self, spot: impl Into<Spot>) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Folder(root) => folder::names(root, &spot.into()).await,
            Self::Bucket(bucket) => bucket.names(&spot.into()).await,
        }
    }

    /// Removes one object; one that is gone is gone.
    ///
    /// # Errors
    /// When the store fails, or is not there itself.
    pub async fn remove_one(&self, spot: impl Into<Spot>, name: &str) -> Result<(), StoreError> {
        match self {
            Self::Folder(root) => folder::remove_one(root, &spot.into(), name).await,
            Self::Bucket(bucket) => bucket.remove_one(&spot.into(), name).await,
        }
    }

    /// Removes all that lies at a spot; nothing there is fine.
    ///
    /// # Errors
    /// When the store fails, or is not there itself.
    pub async fn remove(&self, spot: impl Into<Spot>) -> Result<(), StoreError> {
        match self {
            Self::Folder(root) => folder::remove(root, &spot.into()).await,
            Self::Bucket(bucket) => bucket.remove(&spot.into()).await,
        }
    }
}
