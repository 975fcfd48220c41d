//! What went over a connection, read off its bytes: requests that Postgres will answer with `ReadyForQuery`, those it has answered, and
//! the transaction status it said last (<https://www.postgresql.org/docs/15/protocol-message-formats.html>).
mod farewell;
#[cfg(test)]
mod tests;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use hotelhub_web::lanes::{Following, Socket};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::farewell::part;

/// What is known of a connection. One task writes it, whoever lends the connection reads it.
#[derive(Debug, Default)]
pub(super) struct Wire {
    asked: AtomicU64,
    answered: AtomicU64,
    /// `I`, `T` or `E`; 0 before the first `ReadyForQuery`.
    status: AtomicU8,
    partial_in: AtomicBool,
    partial_out: AtomicBool,
    /// The lane whose reactor hears the socket.
    lane: AtomicUsize,
}

impl Wire {
    /// Whether nothing is under way and no transaction is open.
    pub(super) fn is_idle(&self) -> bool {
        self.status.load(Ordering::Acquire) == b'I' && self.is_settled()
    }

    /// Whether a transaction is open, as far as the server has said.
    pub(super) fn is_in_transaction(&self) -> bool {
        matches!(self.status.load(Ordering::Acquire), b'T' | b'E')
    }

    /// The lane that hears the socket: see [`hotelhub_web::lanes::here`].
    pub(super) fn lane(&self) -> usize {
        self.lane.load(Ordering::Relaxed)
    }

    /// Whether every request was answered to its last byte.
    fn is_settled(&self) -> bool {
        let asked = self.asked.load(Ordering::Acquire);
        asked == self.answered.load(Ordering::Acquire)
            && !self.partial_in.load(Ordering::Acquire)
            && !self.partial_out.load(Ordering::Acquire)
    }

    fn sent(&self, frames: &mut Frames, bytes: &[u8]) {
        let asked =
            frames.read(bytes, |frame| u64::from(matches!(frame, Frame::Startup | Frame::Kind(b'Q' | b'S' | b'F'))));
        self.asked.fetch_add(asked, Ordering::AcqRel);
        self.partial_out.store(frames.is_partial(), Ordering::Release);
    }

    fn received(&self, frames: &mut Frames, bytes: &[u8]) {
        let answered = frames.read(bytes, |frame| match frame {
            Frame::Ready(status) => {
                self.status.store(status, Ordering::Release);
                1
            }
            Frame::Startup | Frame::Kind(_) => 0,
        });
        self.answered.fetch_add(answered, Ordering::AcqRel);
        self.partial_in.store(frames.is_partial(), Ordering::Release);
    }
}

/// What a frame turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// The client's first, which has no kind.
    Startup,
    /// Any other, when its header is complete.
    Kind(u8),
    /// The server's `ReadyForQuery`, when its status byte is there.
    Ready(u8),
}

/// Follows the frames of one direction through any cut of its bytes.
#[derive(Debug)]
struct Frames {
    header: [u8; 5],
    have: usize,
    /// Payload bytes of the present frame that are still to come.
    rest: usize,
    /// Whether the present frame is one whose first payload byte is wanted.
    wants_status: bool,
    /// Whether the next frame is the startup message: a length without a kind.
    startup: bool,
    /// Whether `Z` means `ReadyForQuery` here.
    from_server: bool,
}

impl Frames {
    fn of_client() -> Self {
        Self { header: [0; 5], have: 0, rest: 0, wants_status: false, startup: true, from_server: false }
    }

    fn of_server() -> Self {
        Self { startup: false, from_server: true, ..Self::of_client() }
    }

    fn is_partial(&self) -> bool {
        self.have > 0 || self.rest > 0
    }

    /// Reads on and adds up what `count` says of each frame.
    fn read(&mut self, mut bytes: &[u8], mut count: impl FnMut(Frame) -> u64) -> u64 {
        let mut sum = 0;
        while let Some(&first) = bytes.first() {
            if self.rest > 0 {
                if self.wants_status {
                    self.wants_status = false;
                    sum += count(Frame::Ready(first));
                }
                let step = self.rest.min(bytes.len());
                self.rest -= step;
                bytes = bytes.get(step..).unwrap_or_default();
                continue;
            }
            let frame = match bytes.split_first_chunk() {
                Some((header, rest)) if self.have == 0 && !self.startup => {
                    bytes = rest;
                    self.begin(*header)
                }
                _ => {
                    bytes = bytes.get(1..).unwrap_or_default();
                    self.take_header_byte(first)
                }
            };
            sum += frame.map_or(0, &mut count);
        }
        sum
    }

    fn take_header_byte(&mut self, byte: u8) -> Option<Frame> {
        // The startup message is read as if a kind of 0 stood before it.
        if self.startup && self.have == 0 {
            self.have = 1;
        }
        if let Some(place) = self.header.get_mut(self.have) {
            *place = byte;
        }
        self.have += 1;
        if self.have < 5 {
            return None;
        }
        self.have = 0;
        self.begin(self.header)
    }

    /// A frame begins whose kind and length these are.
    fn begin(&mut self, [kind, length @ ..]: [u8; 5]) -> Option<Frame> {
        self.rest = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX).saturating_sub(4);
        if std::mem::take(&mut self.startup) {
            return Some(Frame::Startup);
        }
        self.wants_status = self.from_server && kind == b'Z' && self.rest > 0;
        (!self.wants_status).then_some(Frame::Kind(kind))
    }
}

/// A stream that tells a [`Wire`] of all that passes, and follows whoever uses it from lane to lane. `K` is kept until both sides have
/// hung up: the permit lives with the socket.
pub(super) struct Watched<S: Socket, K: Send + 'static> {
    /// None once both sides hang up.
    stream: Option<Following<S>>,
    wire: Arc<Wire>,
    sent: Frames,
    received: Frames,
    kept: Option<K>,
}

impl<S: Socket, K: Send + 'static> Watched<S, K> {
    pub(super) fn new(stream: S, kept: K) -> (Self, Arc<Wire>) {
        // Where it was opened is not known by now: whoever opened it may have changed the lane meanwhile.
        let stream = Following::new(stream, None);
        let wire = Arc::new(Wire { lane: AtomicUsize::new(stream.lane()), ..Wire::default() });
        let (sent, received) = (Frames::of_client(), Frames::of_server());
        let watched = Self { stream: Some(stream), wire: wire.clone(), sent, received, kept: Some(kept) };
        (watched, wire)
    }

    /// Does this with the stream, which is heard here from then on.
    fn with<T>(&mut self, act: impl FnOnce(Pin<&mut Following<S>>) -> Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let Some(stream) = &mut self.stream else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
        let done = act(Pin::new(stream));
        self.wire.lane.store(stream.lane(), Ordering::Relaxed);
        done
    }
}

impl<S: Socket, K: Send + 'static> Drop for Watched<S, K> {
    fn drop(&mut self) {
        if let (Some(stream), Some(kept)) = (self.stream.take(), self.kept.take()) {
            part(stream, kept);
        }
    }
}

impl<S: Socket, K: Unpin + Send + 'static> AsyncRead for Watched<S, K> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(this.with(|stream| stream.poll_read(cx, buffer)))?;
        this.wire.received(&mut this.received, buffer.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl<S: Socket, K: Unpin + Send + 'static> AsyncWrite for Watched<S, K> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(this.with(|stream| stream.poll_write(cx, bytes)))?;
        this.wire.sent(&mut this.sent, bytes.get(..written).unwrap_or_default());
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().with(|stream| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().with(|stream| stream.poll_shutdown(cx))
    }
}
