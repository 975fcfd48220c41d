//! What of a pool lies ready, how many places are taken, and whose turn it is: no waiting happens here.
use std::collections::VecDeque;

use hotelhub_web::lanes;
use prometheus::IntCounter;
use tokio::sync::oneshot;

use super::backend::Backend;
use super::tenant_pool::Lent;

/// Rounds of tidying after which a connection that nobody borrowed is closed.
pub(super) const QUIET_ROUNDS: u32 = 4;

/// A pool's places. A place is a connection on loan or one that is being opened.
pub(super) struct Shelf {
    most: usize,
    taken: usize,
    /// How often somebody has asked since this was counted last.
    asked: u32,
    /// The one that came back last stands last.
    idle: Vec<Idle>,
    /// First come, first served. Only where every place is taken does anybody stand here.
    queue: VecDeque<oneshot::Sender<Lent>>,
    closed: bool,
}

struct Idle {
    backend: Box<Backend>,
    /// Rounds of tidying since it came back.
    rounds: u32,
}

/// What somebody who asks gets.
pub(super) enum Place {
    /// One with this clean connection.
    Ready(Box<Backend>),
    /// One without a connection.
    Empty,
    /// None yet: it will be sent. When the pool is closed, nothing is.
    Later(oneshot::Receiver<Lent>),
    /// None any more.
    Closed,
}

/// Where a place goes that somebody gave back.
pub(super) enum Next {
    /// To this one, with the connection that is on it.
    Turn(oneshot::Sender<Lent>, Option<Box<Backend>>),
    /// Nobody waits, and its connection lies ready.
    Ready,
    /// Nobody waits, and it had no connection that may stay.
    Gone,
}

impl Shelf {
    /// Nothing on it, with room for `most` connections.
    pub(super) fn new(most: usize) -> Self {
        Self { most, taken: 0, asked: 0, idle: Vec::new(), queue: VecDeque::new(), closed: false }
    }

    /// Takes a place: with a connection that this thread's lane hears, else with the one used last, else without. One that is not clean is
    /// closed.
    pub(super) fn take(&mut self, dirty: &IntCounter) -> Place {
        if self.closed {
            return Place::Closed;
        }
        self.asked = self.asked.saturating_add(1);
        let here = lanes::here();
        while let Some(last) = self.idle.len().checked_sub(1) {
            let near = self.idle.iter().rposition(|idle| idle.backend.lane() == here).unwrap_or(last);
            let backend = self.idle.remove(near).backend;
            if let Some(backend) = backend.clean(dirty) {
                self.taken += 1;
                return Place::Ready(backend);
            }
        }
        if self.taken < self.most {
            self.taken += 1;
            return Place::Empty;
        }
        let (sender, receiver) = oneshot::channel();
        self.queue.push_back(sender);
        Place::Later(receiver)
    }

    /// Gives a place back, with its connection if that may stay.
    pub(super) fn give_back(&mut self, backend: Option<Box<Backend>>) -> Next {
        if self.taken <= self.most
            && let Some(turn) = self.next_in_queue()
        {
            return Next::Turn(turn, backend);
        }
        self.taken -= 1;
        match backend.filter(|_| !self.closed && self.open() < self.most) {
            Some(backend) => {
                self.idle.push(Idle { backend, rounds: 0 });
                Next::Ready
            }
            None => Next::Gone,
        }
    }

    /// Makes room for so many; what lies ready beyond it is closed.
    pub(super) fn resize(&mut self, most: usize) {
        self.most = most;
        let over = self.open().saturating_sub(most).min(self.idle.len());
        self.idle.drain(..over);
    }

    /// A place that came to be because there is more room, and whose it is.
    pub(super) fn take_for_next(&mut self) -> Option<oneshot::Sender<Lent>> {
        if self.open() >= self.most {
            return None;
        }
        let turn = self.next_in_queue()?;
        self.taken += 1;
        Some(turn)
    }

    /// Closes what lies ready, and nothing is given out or kept any more.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.idle.clear();
        self.queue.clear();
    }

    /// Whether nothing is given out any more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Closes what lies ready and was used longest ago; false when nothing does.
    pub(super) fn close_one(&mut self) -> bool {
        let found = !self.idle.is_empty();
        self.idle.drain(..usize::from(found));
        found
    }

    /// Closes what was quiet for too many rounds, or is not clean.
    pub(super) fn tidy(&mut self) {
        self.idle.retain_mut(|idle| {
            idle.rounds += 1;
            idle.rounds <= QUIET_ROUNDS && idle.backend.is_clean()
        });
    }

    /// How often somebody has asked since [`Shelf::count`].
    pub(super) fn asked(&self) -> u32 {
        self.asked
    }

    /// How often somebody has asked since the last call.
    pub(super) fn count(&mut self) -> u32 {
        std::mem::take(&mut self.asked)
    }

    /// Connections that lie ready.
    pub(super) fn ready(&self) -> usize {
        self.idle.len()
    }

    /// Places that are taken.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// Connections that are open, or being opened.
    pub(super) fn open(&self) -> usize {
        self.taken + self.idle.len()
    }

    fn next_in_queue(&mut self) -> Option<oneshot::Sender<Lent>> {
        while let Some(turn) = self.queue.pop_front() {
            if !turn.is_closed() {
                return Some(turn);
            }
        }
        None
    }
}
