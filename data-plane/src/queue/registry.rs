//! Which jobs this program knows and who runs them.
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use super::store::Known;
use super::{Job, Policy};
use crate::tenancy::Tenant;

/// One run of a job, as its handler sees it.
pub struct Run {
    /// Whose job it is.
    pub tenant: Tenant,
}

type Ran = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// A kind of job and who runs it.
pub struct Handler {
    pub(super) name: &'static str,
    pub(super) version: i16,
    pub(super) policy: Policy,
    run: Box<dyn Fn(Run, Value) -> Ran + Send + Sync>,
    given_up: Box<dyn Fn(Run, Value, String) -> Ran + Send + Sync>,
}

/// Every kind of job this program knows.
pub struct Registry {
    handlers: HashMap<&'static str, Handler>,
    known: Known,
}

/// Beyond a run's limit: what claiming, a pause of the machine and writing down the end may take.
const GRACE_MS: i64 = 15_000;

impl Handler {
    /// Runs jobs of a kind by `run`. It may run twice, also at once with a run whose worker was thought dead.
    pub fn of<J, F>(run: impl Fn(Run, J) -> F + Send + Sync + 'static) -> Self
    where
        J: Job,
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let run = move |at, payload| read(payload, |job| run(at, job));
        let given_up = Box::new(|_, _, _| -> Ran { Box::pin(async { Ok(()) }) });
        Self { name: J::NAME, version: J::VERSION, policy: J::POLICY, run: Box::new(run), given_up }
    }

    /// What is done about a job of the kind that is given up, and why it was: it failed, took too long, or its workers died.
    pub fn or_else<J, F>(self, given_up: impl Fn(Run, J, String) -> F + Send + Sync + 'static) -> Self
    where
        J: Job,
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let given_up = move |at, payload, reason| read(payload, |job| given_up(at, job, reason));
        Self { given_up: Box::new(given_up), ..self }
    }

    pub(super) fn run(&self, at: Run, payload: Value) -> Ran {
        (self.run)(at, payload)
    }

    pub(super) fn give_up(&self, at: Run, payload: Value, reason: String) -> Ran {
        (self.given_up)(at, payload, reason)
    }
}

fn read<J: Job, F>(payload: Value, then: impl FnOnce(J) -> F) -> Ran
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    match serde_json::from_value(payload) {
        Ok(job) => Box::pin(then(job)),
        Err(error) => Box::pin(async move { Err(error.into()) }),
    }
}

impl Registry {
    /// A registry of these.
    pub fn new(handlers: impl IntoIterator<Item = Handler>) -> Self {
        let handlers: HashMap<_, _> = handlers.into_iter().map(|handler| (handler.name, handler)).collect();
        let mut known = Known::default();
        for handler in handlers.values() {
            known.names.push(handler.name);
            known.versions.push(handler.version);
            known.leases.push(lease_ms(&handler.policy));
        }
        Self { handlers, known }
    }

    pub(super) fn handler(&self, name: &str) -> Option<&Handler> {
        self.handlers.get(name)
    }

    pub(super) fn known(&self) -> &Known {
        &self.known
    }
}

/// A whole batch is claimed at once and run in turn, so the last of it waits for all before it; and each that is given up has its limit
/// once more for what is done about it.
fn lease_ms(policy: &Policy) -> i64 {
    let limit = i64::try_from(policy.limit.as_millis()).unwrap_or(i64::MAX);
    limit.saturating_mul(2 * super::worker::BATCH).saturating_add(GRACE_MS)
}
