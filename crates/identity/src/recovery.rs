//! Recovery codes: the way in for who lost the second factor. Each works once.
use hotelhub_kernel::{Entropy, sha256};

/// Letters and digits that nobody mistakes for one another; 32 of them.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstvwxyz0123456789";
/// The letters of a code: 80 bits, too many to try even for who has the hashes.
const LENGTH: usize = 16;

/// Ten fresh codes, shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCodes(Vec<String>);

impl RecoveryCodes {
    /// How many codes an account gets.
    pub const COUNT: usize = 10;

    /// Fresh codes.
    pub fn mint(entropy: &Entropy) -> Self {
        Self((0..Self::COUNT).map(|_| code(&entropy.bytes())).collect())
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

fn code(random: &[u8; LENGTH]) -> String {
    let mut text = String::with_capacity(LENGTH + LENGTH / 4);
    for (i, byte) in random.iter().enumerate() {
        if i > 0 && i.is_multiple_of(4) {
            text.push('-');
        }
        text.push(LETTERS.get(usize::from(byte & 31)).map_or('0', |letter| char::from(*letter)));
    }
    text
}

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCodes([redacted])")
    }
}
