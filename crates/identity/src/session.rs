//! The token of a session: random, and marked with a key so that an invented one is known without asking anybody.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hotelhub_kernel::{Entropy, Key, sha256};

/// The bytes of the MAC that a cookie carries.
const TAG: usize = 16;

/// A session's secret: 256 random bits and the proof that the holder of a key gave them out.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken {
    random: [u8; 32],
    tag: [u8; TAG],
}

impl SessionToken {
    /// A fresh token of whoever holds `key`.
    pub fn mint(key: &Key, entropy: &Entropy) -> Self {
        Self::marked_by(key, entropy.bytes())
    }

    /// The one token that `key` makes of a session's name: for doors that must tell the same token twice and keep none.
    pub fn derived(key: &Key, session: &[u8]) -> Self {
        Self::marked_by(key, key.derive("session-secret").mac(session))
    }

    fn marked_by(key: &Key, random: [u8; 32]) -> Self {
        let mut tag = [0; TAG];
        for (to, from) in tag.iter_mut().zip(key.mac(&marked(&random))) {
            *to = from;
        }
        Self { random, tag }
    }

    /// Reads a cookie; nothing when its shape is wrong or `key` did not mark it. Asks nobody.
    pub fn read(key: &Key, cookie: &str) -> Option<Self> {
        let mut bytes = [0; 32 + TAG];
        let length = URL_SAFE_NO_PAD.decode_slice(cookie, &mut bytes).ok()?;
        let (random, tag) = bytes.get(..length)?.split_first_chunk::<32>()?;
        let token = Self { random: *random, tag: tag.try_into().ok()? };
        key.verifies(&marked(&token.random), &token.tag).then_some(token)
    }

    /// The value of the cookie: 64 characters of URL-safe base64.
    pub fn as_cookie(&self) -> String {
        URL_SAFE_NO_PAD.encode([self.random.as_slice(), &self.tag].concat())
    }

    /// What a database keeps of the token: its SHA-256.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.random)
    }
}

/// The message under the MAC; the label keeps it apart from anything else the key may sign.
fn marked(random: &[u8; 32]) -> Vec<u8> {
    [b"session-token:".as_slice(), random].concat()
}

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionToken([redacted])")
    }
}
