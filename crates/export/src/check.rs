//! An export looked through from its first to its last byte, and unpacked once that was done.
use hotelhub_kernel::hex;

use crate::manifest::{MANIFEST, longest};
use crate::zip::{Bounds, Entry, Reader};
use crate::{Event, Manifest, Part, Refused};

/// Looks an export through while it comes: afterwards its manifest is known, and every entry is what the manifest says.
pub struct Check {
    reader: Reader,
    entry: String,
    manifest: Vec<u8>,
}

impl Default for Check {
    fn default() -> Self {
        Self::within(Bounds::default())
    }
}

/// Whether an entry is what the manifest says of it.
fn is_as_told(entry: &Entry, part: &Part) -> bool {
    (&*entry.name, entry.bytes) == (&*part.name, part.bytes) && hex(&entry.sha256) == part.sha256
}

impl Check {
    /// Refuses what is beyond these bounds.
    pub(crate) fn within(bounds: Bounds) -> Self {
        Self { reader: Reader::within(bounds), entry: String::new(), manifest: Vec::new() }
    }

    /// Takes more of the file on.
    ///
    /// # Errors
    /// As soon as it is no export.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        self.reader.feed(bytes);
        self.look()
    }

    /// There is no more: what it says of itself, which is so.
    ///
    /// # Errors
    /// When it is no export, or not whole.
    pub fn finish(mut self) -> Result<Manifest, Refused> {
        self.reader.feed_no_more();
        self.look()?;
        let manifest = Manifest::read(&self.manifest)?;
        let mut entries = self.reader.entries().iter();
        if entries.next_back().is_none_or(|last| &*last.name != MANIFEST) || entries.len() != manifest.parts.len() {
            return Err(Refused::Unlike("it names other entries".to_owned()));
        }
        match entries.zip(&manifest.parts).find(|(entry, part)| !is_as_told(entry, part)) {
            Some((entry, _)) => Err(Refused::Unlike(entry.name.to_string())),
            None => Ok(manifest),
        }
    }

    fn look(&mut self) -> Result<(), Refused> {
        loop {
            match self.reader.next()? {
                Event::Begins(name) => self.entry = name,
                Event::Bytes(bytes) if self.entry == MANIFEST => {
                    self.manifest.extend_from_slice(&bytes);
                    if self.manifest.len() > longest(self.reader.entries().len()) {
                        return Err(Refused::Manifest);
                    }
                }
                Event::Bytes(_) | Event::Ends => {}
                Event::Hungry | Event::Over => return Ok(()),
            }
        }
    }
}

/// Unpacks an export whose manifest is known. It is looked through once more: the file may have changed since.
pub struct Unpacking {
    reader: Reader,
    manifest: Manifest,
    /// Entries that ended.
    ended: usize,
    /// Bytes of the one that did not.
    bytes: u64,
}

impl Unpacking {
    /// Of the export with this manifest.
    pub fn new(manifest: Manifest) -> Self {
        Self::within(manifest, Bounds::default())
    }

    /// Refuses what is beyond these bounds.
    pub(crate) fn within(manifest: Manifest, bounds: Bounds) -> Self {
        Self { reader: Reader::within(bounds), manifest, ended: 0, bytes: 0 }
    }

    /// Takes more of the file on.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.reader.feed(bytes);
    }

    /// There is no more.
    pub fn feed_no_more(&mut self) {
        self.reader.feed_no_more();
    }

    /// The entry that began last, as the manifest has it; nothing for the manifest itself.
    pub fn part(&self) -> Option<&Part> {
        self.manifest.parts.get(self.ended)
    }

    /// What comes next. An entry is believed when it ended.
    ///
    /// # Errors
    /// When the file is not the one that was looked through.
    pub fn step(&mut self) -> Result<Event, Refused> {
        let event = self.reader.next()?;
        let expected = self.part().map_or(MANIFEST, |part| &part.name).to_owned();
        let unlike = || Refused::Unlike(expected.clone());
        match &event {
            Event::Begins(name) if *name != expected || self.ended > self.manifest.parts.len() => return Err(unlike()),
            Event::Begins(_) => self.bytes = 0,
            Event::Bytes(bytes) => {
                self.bytes += bytes.len() as u64;
                if self.bytes > self.part().map_or(longest(self.ended) as u64, |part| part.bytes) {
                    return Err(Refused::Bomb(expected));
                }
            }
            Event::Ends => {
                let (entry, part) = (self.reader.entries().last(), self.part());
                if !part.is_none_or(|part| entry.is_some_and(|entry| is_as_told(entry, part))) {
                    return Err(unlike());
                }
                self.ended += 1;
            }
            Event::Over if self.ended != self.manifest.parts.len() + 1 => return Err(unlike()),
            Event::Hungry | Event::Over => {}
        }
        Ok(event)
    }
}
