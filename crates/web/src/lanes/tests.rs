//! Who is served where, and that who changes the lane does not notice.
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::lane::loads;
use super::load::{ALL, Load, Onward, first_with_room, relief, retreat};
use super::*;
use crate::server::Limits;
use crate::tests::listening_on;

/// A lane whose guests all have something to do.
fn load(busy: u32, guests: usize) -> Load {
    Load { busy, awake: busy, guests, active: guests }
}

#[test]
fn a_connection_goes_to_the_first_lane_with_room_or_else_to_the_least_busy() {
    let first = |loads: &[Load]| first_with_room(Bounds::USUAL, loads);
    assert_eq!(first(&[]), None);
    assert_eq!(first(&[load(0, 3_000), load(0, 0)]), Some(0));
    assert_eq!(first(&[load(500, 1), load(499, 900), load(0, 0)]), Some(1));
    assert_eq!(first(&[load(800, 8), load(700, 9), load(700, 8)]), Some(2));
}

#[test]
fn a_full_lane_sends_as_many_on_as_leave_both_equally_busy() {
    let sent = |loads: &[Load], mine| relief(Bounds::USUAL, loads, mine).map(|onward| (onward.to, onward.guests));
    assert_eq!(sent(&[load(1_000, 100), load(0, 0)], 0), Some((1, 50)));
    assert_eq!(sent(&[load(950, 95), load(950, 9), load(350, 4)], 0), Some((2, 30)));
    assert_eq!(sent(&[load(1_000, 3), load(0, 0)], 0), Some((1, 1)), "three make two and one");
    assert_eq!(sent(&[load(1_000, 2), load(600, 5)], 0), Some((1, 1)), "one at least");
    let idle = Load { active: 4, ..load(1_000, 100) };
    assert_eq!(sent(&[idle, load(0, 200)], 0), Some((1, 2)), "who is quiet does not count");
    assert_eq!(sent(&[Load { active: 1, ..idle }, load(0, 0)], 0), None, "one among quiet ones is alone");
    assert_eq!(sent(&[load(849, 100), load(0, 0)], 0), None, "it is not full");
    assert_eq!(sent(&[load(1_000, 100), load(800, 0)], 0), None, "the other is no help");
    assert_eq!(sent(&[load(1_000, 1), load(0, 0)], 0), None, "alone it would only carry its load about");
    assert_eq!(sent(&[load(1_000, 10)], 0), None);
    let waiting = |guests| Load { awake: 990, ..load(600, guests) };
    assert_eq!(sent(&[waiting(16), load(0, 0)], 0), Some((1, 8)), "it waits for a core, and has a crowd to share");
    assert_eq!(sent(&[waiting(15), load(0, 0)], 0), None, "both would go to sleep between two requests");
    assert_eq!(sent(&[waiting(40), Load { awake: 700, ..load(300, 8) }], 0), None, "the other hardly sleeps either");
    let hardly_sleeps = Load { awake: 900, ..load(100, 9) };
    assert_eq!(sent(&[waiting(16), hardly_sleeps, load(300, 3)], 0), Some((2, 5)), "to the one that sleeps most");
}

#[test]
fn a_lane_that_is_not_needed_sends_all_to_one_before_it() {
    let sent = |loads: &[Load], mine| retreat(Bounds::USUAL, loads, mine).map(|onward| (onward.to, onward.guests));
    assert_eq!(sent(&[load(200, 4), load(300, 7)], 1), Some((0, 7)));
    assert_eq!(sent(&[load(450, 4), load(100, 2), load(100, 3)], 2), Some((1, 3)));
    assert_eq!(sent(&[load(300, 4), load(201, 7)], 1), None);
    assert_eq!(sent(&[load(10, 4), load(10, 7)], 0), None, "the first stays");
    assert_eq!(sent(&[load(0, 4), load(0, 0)], 1), None, "nobody is there");
}

/// Lanes that never look at themselves.
const UNWATCHED: Bounds = Bounds { turn: Duration::from_secs(3_600), ..Bounds::USUAL };

#[tokio::test]
async fn quiet_connections_share_one_lane() {
    let lanes = Lanes::of(3, UNWATCHED).unwrap();
    let mut open = guests(listening(&lanes, Gate::shut()).await, 9).await;
    for guest in &mut open {
        assert_eq!(guest.ask("/lane").await, "1");
    }
    assert_eq!(guests_of(&lanes), [9, 0, 0]);
    drop(open);
    soon(|| guests_of(&lanes) == [0, 0, 0]).await;
}

#[tokio::test]
async fn of_many_that_come_at_once_not_all_go_to_one_lane() {
    let lanes = Lanes::of(2, Bounds { newcomer: 100, ..UNWATCHED }).unwrap();
    let _open = guests(listening(&lanes, Gate::shut()).await, 12).await;
    assert_eq!(guests_of(&lanes), [6, 6]);
}

#[tokio::test]
async fn nobody_is_sent_to_a_lane_that_a_guest_holds_up() {
    let bounds = Bounds { turn: Duration::from_millis(10), ..Bounds::USUAL };
    let lanes = Lanes::of(2, bounds).unwrap();
    let gate = Gate::shut();
    let address = listening(&lanes, gate.clone()).await;
    let mut busy = Asker::connect(address).await;
    busy.say("/hold").await;
    gate.came.acquire().await.unwrap().forget();
    soon(|| loads(bounds, &lanes.0.lanes).iter().any(|load| load.busy == ALL)).await;
    let held = loads(bounds, &lanes.0.lanes).iter().position(|load| load.busy == ALL).unwrap();
    let mut other = Asker::connect(address).await;
    assert_eq!(other.ask("/lane").await, (2 - held).to_string());
    gate.open.add_permits(1);
    assert_eq!(busy.hear().await, "done");
}

#[tokio::test]
async fn nobody_is_lost_where_lanes_send_their_guests_to_and_fro() {
    let restless = Bounds { turn: Duration::from_millis(1), full: 0, apart: 0, little: 0, ..Bounds::USUAL };
    let lanes = Lanes::of(3, restless).unwrap();
    let address = listening(&lanes, Gate::shut()).await;
    let mut asking = JoinSet::new();
    for number in 0..8 {
        asking.spawn(async move {
            let mut asker = Asker::connect(address).await;
            let body = vec![b'a' + number; 70_000];
            let mut seen = BTreeSet::new();
            for _ in 0..200 {
                asker.post("/echo", &body).await;
                assert_eq!(asker.hear().await.as_bytes(), body);
                seen.insert(asker.ask("/lane").await);
            }
            seen.len()
        });
    }
    assert!(asking.join_all().await.into_iter().any(|lanes| lanes > 1), "nobody was sent anywhere");
}

#[tokio::test]
async fn who_is_sent_on_is_served_there_even_in_the_middle_of_a_request() {
    let lanes = Lanes::of(2, UNWATCHED).unwrap();
    let gate = Gate::shut();
    let mut open = guests(listening(&lanes, gate.clone()).await, 2).await;
    let [asking, quiet] = &mut open[..] else { panic!("two were asked for") };
    assert_eq!((asking.ask("/lane").await, quiet.ask("/lane").await), ("1".into(), "1".into()));
    asking.say("/gate").await;
    gate.came.acquire().await.unwrap().forget();
    // The lane is one thread: when it answers somebody else, who came waits at the gate.
    assert_eq!(quiet.ask("/lane").await, "1");
    let [first, _] = &lanes.0.lanes[..] else { panic!("two were asked for") };
    first.send_on(Onward { to: 1, guests: 1 });
    gate.open.add_permits(1);
    assert_eq!(asking.hear().await, "began on 1, ended on 2");
    assert_eq!((asking.ask("/lane").await, quiet.ask("/lane").await), ("2".into(), "1".into()));
    assert_eq!(guests_of(&lanes), [1, 1]);
}

#[tokio::test]
async fn a_lane_that_is_full_shares_and_one_that_is_not_needed_is_left() {
    let bounds = Bounds { turn: Duration::from_millis(50), full: 100, apart: 50, little: 80, calm: 1, ..Bounds::USUAL };
    let lanes = Lanes::of(2, bounds).unwrap();
    let mut open = guests(listening(&lanes, Gate::shut()).await, 2).await;
    let [one, other] = &mut open[..] else { panic!("two were asked for") };
    let begun = Instant::now();
    loop {
        one.ask("/work").await;
        other.ask("/work").await;
        if one.ask("/lane").await != other.ask("/lane").await {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the lanes did not share");
    }
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if (one.ask("/lane").await, other.ask("/lane").await) == ("1".into(), "1".into()) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "the second lane was not left");
    }
}

async fn soon(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it did not come to be");
}

fn guests_of(lanes: &Lanes) -> Vec<usize> {
    loads(UNWATCHED, &lanes.0.lanes).iter().map(|load| load.guests).collect()
}

async fn listening(lanes: &Lanes, gate: Arc<Gate>) -> SocketAddr {
    let holding = gate.clone();
    let doors = Router::new()
        .route("/lane", get(async || here().to_string()))
        .route("/work", get(work))
        .route("/echo", post(async |body: Bytes| body))
        .route(
            "/hold",
            get(async move || {
                holding.came.add_permits(1);
                while holding.open.try_acquire().is_err() {
                    thread::sleep(Duration::from_millis(1));
                }
                "done"
            }),
        )
        .route(
            "/gate",
            get(async move || {
                let began = here();
                gate.came.add_permits(1);
                gate.open.acquire().await.unwrap().forget();
                format!("began on {began}, ended on {}", here())
            }),
        );
    listening_on(lanes.clone(), doors, Limits::default()).await
}

/// Where requests wait.
struct Gate {
    /// A permit for each that has come.
    came: Semaphore,
    /// A permit for each that may go on.
    open: Semaphore,
}

impl Gate {
    fn shut() -> Arc<Self> {
        Arc::new(Self { came: Semaphore::new(0), open: Semaphore::new(0) })
    }
}

/// Computes for twenty milliseconds.
async fn work() -> &'static str {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(20) {
        std::hint::spin_loop();
    }
    "done"
}

/// A connection that stays open.
struct Asker(BufReader<TcpStream>);

async fn guests(address: SocketAddr, many: usize) -> Vec<Asker> {
    let mut open = Vec::new();
    for _ in 0..many {
        let mut asker = Asker::connect(address).await;
        asker.ask("/lane").await;
        open.push(asker);
    }
    open
}

impl Asker {
    async fn connect(address: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    async fn ask(&mut self, path: &str) -> String {
        self.say(path).await;
        self.hear().await
    }

    async fn say(&mut self, path: &str) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: melati.test\r\n\r\n");
        self.0.write_all(request.as_bytes()).await.unwrap();
    }

    async fn post(&mut self, path: &str, body: &[u8]) {
        let head = format!("POST {path} HTTP/1.1\r\nHost: melati.test\r\nContent-Length: {}\r\n\r\n", body.len());
        self.0.write_all(head.as_bytes()).await.unwrap();
        self.0.write_all(body).await.unwrap();
    }

    async fn hear(&mut self) -> String {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            match line.trim_end().split_once(": ") {
                Some(("content-length", bytes)) => length = bytes.parse().unwrap(),
                None if line == "\r\n" => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        String::from_utf8(body).unwrap()
    }
}
