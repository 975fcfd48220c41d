//! SHA-256 and keys that derive keys.
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes that so many hexadecimal digits of either case stand for; nothing where they stand for none.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let byte = |pair: &[u8]| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?);
    digits.chunks(2).map(byte).collect()
}

/// A 256-bit secret key. It prints as nothing, derives others by HMAC-SHA-256 under a label, and makes and checks MACs.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// A key of these bytes, which must be random or derived.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 32 bytes of standard base64, as settings carry them.
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text.trim()).ok()?.try_into().ok().map(Self)
    }

    /// The key as settings carry it. Named `expose` because that is what it does.
    pub fn expose_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// The key's bytes, for the one call that needs them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key that belongs to `label`: the same for the same label, unrelated for another.
    pub fn derive(&self, label: &str) -> Self {
        Self(self.mac(label.as_bytes()))
    }

    /// HMAC-SHA-256 (RFC 2104) of a message.
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// Whether `tag` begins the MAC of `message`, in constant time. A tag below 16 bytes never does.
    pub fn verifies(&self, message: &[u8], tag: &[u8]) -> bool {
        let mac = self.mac(message);
        tag.len() >= 16 && mac.get(..tag.len()).is_some_and(|head| head.ct_eq(tag).into())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key([redacted])")
    }
}
