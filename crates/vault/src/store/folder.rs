//! A folder as a store: written under another name, synced, then named. Folders are their owner's alone.
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tokio::fs::{self, DirBuilder, File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Place, StoreError, during};

/// Bytes read at once.
const AT_ONCE: usize = 256 * 1024;

/// An object that is being written. Dropped, it was never there; of one whose process was killed a part stays, which nobody reads.
pub(crate) struct FolderWriting {
    file: File,
    unfinished: PathBuf,
    finished: PathBuf,
    is_finished: bool,
}

impl Drop for FolderWriting {
    fn drop(&mut self) {
        if !self.is_finished {
            // It is gone with its backup at the latest.
            let _ = std::fs::remove_file(&self.unfinished);
        }
    }
}

/// An object that is being read.
pub(crate) struct FolderReading(File);

impl FolderWriting {
    pub(super) async fn begin(root: &Path, place: Place, name: &str) -> Result<Self, StoreError> {
        must_be_there(root).await?;
        let folder = folder(root, place);
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&folder).await.map_err(during("making a folder"))?;
        let unfinished = folder.join(format!(".{name}.unfinished"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let file = options.open(&unfinished).await.map_err(during("opening a file"))?;
        Ok(Self { file, unfinished, finished: folder.join(name), is_finished: false })
    }

    /// Adds bytes.
    pub(crate) async fn push(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(bytes).await.map_err(during("writing"))
    }

    /// Makes it lasting, then gives it its name.
    pub(crate) async fn finish(mut self) -> Result<(), StoreError> {
        self.file.flush().await.map_err(during("writing"))?;
        self.file.sync_all().await.map_err(during("syncing a file"))?;
        fs::rename(&self.unfinished, &self.finished).await.map_err(during("naming a file"))?;
        self.is_finished = true;
        let Some(folder) = self.finished.parent() else { return Ok(()) };
        let folder = File::open(folder).await.map_err(during("opening a folder"))?;
        folder.sync_all().await.map_err(during("syncing a folder"))
    }
}

impl FolderReading {
    pub(super) async fn begin(root: &Path, place: Place, name: &str) -> Result<Self, StoreError> {
        match File::open(folder(root, place).join(name)).await {
            Ok(file) => Ok(Self(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(StoreError::Missing(format!("{place}/{name}"))),
            Err(error) => Err(during("opening a file")(error)),
        }
    }

    /// The next bytes; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::with_capacity(AT_ONCE);
        let mut part = (&mut self.0).take(AT_ONCE as u64);
        part.read_to_end(&mut bytes).await.map_err(during("reading"))?;
        Ok(bytes)
    }
}

pub(super) async fn remove(root: &Path, place: Place) -> Result<(), StoreError> {
    must_be_there(root).await?;
    match fs::remove_dir_all(folder(root, place)).await {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(during("removing a folder")(error)),
        _ => Ok(()),
    }
}

/// A store whose folder is not there is a disk that is not mounted: nothing is written under its mount point, and nothing is gone.
async fn must_be_there(root: &Path) -> Result<(), StoreError> {
    fs::metadata(root).await.map(drop).map_err(during("looking for its folder"))
}

fn folder(root: &Path, place: Place) -> PathBuf {
    root.join(place.tenant.to_string()).join(place.backup.to_string())
}
