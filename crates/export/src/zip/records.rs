//! The records of a ZIP, each as the bytes it is written in. They are found again in these bytes and in no others, so that nothing a
//! stranger says in one is ever followed.
//!
//! What does not fit into a record is said in its wide form (ZIP64, APPNOTE 4.3.9, 4.3.14, 4.3.15 and 4.5.3), and only then: there is one
//! way to write an archive. When an entry begins its length is not known, so what stands before it is never wide; what follows it is where
//! the directory is.
use super::{Bounds, Entry};

pub(super) const LOCAL: u32 = 0x0403_4b50;
pub(super) const CENTRAL: u32 = 0x0201_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const END: u32 = 0x0605_4b50;
const WIDE_END: u32 = 0x0606_4b50;
const WIDE_LOCATOR: u32 = 0x0706_4b50;

pub(super) const LOCAL_SIZE: usize = 30;
/// Where in it the length of the name is told.
pub(super) const NAME_LENGTH: usize = 26;

/// For readers of version 2.0, or of 4.5, the first that knows ZIP64.
const NEEDED: u16 = 20;
const NEEDED_WIDE: u16 = 45;
/// Made on a Unix.
const UNIX: u16 = 0x0300;
/// Length and checksum follow the data; names are UTF-8.
const FLAGS: u16 = 0x0808;
const DEFLATE: u16 = 8;
/// The first day a ZIP knows: the manifest has the time.
const DAY: u16 = 0x0021;
/// A plain file that its owner reads and writes.
const PLAIN_FILE: u32 = 0o100_600 << 16;
/// The extra field with three numbers of eight bytes.
const WIDE: [u16; 2] = [0x0001, 24];
/// The wide end without its signature and this length of itself.
const WIDE_END_LENGTH: u64 = 44;

/// What stands before an entry.
pub(super) fn local(name: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(LOCAL_SIZE + name.len());
    longs(&mut out, [LOCAL]);
    shorts(&mut out, [NEEDED, FLAGS, DEFLATE, 0, DAY]);
    longs(&mut out, [0; 3]);
    shorts(&mut out, [short(name.len() as u64), 0]);
    out.extend_from_slice(name.as_bytes());
    out
}

/// What follows an entry.
pub(super) fn descriptor(entry: &Entry, bounds: &Bounds) -> Vec<u8> {
    let mut out = Vec::with_capacity(24);
    longs(&mut out, [DESCRIPTOR, entry.crc]);
    if is_wide(entry, bounds) {
        quads(&mut out, [entry.packed, entry.bytes]);
    } else {
        longs(&mut out, [long(entry.packed), long(entry.bytes)]);
    }
    out
}

/// An entry as the directory names it.
pub(super) fn central(entry: &Entry, bounds: &Bounds) -> Vec<u8> {
    let wide = is_wide(entry, bounds);
    let (needed, extra) = if wide { (NEEDED_WIDE, WIDE[1] + 4) } else { (NEEDED, 0) };
    let [packed, bytes, offset] =
        [entry.packed, entry.bytes, entry.offset].map(|number| if wide { u32::MAX } else { long(number) });
    let mut out = Vec::with_capacity(80 + entry.name.len());
    longs(&mut out, [CENTRAL]);
    shorts(&mut out, [UNIX | needed, needed, FLAGS, DEFLATE, 0, DAY]);
    longs(&mut out, [entry.crc, packed, bytes]);
    shorts(&mut out, [short(entry.name.len() as u64), extra, 0, 0, 0]);
    longs(&mut out, [PLAIN_FILE, offset]);
    out.extend_from_slice(entry.name.as_bytes());
    if wide {
        shorts(&mut out, WIDE);
        quads(&mut out, [entry.bytes, entry.packed, entry.offset]);
    }
    out
}

/// What follows a directory of so many entries that begins here and is so long, in bytes.
pub(super) fn end(entries: u64, (begins, length): (u64, u64), bounds: &Bounds) -> Vec<u8> {
    let wide = entries >= bounds.wide_entries || begins.max(length) >= bounds.wide_lengths;
    let (mut count, mut place) = (short(entries), [long(length), long(begins)]);
    let mut out = Vec::with_capacity(98);
    if wide {
        longs(&mut out, [WIDE_END]);
        quads(&mut out, [WIDE_END_LENGTH]);
        shorts(&mut out, [UNIX | NEEDED_WIDE, NEEDED_WIDE]);
        longs(&mut out, [0, 0]);
        quads(&mut out, [entries, entries, length, begins]);
        longs(&mut out, [WIDE_LOCATOR, 0]);
        quads(&mut out, [begins + length]);
        longs(&mut out, [1]);
        (count, place) = (u16::MAX, [u32::MAX; 2]);
    }
    longs(&mut out, [END]);
    shorts(&mut out, [0, 0, count, count]);
    longs(&mut out, place);
    shorts(&mut out, [0]);
    out
}

/// Whether something of an entry does not fit. Then all of it is told wide: who finds the extra field expects all of them so.
fn is_wide(entry: &Entry, bounds: &Bounds) -> bool {
    entry.packed.max(entry.bytes).max(entry.offset) >= bounds.wide_lengths
}

/// A number that fits, for what does not is told wide.
fn long(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn short(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn shorts<const N: usize>(out: &mut Vec<u8>, numbers: [u16; N]) {
    numbers.into_iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
}

fn longs<const N: usize>(out: &mut Vec<u8>, numbers: [u32; N]) {
    numbers.into_iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
}

fn quads<const N: usize>(out: &mut Vec<u8>, numbers: [u64; N]) {
    numbers.into_iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
}
