//! A stream that is sealed piece by piece: ChaCha20-Poly1305 (RFC 8439) in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015).
//!
//! Each piece is sealed under a nonce that counts it and says whether it is the last, so that a stream that was cut off, reordered, prolonged
//! or put together from two opens no further than to the first piece that is wrong. A key seals one stream and no second.
use hotelhub_kernel::Key;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use thiserror::Error;

/// Bytes of plaintext in every piece but the last.
pub const CHUNK: usize = 64 * 1024;

/// What a piece is longer when it is sealed.
const TAG: usize = 16;

/// The stream is not what was sealed: cut off, changed, or under another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the backup's data are spoilt: cut off, changed, or sealed under another key")]
pub struct Spoilt;

/// One end of a stream: its key, what it is for, and how many pieces went through.
struct Pieces {
    key: LessSafeKey,
    context: Vec<u8>,
    count: u32,
    waiting: Vec<u8>,
}

impl Pieces {
    fn new(key: &Key, context: &[u8]) -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.expose()).expect("a key is as long as the cipher's");
        Self { key: LessSafeKey::new(key), context: context.to_vec(), count: 0, waiting: Vec::new() }
    }

    /// The nonce of the next piece: seven zeros, its number, whether it is the last. 2³² pieces are 256 TiB.
    fn next_nonce(&mut self, last: bool) -> Result<Nonce, Spoilt> {
        let mut nonce = [0; NONCE_LEN];
        nonce[NONCE_LEN - 5..NONCE_LEN - 1].copy_from_slice(&self.count.to_be_bytes());
        nonce[NONCE_LEN - 1] = u8::from(last);
        self.count = self.count.checked_add(1).ok_or(Spoilt)?;
        Ok(Nonce::assume_unique_for_key(nonce))
    }

    /// Takes bytes on; the pieces of this size with at least one more byte behind them, for only those are not the last. Each byte is moved
    /// once, however many come at a time: a file of WAL comes whole.
    fn take_whole(&mut self, bytes: &[u8], size: usize) -> Vec<Vec<u8>> {
        self.waiting.extend_from_slice(bytes);
        let count = self.waiting.len().saturating_sub(1) / size;
        let whole = self.waiting.chunks_exact(size).take(count).map(<[u8]>::to_vec).collect();
        self.waiting.drain(..count * size);
        whole
    }
}

/// Seals what is pushed.
pub struct Sealer(Pieces);

impl Sealer {
    /// For one stream, under a key nothing else was sealed with, for this context alone.
    pub fn new(key: &Key, context: &[u8]) -> Self {
        Self(Pieces::new(key, context))
    }

    /// Takes plaintext on; what is sealed by now.
    ///
    /// # Errors
    /// After 2³² pieces.
    pub fn push(&mut self, plain: &[u8]) -> Result<Vec<u8>, Spoilt> {
        let mut sealed = Vec::with_capacity(plain.len());
        for piece in self.0.take_whole(plain, CHUNK) {
            sealed.extend(self.seal(piece, false)?);
        }
        Ok(sealed)
    }

    /// The last piece.
    ///
    /// # Errors
    /// After 2³² pieces.
    pub fn finish(mut self) -> Result<Vec<u8>, Spoilt> {
        let rest = std::mem::take(&mut self.0.waiting);
        self.seal(rest, true)
    }

    fn seal(&mut self, mut piece: Vec<u8>, last: bool) -> Result<Vec<u8>, Spoilt> {
        let nonce = self.0.next_nonce(last)?;
        let aad = Aad::from(self.0.context.as_slice());
        self.0.key.seal_in_place_append_tag(nonce, aad, &mut piece).map_err(|_| Spoilt)?;
        Ok(piece)
    }
}

/// Opens what is pushed. Nothing that it hands out was not sealed so, but the stream is whole only when [`Opener::finish`] says so.
pub struct Opener(Pieces);

impl Opener {
    /// For the stream sealed under this key for this context.
    pub fn new(key: &Key, context: &[u8]) -> Self {
        Self(Pieces::new(key, context))
    }

    /// For what comes of the same from the piece on that holds this byte of plaintext, and where in the sealed stream that piece begins. The
    /// end is vouched for as ever.
    ///
    /// # Errors
    /// When no stream is so long.
    pub(crate) fn from_byte(key: &Key, context: &[u8], byte: u64) -> Result<(Self, u64), Spoilt> {
        let before = byte / CHUNK as u64;
        let mut pieces = Pieces::new(key, context);
        pieces.count = u32::try_from(before).map_err(|_| Spoilt)?;
        Ok((Self(pieces), before * (CHUNK + TAG) as u64))
    }

    /// Takes sealed bytes on; the plaintext that is vouched for by now.
    ///
    /// # Errors
    /// When a piece is not the one that was sealed there.
    pub fn push(&mut self, sealed: &[u8]) -> Result<Vec<u8>, Spoilt> {
        let mut plain = Vec::with_capacity(sealed.len());
        for piece in self.0.take_whole(sealed, CHUNK + TAG) {
            plain.extend(self.open(piece, false)?);
        }
        Ok(plain)
    }

    /// The last piece.
    ///
    /// # Errors
    /// When what is left is not the stream's end.
    pub fn finish(mut self) -> Result<Vec<u8>, Spoilt> {
        let rest = std::mem::take(&mut self.0.waiting);
        self.open(rest, true)
    }

    fn open(&mut self, mut piece: Vec<u8>, last: bool) -> Result<Vec<u8>, Spoilt> {
        let nonce = self.0.next_nonce(last)?;
        let aad = Aad::from(self.0.context.as_slice());
        let length = self.0.key.open_in_place(nonce, aad, &mut piece).map_err(|_| Spoilt)?.len();
        piece.truncate(length);
        Ok(piece)
    }
}
