//! Reads entries one after the other, each as it comes, and believes none of what is said of them.
use std::collections::BTreeSet;
use std::sync::Arc;

use flate2::{Decompress, FlushDecompress, Status};

use super::records::{self, CENTRAL, LOCAL, LOCAL_SIZE, NAME_LENGTH};
use super::{Bounds, Entry, Refused, Tally, is_plain};

/// Bytes inflated at once.
const AT_ONCE: usize = 64 * 1024;

/// Below so many bytes nothing is a bomb; above, tables of a hotel pack to a tenth, and nothing honest to less than one in so many: no
/// entry by itself, and not all of them together.
const SMALL: u64 = 16 * 1024 * 1024;
const HONEST_RATIO: u64 = 250;

/// What comes next of a ZIP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An entry begins.
    Begins(String),
    /// Bytes of it.
    Bytes(Vec<u8>),
    /// It is over, and was as its checksum says.
    Ends,
    /// More must be fed first.
    Hungry,
    /// That was all.
    Over,
}

/// A ZIP on its way in.
pub(crate) struct Reader {
    bounds: Bounds,
    waiting: Vec<u8>,
    /// How much of what waits was used.
    used: usize,
    /// Where in the file that is.
    offset: u64,
    state: State,
    entries: Vec<Entry>,
    names: BTreeSet<Arc<str>>,
    /// What all entries came to until now, unpacked and packed.
    unpacked: u64,
    packed: u64,
    is_all_fed: bool,
}

#[derive(Default)]
enum State {
    /// An entry begins here, or the directory.
    #[default]
    Between,
    /// In an entry.
    Inside(Box<Inside>),
    /// Behind the data of this one.
    Behind(Box<Entry>),
    /// In the directory: the next entry it must name.
    Directory {
        next: usize,
        begins: u64,
    },
    Over,
}

struct Inside {
    name: Arc<str>,
    offset: u64,
    inflate: Decompress,
    tally: Tally,
}

/// How far one step came.
enum Step {
    /// This is to be told.
    Says(Event),
    /// Another step follows.
    GoesOn,
    /// More must be fed first.
    Waits,
}

impl Reader {
    /// Refuses what is beyond these bounds.
    pub(crate) fn within(bounds: Bounds) -> Self {
        Self {
            bounds,
            waiting: Vec::new(),
            used: 0,
            offset: bounds.begins,
            state: State::Between,
            entries: Vec::new(),
            names: BTreeSet::new(),
            unpacked: 0,
            packed: 0,
            is_all_fed: false,
        }
    }

    /// Takes more of the file on.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.waiting.drain(..self.used);
        self.used = 0;
        self.waiting.extend_from_slice(bytes);
    }

    /// There is no more.
    pub(crate) fn feed_no_more(&mut self) {
        self.is_all_fed = true;
    }

    /// The entries that ended.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What comes next.
    pub(crate) fn next(&mut self) -> Result<Event, Refused> {
        loop {
            if self.offset - self.bounds.begins > self.bounds.packed {
                return Err(Refused::TooMuch);
            }
            let step = match std::mem::take(&mut self.state) {
                State::Between => self.between(),
                State::Inside(inside) => self.inside(inside),
                State::Behind(entry) => self.behind(entry),
                State::Directory { next, begins } => self.directory(next, begins),
                State::Over => {
                    self.state = State::Over;
                    return if self.rest().is_empty() { Ok(Event::Over) } else { Err(Refused::Longer) };
                }
            }?;
            match step {
                Step::Says(event) => return Ok(event),
                Step::GoesOn => {}
                Step::Waits if self.is_all_fed => return Err(Refused::CutOff),
                Step::Waits => return Ok(Event::Hungry),
            }
        }
    }

    fn between(&mut self) -> Result<Step, Refused> {
        let Some(&signature) = self.rest().first_chunk::<4>() else { return Ok(Step::Waits) };
        match u32::from_le_bytes(signature) {
            LOCAL => self.begins(),
            CENTRAL if !self.entries.is_empty() => {
                self.state = State::Directory { next: 0, begins: self.offset };
                Ok(Step::GoesOn)
            }
            _ => Err(Refused::NotOurs("it is no ZIP, or one that another program packed")),
        }
    }

    /// Reads what stands before an entry: our own few words, and a name.
    fn begins(&mut self) -> Result<Step, Refused> {
        let Some(head) = self.rest().first_chunk::<LOCAL_SIZE>() else { return Ok(Step::Waits) };
        let length = usize::from(u16::from_le_bytes([head[NAME_LENGTH], head[NAME_LENGTH + 1]]));
        let mut ours = *head;
        ours[NAME_LENGTH..NAME_LENGTH + 2].fill(0);
        if ours[..] != records::local("")[..] {
            return Err(Refused::NotOurs("another program packed it; hand in the file as it was exported"));
        }
        let Some(name) = self.rest().get(LOCAL_SIZE..LOCAL_SIZE + length) else { return Ok(Step::Waits) };
        let name: Arc<str> = String::from_utf8_lossy(name).into();
        if !is_plain(&name) || self.entries.len() >= self.bounds.entries {
            return Err(Refused::Foreign(name.chars().take(100).collect()));
        }
        if !self.names.insert(name.clone()) {
            return Err(Refused::Twice(name.to_string()));
        }
        let offset = self.offset;
        self.use_up(LOCAL_SIZE + length);
        let (inflate, tally) = (Decompress::new(false), Tally::default());
        let event = Event::Begins(name.to_string());
        self.state = State::Inside(Box::new(Inside { name, offset, inflate, tally }));
        Ok(Step::Says(event))
    }

    fn inside(&mut self, mut inside: Box<Inside>) -> Result<Step, Refused> {
        let damaged = |inside: &Inside| Refused::Damaged(inside.name.to_string());
        let mut plain = Vec::with_capacity(AT_ONCE);
        let before = inside.inflate.total_in();
        let status = inside.inflate.decompress_vec(self.rest(), &mut plain, FlushDecompress::None);
        let status = status.map_err(|_| damaged(&inside))?;
        let taken = inside.inflate.total_in() - before;
        inside.tally.packed += taken;
        inside.tally.add(&plain);
        self.unpacked += plain.len() as u64;
        self.packed += taken;
        let is_bomb = |unpacked: u64, packed: u64| unpacked > SMALL && unpacked / HONEST_RATIO > packed;
        if is_bomb(inside.tally.bytes, inside.tally.packed) || is_bomb(self.unpacked, self.packed) {
            return Err(Refused::Bomb(inside.name.to_string()));
        }
        if self.unpacked > self.bounds.unpacked {
            return Err(Refused::TooMuch);
        }
        let waited = !self.rest().is_empty();
        self.use_up(usize::try_from(taken).unwrap_or(0));
        let idle = taken == 0 && plain.is_empty();
        self.state = match status {
            Status::StreamEnd => {
                let Inside { name, offset, tally, .. } = *inside;
                State::Behind(Box::new(tally.entry(name, offset)))
            }
            _ if idle && waited => return Err(damaged(&inside)),
            _ => State::Inside(inside),
        };
        Ok(match plain.is_empty() {
            false => Step::Says(Event::Bytes(plain)),
            true if status == Status::StreamEnd || taken > 0 => Step::GoesOn,
            true => Step::Waits,
        })
    }

    /// Reads what follows an entry: what it came to.
    fn behind(&mut self, entry: Box<Entry>) -> Result<Step, Refused> {
        let came_to = records::descriptor(&entry, &self.bounds);
        if !self.finds(&came_to, || Refused::Damaged(entry.name.to_string()))? {
            self.state = State::Behind(entry);
            return Ok(Step::Waits);
        }
        self.entries.push(*entry);
        Ok(Step::Says(Event::Ends))
    }

    /// Reads the directory: it must name what was read, in that order, as plain files, and nothing else.
    fn directory(&mut self, next: usize, begins: u64) -> Result<Step, Refused> {
        let expected = match self.entries.get(next) {
            Some(entry) => records::central(entry, &self.bounds),
            None => records::end(self.entries.len() as u64, (begins, self.offset - begins), &self.bounds),
        };
        let found = self.finds(&expected, || Refused::Directory)?;
        self.state = match found {
            true if next == self.entries.len() => State::Over,
            true => State::Directory { next: next + 1, begins },
            false => State::Directory { next, begins },
        };
        Ok(if found { Step::GoesOn } else { Step::Waits })
    }

    /// Whether these very bytes come next, which are used up then; not yet, where too few were fed to tell.
    fn finds(&mut self, expected: &[u8], otherwise: impl FnOnce() -> Refused) -> Result<bool, Refused> {
        let there = self.rest().len().min(expected.len());
        if self.rest().get(..there) != expected.get(..there) {
            return Err(otherwise());
        }
        let whole = there == expected.len();
        self.use_up(if whole { there } else { 0 });
        Ok(whole)
    }

    fn rest(&self) -> &[u8] {
        self.waiting.get(self.used..).unwrap_or_default()
    }

    fn use_up(&mut self, bytes: usize) {
        self.used += bytes;
        self.offset += bytes as u64;
    }
}
