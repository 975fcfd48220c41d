//! A socket that goes along when what uses it changes the lane.
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::here;

/// A socket that can leave its reactor for that of the present thread.
pub trait Socket: AsyncRead + AsyncWrite + Unpin + Send + Sized + 'static {
    /// The same socket, heard here from now on. Fails where the system does not let it be registered.
    fn moved(self) -> io::Result<Self>;
}

impl Socket for TcpStream {
    fn moved(self) -> io::Result<Self> {
        Self::from_std(self.into_std()?)
    }
}

impl Socket for UnixStream {
    fn moved(self) -> io::Result<Self> {
        Self::from_std(self.into_std()?)
    }
}

/// A socket that is heard where it is used: between lanes each answer would wake two threads instead of one. A move is two calls to the
/// kernel.
pub struct Following<S> {
    /// None once it could not move: it is as good as hung up.
    socket: Option<S>,
    lane: usize,
}

impl<S: Socket> Following<S> {
    /// A socket that lane hears: see [`here`], asked where it was registered and not later. None where nobody asked: it is registered
    /// anew when it is used.
    pub fn new(socket: S, lane: Option<usize>) -> Self {
        Self { socket: Some(socket), lane: lane.unwrap_or(usize::MAX) }
    }

    /// The lane that hears it: see [`here`].
    pub fn lane(&self) -> usize {
        self.lane
    }

    fn socket(&mut self) -> io::Result<Pin<&mut S>> {
        let here = here();
        if self.lane != here {
            self.socket = self.socket.take().map(S::moved).transpose()?;
            self.lane = here;
        }
        self.socket.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<S: Socket> AsyncRead for Following<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.get_mut().socket()?.poll_read(cx, buffer)
    }
}

impl<S: Socket> AsyncWrite for Following<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().socket()?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().socket()?.poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().socket()?.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().socket()?.poll_shutdown(cx)
    }
}
