//! A proxy in front of Postgres that notes what clients say, frame by frame.
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The frames that went to the server since the last look: their message types, in order. Lengths differ by the digits in a statement's name.
#[derive(Clone, Default)]
pub(crate) struct Frames(Arc<Mutex<Vec<u8>>>);

impl Frames {
    /// Takes what was noted.
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many of these frames ask for an answer: the round trips.
    pub(crate) fn round_trips(frames: &[u8]) -> usize {
        frames.iter().filter(|kind| matches!(kind, b'S' | b'Q')).count()
    }

    fn note(&self, pending: &mut Vec<u8>) {
        let mut frames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let [kind, a, b, c, d, ..] = *pending.as_slice() {
            let length = u32::from_be_bytes([a, b, c, d]);
            let whole = 1 + length as usize;
            if pending.len() < whole {
                break;
            }
            frames.push(kind);
            pending.drain(..whole);
        }
    }
}

/// Listens on a free port and passes everything to `target`; gives the port.
pub(crate) async fn listen(target: u16, frames: Frames) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let frames = frames.clone();
            tokio::spawn(async move { pass(client, target, frames).await });
        }
    });
    Ok(port)
}

async fn pass(client: TcpStream, target: u16, frames: Frames) -> Result<()> {
    let server = TcpStream::connect(("127.0.0.1", target)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    // The first frame has no type byte.
    let mut length = [0; 4];
    from_client.read_exact(&mut length).await?;
    let mut rest = vec![0; (u32::from_be_bytes(length) as usize).saturating_sub(4)];
    from_client.read_exact(&mut rest).await?;
    to_server.write_all(&length).await?;
    to_server.write_all(&rest).await?;
    let mut pending = Vec::new();
    let mut buffer = [0; 8 * 1024];
    loop {
        let n = from_client.read(&mut buffer).await?;
        let Some(bytes) = buffer.get(..n).filter(|bytes| !bytes.is_empty()) else { break };
        pending.extend_from_slice(bytes);
        frames.note(&mut pending);
        to_server.write_all(bytes).await?;
    }
    Ok(())
}
