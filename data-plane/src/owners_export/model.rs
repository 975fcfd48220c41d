//! Links that open a file for a while, wishes that are said once, and when a passphrase is long enough.
use hotelhub_kernel::{Key, hex, sha256, unhex};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use super::PATH;

/// How long a link opens its file. The page has a new one each time it is looked at.
pub(super) const LINK_TIME: SignedDuration = SignedDuration::from_mins(15);

/// A passphrase is not shorter, in characters; the commands of an export ask for the same.
const SHORTEST: usize = 12;

/// Nor longer.
const LONGEST: usize = 256;

/// Which file is opened, and for whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    pub(super) export: Uuid,
    pub(super) owner: Uuid,
}

/// What stands behind the path of a link.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Proof {
    /// Until when it opens the file, in seconds since 1970.
    until: i64,
    /// The MAC under the tenant's key, in hexadecimal.
    proof: String,
}

impl Opened {
    /// A link that opens the file until then, for this owner alone.
    pub(super) fn link(&self, key: &Key, until: Timestamp) -> String {
        let until = until.as_second();
        let proof = hex(&key.mac(self.said(until).as_bytes()));
        format!("{PATH}/{}/file?until={until}&proof={proof}", self.export)
    }

    /// Whether a link was made here for this file and this owner, and is not over.
    pub(super) fn is_by(&self, key: &Key, proof: &Proof, now: Timestamp) -> bool {
        let tag = unhex(&proof.proof).unwrap_or_default();
        now.as_second() < proof.until && key.verifies(self.said(proof.until).as_bytes(), &tag)
    }

    fn said(&self, until: i64) -> String {
        format!("{}:{}:{until}", self.export, self.owner)
    }
}

/// The wish of this owner's form: the same form is the same wish.
pub(super) fn wish(owner: Uuid, key: &str) -> Uuid {
    let hash = sha256(format!("{owner}:{key}").as_bytes());
    let half: [u8; 16] = hash.first_chunk().copied().unwrap_or_default();
    Uuid::from_bytes(half)
}

/// Whether this can be a passphrase.
pub(super) fn is_passphrase(text: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&text.chars().count())
}
