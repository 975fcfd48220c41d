//! What a tenant's database keeps closed: an answer or a letter may hold a link that lets its reader in.
//!
//! ChaCha20-Poly1305 (RFC 8439) under a key of the tenant; what was sealed for one row opens at no other.
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::Tenant;

impl Tenant {
    /// Closes what the row of this name keeps: a random nonce, the ciphertext, its tag.
    pub(crate) fn seal(&self, row: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = self.node().entropy.bytes();
        let mut sealed = [nonce.as_slice(), plain].concat();
        let tag = self.sealing_key().seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(row),
            sealed.split_at_mut(NONCE_LEN).1,
        );
        sealed.extend_from_slice(tag.expect("nothing that is kept is longer than 256 GiB").as_ref());
        sealed
    }

    /// Opens what the row of this name keeps; nothing where it was not closed for it, or under another key.
    pub(crate) fn open(&self, row: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, closed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut closed = closed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.sealing_key().open_in_place(nonce, Aad::from(row), &mut closed).ok()?;
        Some(plain.to_vec())
    }

    fn sealing_key(&self) -> LessSafeKey {
        let key = UnboundKey::new(&CHACHA20_POLY1305, self.key("sealed").expose());
        LessSafeKey::new(key.expect("a key of the tenant is as long as the cipher's"))
    }
}
