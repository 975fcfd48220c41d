//! Runs jobs: knows which tenants to look at and when, looks, claims, runs, writes down how it ended.
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use hotelhub_kernel::TenantId;
use jiff::SignedDuration;
use prometheus::{IntCounterVec, Opts};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::agenda::{Agenda, Moment};
use super::registry::{Registry, Run};
use super::store::{self, Claimed, End};
use crate::node::Node;
use crate::tenancy::{Tenant, forget_old};

/// How often it is looked whether a tenant that is closed for maintenance is open again: its jobs wait in their order.
const CLOSED: SignedDuration = SignedDuration::from_secs(1);
/// Jobs claimed from one tenant at a time, then run one after the other.
pub(super) const BATCH: i64 = 4;
/// Tenants worked for at once.
const HANDS: usize = 8;
/// The longest the worker sleeps: its clock may be moved by hand.
const TICK: Duration = Duration::from_millis(250);
/// What is kept of an error, in characters.
const LONGEST_ERROR: usize = 1_000;
/// How long a tenant is left alone whose database cannot be reached.
const AWAY: SignedDuration = SignedDuration::from_secs(5);

/// A process of the work role.
#[derive(Clone)]
pub struct Worker(Arc<Inner>);

struct Inner {
    node: Node,
    registry: Registry,
    agenda: Agenda,
    hands: Arc<Semaphore>,
    runs: IntCounterVec,
}

impl Worker {
    /// A worker that knows these jobs.
    pub fn new(node: Node, registry: Registry) -> Result<Self, prometheus::Error> {
        let runs = Opts::new("hotelhub_jobs_total", "Runs of jobs, by how they ended.");
        let runs = IntCounterVec::new(runs, &["job", "end"])?;
        node.metrics.register(runs.clone())?;
        let hands = Arc::new(Semaphore::new(HANDS));
        Ok(Self(Arc::new(Inner { node, registry, agenda: Agenda::default(), hands, runs })))
    }

    /// Works until `stop`, then finishes the batches it holds.
    pub async fn run(self, stop: CancellationToken) {
        let inner = &self.0;
        tokio::select! {
            () = stop.cancelled() => {}
            () = inner.clone().look_where_told() => {}
            () = inner.clone().look_everywhere_once() => {}
        }
        let _ = inner.hands.acquire_many(u32::try_from(HANDS).unwrap_or(1)).await;
    }
}

impl Inner {
    async fn look_where_told(self: Arc<Self>) {
        let hints = &self.node.hints;
        hints.listen();
        loop {
            if hints.take_missed() {
                self.agenda.forget_seen();
            }
            for hint in hints.take() {
                self.agenda.note(hint, self.now());
            }
            while let Some(tenant) = self.agenda.next(self.now()) {
                let Ok(hand) = self.hands.clone().acquire_owned().await else { return };
                let look = Look { inner: self.clone(), tenant };
                tokio::spawn(async move {
                    look.inner.look(look.tenant).await;
                    drop(look);
                    drop(hand);
                });
            }
            self.node.tally.wait(self.agenda.waiting(self.now()));
            let pause = self.agenda.pause(self.now()).min(TICK);
            tokio::select! {
                () = hints.came() => {}
                () = self.agenda.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// What was enqueued before this process started is known to nobody alive: each tenant's table is asked once, slowly, so that a
    /// restart neither opens every database at once nor pushes the warm ones out. From then on hints and known due times are enough.
    async fn look_everywhere_once(self: Arc<Self>) {
        loop {
            let mut known = self.node.directory.all();
            known.retain(|entry| self.agenda.is_new(entry.route.tenant));
            for entry in known {
                self.agenda.look_at(entry.route.tenant, self.node.clock.now());
                tokio::time::sleep(SWEEP_PACE).await;
            }
            tokio::time::sleep(SWEEP_PAUSE).await;
        }
    }

    fn now(&self) -> Moment {
        Moment { clock: self.node.clock.now(), real: Instant::now() }
    }

    /// Claims a batch of one tenant and runs it; says when to look again. Keys whose time is over go on the same visit.
    async fn look(&self, tenant: TenantId) {
        let Some(tenant) = Tenant::by_id(&self.node, tenant) else { return self.agenda.forget(tenant) };
        if tenant.is_closed() {
            return self.agenda.look_at(tenant.id(), self.node.clock.now() + CLOSED);
        }
        match self.claim(&tenant).await {
            Ok(jobs) => {
                for job in &jobs {
                    self.agenda.found(tenant.id(), job.id);
                }
                for job in jobs {
                    self.run(&tenant, job).await;
                }
            }
            Err(error) => {
                tracing::warn!(tenant.slug = %tenant.slug(), problem = error.code(), "a tenant's jobs cannot be looked at");
                self.agenda.look_at(tenant.id(), self.node.clock.now() + AWAY);
            }
        }
    }

    async fn claim(&self, tenant: &Tenant) -> hotelhub_web::Result<Vec<Claimed>> {
        let (now, known) = (self.node.clock.now(), self.registry.known());
        let tx = tenant.begin().await?;
        let outcome = async {
            let jobs = store::claim(&tx, now, BATCH, known).await?;
            let next = store::next(&tx, known, &jobs).await?;
            forget_old(&tx, now).await?;
            Ok((jobs, next))
        };
        let outcome = outcome.await;
        let (jobs, next) = tx.settle(outcome).await?;
        if let Some(next) = next {
            self.agenda.look_at(tenant.id(), next);
        }
        Ok(jobs)
    }

    async fn run(&self, tenant: &Tenant, job: Claimed) {
        let Some(handler) = self.registry.handler(&job.name) else { return };
        let (policy, clock) = (&handler.policy, &self.node.clock);
        let last = job.attempts >= policy.tries;
        let run = || Run { tenant: tenant.clone() };
        let ended = if job.attempts > policy.tries {
            Err("its workers died while they ran it".to_owned())
        } else {
            bounded(policy.limit, async { handler.run(run(), job.payload.clone()).await }).await
        };
        let end = match ended {
            Ok(()) => End::Done,
            Err(error) => {
                let error: String = error.chars().take(LONGEST_ERROR).collect();
                tracing::warn!(tenant.slug = %tenant.slug(), job.name, job.id = %job.id, job.attempts, last, error, "a job failed");
                let failures = u32::try_from(job.attempts).unwrap_or(1);
                let pause = SignedDuration::try_from(policy.backoff.after(failures, &self.node.entropy));
                let due = clock.now() + pause.unwrap_or(AWAY);
                if last { End::Failed { error } } else { End::Again { due, error } }
            }
        };
        self.runs.with_label_values(&[handler.name, name_of(&end)]).inc();
        if let End::Failed { error } = &end {
            self.node.tally.give_up();
            let giving_up = async { handler.give_up(run(), job.payload.clone(), error.clone()).await };
            if let Err(error) = bounded(policy.limit, giving_up).await {
                tracing::warn!(tenant.slug = %tenant.slug(), job.name, job.id = %job.id, error, "a job given up leaves something behind");
            }
        }
        self.end(tenant, &job, &end).await;
    }

    /// Writes down how it ended. Where that fails the lease runs out and the job runs again, as every job may.
    async fn end(&self, tenant: &Tenant, job: &Claimed, end: &End) {
        let written: hotelhub_web::Result<bool> =
            async { Ok(store::end(&*tenant.connect().await?, job, end, self.node.clock.now()).await?) }.await;
        match written {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(tenant.slug = %tenant.slug(), job.id = %job.id, "a job was another worker's when it ended")
            }
            Err(error) => {
                tracing::warn!(tenant.slug = %tenant.slug(), job.id = %job.id, problem = error.code(), "a job's end was not kept");
                self.agenda.look_at(tenant.id(), job.leased_until);
            }
        }
        if let End::Again { due, .. } = end {
            self.agenda.look_at(tenant.id(), *due);
        }
    }
}

/// How it ended, within its time and without taking the worker along.
async fn bounded(limit: Duration, running: impl Future<Output = anyhow::Result<()>>) -> Result<(), String> {
    match tokio::time::timeout(limit, AssertUnwindSafe(running).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome.map_err(|error| format!("{error:#}")),
        Ok(Err(_)) => Err("it panicked".to_owned()),
        Err(_) => Err(format!("it took longer than {} s", limit.as_secs())),
    }
}

/// A look that is under way; over when this is gone, also if it panicked.
struct Look {
    inner: Arc<Inner>,
    tenant: TenantId,
}

impl Drop for Look {
    fn drop(&mut self) {
        self.inner.agenda.looked(self.tenant, self.inner.now());
    }
}

/// Between two tenants of the first sweep.
const SWEEP_PACE: Duration = Duration::from_millis(50);
/// Between two looks for tenants that were not known before.
const SWEEP_PAUSE: Duration = Duration::from_secs(5);

fn name_of(end: &End) -> &'static str {
    match end {
        End::Done => "done",
        End::Again { .. } => "again",
        End::Failed { .. } => "failed",
    }
}
