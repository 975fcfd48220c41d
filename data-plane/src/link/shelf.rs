//! What a node keeps on disk: two generations of the signed snapshot, each with the signed changes since, the shares it lives by, and
//! who was asked for most.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hotelhub_kernel::TenantId;
use hotelhub_protocol::{Share, Signed};

const SNAPSHOT: &str = "routes.snapshot.json";
const JOURNAL: &str = "routes.journal.jsonl";
/// The generation before: what is served by when a snapshot turns out to be spoilt.
const SNAPSHOT_BEFORE: &str = "routes.snapshot.before.json";
const JOURNAL_BEFORE: &str = "routes.journal.before.jsonl";
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
    /// Whether the newest snapshot is one to fall back to.
    newest_is_good: bool,
}

/// A snapshot and the changes since, as they lie on disk. It is as good as its signatures, which are checked by who takes it on.
pub(super) struct Generation {
    pub(super) snapshot: Vec<u8>,
    /// In the order they came.
    pub(super) deltas: Vec<Signed>,
}

impl Shelf {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let file = OpenOptions::new().create(true).append(true).open(folder.join(JOURNAL))?;
        let journal = Journal { file, entries: Some(0), newest_is_good: true };
        Ok(Self { folder: folder.to_owned(), journal: Mutex::new(journal) })
    }

    /// The newest table, if one is there. A line that a crash cut off is struck from the journal: the next one begins where it began.
    pub(super) fn newest(&self) -> io::Result<Option<Generation>> {
        let mut journal = self.journal();
        let (deltas, whole) = lines(&self.bytes(JOURNAL)?.unwrap_or_default());
        journal.file.set_len(whole)?;
        let snapshot = self.bytes(SNAPSHOT)?;
        (journal.entries, journal.newest_is_good) = (Some(deltas.len()), snapshot.is_some());
        Ok(snapshot.map(|snapshot| Generation { snapshot, deltas }))
    }

    /// The one before it, if one is there, with all changes since.
    pub(super) fn before(&self) -> io::Result<Option<Generation>> {
        let _journal = self.journal();
        let Some(snapshot) = self.bytes(SNAPSHOT_BEFORE)? else { return Ok(None) };
        let (mut deltas, _) = lines(&self.bytes(JOURNAL_BEFORE)?.unwrap_or_default());
        deltas.extend(lines(&self.bytes(JOURNAL)?.unwrap_or_default()).0);
        Ok(Some(Generation { snapshot, deltas }))
    }

    pub(super) fn shares(&self) -> io::Result<Vec<Share>> {
        Ok(serde_json::from_slice(&self.bytes(SHARES)?.unwrap_or_default()).unwrap_or_default())
    }

    /// The table to hand to another node: the one that is served by.
    pub(super) fn offer(&self) -> io::Result<Option<Generation>> {
        let journal = self.journal();
        if !journal.newest_is_good || journal.entries.is_none() {
            return Ok(None);
        }
        let Some(snapshot) = self.bytes(SNAPSHOT)? else { return Ok(None) };
        let (deltas, _) = lines(&self.bytes(JOURNAL)?.unwrap_or_default());
        Ok(Some(Generation { snapshot, deltas }))
    }

    /// Puts a sealed snapshot in place of the newest, which becomes the one before with its journal; a new journal begins. After a crash
    /// between any two steps there is a whole generation, and a journal holds at most changes that its snapshot has, which are passed over.
    pub(super) fn keep_snapshot(&self, snapshot: &[u8]) -> io::Result<()> {
        let mut journal = self.journal();
        journal.entries = None;
        let fresh = self.write(SNAPSHOT, snapshot)?;
        if journal.newest_is_good && self.folder.join(SNAPSHOT).exists() {
            fs::rename(self.folder.join(SNAPSHOT), self.folder.join(SNAPSHOT_BEFORE))?;
            fs::rename(self.folder.join(JOURNAL), self.folder.join(JOURNAL_BEFORE))?;
            self.sync_folder()?;
        }
        fs::rename(fresh, self.folder.join(SNAPSHOT))?;
        journal.file = OpenOptions::new().create(true).append(true).open(self.folder.join(JOURNAL))?;
        journal.file.set_len(0)?;
        journal.file.sync_data()?;
        self.sync_folder()?;
        (journal.entries, journal.newest_is_good) = (Some(0), true);
        Ok(())
    }

    /// Says that what lies in the journal does not lead to the table that is served by.
    pub(super) fn doubt_journal(&self) {
        self.journal().entries = None;
    }

    /// Says that the newest snapshot is none: it will not take the place of the one before.
    pub(super) fn doubt_newest(&self) {
        let mut journal = self.journal();
        (journal.entries, journal.newest_is_good) = (None, false);
    }

    /// Adds changes to the journal, all of them at once; how many entries it has then. After an error a snapshot is due.
    pub(super) fn append(&self, deltas: &[Signed]) -> io::Result<usize> {
        let mut text = Vec::new();
        for signed in deltas {
            serde_json::to_writer(&mut text, signed)?;
            text.push(b'\n');
        }
        let mut journal = self.journal();
        let before = journal.entries.take().ok_or_else(|| io::Error::other("the journal has a gap"))?;
        journal.file.write_all(&text)?;
        journal.file.sync_data()?;
        let entries = before + deltas.len();
        journal.entries = Some(entries);
        Ok(entries)
    }

    pub(super) fn keep_shares(&self, shares: &[Share]) -> io::Result<()> {
        self.replace(SHARES, &serde_json::to_vec(shares)?)
    }

    /// The hotels that were asked for most, in that order. It says nothing that could do harm, so nobody has signed it.
    pub(super) fn asked_most(&self) -> io::Result<Vec<TenantId>> {
        Ok(serde_json::from_slice(&self.bytes(ASKED_MOST)?.unwrap_or_default()).unwrap_or_default())
    }

    pub(super) fn keep_asked_most(&self, tenants: &[TenantId]) -> io::Result<()> {
        self.replace(ASKED_MOST, &serde_json::to_vec(tenants)?)
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bytes(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.folder.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            outcome => outcome.map(Some),
        }
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        fs::rename(self.write(name, bytes)?, self.folder.join(name))?;
        self.sync_folder()
    }

    /// Writes what is to become this file beside it: after a rename it is the old one or the new one, never half of each.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let fresh = self.folder.join(format!("{name}.new"));
        let mut file = File::create(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(fresh)
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}

/// The envelopes of a journal up to the first line that is none, and how many bytes they are.
fn lines(journal: &[u8]) -> (Vec<Signed>, u64) {
    let (mut deltas, mut whole) = (Vec::new(), 0);
    for line in journal.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
        let Ok(signed) = serde_json::from_slice(line) else { break };
        deltas.push(signed);
        whole += line.len() as u64;
    }
    (deltas, whole)
}
