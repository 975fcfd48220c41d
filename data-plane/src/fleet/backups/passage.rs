//! The way of a program of Postgres to a server leads through this process, so that the permit lives with the socket. A program that is killed
//! says no farewell, and its backend may go on for minutes: it is told to stop, and the permit comes back when the server has hung up.
#[cfg(test)]
mod tests;

use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener as Unheard};
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use hotelhub_kernel::{Entropy, hex};
use rustix::process::geteuid;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_postgres::Config;

use crate::tenancy::{Permit, reach};

/// The port that is part of a socket's name, and says nothing.
pub(super) const PORT: &str = "5432";

/// Bytes that are handed on at once.
const AT_ONCE: usize = 256 * 1024;

/// How long a backend may take to end by itself after its program, and to be told to.
const PATIENCE: Duration = Duration::from_secs(1);
const TELLING: Duration = Duration::from_secs(5);

/// What says that a statement is to be cancelled, of <https://www.postgresql.org/docs/15/protocol-message-formats.html>.
const CANCEL: u32 = 80_877_102;

/// What a server says before it is ready is not longer.
const LONGEST_GREETING: usize = 64 * 1024;

/// A socket at which one program is awaited: in no folder, and for nobody but this account.
pub(super) struct Passage {
    listener: UnixListener,
    host: String,
}

/// That a program may come still.
pub(super) struct Awaited {
    _gone: oneshot::Sender<()>,
}

impl Passage {
    pub(super) fn prepare() -> io::Result<Self> {
        let name = format!("hotelhub-{}", hex(&Entropy::system().bytes::<8>()));
        let listener = Unheard::bind_addr(&SocketAddr::from_abstract_name(format!("{name}/.s.PGSQL.{PORT}"))?)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener: UnixListener::from_std(listener)?, host: format!("@{name}") })
    }

    /// What the program is told as its host.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Takes the program that comes to its server. The permit is free when the server has let go of it, or when nobody came.
    pub(super) fn open(self, config: &Config, permit: Permit) -> Awaited {
        let (config, (here, gone)) = (config.clone(), oneshot::channel());
        tokio::spawn(async move {
            let came = tokio::select! {
                came = come(&self.listener) => came,
                _ = gone => return,
            };
            let carried = match came {
                Ok(program) => carry(program, &config).await,
                Err(error) => Err(error),
            };
            if let Err(error) = carried {
                tracing::warn!(%error, "the line of a program to its Postgres server broke");
            }
            drop(permit);
        });
        Awaited { _gone: here }
    }
}

/// The first that comes of this account.
async fn come(listener: &UnixListener) -> io::Result<UnixStream> {
    loop {
        let (program, _) = listener.accept().await?;
        if program.peer_cred()?.uid() == geteuid().as_raw() {
            return Ok(program);
        }
    }
}

/// Hands on what both say until the server has hung up, which it does when the backend's process ends.
async fn carry(program: UnixStream, config: &Config) -> io::Result<()> {
    let (mut from_server, mut to_server) = tokio::io::split(reach(config).await?);
    let (mut from_program, to_program) = tokio::io::split(program);
    let key = OnceLock::new();
    let mut answers = pin!(hand_back(&mut from_server, to_program, &key));
    let asks = async {
        let _ = tokio::io::copy(&mut from_program, &mut to_server).await;
        let _ = to_server.shutdown().await;
    };
    tokio::select! {
        ended = &mut answers => return ended,
        () = asks => {}
    }
    loop {
        tokio::select! {
            ended = &mut answers => return ended,
            () = tokio::time::sleep(PATIENCE) => if let Some(key) = key.get() { cancel(config, key).await },
        }
    }
}

/// Hands on what the server says, and notes the key of its backend. What a program does not hear any more is let go.
async fn hand_back(
    server: &mut (impl AsyncRead + Unpin),
    mut program: impl AsyncWrite + Unpin,
    key: &OnceLock<Vec<u8>>,
) -> io::Result<()> {
    let (mut bytes, mut greeting, mut listens) = (vec![0; AT_ONCE], Greeting::default(), true);
    loop {
        let read = server.read(&mut bytes).await?;
        let Some(said) = bytes.get(..read).filter(|said| !said.is_empty()) else { return Ok(()) };
        if let Some(found) = greeting.read(said) {
            let _ = key.set(found);
        }
        listens = listens && program.write_all(said).await.is_ok();
    }
}

/// Tells a backend to stop, by a line of its own that makes no backend: the server reads it and hangs up.
async fn cancel(config: &Config, key: &[u8]) {
    let length = u32::try_from(key.len() + 8).unwrap_or_default();
    let wish = [&length.to_be_bytes(), &CANCEL.to_be_bytes(), key].concat();
    let telling = async {
        let mut line = reach(config).await?;
        line.write_all(&wish).await?;
        line.read(&mut [0]).await
    };
    if let Ok(Err(error)) = timeout(TELLING, telling).await {
        tracing::debug!(%error, "a backend was not told to stop; told again");
    }
}

/// What a server says before it is ready, read for the key of its backend.
#[derive(Default)]
struct Greeting {
    unread: Vec<u8>,
    over: bool,
}

impl Greeting {
    /// The key, as a wish to cancel carries it, with the bytes that complete it.
    fn read(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.over {
            return None;
        }
        self.unread.extend_from_slice(bytes);
        while let Some(&[kind, a, b, c, d]) = self.unread.first_chunk() {
            let end = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX).saturating_add(1);
            if !(5..=LONGEST_GREETING).contains(&end) || kind == b'Z' {
                break;
            }
            let body = self.unread.get(5..end)?.to_vec();
            if kind == b'K' {
                *self = Self { over: true, unread: Vec::new() };
                return Some(body);
            }
            self.unread.drain(..end);
        }
        if self.unread.len() >= 5 {
            *self = Self { over: true, unread: Vec::new() };
        }
        None
    }
}
