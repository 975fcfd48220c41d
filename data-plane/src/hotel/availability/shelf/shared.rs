//! One hotel's calendar, and who waits for it. One reading serves all who asked before it began; whoever asks later gets the next.
use std::mem::take;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hotelhub_web::{AppError, Kind};
use tokio::sync::oneshot;

use super::{ALL, LARGEST, reading};
use crate::hotel::availability::calendar::Calendar;
use crate::hotel::reservations::Stay;
use crate::tenancy::Tenant;

/// What is known of a hotel, and who wants to know more.
pub(super) struct Shared {
    state: Mutex<State>,
    bytes: AtomicUsize,
}

struct State {
    calendar: Option<Arc<Calendar>>,
    waiting: Vec<Waiting>,
    /// Whether a task takes care of those who wait.
    is_read: bool,
    asked: Instant,
}

/// Somebody who wants to search.
struct Waiting {
    stay: Stay,
    answer: oneshot::Sender<Result<Arc<Calendar>, AppError>>,
}

/// The task that reads. However it ends, the next who asks starts another.
struct Turn {
    shared: Arc<Shared>,
    is_over: bool,
}

impl Default for Shared {
    fn default() -> Self {
        let state = State { calendar: None, waiting: Vec::new(), is_read: false, asked: Instant::now() };
        Self { state: Mutex::new(state), bytes: AtomicUsize::new(0) }
    }
}

impl Shared {
    /// The calendar with the nights of a stay, read after this was called.
    pub(super) async fn next_reading(self: Arc<Self>, tenant: &Tenant, stay: Stay) -> Result<Arc<Calendar>, AppError> {
        let (answer, answered) = oneshot::channel();
        let begins = {
            let mut state = self.state();
            state.waiting.push(Waiting { stay, answer });
            state.asked = Instant::now();
            !std::mem::replace(&mut state.is_read, true)
        };
        if begins {
            // A task of its own: whoever asked first may leave, the others are answered all the same.
            tokio::spawn(Turn { shared: self, is_over: false }.read(tenant.clone()));
        }
        answered.await.unwrap_or_else(|_| Err(unanswered()))
    }

    /// How long ago somebody asked.
    pub(super) fn idle(&self) -> Duration {
        self.state().asked.elapsed()
    }

    /// How much memory the calendar takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Reads once, and answers all who wait when it begins.
    async fn read_once(&self, tenant: &Tenant) {
        let early = self.state().waiting.len();
        let conn = match tenant.connect().await {
            Ok(conn) => conn,
            Err(refusal) => {
                let refused = self.state().waiting.drain(..early).collect();
                return answer(refused, Err(refusal));
            }
        };
        let (known, waiting) = {
            let mut state = self.state();
            (state.calendar.clone(), take(&mut state.waiting))
        };
        let stays: Vec<Stay> = waiting.iter().map(|one| one.stay).collect();
        let calendars = &tenant.node().calendars;
        calendars.0.readings.inc();
        let read = reading::read(tenant, conn, known.clone(), &stays).await;
        if let Ok(calendar) = &read
            && !known.is_some_and(|known| Arc::ptr_eq(&known, calendar))
        {
            calendars.0.loads.inc();
            self.keep(calendar, &stays);
            calendars.fit(ALL);
        }
        answer(waiting, read);
    }

    /// Keeps a calendar; of one too large what was asked for last, or nothing.
    fn keep(&self, calendar: &Arc<Calendar>, stays: &[Stay]) {
        let fits = |calendar: &Arc<Calendar>| calendar.bytes() <= LARGEST;
        let narrow = || Arc::new(calendar.narrowed_to(stays.iter().copied()));
        let kept = Some(calendar.clone()).filter(fits).or_else(|| Some(narrow()).filter(fits));
        self.weigh(kept.as_ref().map_or(0, |calendar| calendar.bytes()));
        self.state().calendar = kept;
    }

    /// Notes how much memory the calendar takes.
    pub(super) fn weigh(&self, bytes: usize) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Reads for as long as somebody waits.
    async fn read(mut self, tenant: Tenant) {
        while self.goes_on() {
            self.shared.read_once(&tenant).await;
        }
    }

    fn goes_on(&mut self) -> bool {
        let mut state = self.shared.state();
        self.is_over = state.waiting.is_empty();
        state.is_read = !self.is_over;
        state.is_read
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_over {
            let mut state = self.shared.state();
            state.is_read = false;
            state.waiting.clear();
        }
    }
}

/// Gives all the same answer. Of a refusal the first gets the original with its cause, for the log; the others its public face.
fn answer(waiting: Vec<Waiting>, read: Result<Arc<Calendar>, AppError>) {
    match read {
        Ok(calendar) => waiting.into_iter().for_each(|one| {
            one.answer.send(Ok(calendar.clone())).ok();
        }),
        Err(refusal) => {
            let mut others = waiting.into_iter();
            let first = others.next();
            others.for_each(|one| {
                one.answer.send(Err(refusal.public())).ok();
            });
            first.and_then(|one| one.answer.send(Err(refusal)).err());
        }
    }
}

/// The reading ended without an answer.
fn unanswered() -> AppError {
    AppError::new(Kind::Unavailable, "busy", "The calendar could not be read. Please try again.").retry_after(1)
}
