//! What is reserved of a server's budget for a node by name, so that it has connections before anybody grants it a share.
use hotelhub_kernel::{hex, sha256};
use serde::{Deserialize, Serialize};

use crate::Role;

/// How many bytes of a digest a mark is.
const MARK: usize = 16;

/// An enrolment of a node, by a digest of the digest of its token. It tells nothing of the token, and no other enrolment of the same name
/// has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeMark(String);

impl NodeMark {
    /// Of the node that shows this token.
    pub fn of_token(token: &str) -> Self {
        Self::of_digest(&sha256(token.as_bytes()))
    }

    /// Of the node whose token has this SHA-256.
    pub fn of_digest(digest: &[u8]) -> Self {
        Self(hex(&sha256(digest)[..MARK]))
    }
}

/// A part of a server's budget that is one node's for as long as it is enrolled, whether it is heard of or not. What it is granted
/// includes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// Whose.
    pub node: NodeMark,
    /// For which work.
    pub role: Role,
    /// How many connections.
    pub connections: u32,
}
