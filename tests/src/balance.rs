//! Nodes behind a balancer: requests go round, and none to a node that is on its way out.
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::connection::{Connection, Reply, Unheard};

/// Who does not hear a word for longer has no answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where no node is out.
const NONE: usize = usize::MAX;

/// The nodes, at their ports.
#[derive(Clone, Debug)]
pub struct Balance(Arc<Nodes>);

#[derive(Debug)]
struct Nodes {
    ports: Vec<u16>,
    /// The place of the node that is out.
    out: AtomicUsize,
    /// For taking turns.
    turn: AtomicUsize,
}

/// A caller's way to the nodes, by connections that it keeps.
#[derive(Debug)]
pub struct Caller {
    balance: Balance,
    open: HashMap<u16, Connection>,
}

/// An answer, and how it came.
#[derive(Debug)]
pub struct Answered {
    /// What was answered.
    pub reply: Reply,
    /// Whether the request had to be sent once more: a node that is out had not taken it.
    pub again: bool,
}

impl Balance {
    /// Nodes at these ports, all of them in.
    pub fn over(ports: impl Into<Vec<u16>>) -> Self {
        Self(Arc::new(Nodes { ports: ports.into(), out: AtomicUsize::new(NONE), turn: AtomicUsize::new(0) }))
    }

    /// Sends nothing more to the node at this place, and to the one that was out before again.
    pub fn take_out(&self, place: usize) {
        self.0.out.store(place, Ordering::SeqCst);
    }

    /// Sends to all of them.
    pub fn put_back(&self) {
        self.take_out(NONE);
    }

    /// Somebody who asks one thing after the other.
    pub fn caller(&self) -> Caller {
        Caller { balance: self.clone(), open: HashMap::new() }
    }

    /// The node whose turn it is and the one after it, of those that are in.
    fn two(&self) -> Option<[u16; 2]> {
        let out = self.0.out.load(Ordering::SeqCst);
        let inside: Vec<u16> =
            self.0.ports.iter().enumerate().filter(|(place, _)| *place != out).map(|(_, port)| *port).collect();
        let turn = self.0.turn.fetch_add(1, Ordering::Relaxed);
        let at = |turn: usize| inside.get(turn.checked_rem(inside.len())?).copied();
        Some([at(turn)?, at(turn + 1)?])
    }

    fn is_out(&self, port: u16) -> bool {
        self.0.ports.get(self.0.out.load(Ordering::SeqCst)) == Some(&port)
    }
}

impl Caller {
    /// Asks the node whose turn it is. A request that a node which is out meanwhile had not taken (no connection, or closed before a word
    /// came) is sent once more, to another.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answered> {
        let [first, other] = self.balance.two().context("no node is in")?;
        match self.sent(first, request).await {
            Err(error) if error.is::<Unheard>() && self.balance.is_out(first) => {
                let [next, _] = self.balance.two().context("no node is in")?;
                let other = if next == first { other } else { next };
                Ok(Answered { reply: self.sent(other, request).await?, again: true })
            }
            answered => Ok(Answered { reply: answered?, again: false }),
        }
    }

    async fn sent(&mut self, port: u16, request: &[u8]) -> Result<Reply> {
        let open = self.open.remove(&port);
        let answer = async {
            let mut connection = match open {
                Some(open) => open,
                None => Connection::open(port).await?,
            };
            let reply = connection.send(request).await?;
            anyhow::Ok((connection, reply))
        };
        let (connection, reply) = tokio::time::timeout(PATIENCE, answer).await.context("no answer in time")??;
        if !reply.head.to_ascii_lowercase().contains("connection: close") {
            self.open.insert(port, connection);
        }
        Ok(reply)
    }
}
