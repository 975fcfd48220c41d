//! Recovery codes: the way in for who lost the second factor. Each works once.
use hotelhub_kernel::{Entropy, sha256};

use crate::readable::{LENGTH, readable};

/// Ten fresh codes, shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCodes(Vec<String>);

impl RecoveryCodes {
    /// How many codes an account gets.
    pub const COUNT: usize = 10;

    /// Fresh codes.
    pub fn mint(entropy: &Entropy) -> Self {
        Self((0..Self::COUNT).map(|_| readable(entropy)).collect())
    }

    /// The codes as people keep them: `7k2m-xw9q-…`.
    pub fn expose(&self) -> &[String] {
        &self.0
    }

    /// What a database keeps of each code, in the order of [`RecoveryCodes::expose`].
    pub fn hashes(&self) -> Vec<[u8; 32]> {
        self.0.iter().filter_map(|code| Self::hash(code)).collect()
    }

    /// The hash of a code as somebody typed it, with or without hyphens, in any case; nothing when it has not a code's shape.
    pub fn hash(typed: &str) -> Option<[u8; 32]> {
        let letters = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            c => c,
        });
        let plain: String = letters.take(LENGTH + 1).collect();
        (plain.len() == LENGTH).then(|| sha256(plain.as_bytes()))
    }
}

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCodes([redacted])")
    }
}
