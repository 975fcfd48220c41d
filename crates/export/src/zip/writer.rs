//! Writes entries one after the other, each as it comes.
use flate2::{Compress, Compression, FlushCompress, Status};

use super::{Bounds, Entry, Tally, TooLarge, records};

/// Bytes deflated at once.
const AT_ONCE: usize = 64 * 1024;

/// A ZIP on its way out. Each call says what is to be written next.
pub(crate) struct Writer {
    bounds: Bounds,
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
    /// Writes nothing beyond these bounds.
    pub(crate) fn within(bounds: Bounds) -> Self {
        Self { bounds, offset: bounds.begins, unpacked: 0, entries: Vec::new(), open: None }
    }

    /// Begins an entry.
    pub(crate) fn begin(&mut self, name: &str) -> Result<Vec<u8>, TooLarge> {
        if self.entries.len() >= self.bounds.entries || u16::try_from(name.len()).is_err() {
            return Err(TooLarge);
        }
        let deflate = Compress::new(Compression::new(6), false);
        self.open = Some(Open { name: name.to_owned(), offset: self.offset, deflate, tally: Tally::default() });
        self.written(records::local(name))
    }

    /// Goes on with it.
    pub(crate) fn push(&mut self, plain: &[u8]) -> Result<Vec<u8>, TooLarge> {
        let Some(open) = &mut self.open else { return Ok(Vec::new()) };
        open.tally.add(plain);
        self.unpacked += plain.len() as u64;
        if self.unpacked > self.bounds.unpacked {
            return Err(TooLarge);
        }
        let packed = deflate(&mut open.deflate, plain, FlushCompress::None);
        open.tally.packed += packed.len() as u64;
        self.written(packed)
    }

    /// Ends it.
    pub(crate) fn end(&mut self) -> Result<(&Entry, Vec<u8>), TooLarge> {
        let mut open = self.open.take().ok_or(TooLarge)?;
        let mut out = deflate(&mut open.deflate, &[], FlushCompress::Finish);
        open.tally.packed += out.len() as u64;
        let entry = open.tally.entry(open.name.into(), open.offset);
        out.extend(records::descriptor(&entry, &self.bounds));
        let out = self.written(out)?;
        self.entries.push(entry);
        Ok((self.entries.last().ok_or(TooLarge)?, out))
    }

    /// The directory.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, TooLarge> {
        let mut out = Vec::new();
        for entry in &self.entries {
            out.extend(records::central(entry, &self.bounds));
        }
        let place = (self.offset, out.len() as u64);
        out.extend(records::end(self.entries.len() as u64, place, &self.bounds));
        self.written(out)
    }

    fn written(&mut self, out: Vec<u8>) -> Result<Vec<u8>, TooLarge> {
        self.offset += out.len() as u64;
        if self.offset - self.bounds.begins > self.bounds.packed { Err(TooLarge) } else { Ok(out) }
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
