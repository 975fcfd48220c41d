//! What a node keeps on disk: the last signed snapshot, the signed changes since, the shares it lives by, and who was asked for most.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hotelhub_kernel::TenantId;
use hotelhub_protocol::{Share, Signed};

const SNAPSHOT: &str = "routes.snapshot.json";
const JOURNAL: &str = "routes.journal.jsonl";
const SHARES: &str = "shares.json";
const ASKED_MOST: &str = "asked-most.json";

pub(super) struct Shelf {
    folder: PathBuf,
    journal: Mutex<Journal>,
}

struct Journal {
    file: File,
    /// None when something is missing in it: until the next snapshot nothing is added.
    entries: Option<usize>,
}

/// What was found on disk. It is as good as its signatures, which are checked by who takes it on.
pub(super) struct Kept {
    pub(super) snapshot: Option<Signed>,
    /// In the order they came.
    pub(super) deltas: Vec<Signed>,
    pub(super) shares: Vec<Share>,
}

impl Shelf {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let file = OpenOptions::new().create(true).append(true).open(folder.join(JOURNAL))?;
        Ok(Self { folder: folder.to_owned(), journal: Mutex::new(Journal { file, entries: Some(0) }) })
    }

    /// Reads what is there. A line that a crash cut off is struck from the journal: the next one begins where it began.
    pub(super) fn load(&self) -> io::Result<Kept> {
        let mut journal = self.journal();
        let (mut deltas, mut whole) = (Vec::new(), 0);
        for line in self.bytes(JOURNAL)?.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            let Ok(signed) = serde_json::from_slice(line) else { break };
            deltas.push(signed);
            whole += line.len() as u64;
        }
        journal.file.set_len(whole)?;
        journal.entries = Some(deltas.len());
        Ok(Kept {
            snapshot: serde_json::from_slice(&self.bytes(SNAPSHOT)?).ok(),
            deltas,
            shares: serde_json::from_slice(&self.bytes(SHARES)?).unwrap_or_default(),
        })
    }

    /// Puts a snapshot in place of the one before; the journal begins anew. After a crash between the two the journal holds changes that
    /// the snapshot has, which are passed over.
    pub(super) fn keep_snapshot(&self, snapshot: &Signed) -> io::Result<()> {
        let mut journal = self.journal();
        journal.entries = None;
        self.replace(SNAPSHOT, &serde_json::to_vec(snapshot)?)?;
        journal.file.set_len(0)?;
        journal.file.sync_data()?;
        journal.entries = Some(0);
        Ok(())
    }

    /// Says that what lies in the journal does not lead to the table that is served by.
    pub(super) fn doubt_journal(&self) {
        self.journal().entries = None;
    }

    /// Adds changes to the journal; how many entries it has then. After an error a snapshot is due.
    pub(super) fn append(&self, deltas: &Signed) -> io::Result<usize> {
        let mut line = serde_json::to_vec(deltas)?;
        line.push(b'\n');
        let mut journal = self.journal();
        let entries = journal.entries.take().ok_or_else(|| io::Error::other("the journal has a gap"))? + 1;
        journal.file.write_all(&line)?;
        journal.file.sync_data()?;
        journal.entries = Some(entries);
        Ok(entries)
    }

    pub(super) fn keep_shares(&self, shares: &[Share]) -> io::Result<()> {
        self.replace(SHARES, &serde_json::to_vec(shares)?)
    }

    /// The hotels that were asked for most, in that order. It says nothing that could do harm, so nobody has signed it.
    pub(super) fn asked_most(&self) -> io::Result<Vec<TenantId>> {
        Ok(serde_json::from_slice(&self.bytes(ASKED_MOST)?).unwrap_or_default())
    }

    pub(super) fn keep_asked_most(&self, tenants: &[TenantId]) -> io::Result<()> {
        self.replace(ASKED_MOST, &serde_json::to_vec(tenants)?)
    }

    /// What a file holds; nothing where there is none.
    fn bytes(&self, name: &str) -> io::Result<Vec<u8>> {
        match fs::read(self.folder.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            outcome => outcome,
        }
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file is the old one or the new one, never half of each.
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let fresh = self.folder.join(format!("{name}.new"));
        let mut file = File::create(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, self.folder.join(name))?;
        File::open(&self.folder)?.sync_all()
    }
}
