//! A folder as a store: written under another name, synced, then named. Folders are their owner's alone, or their owner's and its group's.
use std::fs::Permissions;
use std::io::{ErrorKind, SeekFrom};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::fs::{self, DirBuilder, File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use crate::store::during;
use crate::{Spot, StoreError};

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
    pub(crate) async fn begin(root: &Path, spot: &Spot, name: &str, unfinished: &str) -> Result<Self, StoreError> {
        must_be_there(root).await?;
        let folder = made(root, spot).await?;
        let unfinished = folder.join(unfinished);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let file = options.open(&unfinished).await.map_err(during("opening a file"))?;
        if spot.shared {
            let group = Permissions::from_mode(0o660);
            file.set_permissions(group).await.map_err(during("sharing a file"))?;
        }
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
        match self.finished.parent() {
            Some(folder) => synced(folder).await,
            None => Ok(()),
        }
    }
}

impl FolderReading {
    pub(crate) async fn begin(root: &Path, spot: &Spot, name: &str, byte: u64) -> Result<Self, StoreError> {
        match File::open(root.join(&spot.path).join(name)).await {
            Ok(mut file) => {
                if byte > 0 {
                    file.seek(SeekFrom::Start(byte)).await.map_err(during("reading"))?;
                }
                Ok(Self(file))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(StoreError::Missing(format!("{}/{name}", spot.path)))
            }
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

pub(crate) async fn names(root: &Path, spot: &Spot) -> Result<Vec<String>, StoreError> {
    must_be_there(root).await?;
    let mut names = Vec::new();
    let mut entries = match fs::read_dir(root.join(&spot.path)).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(names),
        entries => entries.map_err(during("reading a folder"))?,
    };
    while let Some(entry) = entries.next_entry().await.map_err(during("reading a folder"))? {
        names.extend(entry.file_name().into_string());
    }
    Ok(names)
}

pub(crate) async fn settle(root: &Path, spot: &Spot) -> Result<(), StoreError> {
    synced(&root.join(&spot.path)).await
}

pub(crate) async fn remove_one(root: &Path, spot: &Spot, name: &str) -> Result<(), StoreError> {
    must_be_there(root).await?;
    gone(fs::remove_file(root.join(&spot.path).join(name)).await, "removing a file")
}

pub(crate) async fn remove(root: &Path, spot: &Spot) -> Result<(), StoreError> {
    must_be_there(root).await?;
    gone(fs::remove_dir_all(root.join(&spot.path)).await, "removing a folder")
}

/// What is gone already is gone.
fn gone(removed: std::io::Result<()>, doing: &'static str) -> Result<(), StoreError> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(during(doing)(error)),
        _ => Ok(()),
    }
}

/// A store whose folder is not there is a disk that is not mounted: nothing is written in its stead, and nothing is gone. A mount point is
/// there always, so the folder is to be one on the disk, below it.
pub(crate) async fn must_be_there(root: &Path) -> Result<(), StoreError> {
    fs::metadata(root).await.map(drop).map_err(during("looking for its folder"))
}

/// The folder of a place, made where it was not there, and lasting from then on.
async fn made(root: &Path, spot: &Spot) -> Result<PathBuf, StoreError> {
    let mut folder = root.to_owned();
    for name in spot.path.split('/') {
        let above = folder.clone();
        folder.push(name);
        match DirBuilder::new().mode(0o700).create(&folder).await {
            Ok(()) => {
                if spot.shared {
                    let group = Permissions::from_mode(0o2770);
                    fs::set_permissions(&folder, group).await.map_err(during("sharing a folder"))?;
                }
                synced(&above).await?;
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(during("making a folder")(error)),
        }
    }
    Ok(folder)
}

async fn synced(folder: &Path) -> Result<(), StoreError> {
    let folder = File::open(folder).await.map_err(during("opening a folder"))?;
    folder.sync_all().await.map_err(during("syncing a folder"))
}
