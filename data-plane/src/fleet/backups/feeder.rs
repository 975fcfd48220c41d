//! Feeds a server beside with WAL: the server asks by a file's name, the worker lays the file down. So the store's key stays in the worker,
//! and the worker knows why a recovery ended.
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hotelhub_vault::{VaultError, WalName, WalShelf};
use tokio::fs;

use super::side::{Account, failed};
use crate::fleet::FleetError;
use crate::progress;

/// How often is looked for a wish.
const PAUSE: Duration = Duration::from_millis(10);

/// What the server runs for each file: it asks, and waits for the file, or to hear that there is none, or of trouble, or that the worker is
/// gone. 200 is trouble, which ends the recovery; 1 is the end of the WAL, which may complete it.
const ASK: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 200
: > "wanted/$1" || exit 200
while :; do
  if [ -e "ready/$1" ]; then mv "ready/$1" "$2" && exit 0; exit 200; fi
  if [ -e "missing/$1" ]; then rm -f "missing/$1"; exit 1; fi
  if [ -e trouble ] || [ ! -d "/proc/WORKER" ]; then exit 200; fi
  sleep 0.02
done
"#;

/// The folder in which wishes and files change hands.
pub(super) struct Feeder<'a> {
    folder: PathBuf,
    account: &'a Account,
    wal: &'a WalShelf,
    /// The WAL that was asked for and is not there.
    missing: Option<WalName>,
    /// How many wishes were answered.
    fed: &'a AtomicU64,
}

/// Which file cannot be believed. What only failed is tried again, as it is.
fn told(name: &WalName, error: VaultError) -> FleetError {
    if error.is_final() {
        return FleetError::Unrecoverable(format!("the WAL {name} cannot be believed: {error}"));
    }
    error.into()
}

impl<'a> Feeder<'a> {
    pub(super) fn of(side: &Path, account: &'a Account, wal: &'a WalShelf, fed: &'a AtomicU64) -> Self {
        Self { folder: side.join("wal"), account, wal, missing: None, fed }
    }

    /// Makes the folder with the script, and answers the server's `restore_command`.
    pub(super) fn prepare(side: &Path, account: &Account) -> Result<String, FleetError> {
        let folder = side.join("wal");
        for folder in [folder.clone(), folder.join("wanted"), folder.join("ready"), folder.join("missing")] {
            account.make_folder(&folder)?;
        }
        let script = folder.join("ask");
        account.write(&script, &ASK.replace("WORKER", &std::process::id().to_string()))?;
        // Its own folder is where it is run from; the server's is where `%p` begins.
        Ok(format!("sh \"{}\" %f \"$PWD/%p\"", script.display()))
    }

    /// Answers wishes for ever, or until one cannot be.
    pub(super) async fn feed(&mut self) -> FleetError {
        loop {
            if let Err(error) = self.answer().await {
                let _ = fs::write(self.folder.join("trouble"), "").await;
                return error;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The first file of WAL that was wanted and is not in the store.
    pub(super) fn missing(&self) -> Option<&WalName> {
        self.missing.as_ref()
    }

    async fn answer(&mut self) -> Result<(), FleetError> {
        let looking = failed("looking for wishes");
        let mut wishes = fs::read_dir(self.folder.join("wanted")).await.map_err(&looking)?;
        while let Some(wish) = wishes.next_entry().await.map_err(&looking)? {
            let file = wish.file_name();
            fs::remove_file(wish.path()).await.map_err(&looking)?;
            let name = file.to_str().and_then(|name| name.parse::<WalName>().ok());
            let found = match &name {
                Some(name) => self.wal.fetch(name).await.map_err(|error| told(name, error))?,
                None => None,
            };
            match found {
                Some(bytes) => {
                    let (unfinished, ready) = (self.folder.join("unfinished"), self.folder.join("ready").join(&file));
                    fs::write(&unfinished, bytes).await.map_err(failed("laying WAL down"))?;
                    self.account.own(&unfinished)?;
                    fs::rename(&unfinished, &ready).await.map_err(failed("laying WAL down"))?;
                }
                None => {
                    self.missing = self.missing.take().or(name.filter(WalName::is_segment));
                    fs::write(self.folder.join("missing").join(&file), "").await.map_err(failed("answering a wish"))?;
                }
            }
            self.fed.fetch_add(1, Ordering::Relaxed);
            progress::made();
        }
        Ok(())
    }
}
