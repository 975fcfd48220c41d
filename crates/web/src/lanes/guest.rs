//! A connection on a lane, which goes on to another when it is told to.
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::lane::Lane;

/// What serves a connection until it ends.
pub(super) type Connection = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection where it is served.
pub(super) struct Guest {
    /// None once it has gone on.
    connection: Option<Connection>,
    place: Place,
    /// The turn of its lane in which it had something to do last.
    seen: u32,
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
        if let Some(lane) = place.lane() {
            lane.enter();
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
            lane.leave();
        }
    }
}

impl Guest {
    /// Serves it there.
    pub(super) fn arrive(connection: Connection, place: Place) {
        let runtime = place.lane().map(|lane| lane.runtime.clone());
        if let Some(runtime) = runtime {
            runtime.spawn(Self { connection: Some(connection), place, seen: u32::MAX });
        }
    }
}

impl Future for Guest {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let lane = this.place.lane();
        if let Some(lane) = lane {
            lane.stir(&mut this.seen);
        }
        if let Some(at) = lane.and_then(Lane::way_on)
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
