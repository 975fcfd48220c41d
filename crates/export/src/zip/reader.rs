//! Reads entries one after the other, each as it comes, and believes none of what is said of them.
use std::collections::BTreeSet;

use flate2::{Decompress, FlushDecompress, Status};

use super::{
    CENTRAL, CENTRAL_SIZE, DAY, DEFLATE, DESCRIPTOR, DESCRIPTOR_SIZE, END, END_SIZE, Entry, FLAGS, LARGEST, LOCAL,
    LOCAL_SIZE, MADE_BY, MOST_ENTRIES, NEEDED, PLAIN_FILE, Refused, Tally, is_plain,
};

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
    waiting: Vec<u8>,
    /// How much of what waits was used.
    used: usize,
    /// Where in the file that is.
    offset: u64,
    state: State,
    entries: Vec<Entry>,
    names: BTreeSet<String>,
    /// What all entries came to until now, unpacked and packed, and what they may come to, unpacked.
    unpacked: u64,
    packed: u64,
    largest: u64,
    is_all_fed: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self::of_at_most(LARGEST)
    }
}

#[derive(Default)]
enum State {
    /// An entry begins here, or the directory.
    #[default]
    Between,
    /// In an entry.
    Inside(Box<Inside>),
    /// Behind the data of one.
    Behind(Box<Inside>),
    /// In the directory: the next entry it must name.
    Directory {
        next: usize,
        begins: u64,
    },
    Over,
}

struct Inside {
    name: String,
    offset: u64,
    inflate: Decompress,
    tally: Tally,
}

impl Reader {
    /// Refuses what unpacks into more bytes than these.
    pub(crate) fn of_at_most(largest: u64) -> Self {
        Self {
            waiting: Vec::new(),
            used: 0,
            offset: 0,
            state: State::Between,
            entries: Vec::new(),
            names: BTreeSet::new(),
            unpacked: 0,
            packed: 0,
            largest,
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
        let found = match std::mem::take(&mut self.state) {
            State::Between => self.between(),
            State::Inside(inside) => self.inside(inside),
            State::Behind(inside) => self.behind(inside),
            State::Directory { next, begins } => self.directory(next, begins),
            State::Over => {
                self.state = State::Over;
                return if self.rest().is_empty() { Ok(Event::Over) } else { Err(Refused::Longer) };
            }
        }?;
        match found {
            Some(event) => Ok(event),
            None if self.is_all_fed => Err(Refused::CutOff),
            None => Ok(Event::Hungry),
        }
    }

    fn between(&mut self) -> Result<Option<Event>, Refused> {
        let Some(&signature) = self.rest().first_chunk::<4>() else { return Ok(None) };
        match u32::from_le_bytes(signature) {
            LOCAL => self.begins(),
            CENTRAL if !self.entries.is_empty() => {
                self.state = State::Directory { next: 0, begins: self.offset };
                self.next().map(Some)
            }
            _ => Err(Refused::NotOurs("it is no ZIP, or one that another program packed")),
        }
    }

    /// Reads what stands before an entry: our own few words, and a name.
    fn begins(&mut self) -> Result<Option<Event>, Refused> {
        let Some(head) = self.rest().get(..LOCAL_SIZE) else { return Ok(None) };
        let ours = shorts(head, [4, 6, 8, 10, 12]) == [NEEDED, FLAGS, DEFLATE, 0, DAY]
            && longs(head, [14, 18, 22]) == [0; 3]
            && shorts(head, [28]) == [0];
        if !ours {
            return Err(Refused::NotOurs("another program packed it; hand in the file as it was exported"));
        }
        let [length] = shorts(head, [26]);
        let Some(name) = self.rest().get(LOCAL_SIZE..LOCAL_SIZE + usize::from(length)) else { return Ok(None) };
        let name = String::from_utf8_lossy(name).into_owned();
        if !is_plain(&name) || self.entries.len() == MOST_ENTRIES {
            return Err(Refused::Foreign(name.chars().take(100).collect()));
        }
        if !self.names.insert(name.clone()) {
            return Err(Refused::Twice(name));
        }
        let offset = self.offset;
        self.use_up(LOCAL_SIZE + usize::from(length));
        let (inflate, tally) = (Decompress::new(false), Tally::default());
        self.state = State::Inside(Box::new(Inside { name: name.clone(), offset, inflate, tally }));
        Ok(Some(Event::Begins(name)))
    }

    fn inside(&mut self, mut inside: Box<Inside>) -> Result<Option<Event>, Refused> {
        let damaged = |inside: &Inside| Refused::Damaged(inside.name.clone());
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
        if is_bomb(inside.tally.bytes, inside.tally.packed)
            || is_bomb(self.unpacked, self.packed)
            || inside.tally.bytes > u64::from(u32::MAX)
        {
            return Err(Refused::Bomb(inside.name));
        }
        if self.unpacked > self.largest {
            return Err(Refused::TooMuch);
        }
        let waited = !self.rest().is_empty();
        self.use_up(usize::try_from(taken).unwrap_or(0));
        let idle = taken == 0 && plain.is_empty();
        self.state = match status {
            Status::StreamEnd => State::Behind(inside),
            _ if idle && waited => return Err(damaged(&inside)),
            _ => State::Inside(inside),
        };
        match plain.is_empty() {
            false => Ok(Some(Event::Bytes(plain))),
            true if status == Status::StreamEnd || taken > 0 => self.next().map(Some),
            true => Ok(None),
        }
    }

    fn behind(&mut self, inside: Box<Inside>) -> Result<Option<Event>, Refused> {
        let Some(words) = self.rest().get(..DESCRIPTOR_SIZE).map(|told| longs(told, [0, 4, 8, 12])) else {
            self.state = State::Behind(inside);
            return Ok(None);
        };
        let Inside { name, offset, tally, .. } = *inside;
        let entry = tally.entry(name, offset);
        if [u64::from(words[2]), u64::from(words[3])] != [entry.packed, entry.bytes]
            || [words[0], words[1]] != [DESCRIPTOR, entry.crc]
        {
            return Err(Refused::Damaged(entry.name));
        }
        self.use_up(DESCRIPTOR_SIZE);
        self.entries.push(entry);
        Ok(Some(Event::Ends))
    }

    /// Reads the directory: it must name what was read, in that order, as plain files, and nothing else.
    fn directory(&mut self, next: usize, begins: u64) -> Result<Option<Event>, Refused> {
        self.state = State::Directory { next, begins };
        let Some(entry) = self.entries.get(next) else { return self.ends(begins) };
        let length = CENTRAL_SIZE + entry.name.len();
        let Some(told) = self.rest().get(..length) else { return Ok(None) };
        let sums = [u64::from(entry.crc), entry.packed, entry.bytes, entry.offset];
        let same = longs(told, [0, 38]) == [CENTRAL, PLAIN_FILE]
            && longs(told, [16, 20, 24, 42]).map(u64::from) == sums
            && shorts(told, [4, 6, 8, 10, 12, 14]) == [MADE_BY, NEEDED, FLAGS, DEFLATE, 0, DAY]
            && shorts(told, [28, 30, 32, 34, 36]).map(usize::from) == [entry.name.len(), 0, 0, 0, 0]
            && told.get(CENTRAL_SIZE..) == Some(entry.name.as_bytes());
        if !same {
            return Err(Refused::Directory);
        }
        self.use_up(length);
        self.state = State::Directory { next: next + 1, begins };
        self.next().map(Some)
    }

    fn ends(&mut self, begins: u64) -> Result<Option<Event>, Refused> {
        let Some(told) = self.rest().get(..END_SIZE) else { return Ok(None) };
        let count = self.entries.len();
        let same = longs(told, [0, 12, 16]).map(u64::from) == [u64::from(END), self.offset - begins, begins]
            && shorts(told, [4, 6, 8, 10, 20]).map(usize::from) == [0, 0, count, count, 0];
        if !same {
            return Err(Refused::Directory);
        }
        self.use_up(END_SIZE);
        self.state = State::Over;
        self.next().map(Some)
    }

    fn rest(&self) -> &[u8] {
        self.waiting.get(self.used..).unwrap_or_default()
    }

    fn use_up(&mut self, bytes: usize) {
        self.used += bytes;
        self.offset += bytes as u64;
    }
}

fn shorts<const N: usize>(bytes: &[u8], places: [usize; N]) -> [u16; N] {
    places.map(|at| bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |two| u16::from_le_bytes(*two)))
}

fn longs<const N: usize>(bytes: &[u8], places: [usize; N]) -> [u32; N] {
    places.map(|at| bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |four| u32::from_le_bytes(*four)))
}
