//! The listener: limits on what a connection may do, and a drain that ends.
use std::convert::Infallible;
use std::net::{self, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::alarm::Alarm;
use crate::lanes::{self, Following, Lanes};

/// What a listener bears.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A request's head must arrive within this.
    pub head_time: Duration,
    /// The head's largest size in bytes.
    pub head_bytes: usize,
    /// The head's largest number of fields.
    pub head_fields: usize,
    /// Connections at once; the next waits in the kernel's queue.
    pub connections: usize,
    /// How long requests may take to finish after the signal.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_time: Duration::from_secs(10),
            head_bytes: 32 * 1024,
            head_fields: 64,
            connections: 4_096,
            drain: Duration::from_secs(20),
        }
    }
}

/// Who is at the other end of a request's connection, and the clock it lives by.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(crate) address: SocketAddr,
    pub(crate) alarm: Alarm,
}

/// Who answers what a listener hears.
pub trait Answers: Clone + Send + Sync + 'static {
    /// The answer to a request. Each connection holds a clone that its requests share. Dropped when the caller hangs up.
    fn answer(self: Arc<Self>, caller: Caller, request: Request) -> impl Future<Output = Response> + Send + 'static;
}

/// A router with nothing in front of it, for listeners that the world does not reach.
impl Answers for Router {
    fn answer(self: Arc<Self>, _: Caller, request: Request) -> impl Future<Output = Response> + Send + 'static {
        Self::clone(&self).call(request).map(|Ok(response)| response)
    }
}

/// Serves on these lanes until `shutdown`, then lets running requests finish within the drain's time.
pub async fn serve(
    listener: TcpListener,
    doors: impl Answers,
    limits: Limits,
    lanes: Lanes,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let (graceful, draining) = (GracefulShutdown::new(), CancellationToken::new());
    let builder = builder(limits);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut shutdown => break,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let (mut builder, alarm) = (builder.clone(), Alarm::default());
        builder.http1().timer(alarm.clone());
        let caller = Caller { address: peer, alarm };
        let doors = Arc::new(doors.clone());
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            doors.clone().answer(caller.clone(), request.map(Body::new)).map(Ok::<_, Infallible>)
        });
        let (watcher, draining) = (graceful.watcher(), draining.clone());
        lanes.spawn(async move {
            // This lane's reactor hears it from now on, until it follows to another.
            let (Ok(stream), lane) = (TcpStream::from_std(stream), lanes::here()) else { return };
            let begun = tokio::select! {
                biased;
                begun = tokio::time::timeout(limits.head_time, is_begun(&stream)) => begun.unwrap_or(false),
                () = draining.cancelled() => false,
            };
            if begun {
                let connection =
                    builder.serve_connection(TokioIo::new(Following::new(stream, Some(lane))), service).into_owned();
                if let Err(error) = watcher.watch(connection).await {
                    tracing::debug!(error = %error, "a connection ended badly");
                }
            }
            drop(place);
        });
    }
    draining.cancel();
    drop(listener);
    tracing::info!(connections = graceful.count(), "draining");
    if tokio::time::timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were cut off at the end of the drain");
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(net::TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    let accepted = listener.accept().await.and_then(|(stream, peer)| Ok((stream.into_std()?, peer)));
    match accepted {
        Ok((stream, peer)) => {
            let _ = stream.set_nodelay(true);
            Some((stream, peer, place))
        }
        Err(error) => {
            tracing::warn!(error = %error, "a connection was not accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// What a client of HTTP/2 says first (RFC 9113 §3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Whether the client says enough to tell which version it speaks, before it hangs up. From then on the version's own limits hold.
async fn is_begun(stream: &TcpStream) -> bool {
    let mut first = [0; PREFACE.len()];
    loop {
        match stream.peek(&mut first).await {
            Ok(0) | Err(_) => return false,
            Ok(length) if length == PREFACE.len() || first.get(..length) != PREFACE.get(..length) => return true,
            // The rest of a preface is a moment away, or never comes.
            Ok(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

fn builder(limits: Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .header_read_timeout(limits.head_time)
        .max_headers(limits.head_fields)
        .max_buf_size(limits.head_bytes.max(8_192));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(Duration::from_secs(30));
    builder
}

/// Resolves at SIGTERM or Ctrl-C. It listens from the call on, not only once it is awaited: who is told to stop while starting
/// drains as well. Must be called within a runtime.
pub fn stop_signal() -> impl Future<Output = ()> {
    let term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    async move {
        let mut term = match term {
            Ok(term) => term,
            Err(error) => {
                tracing::error!(error = %error, "no signal can be waited for");
                return std::future::pending().await;
            }
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}
