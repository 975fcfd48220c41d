//! What a job is: a struct with a name and a policy. It carries ids, not copies, and may run twice without harm.
use std::time::Duration;

use hotelhub_kernel::Backoff;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Work that follows from a change.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in the table, in small letters with hyphens.
    const NAME: &'static str;
    /// Counts up when its fields change in a way that an older program misreads; such a program leaves it alone.
    const VERSION: i16 = 1;
    /// How it is run.
    const POLICY: Policy;
}

/// How a job is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The queue it stands in.
    pub queue: &'static str,
    /// How often it is tried before it counts as failed.
    pub tries: i16,
    /// How long one run may take.
    pub limit: Duration,
    /// The pauses between tries.
    pub backoff: Backoff,
}
