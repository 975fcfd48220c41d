//! The job that sends a letter.
use std::time::Duration;

use hotelhub_kernel::Backoff;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::queue::{Job, Policy};

/// Sends one kept letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendLetter {
    /// Which.
    pub letter: Uuid,
}

impl Job for SendLetter {
    const NAME: &'static str = "send-letter";
    const POLICY: Policy = Policy {
        queue: "mail",
        tries: 3,
        limit: Duration::from_secs(30),
        backoff: Backoff { base: Duration::from_secs(5), ceiling: Duration::from_secs(300) },
    };
}
