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

/// One connection's bytes. Whoever polled it last is woken by its socket.
pub(super) struct Line {
    connection: Mutex<Option<Connection>>,
    bell: Arc<Bell>,
    /// Rings the bell.
    rope: Waker,
}

/// Calls the driver for what happens while nobody has borrowed the connection.
#[derive(Default)]
struct Bell {
    driver: AtomicWaker,
    borrowed: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.borrowed.load(Ordering::Acquire) {
            self.driver.wake();
        }
    }
}

/// Wakes who waits for an answer, unless it was he himself who has just received it: he looks next.
#[derive(Default)]
struct Echo {
    of: AtomicWaker,
    muted: AtomicBool,
}

impl Wake for Echo {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.muted.load(Ordering::Acquire) {
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
            driven.poll(context)
        });
        (line, driver)
    }

    /// Somebody borrows the connection and drives it from here on.
    pub(super) fn borrow(&self) {
        self.bell.borrowed.store(true, Ordering::Release);
    }

    /// Nobody drives the connection any more: what happens to it now calls the driver.
    pub(super) fn rest(&self) {
        self.bell.borrowed.store(false, Ordering::Release);
        let _ = self.poll(&mut Context::from_waker(&self.rope));
    }

    /// Waits for a call's answer and moves the bytes meanwhile.
    pub(super) async fn drive<F: Future>(&self, mut call: Pin<&mut F>) -> F::Output {
        let echo = Arc::<Echo>::default();
        let answered = Waker::from(echo.clone());
        let mut leaving = Leaving { line: self, unfinished: true };
        let mut asked = false;
        let outcome = poll_fn(|context| {
            echo.of.register(context.waker());
            if !std::mem::replace(&mut asked, true)
                && let Poll::Ready(outcome) = call.as_mut().poll(&mut Context::from_waker(&answered))
            {
                return Poll::Ready(outcome);
            }
            echo.muted.store(true, Ordering::Release);
            let _ = self.poll(context);
            echo.muted.store(false, Ordering::Release);
            call.as_mut().poll(&mut Context::from_waker(&answered))
        })
        .await;
        leaving.unfinished = false;
        outcome
    }

    /// The driver takes over what somebody leaves to others.
    pub(super) fn call_driver(&self) {
        self.bell.driver.wake();
    }

    /// Cuts the connection: the server rolls back.
    pub(super) fn cut(&self) {
        let cut = self.connection().take();
        drop(cut);
        self.bell.driver.wake();
    }

    /// Sends what is to be sent and receives what is there. Ready when the connection has ended.
    fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut place = self.connection();
        let Some(connection) = place.as_mut() else { return Poll::Ready(()) };
        let ended = connection.as_mut().poll(context);
        if ended.is_ready() {
            *place = None;
        }
        ended
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
