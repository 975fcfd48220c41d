//! A connection on a lane, which goes on to another when it is told to.
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use super::Lane;

/// What serves a connection until it ends.
pub(super) type Connection = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection where it is served.
pub(super) struct Guest {
    /// None once it has gone on.
    connection: Option<Connection>,
    place: Place,
}

/// One guest's place on a lane, until it is dropped.
pub(super) struct Place {
    lanes: Arc<[Lane]>,
    at: usize,
}

impl Place {
    /// A place on the lane that stands there.
    pub(super) fn take(lanes: Arc<[Lane]>, at: usize) -> Self {
        let place = Self { lanes, at };
        if let Some(lane) = place.lane()
            && lane.guests.fetch_add(1, Ordering::Relaxed) == 0
        {
            lane.came.notify_one();
        }
        place
    }

    fn lane(&self) -> Option<&Lane> {
        self.lanes.get(self.at)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(lane) = self.lane() {
            lane.guests.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Guest {
    /// Serves it there.
    pub(super) fn arrive(connection: Connection, place: Place) {
        let runtime = place.lane().map(|lane| lane.runtime.clone());
        if let Some(runtime) = runtime {
            runtime.spawn(Self { connection: Some(connection), place });
        }
    }
}

impl Future for Guest {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let onward = this.place.lane().and_then(Lane::way_on);
        if let Some(at) = onward
            && let Some(connection) = this.connection.take()
        {
            Self::arrive(connection, Place::take(this.place.lanes.clone(), at));
        }
        match &mut this.connection {
            Some(connection) => connection.as_mut().poll(cx),
            None => Poll::Ready(()),
        }
    }
}
