//! Writes entries one after the other, each as it comes.
use flate2::{Compress, Compression, FlushCompress, Status};

use super::{
    CENTRAL, DAY, DEFLATE, DESCRIPTOR, END, Entry, FLAGS, LARGEST, LOCAL, MADE_BY, NEEDED, PLAIN_FILE, Tally, TooLarge,
};

/// Bytes deflated at once.
const AT_ONCE: usize = 64 * 1024;

/// A ZIP on its way out. Each call says what is to be written next.
#[derive(Default)]
pub(crate) struct Writer {
    offset: u64,
    /// What was packed until now.
    unpacked: u64,
    entries: Vec<Entry>,
    open: Option<Open>,
}

struct Open {
    name: String,
    offset: u64,
    deflate: Compress,
    tally: Tally,
}

impl Writer {
    /// Begins an entry.
    pub(crate) fn begin(&mut self, name: &str) -> Result<Vec<u8>, TooLarge> {
        let mut out = Vec::with_capacity(64);
        put(&mut out, LOCAL);
        put_shorts(&mut out, [NEEDED, FLAGS, DEFLATE, 0, DAY]);
        [0; 3].into_iter().for_each(|unknown| put(&mut out, unknown));
        put_shorts(&mut out, [u16::try_from(name.len()).map_err(|_| TooLarge)?, 0]);
        out.extend_from_slice(name.as_bytes());
        let deflate = Compress::new(Compression::new(6), false);
        self.open = Some(Open { name: name.to_owned(), offset: self.offset, deflate, tally: Tally::default() });
        self.written(out)
    }

    /// Goes on with it.
    pub(crate) fn push(&mut self, plain: &[u8]) -> Result<Vec<u8>, TooLarge> {
        let Some(open) = &mut self.open else { return Ok(Vec::new()) };
        open.tally.add(plain);
        self.unpacked += plain.len() as u64;
        if self.unpacked > LARGEST {
            return Err(TooLarge);
        }
        let packed = deflate(&mut open.deflate, plain, FlushCompress::None);
        open.tally.packed += packed.len() as u64;
        self.written(packed)
    }

    /// Ends it.
    pub(crate) fn end(&mut self) -> Result<(Entry, Vec<u8>), TooLarge> {
        let mut open = self.open.take().ok_or(TooLarge)?;
        let mut out = deflate(&mut open.deflate, &[], FlushCompress::Finish);
        open.tally.packed += out.len() as u64;
        let entry = open.tally.entry(open.name, open.offset);
        put(&mut out, DESCRIPTOR);
        put_sums(&mut out, &entry)?;
        self.entries.push(entry.clone());
        Ok((entry, self.written(out)?))
    }

    /// The directory.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, TooLarge> {
        let (mut out, begins) = (Vec::new(), self.offset);
        for entry in &self.entries {
            put(&mut out, CENTRAL);
            put_shorts(&mut out, [MADE_BY, NEEDED, FLAGS, DEFLATE, 0, DAY]);
            put_sums(&mut out, entry)?;
            put_shorts(&mut out, [u16::try_from(entry.name.len()).map_err(|_| TooLarge)?, 0, 0, 0, 0]);
            put(&mut out, PLAIN_FILE);
            put(&mut out, short(entry.offset)?);
            out.extend_from_slice(entry.name.as_bytes());
        }
        let (count, length) = (u16::try_from(self.entries.len()).map_err(|_| TooLarge)?, short(out.len() as u64)?);
        put(&mut out, END);
        put_shorts(&mut out, [0, 0, count, count]);
        put(&mut out, length);
        put(&mut out, short(begins)?);
        put_shorts(&mut out, [0]);
        self.written(out)
    }

    fn written(&mut self, out: Vec<u8>) -> Result<Vec<u8>, TooLarge> {
        self.offset += out.len() as u64;
        short(self.offset)?;
        Ok(out)
    }
}

fn deflate(deflate: &mut Compress, mut plain: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        out.reserve(AT_ONCE);
        let before = (deflate.total_in(), out.len());
        let status = deflate.compress_vec(plain, &mut out, flush).expect("deflating takes any bytes");
        let taken = usize::try_from(deflate.total_in() - before.0).unwrap_or(plain.len());
        plain = plain.get(taken..).unwrap_or_default();
        let idle = taken == 0 && out.len() == before.1;
        let through = if flush == FlushCompress::Finish { status == Status::StreamEnd } else { plain.is_empty() };
        if through || idle {
            return out;
        }
    }
}

fn put(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_shorts<const N: usize>(out: &mut Vec<u8>, numbers: [u16; N]) {
    numbers.into_iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
}

fn put_sums(out: &mut Vec<u8>, entry: &Entry) -> Result<(), TooLarge> {
    put(out, entry.crc);
    put(out, short(entry.packed)?);
    put(out, short(entry.bytes)?);
    Ok(())
}

fn short(length: u64) -> Result<u32, TooLarge> {
    u32::try_from(length).map_err(|_| TooLarge)
}
