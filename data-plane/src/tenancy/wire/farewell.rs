//! How a connection ends: its permit is free when the server has let go of it too, and not a moment before.
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::runtime::Handle;

/// A backend in the middle of a statement notices within a second that nobody listens.
const PATIENCE: Duration = Duration::from_secs(3);

/// Hangs up, and drops `kept` once the server has hung up too: Postgres leaves that to the end of the backend's process
/// (`socket_close` in `pqcomm.c`). A server that does not answer is not waited for longer than three seconds.
pub(super) fn part<S, K>(mut stream: S, kept: K)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    K: Send + 'static,
{
    let Ok(runtime) = Handle::try_current() else { return };
    runtime.spawn(async move {
        let parting = async {
            stream.shutdown().await?;
            let mut unread = [0; 1_024];
            while stream.read(&mut unread).await? > 0 {}
            Ok::<(), io::Error>(())
        };
        // However it ended, nobody speaks on this line any more.
        let _ = tokio::time::timeout(PATIENCE, parting).await;
        drop(kept);
    });
}
