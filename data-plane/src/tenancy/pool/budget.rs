//! How many connections this process may have to one Postgres server, and who gets the next. The permit lives with the socket.
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hotelhub_kernel::TenantId;
use prometheus::IntGauge;
use tokio::sync::oneshot;

use super::turns::Turns;

/// For whom a permit is: a tenant, or the house itself.
pub(crate) type Party = Option<TenantId>;

/// A number of permits that can be changed while they are out. Where all are out, tenants take turns.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Inner>);

/// The counts beside the terms are changed under their lock, and read without it.
struct Inner {
    terms: Mutex<Terms>,
    waiting: AtomicUsize,
    /// Permits that are out and have been withdrawn: they are not given on when they come back.
    owed: AtomicUsize,
    /// Permits that are out and whose connection is being closed: the server has not let go of it yet.
    leaving: AtomicUsize,
    shown_out: IntGauge,
    shown_limit: IntGauge,
}

struct Terms {
    limit: usize,
    out: usize,
    leaving: usize,
    /// The most that were out or waited for, together, since [`Budget::wanted`].
    peak: usize,
    /// Empty whenever a permit is free.
    turns: Turns<Party, Asking>,
}

struct Asking {
    hand: oneshot::Sender<Permit>,
    since: Instant,
}

/// The right to have one connection open. Gone with its socket.
pub(crate) struct Permit {
    party: Party,
    budget: Budget,
    /// Whether it was told that its connection is being closed, or is. Changed under the lock of the terms.
    left: Arc<AtomicBool>,
}

/// Tells of a permit that its connection is being closed: it comes back soon, and nobody need close another in its place.
pub(super) struct Parting {
    budget: Budget,
    left: Arc<AtomicBool>,
}

/// Somebody's place among those who wait, also if the wait is given up.
pub(super) struct Standing<'a> {
    budget: &'a Budget,
    party: Party,
    coming: oneshot::Receiver<Permit>,
    served: bool,
}

impl Budget {
    /// A budget whose use and limit are shown by two gauges.
    pub(crate) fn of(limit: usize, shown_out: IntGauge, shown_limit: IntGauge) -> Self {
        show(&shown_limit, limit);
        let terms = Mutex::new(Terms { limit, out: 0, leaving: 0, peak: 0, turns: Turns::default() });
        let (waiting, owed, leaving) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        Self(Arc::new(Inner { terms, waiting, owed, leaving, shown_out, shown_limit }))
    }

    /// A permit, if one is free.
    pub(crate) fn try_take(&self, party: Party) -> Option<Permit> {
        self.taken(&mut self.terms(), party)
    }

    /// A permit, whenever it comes free. Tenants take turns; of one tenant, who came first is served first.
    pub(crate) async fn take(&self, party: Party) -> Permit {
        match self.ask(party) {
            Ok(permit) => permit,
            Err(standing) => standing.served().await,
        }
    }

    /// A permit, or a place among those who wait for one: counted as such from now on.
    pub(super) fn ask(&self, party: Party) -> Result<Permit, Standing<'_>> {
        self.take_or_join(party).map_err(|coming| Standing { budget: self, party, coming, served: false })
    }

    /// How many wait for a permit.
    pub(crate) fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Acquire)
    }

    /// For how long somebody else than this party has waited who is next.
    pub(super) fn others_wait(&self, party: Party) -> Option<Duration> {
        self.terms().turns.first(party).map(|asking| asking.since.elapsed())
    }

    /// How many permits there are.
    pub(crate) fn limit(&self) -> usize {
        self.terms().limit
    }

    /// How many permits are out.
    pub(crate) fn out(&self) -> usize {
        self.terms().out
    }

    /// How many permits would have been out, at the most since this was asked before, had there been enough.
    pub(crate) fn wanted(&self) -> usize {
        let mut terms = self.terms();
        let now = terms.out + terms.turns.count();
        std::mem::replace(&mut terms.peak, now).max(now)
    }

    /// How many permits must come back before the limit holds.
    pub(crate) fn owed(&self) -> usize {
        self.0.owed.load(Ordering::Acquire)
    }

    /// How many connections must be closed, beyond those that are, for the limit to hold and everybody who waits to be served.
    pub(crate) fn short(&self) -> usize {
        (self.owed() + self.waiting()).saturating_sub(self.0.leaving.load(Ordering::Acquire))
    }

    /// How many more permits whoever comes next finds, now or as soon as those that are leaving have left; none while anybody waits.
    pub(super) fn spare(&self) -> usize {
        let terms = self.terms();
        let coming = terms.limit + terms.leaving;
        if terms.turns.count() > 0 { 0 } else { coming.saturating_sub(terms.out) }
    }

    /// Changes the limit. What is out over it is withdrawn as it comes back.
    pub(crate) fn set_limit(&self, limit: usize) {
        {
            let mut terms = self.terms();
            terms.limit = limit;
            self.note(&terms);
        }
        show(&self.0.shown_limit, limit);
        loop {
            let next = self.next_turn(&mut self.terms(), None);
            let Some((hand, permit)) = next else { break };
            drop(hand.send(permit));
        }
    }

    fn take_or_join(&self, party: Party) -> Result<Permit, oneshot::Receiver<Permit>> {
        let mut terms = self.terms();
        if let Some(permit) = self.taken(&mut terms, party) {
            return Ok(permit);
        }
        let (hand, coming) = oneshot::channel();
        terms.turns.join(party, Asking { hand, since: Instant::now() });
        terms.peak = terms.peak.max(terms.out + terms.turns.count());
        self.note(&terms);
        Err(coming)
    }

    fn taken(&self, terms: &mut Terms, party: Party) -> Option<Permit> {
        if terms.out >= terms.limit {
            return None;
        }
        terms.out += 1;
        terms.peak = terms.peak.max(terms.out + terms.turns.count());
        self.0.shown_out.inc();
        Some(Permit { party, budget: self.clone(), left: Arc::default() })
    }

    /// A free permit and whose turn it is: one of `last`, who had it before, only where nobody else waits. Who has given up in this very
    /// moment drops the permit, and it is handed on from there.
    fn next_turn(&self, terms: &mut Terms, last: Option<Party>) -> Option<(oneshot::Sender<Permit>, Permit)> {
        if terms.out >= terms.limit {
            return None;
        }
        let (party, asking) = terms.turns.next(last)?;
        let permit = self.taken(terms, party)?;
        self.note(terms);
        Some((asking.hand, permit))
    }

    fn note(&self, terms: &Terms) {
        self.0.waiting.store(terms.turns.count(), Ordering::Release);
        self.0.owed.store(terms.out.saturating_sub(terms.limit), Ordering::Release);
        self.0.leaving.store(terms.leaving, Ordering::Release);
    }

    fn terms(&self) -> MutexGuard<'_, Terms> {
        self.0.terms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing<'_> {
    /// The permit, when its turn has come.
    pub(super) async fn served(mut self) -> Permit {
        let permit = (&mut self.coming).await.expect("who waits is served, or gives up");
        self.served = true;
        permit
    }
}

impl Permit {
    /// Who closes the connection says it by this.
    pub(super) fn parting(&self) -> Parting {
        Parting { budget: self.budget.clone(), left: self.left.clone() }
    }
}

impl Parting {
    /// The connection is being closed.
    pub(super) fn begin(&self) {
        self.begin_where(|_| true);
    }

    /// The connection is to be closed where the budget is short of one; whether it is. Of several who ask at once no more hear yes than
    /// are needed.
    pub(super) fn begin_if_short(&self) -> bool {
        self.begin_where(|budget| budget.short() > 0)
    }

    fn begin_where(&self, needed: impl FnOnce(&Budget) -> bool) -> bool {
        let mut terms = self.budget.terms();
        let begins = needed(&self.budget);
        if begins && !self.left.swap(true, Ordering::Relaxed) {
            terms.leaving += 1;
            self.budget.note(&terms);
        }
        begins
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.budget.0.shown_out.dec();
        let next = {
            let mut terms = self.budget.terms();
            terms.out -= 1;
            terms.leaving -= usize::from(self.left.swap(true, Ordering::Relaxed));
            self.budget.note(&terms);
            self.budget.next_turn(&mut terms, Some(self.party))
        };
        if let Some((hand, permit)) = next {
            drop(hand.send(permit));
        }
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        if !self.served {
            self.coming.close();
            let mut terms = self.budget.terms();
            terms.turns.leave(self.party, |asking| asking.hand.is_closed());
            self.budget.note(&terms);
        }
    }
}

fn show(gauge: &IntGauge, value: usize) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}

/// Counts somebody as waiting for as long as it lives, also if the wait is given up.
pub(super) struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    pub(super) fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
