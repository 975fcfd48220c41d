//! The answer of a prepared read on its way through the reader that knows whether a connection is clean.
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use criterion::{Criterion, Throughput};
use hotelhub_web::lanes::Socket;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[path = "../../src/tenancy/wire/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "the reader is private to tenancy, and comes with its tests; its reading side is measured"
)]
mod reader;

/// A server that says the same each time it is listened to.
struct Server(Vec<u8>);

impl Socket for Server {
    fn moved(self) -> io::Result<Self> {
        Ok(self)
    }
}

impl AsyncRead for Server {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        buffer.put_slice(&self.0);
        Poll::Ready(Ok(()))
    }
}

/// It is told nothing.
impl AsyncWrite for Server {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

pub(crate) fn answers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wire");
    for rows in [1, 100] {
        let answer = answer(rows);
        group.throughput(Throughput::Bytes(answer.len() as u64));
        let mut room = vec![0; answer.len()];
        let (mut watched, wire) = reader::Watched::new(Server(answer), ());
        group.bench_function(format!("an answer of {rows} rows"), |bench| {
            bench.iter(|| {
                let mut buffer = ReadBuf::new(&mut room);
                let read = Pin::new(&mut watched).poll_read(&mut Context::from_waker(Waker::noop()), &mut buffer);
                (read.is_ready(), wire.is_idle())
            });
        });
    }
    group.finish();
}

/// `BindComplete`, rows of 120 bytes, `CommandComplete`, `ReadyForQuery`.
fn answer(rows: usize) -> Vec<u8> {
    let row = frame(b'D', &[0; 120]);
    [frame(b'2', b""), row.repeat(rows), frame(b'C', b"SELECT 1\0"), frame(b'Z', b"I")].concat()
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 4).expect("a frame of a few bytes");
    [&[kind], length.to_be_bytes().as_slice(), payload].concat()
}
