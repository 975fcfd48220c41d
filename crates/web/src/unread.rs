//! What of a body nobody reads: it is heard to its end all the same, or whoever is still sending would be cut off before the answer reaches him.
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::runtime::Handle;

/// Beyond this a sender is cut off, bytes.
const MOST: usize = 4 * 1024 * 1024;

/// Beyond this a sender is cut off.
const LONGEST: Duration = Duration::from_secs(5);

/// A body whose rest is heard when it is dropped.
pub(crate) struct Heard(Body);

impl Heard {
    pub(crate) fn of(body: Body) -> Body {
        Body::new(Self(body))
    }
}

impl HttpBody for Heard {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        if self.0.is_end_stream() {
            return;
        }
        let rest = std::mem::take(&mut self.0);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { tokio::time::timeout(LONGEST, hear(rest)).await });
        }
    }
}

async fn hear(mut rest: Body) {
    let mut heard = 0;
    while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut rest).poll_frame(context)).await {
        heard += frame.data_ref().map_or(0, Bytes::len);
        if heard > MOST {
            return;
        }
    }
}
