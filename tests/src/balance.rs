//! Nodes behind a balancer: requests go round or by their host, and none to a node that is on its way out.
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::connection::{Connection, Reply, Unheard};

/// Who does not hear a word for longer has no answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where no node is out.
const NONE: usize = usize::MAX;

/// The nodes, at their ports.
#[derive(Clone, Debug)]
pub struct Balance(Arc<Nodes>);

#[derive(Debug)]
struct Nodes {
    ports: Vec<u16>,
    /// How often each went out and came in again.
    passages: Vec<AtomicUsize>,
    /// The place of the node that is out.
    out: AtomicUsize,
    /// For taking turns.
    turn: AtomicUsize,
}

/// A caller's way to the nodes, by connections that it keeps.
#[derive(Debug)]
pub struct Caller {
    balance: Balance,
    /// By the place of its node, each with the passages of that until then: one from before leads to a process that has ended.
    open: HashMap<usize, (usize, Connection)>,
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
        let ports: Vec<u16> = ports.into();
        let passages = ports.iter().map(|_| AtomicUsize::new(0)).collect();
        Self(Arc::new(Nodes { ports, passages, out: AtomicUsize::new(NONE), turn: AtomicUsize::new(0) }))
    }

    /// Sends nothing more to the node at this place, and to the one that was out before again.
    pub fn take_out(&self, place: usize) {
        let before = self.0.out.swap(place, Ordering::SeqCst);
        for passage in [before, place].into_iter().filter_map(|place| self.0.passages.get(place)) {
            passage.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Sends to all of them.
    pub fn put_back(&self) {
        self.take_out(NONE);
    }

    /// Somebody who asks one thing after the other.
    pub fn caller(&self) -> Caller {
        Caller { balance: self.clone(), open: HashMap::new() }
    }

    /// The places of the node whose turn it is and of the one after it, of those that are in.
    fn two(&self) -> Option<[usize; 2]> {
        let out = self.0.out.load(Ordering::SeqCst);
        let inside: Vec<usize> = (0..self.0.ports.len()).filter(|place| *place != out).collect();
        let turn = self.0.turn.fetch_add(1, Ordering::Relaxed);
        let at = |turn: usize| inside.get(turn.checked_rem(inside.len())?).copied();
        Some([at(turn)?, at(turn + 1)?])
    }

    /// The places of the node that a hotel is at, and of the one that stands in for it: while a node is out only its own hotels are elsewhere.
    /// One node is out at most, so one of the two is in.
    fn home_of(&self, hotel: usize) -> Option<[usize; 2]> {
        let (out, many) = (self.0.out.load(Ordering::SeqCst), self.0.ports.len());
        let home = hotel.checked_rem(many)?;
        let others: Vec<usize> = (0..many).filter(|place| *place != home).collect();
        let next = hotel.checked_div(many)?.checked_rem(others.len()).and_then(|turn| others.get(turn).copied())?;
        Some(if home == out { [next, home] } else { [home, next] })
    }

    fn is_out(&self, place: usize) -> bool {
        self.0.out.load(Ordering::SeqCst) == place
    }

    /// The port of the node at this place, and its passages until now.
    fn node(&self, place: usize) -> Option<(u16, usize)> {
        Some((*self.0.ports.get(place)?, self.0.passages.get(place)?.load(Ordering::SeqCst)))
    }
}

impl Caller {
    /// Asks the node whose turn it is. A request that a node which is out meanwhile had not taken (no connection, or closed before a word
    /// came) is sent once more, to another.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answered> {
        let two = self.balance.two().context("no node is in")?;
        self.ask_one_of(two, request).await
    }

    /// Asks the node that is this hotel's, as a balancer does that goes by the host; else as [`Self::ask`].
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn ask_at_home(&mut self, hotel: usize, request: &[u8]) -> Result<Answered> {
        let two = self.balance.home_of(hotel).context("there are not two nodes")?;
        self.ask_one_of(two, request).await
    }

    async fn ask_one_of(&mut self, [first, other]: [usize; 2], request: &[u8]) -> Result<Answered> {
        match self.sent(first, request).await {
            Err(error) if error.is::<Unheard>() && self.balance.is_out(first) => {
                Ok(Answered { reply: self.sent(other, request).await?, again: true })
            }
            answered => Ok(Answered { reply: answered?, again: false }),
        }
    }

    async fn sent(&mut self, place: usize, request: &[u8]) -> Result<Reply> {
        let (port, passages) = self.balance.node(place).context("no such node")?;
        let open = self.open.remove(&place).filter(|(until, _)| *until == passages).map(|(_, connection)| connection);
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
            self.open.insert(place, (passages, connection));
        }
        Ok(reply)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::task::{AbortHandle, JoinSet};

    use super::*;
    use crate::connection::get;

    /// A node that answers everybody with a number, until it is stopped with all its connections.
    async fn node(port: u16, number: &'static str) -> (u16, AbortHandle) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                guests.spawn(answer(stream, number));
            }
        });
        (port, serving.abort_handle())
    }

    async fn answer(mut stream: TcpStream, number: &str) {
        let mut request = [0; 1024];
        while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
            let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{number}", number.len());
            stream.write_all(reply.as_bytes()).await.unwrap();
        }
    }

    async fn hears(caller: &mut Caller, number: &str) {
        let Answered { reply, again } = caller.ask(&get("melati.example", "/", None)).await.unwrap();
        assert_eq!((reply.body.as_slice(), again), (number.as_bytes(), false));
    }

    #[tokio::test]
    async fn a_node_that_was_started_anew_is_not_asked_over_a_connection_to_the_one_before() {
        let (port, first) = node(0, "first").await;
        let (other, _) = node(0, "other").await;
        let balance = Balance::over([port, other]);
        let mut caller = balance.caller();
        for number in ["first", "other", "first", "other"] {
            hears(&mut caller, number).await;
        }
        balance.take_out(0);
        first.abort();
        hears(&mut caller, "other").await;
        let (_, _again) = node(port, "second").await;
        balance.put_back();
        hears(&mut caller, "other").await;
        hears(&mut caller, "second").await;
    }

    #[tokio::test]
    async fn a_node_that_hangs_up_while_it_is_in_is_found_out() {
        let (port, first) = node(0, "first").await;
        let balance = Balance::over([port]);
        let mut caller = balance.caller();
        hears(&mut caller, "first").await;
        first.abort();
        assert!(caller.ask(&get("melati.example", "/", None)).await.unwrap_err().is::<Unheard>());
    }

    #[test]
    fn a_hotel_stays_at_its_node_but_while_that_is_out() {
        let balance = Balance::over([1, 2, 3]);
        let homes =
            |balance: &Balance| -> Vec<usize> { (0..60).map(|hotel| balance.home_of(hotel).unwrap()[0]).collect() };
        let before = homes(&balance);
        balance.take_out(1);
        let meanwhile = homes(&balance);
        for (home, other) in before.iter().zip(&meanwhile) {
            assert_eq!(*home != 1, home == other);
            assert!(*other != 1);
        }
        let moved =
            |place| before.iter().zip(&meanwhile).filter(|(home, other)| home != other && **other == place).count();
        assert_eq!((moved(0), moved(2)), (10, 10), "both others stand in");
        balance.put_back();
        assert_eq!(homes(&balance), before);
    }
}
