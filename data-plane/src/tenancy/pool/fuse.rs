//! A fuse before what cannot be reached: after some failures in a row whoever asks is told so at once, and one at a time tries again.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hotelhub_kernel::{Backoff, Clock, Entropy, TenantId};
use jiff::{SignedDuration, Timestamp};
use prometheus::IntGauge;

/// So many failures in a row are no accident.
const TOO_MANY: usize = 3;
/// The pauses between attempts while it stays away.
const PAUSES: Backoff = Backoff { base: Duration::from_secs(1), ceiling: Duration::from_secs(10) };

/// What every fuse of a process takes its time and its dice from.
#[derive(Clone)]
pub(super) struct Chance {
    pub(super) clock: Clock,
    pub(super) entropy: Entropy,
}

/// One fuse. Its gauge counts those that are blown.
pub(super) struct Fuse {
    state: Mutex<State>,
    /// Whether failures of one tenant count once: what lets only one of them down is well.
    by_tenant: bool,
    chance: Chance,
    shown: IntGauge,
}

enum State {
    /// Whole, with the failures since the last success.
    Whole(Vec<TenantId>),
    /// Blown for so many pauses now, the last of which ends then.
    Blown { pauses: u32, until: Timestamp },
    /// Blown, and somebody is trying.
    Tried { pauses: u32 },
}

/// An attempt that is allowed. Dropped without an outcome it has shown nothing.
pub(super) struct Attempt {
    fuse: Arc<Fuse>,
    tenant: TenantId,
    /// Whether it is the one attempt that a blown fuse allows.
    trial: bool,
    decided: bool,
}

/// What an attempt has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is blown now.
    Blew,
    /// It is whole again.
    Mended,
}

impl Fuse {
    /// A whole fuse for one tenant's database.
    pub(super) fn of_database(chance: Chance, shown: IntGauge) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State::Whole(Vec::new())), by_tenant: false, chance, shown })
    }

    /// A whole fuse for a server: it blows when several tenants are let down in a row, and none is served between them.
    pub(super) fn of_server(chance: Chance, shown: IntGauge) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State::Whole(Vec::new())), by_tenant: true, chance, shown })
    }

    /// The right to try, or how long to wait before asking again.
    pub(super) fn attempt(self: &Arc<Self>, tenant: TenantId) -> Result<Attempt, Duration> {
        let mut state = self.state();
        if let Some(wait) = self.wait_of(&state) {
            return Err(wait);
        }
        let trial = match *state {
            State::Blown { pauses, .. } => {
                *state = State::Tried { pauses };
                true
            }
            _ => false,
        };
        Ok(Attempt { fuse: self.clone(), tenant, trial, decided: false })
    }

    /// How long to wait before asking again, where nobody may try now.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.wait_of(&self.state())
    }

    /// Whether little is lost when it is forgotten: it is whole, or nobody has asked since its pause ended.
    pub(super) fn is_forgettable(&self) -> bool {
        match &*self.state() {
            State::Whole(_) => true,
            State::Blown { until, .. } => self.left(*until) < -long(PAUSES.ceiling),
            State::Tried { .. } => false,
        }
    }

    fn wait_of(&self, state: &State) -> Option<Duration> {
        match state {
            State::Whole(_) => None,
            State::Blown { until, .. } => {
                let left = self.left(*until);
                // A clock that was set back must not lengthen the pause.
                (left.is_positive() && left <= long(PAUSES.ceiling)).then(|| left.unsigned_abs())
            }
            State::Tried { .. } => Some(PAUSES.base),
        }
    }

    fn left(&self, until: Timestamp) -> SignedDuration {
        until.duration_since(self.chance.clock.now())
    }

    fn failed(&self, tenant: TenantId, trial: bool) -> Option<Change> {
        let mut state = self.state();
        match &mut *state {
            State::Whole(failures) => {
                if !(self.by_tenant && failures.contains(&tenant)) {
                    failures.push(tenant);
                }
                if failures.len() < TOO_MANY {
                    return None;
                }
                *state = self.blown(1);
                self.shown.inc();
                Some(Change::Blew)
            }
            State::Tried { pauses } if trial => {
                *state = self.blown(pauses.saturating_add(1));
                None
            }
            // It was begun before the fuse blew: that is known already.
            State::Blown { .. } | State::Tried { .. } => None,
        }
    }

    fn blown(&self, pauses: u32) -> State {
        let pause = PAUSES.after(pauses, &self.chance.entropy);
        State::Blown { pauses, until: self.chance.clock.now() + long(pause) }
    }

    fn succeeded(&self) -> Option<Change> {
        match std::mem::replace(&mut *self.state(), State::Whole(Vec::new())) {
            State::Whole(_) => None,
            State::Blown { .. } | State::Tried { .. } => {
                self.shown.dec();
                Some(Change::Mended)
            }
        }
    }

    fn given_up(&self) {
        let mut state = self.state();
        if let State::Tried { pauses } = *state {
            *state = State::Blown { pauses, until: self.chance.clock.now() };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// Says how it went; what that changed.
    pub(super) fn ended(mut self, well: bool) -> Option<Change> {
        self.decided = true;
        if well { self.fuse.succeeded() } else { self.fuse.failed(self.tenant, self.trial) }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.trial && !self.decided {
            self.fuse.given_up();
        }
    }
}

impl Drop for Fuse {
    fn drop(&mut self) {
        if !matches!(*self.state(), State::Whole(_)) {
            self.shown.dec();
        }
    }
}

fn long(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
