//! Who moves a connection's bytes: the request that waits for them, in its own turn, and a driver for as long as nobody has borrowed it.
//!
//! A request that drives its connection itself is woken by the socket and finds its answer there; through a task of its own every
//! question and every answer would wait for one more turn of the scheduler.
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// What sends and receives; it ends with the connection.
type Connection = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One connection's bytes. Its socket rings one bell, for as long as it lives.
pub(super) struct Line {
    connection: Mutex<Option<Connection>>,
    bell: Arc<Bell>,
    /// Rings the bell.
    rope: Waker,
}

/// Calls who drives the connection now: the call that polled it last, or the driver.
#[derive(Default)]
struct Bell {
    driver: AtomicWaker,
    caller: AtomicWaker,
    /// Whether a call drives.
    held: AtomicBool,
    /// Whether a call is just putting its question: it looks right afterwards.
    muted: AtomicBool,
    /// Whether it was rung since the connection was polled last.
    rang: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Who hangs up lowers `held`, and who has put his question `muted`, before he looks: one of the two sees the other.
        self.rang.store(true, Ordering::SeqCst);
        if !self.held.load(Ordering::SeqCst) {
            self.driver.wake();
        } else if !self.muted.load(Ordering::SeqCst) {
            self.caller.wake();
        }
    }
}

/// Wakes who waits for an answer, unless it was he himself who has just received it: he looks next.
#[derive(Default)]
struct Echo {
    of: AtomicWaker,
    muted: AtomicBool,
    rang: AtomicBool,
}

impl Wake for Echo {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Who has received lowers `muted` before he looks at `rang`: one of the two sees the other.
        self.rang.store(true, Ordering::SeqCst);
        if !self.muted.load(Ordering::SeqCst) {
            self.of.wake();
        }
    }
}

/// A call that is given up may have been the one that the socket would wake: the driver goes on for the others.
struct Leaving<'a> {
    line: &'a Line,
    unfinished: bool,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if self.unfinished {
            self.line.call_driver();
        }
    }
}

impl Line {
    /// A connection that nobody has borrowed, and its driver, which ends with it.
    pub(super) fn new(connection: Connection) -> (Arc<Self>, impl Future<Output = ()> + Send + use<>) {
        let bell = Arc::<Bell>::default();
        let rope = Waker::from(bell.clone());
        let line = Arc::new(Self { connection: Mutex::new(Some(connection)), bell, rope });
        let driven = line.clone();
        let driver = poll_fn(move |context| {
            driven.bell.driver.register(context.waker());
            driven.poll()
        });
        (line, driver)
    }

    /// Nobody drives the connection any more: what happens to it now calls the driver, and so does what has just happened.
    pub(super) fn rest(&self) {
        self.bell.held.store(false, Ordering::SeqCst);
        if self.bell.rang.load(Ordering::SeqCst) {
            self.bell.driver.wake();
        }
        drop(self.bell.caller.take());
    }

    /// Waits for a call's answer and moves the bytes meanwhile.
    pub(super) async fn drive<F: Future>(&self, mut call: Pin<&mut F>) -> F::Output {
        let (bell, echo) = (&self.bell, Arc::<Echo>::default());
        let answered = Waker::from(echo.clone());
        let mut leaving = Leaving { line: self, unfinished: true };
        let mut asked = false;
        let outcome = poll_fn(|context| {
            echo.of.register(context.waker());
            bell.caller.register(context.waker());
            bell.held.store(true, Ordering::SeqCst);
            if !std::mem::replace(&mut asked, true) {
                bell.muted.store(true, Ordering::Relaxed);
                let outcome = call.as_mut().poll(&mut Context::from_waker(&answered));
                bell.muted.store(false, Ordering::SeqCst);
                if outcome.is_ready() {
                    return outcome;
                }
            }
            echo.muted.store(true, Ordering::Relaxed);
            let _ = self.poll();
            echo.muted.store(false, Ordering::SeqCst);
            if echo.rang.swap(false, Ordering::SeqCst) {
                return call.as_mut().poll(&mut Context::from_waker(&answered));
            }
            Poll::Pending
        })
        .await;
        leaving.unfinished = false;
        outcome
    }

    /// The driver takes over what somebody leaves to others.
    pub(super) fn call_driver(&self) {
        self.bell.held.store(false, Ordering::SeqCst);
        self.bell.driver.wake();
    }

    /// Cuts the connection: the server rolls back.
    pub(super) fn cut(&self) {
        let cut = self.connection().take();
        drop(cut);
        self.bell.driver.wake();
    }

    /// Sends what is to be sent and receives what is there. Ready when the connection has ended.
    fn poll(&self) -> Poll<()> {
        let mut place = self.connection();
        let Some(connection) = place.as_mut() else { return Poll::Ready(()) };
        self.bell.rang.store(false, Ordering::SeqCst);
        let ended = connection.as_mut().poll(&mut Context::from_waker(&self.rope));
        if ended.is_ready() {
            *place = None;
        }
        ended
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
