//! What stands between the node and Postgres: a line that can be cut, held up, or broken in the middle of a frame.
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::dice::Dice;
use crate::guesthouse::lock;

/// How long a line is held up.
const STALL: Duration = Duration::from_millis(40);

/// What can befall a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// Both ends see a reset, at once.
    Reset,
    /// Half of what the server says next arrives, then a reset.
    HalfAnswer,
    /// Half of what the node says next arrives, then a reset.
    HalfQuestion,
    /// What the server says next arrives in two pieces.
    Pieces,
    /// What the server says next arrives late.
    Stall,
}

impl Mishap {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Reset, Self::HalfAnswer, Self::HalfQuestion, Self::Pieces, Self::Stall];

    fn place(self) -> usize {
        Self::ALL.iter().position(|known| *known == self).unwrap_or_default()
    }

    fn number(self) -> u8 {
        u8::try_from(self.place() + 1).unwrap_or_default()
    }
}

/// The lines that are open.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// Where the node finds Postgres.
    pub(crate) port: u16,
    lines: Arc<Mutex<Vec<Weak<Line>>>>,
    befallen: Befallen,
}

/// How often each mishap has befallen a line, in their order.
type Befallen = Arc<[AtomicU64; Mishap::ALL.len()]>;

struct Line {
    /// The number of what befalls it next; 0 when nothing does.
    next: AtomicU8,
    cut: Notify,
    befallen: Befallen,
}

impl Proxy {
    /// Listens on the loopback and carries every line on to `server`.
    pub(crate) async fn start(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let this = Self { port: listener.local_addr()?.port(), lines: Arc::default(), befallen: Arc::default() };
        let (lines, befallen) = (this.lines.clone(), this.befallen.clone());
        tokio::spawn(async move {
            while let Ok((node, _)) = listener.accept().await {
                let (next, cut) = (AtomicU8::default(), Notify::new());
                let line = Arc::new(Line { next, cut, befallen: befallen.clone() });
                {
                    let mut lines = lock(&lines);
                    lines.retain(|line| line.strong_count() > 0);
                    lines.push(Arc::downgrade(&line));
                }
                tokio::spawn(async move { carry(node, server, &line).await });
            }
        });
        Ok(this)
    }

    /// How often each mishap has befallen a line.
    pub(crate) fn befallen(&self) -> impl Iterator<Item = (Mishap, u64)> {
        let times = self.befallen.iter().map(|times| times.load(Ordering::Relaxed));
        Mishap::ALL.into_iter().zip(times)
    }

    /// Lets this befall one of the open lines, when it next says something; a reset at once.
    pub(crate) fn strike(&self, mishap: Mishap, dice: &Dice) {
        let lines: Vec<_> = lock(&self.lines).iter().filter_map(Weak::upgrade).collect();
        let Some(line) = dice.pick(&lines) else { return };
        match mishap {
            Mishap::Reset => line.cut.notify_one(),
            later => line.next.store(later.number(), Ordering::Relaxed),
        }
    }
}

impl Line {
    /// Takes what is to happen, if it is one of these.
    fn take(&self, among: &[Mishap]) -> Option<Mishap> {
        let next = self.next.load(Ordering::Relaxed);
        let found = among.iter().copied().find(|mishap| mishap.number() == next)?;
        self.next.store(0, Ordering::Relaxed);
        self.note(found);
        Some(found)
    }

    fn note(&self, mishap: Mishap) {
        if let Some(times) = self.befallen.get(mishap.place()) {
            times.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Carries a line until one end closes it or something befalls it.
async fn carry(mut node: TcpStream, server: SocketAddr, line: &Line) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    node.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let broken = {
        let ((asks, hears), (answers, is_asked)) = (node.split(), server.split());
        tokio::select! {
            ended = pass(asks, is_asked, line, &[Mishap::HalfQuestion]) => ended.is_err(),
            ended = pass(answers, hears, line, &[Mishap::HalfAnswer, Mishap::Pieces, Mishap::Stall]) => ended.is_err(),
            () = line.cut.notified() => {
                line.note(Mishap::Reset);
                true
            }
        }
    };
    if broken {
        node.set_zero_linger()?;
        server.set_zero_linger()?;
    }
    Ok(())
}

/// Passes on what one end says. An error is a line that broke.
async fn pass(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, line: &Line, may_befall: &[Mishap]) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let said = buffer.get(..length).unwrap_or_default();
        let (half, rest) = said.split_at(length / 2);
        match line.take(may_befall) {
            Some(Mishap::HalfAnswer | Mishap::HalfQuestion) => {
                to.write_all(half).await?;
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            Some(Mishap::Pieces) => {
                to.write_all(half).await?;
                tokio::time::sleep(STALL / 8).await;
                to.write_all(rest).await?;
            }
            Some(Mishap::Stall) => {
                tokio::time::sleep(STALL).await;
                to.write_all(said).await?;
            }
            Some(Mishap::Reset) | None => to.write_all(said).await?,
        }
    }
}
