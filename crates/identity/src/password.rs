//! Passwords: which are refused as weak, and argon2id with the parameters OWASP recommends.
use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordVerifier, Version};
use hotelhub_kernel::Entropy;
use thiserror::Error;

use crate::readable::readable;

/// The memory one hash takes, in KiB; with two passes and one lane the OWASP minimum of 2023.
const MEMORY_KIB: u32 = 19_456;
/// The fewest characters a password has.
const SHORTEST: usize = 10;
/// The most bytes a password has: beyond it someone tests us, not themselves.
const LONGEST: usize = 256;

/// What people choose when they are asked for ten characters; in lower case, compared without spaces.
const COMMON: &[&str] = &[
    "0123456789",
    "0987654321",
    "1111111111",
    "1122334455",
    "1234512345",
    "1234567890",
    "12345678910",
    "123456789a",
    "123qweasdzxc",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "987654321a",
    "9876543210",
    "abcd123456",
    "abcdefghij",
    "administrator",
    "asdfghjkl;",
    "asdfghjkl123",
    "bismillah1",
    "bismillah123",
    "changeme123",
    "hotelhub123",
    "hotelhub1234",
    "iloveyou123",
    "indonesia1",
    "indonesia123",
    "indonesia45",
    "jakarta123",
    "katasandi1",
    "katasandi123",
    "merdeka1945",
    "p@ssw0rd123",
    "password10",
    "password12",
    "password123",
    "password1234",
    "password12345",
    "passw0rd123",
    "q1w2e3r4t5",
    "qazwsxedc123",
    "qwer123456",
    "qwerty1234",
    "qwerty12345",
    "qwerty123456",
    "qwertyuiop",
    "qwertyuiop123",
    "rahasia123",
    "rahasia1234",
    "sayangku123",
    "selamat123",
    "selamatdatang",
    "welcome123",
    "welcome1234",
    "zaq12wsxcde3",
];

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WeakPassword {
    /// Fewer than ten characters.
    #[error("a password has at least 10 characters")]
    Short,
    /// More than 256 bytes.
    #[error("a password has at most 256 bytes")]
    Long,
    /// The account's own mail address or name.
    #[error("a password is not one's own mail address or name")]
    Personal,
    /// One that everybody tries first.
    #[error("this password is one of the first that anybody tries")]
    Common,
}

/// The rules of a password; the text itself is never kept.
pub struct Password;

/// A hashed password in PHC form, as a database keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl Password {
    /// Whether a password is good enough for an account described by `about` (its mail address and name).
    pub fn suits(text: &str, about: &[&str]) -> Result<(), WeakPassword> {
        if text.chars().count() < SHORTEST {
            return Err(WeakPassword::Short);
        }
        if text.len() > LONGEST {
            return Err(WeakPassword::Long);
        }
        let plain = plain(text);
        if about.iter().any(|word| is_about(&plain, word)) {
            return Err(WeakPassword::Personal);
        }
        let one_letter = plain.chars().all(|c| plain.starts_with(c));
        if one_letter || COMMON.contains(&plain.as_str()) { Err(WeakPassword::Common) } else { Ok(()) }
    }

    /// A password made up for somebody: 80 random bits, readable.
    pub fn invent(entropy: &Entropy) -> String {
        readable(entropy)
    }

    /// Hashes a password that [`Password::suits`] an unknown account. Takes tens of milliseconds and 19 MiB.
    pub fn hash(text: &str, entropy: &Entropy) -> Result<PasswordHash, WeakPassword> {
        Self::hash_for(text, &[], entropy)
    }

    /// Hashes a password that [`Password::suits`] the account described by `about`. Takes as long as [`Password::hash`].
    pub fn hash_for(text: &str, about: &[&str], entropy: &Entropy) -> Result<PasswordHash, WeakPassword> {
        Self::suits(text, about)?;
        let salt: [u8; 16] = entropy.bytes();
        let hash: phc::PasswordHash = argon2id()
            .hash_password_with_salt(text.as_bytes(), &salt)
            .expect("argon2id takes any password below 4 GiB with a 16-byte salt");
        Ok(PasswordHash(hash.to_string()))
    }

    /// Whether this is the password, compared in constant time. Takes as long as [`Password::hash`].
    pub fn matches(text: &str, hash: &PasswordHash) -> bool {
        if text.len() > LONGEST {
            return Self::pretend(text);
        }
        argon2id().verify_password(text.as_bytes(), hash.as_str()).is_ok()
    }

    /// Takes the time of [`Password::matches`] for an account that does not exist or has no password; never matches.
    pub fn pretend(text: &str) -> bool {
        let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
        let text = text.as_bytes().get(..LONGEST).unwrap_or(text.as_bytes());
        let hashed = argon2id().hash_password_into(text, b"nobody lives here", &mut out);
        std::hint::black_box((hashed.is_ok(), out));
        false
    }
}

fn argon2id() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, 2, 1, None).expect("the recommended parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Whether a password is nothing but this word, the part of it before an `@`, or either with up to three characters around it.
fn is_about(password: &str, word: &str) -> bool {
    let word = plain(word);
    let local = word.split('@').next().unwrap_or_default();
    [word.as_str(), local]
        .into_iter()
        .filter(|part| part.chars().count() >= 4)
        .any(|part| password.contains(part) && password.chars().count() <= part.chars().count() + 3)
}

impl PasswordHash {
    /// Takes up a hash that a database kept.
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The hash in PHC form (`$argon2id$…`).
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash([redacted])")
    }
}
