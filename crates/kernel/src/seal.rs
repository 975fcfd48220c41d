//! What is closed under a key: ChaCha20-Poly1305 (RFC 8439), bound to what it is about.
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::{Entropy, Key};

impl Key {
    /// Closes `plain`: a random nonce of 12 bytes, the ciphertext, its tag of 16. It opens under this key and for the same `about` alone.
    pub fn seal(&self, about: &[u8], plain: &[u8], entropy: &Entropy) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = entropy.bytes();
        let mut sealed = [nonce.as_slice(), plain].concat();
        let tag = self.cipher().seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(about),
            sealed.split_at_mut(NONCE_LEN).1,
        );
        sealed.extend_from_slice(tag.expect("what is sealed is not longer than 256 GiB").as_ref());
        sealed
    }

    /// Opens what [`Key::seal`] closed; nothing where it was closed for something else, under another key, or changed since.
    pub fn open(&self, about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, closed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut closed = closed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.cipher().open_in_place(nonce, Aad::from(about), &mut closed).ok()?;
        Some(plain.to_vec())
    }

    fn cipher(&self) -> LessSafeKey {
        let key = UnboundKey::new(&CHACHA20_POLY1305, self.expose());
        LessSafeKey::new(key.expect("a key is as long as the cipher's"))
    }
}
