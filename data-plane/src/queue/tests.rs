//! The rules of when to look where.
use std::time::Duration;

use hotelhub_kernel::{Backoff, Entropy, TenantId};
use jiff::{SignedDuration, Timestamp};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::agenda::{Agenda, Moment};
use super::messenger::OUTWARD;
use super::worker::BATCH;
use super::{Handler, Hint, Hints, Job, Policy, Registry, Run, carry_hints};

/// A test's two clocks.
#[derive(Clone, Copy)]
struct Start(Instant);

impl Start {
    fn now() -> Self {
        Self(Instant::now())
    }

    /// Both clocks moved by so many milliseconds.
    fn at(self, millis: i64) -> Moment {
        self.apart(millis, millis)
    }

    /// The node's clock and real time, each moved by its own.
    fn apart(self, clock: i64, real: i64) -> Moment {
        Moment { clock: due(clock), real: self.0 + Duration::from_millis(real.unsigned_abs()) }
    }
}

fn due(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_000_000 + millis).unwrap()
}

fn tenant(n: u128) -> TenantId {
    TenantId(Uuid::from_u128(n))
}

fn hint(n: u128, job: u128, due: Timestamp) -> Hint {
    Hint { tenant: tenant(n), job: Uuid::from_u128(job), due }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Slow;

impl Job for Slow {
    const NAME: &'static str = "slow";
    const POLICY: Policy = Policy {
        queue: "tests",
        tries: 1,
        limit: Duration::from_secs(60),
        backoff: Backoff { base: Duration::from_secs(1), ceiling: Duration::from_secs(1) },
    };
}

#[test]
fn a_claim_lasts_until_the_last_of_its_batch_may_have_run_and_been_given_up() {
    let registry = Registry::new([Handler::of(|_: Run, _: Slow| async { Ok(()) })]);
    let longest = i64::try_from(Slow::POLICY.limit.as_millis()).unwrap() * 2 * BATCH;
    assert!(registry.known().leases.iter().all(|lease| *lease > longest));
}

#[test]
fn a_hinted_job_is_looked_for_until_it_is_found_also_while_the_clock_stands_still() {
    let (agenda, start) = (Agenda::default(), Start::now());
    agenda.note(hint(1, 7, due(0)), start.at(0));
    assert_eq!(agenda.next(start.apart(0, 4)), None, "its transaction has yet to commit");
    assert_eq!(agenda.next(start.apart(0, 5)), Some(tenant(1)));
    agenda.looked(tenant(1), start.apart(0, 6));
    assert_eq!(agenda.next(start.apart(0, 55)), None);
    assert_eq!(agenda.next(start.apart(0, 56)), Some(tenant(1)), "it was not found the first time");
    agenda.found(tenant(1), Uuid::from_u128(7));
    agenda.looked(tenant(1), start.apart(0, 57));
    assert_eq!(agenda.pause(start.apart(0, 57)), Duration::MAX, "nothing is left to look for");
}

#[test]
fn a_hint_of_a_transaction_that_was_rolled_back_is_given_up() {
    let (agenda, start) = (Agenda::default(), Start::now());
    agenda.note(hint(1, 7, due(0)), start.at(0));
    let (mut now, mut looks) = (start.at(0), 0);
    while agenda.pause(now) < Duration::MAX {
        now.real += agenda.pause(now);
        assert_eq!(agenda.next(now), Some(tenant(1)));
        agenda.looked(tenant(1), now);
        looks += 1;
    }
    assert_eq!(looks, 5);
    assert!(now.real - start.0 > Duration::from_secs(60));
}

#[test]
fn a_delayed_job_is_looked_for_when_it_is_due_and_not_before() {
    let (agenda, start) = (Agenda::default(), Start::now());
    agenda.note(hint(1, 7, due(900_000)), start.at(0));
    agenda.note(hint(2, 8, due(0)), start.at(0));
    assert_eq!(agenda.next(start.at(10)), Some(tenant(2)));
    assert_eq!(agenda.next(start.at(899_999)), None);
    assert_eq!(agenda.next(start.at(900_000)), Some(tenant(1)));
    assert_eq!(agenda.pause(start.at(0)), Duration::MAX, "both are being looked at");
    agenda.looked(tenant(1), start.at(900_001));
    assert_eq!(agenda.pause(start.at(900_001)), Duration::from_millis(50));
}

#[test]
fn one_tenant_is_looked_at_by_one_hand_at_a_time_and_the_earliest_plan_counts() {
    let (agenda, start) = (Agenda::default(), Start::now());
    agenda.look_at(tenant(1), due(50));
    agenda.look_at(tenant(1), due(10));
    agenda.look_at(tenant(1), due(70));
    assert_eq!(agenda.next(start.at(10)), Some(tenant(1)));
    agenda.look_at(tenant(1), due(10));
    assert_eq!(agenda.next(start.at(10)), None, "it is being looked at");
    agenda.looked(tenant(1), start.at(11));
    assert_eq!(agenda.next(start.at(11)), Some(tenant(1)));
}

#[test]
fn two_hints_of_one_tenant_are_followed_until_both_are_found() {
    let (agenda, start) = (Agenda::default(), Start::now());
    agenda.note(hint(1, 7, due(0)), start.at(0));
    agenda.note(hint(1, 8, due(0)), start.at(1));
    assert_eq!(agenda.next(start.at(5)), Some(tenant(1)));
    agenda.found(tenant(1), Uuid::from_u128(7));
    agenda.looked(tenant(1), start.at(6));
    assert_eq!(agenda.next(start.at(56)), Some(tenant(1)), "the second had not committed");
    agenda.found(tenant(1), Uuid::from_u128(8));
    agenda.looked(tenant(1), start.at(57));
    assert_eq!(agenda.pause(start.at(57)), Duration::MAX);
}

#[test]
fn a_tenant_is_new_once_until_hints_may_have_been_lost() {
    let agenda = Agenda::default();
    assert!(agenda.is_new(tenant(1)) && !agenda.is_new(tenant(1)));
    agenda.forget_seen();
    assert!(agenda.is_new(tenant(1)));
    let start = Start::now();
    agenda.look_at(tenant(1), due(0) + SignedDuration::from_secs(1));
    assert_eq!(agenda.pause(start.at(0)), Duration::from_secs(1));
}

/// A door to Redis: while it is not open everybody is turned away, who is inside too.
async fn door_to_redis(open: watch::Receiver<bool>) -> String {
    let url = hotelhub_testkit::env::redis();
    let client = redis::Client::open(&*url).unwrap();
    let redis = client.get_connection_info().addr().to_string();
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let door_url = url.replace(&redis, &door.local_addr().unwrap().to_string());
    tokio::spawn(async move {
        loop {
            let (mut guest, _) = door.accept().await.unwrap();
            let (redis, mut open) = (redis.clone(), open.clone());
            tokio::spawn(async move {
                let mut inside = TcpStream::connect(redis).await.unwrap();
                tokio::select! {
                    biased;
                    _ = open.wait_for(|open| !open) => {}
                    _ = tokio::io::copy_bidirectional(&mut guest, &mut inside) => {}
                }
            });
        }
    });
    door_url
}

/// Hints of a process of the web, by the door, and of a worker, who can always hear. Tests that run at the same time hear one another: each has
/// a tenant of its own.
async fn apart(open: watch::Receiver<bool>, tenant: u128) -> (Hints, Hints) {
    let (web, worker) = (Hints::default(), Hints::default());
    worker.listen();
    for (hints, works, url) in
        [(&web, false, door_to_redis(open).await), (&worker, true, hotelhub_testkit::env::redis())]
    {
        let hints = hints.clone();
        let carry = async move { carry_hints(hints, &url, works, Entropy::system(), CancellationToken::new()).await };
        tokio::spawn(carry);
    }
    until(|| worker.take_missed()).await;
    // What is sent before its messenger is there stays in the process.
    let first = hint(tenant, 1, due(0));
    until(|| {
        web.send(first);
        worker.take().contains(&first)
    })
    .await;
    (web, worker)
}

async fn until(mut holds: impl FnMut() -> bool) {
    let holds = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), holds).await.expect("it did not come true within half a minute");
}

#[tokio::test]
async fn a_hint_travels_to_the_worker_of_another_process_also_after_redis_was_away() {
    let open = watch::Sender::new(true);
    let (web, worker) = apart(open.subscribe(), 11).await;
    open.send_replace(false);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let held_up = hint(11, 2, due(0));
    web.send(held_up);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!worker.take().contains(&held_up));
    open.send_replace(true);
    until(|| worker.take().contains(&held_up)).await;
    assert!(web.take().is_empty(), "a process without a worker keeps none");
}

#[tokio::test]
async fn who_has_more_hints_than_can_wait_makes_the_workers_look_everywhere() {
    let open = watch::Sender::new(true);
    let (web, worker) = apart(open.subscribe(), 12).await;
    open.send_replace(false);
    tokio::time::sleep(Duration::from_millis(100)).await;
    for job in 0..=OUTWARD as u128 + 1 {
        web.send(hint(12, job, due(0)));
    }
    open.send_replace(true);
    until(|| worker.take_missed()).await;
    assert!(worker.take().contains(&hint(12, 0, due(0))), "those that could wait came too");
}
