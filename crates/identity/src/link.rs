//! The token of a link that works once: a login, a new password, a mail address to confirm.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hotelhub_kernel::{Entropy, sha256};

/// 256 random bits that stand in a letter's link.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken([u8; 32]);

impl LinkToken {
    /// A fresh token.
    pub fn mint(entropy: &Entropy) -> Self {
        Self(entropy.bytes())
    }

    /// Reads a token out of an address; nothing when its shape is wrong.
    pub fn read(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The token as an address carries it: 43 characters of URL-safe base64.
    pub fn as_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What a database keeps of the token: the SHA-256 of its bytes.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

impl std::fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkToken([redacted])")
    }
}
