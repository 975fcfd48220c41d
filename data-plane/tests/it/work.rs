//! Jobs and letters: what follows from a change happens, once, also after a crash.
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hotelhub_data_plane::notify::{self, Letter, Posted};
use hotelhub_data_plane::queue::{Handler, Hint, Job, Policy, Registry, Run, Worker};
use hotelhub_kernel::{Backoff, Secret};
use hotelhub_mail::Mailer;
use hotelhub_protocol::Role;
use hotelhub_testkit::mail::{Fault, MailStandIn};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::house::{House, OWNER};

/// A job of the tests' own: what it does each time is the test's to say.
#[derive(Serialize, Deserialize)]
pub(crate) struct Chore {
    pub(crate) says: String,
}

impl Job for Chore {
    const NAME: &'static str = "chore";
    const POLICY: Policy = Policy {
        queue: "tests",
        tries: 3,
        limit: Duration::from_secs(60),
        backoff: Backoff { base: Duration::from_secs(10), ceiling: Duration::from_secs(60) },
    };
}

/// What never ends by itself.
#[derive(Serialize, Deserialize)]
struct Endless;

impl Job for Endless {
    const NAME: &'static str = "endless";
    const POLICY: Policy = Policy { limit: Duration::from_secs(2), ..Chore::POLICY };
}

/// A house whose only worker is the test's.
pub(crate) struct Yard {
    pub(crate) house: House,
    pub(crate) sql: Client,
    stop: CancellationToken,
}

impl Yard {
    pub(crate) async fn new(handlers: impl IntoIterator<Item = Handler>) -> Self {
        let house = House::saas_as(&[Role::Serve], 4, |_| {}).await;
        let sql = house.sql().await;
        let stop = CancellationToken::new();
        let worker = Worker::new(house.node.clone(), Registry::new(handlers)).unwrap();
        tokio::spawn(worker.run(stop.clone()));
        Self { house, sql, stop }
    }

    /// Puts a chore in as a transaction would that said so; `due` after so many seconds.
    pub(crate) async fn enqueue(&self, due: i64) -> Uuid {
        self.enqueue_as(Chore { says: "hi".to_owned() }, due).await
    }

    async fn enqueue_as<J: Job>(&self, job: J, due: i64) -> Uuid {
        let (id, now) = (Uuid::from_bytes(self.house.node.entropy.bytes()), self.house.clock.now());
        let due = now + SignedDuration::from_secs(due);
        let payload = serde_json::to_value(job).unwrap();
        let insert =
            "insert into jobs (id, queue, name, payload, due_at, created_at) values ($1, 'tests', $2, $3, $4, $5)";
        self.sql.execute(insert, &[&id, &J::NAME, &payload, &due, &now]).await.unwrap();
        self.house.node.hints.send(Hint { tenant: self.house.tenant, job: id, due });
        id
    }

    async fn state(&self, job: Uuid) -> (String, i16) {
        let row = self.sql.query_one("select state, attempts from jobs where id = $1", &[&job]).await.unwrap();
        (row.get(0), row.get(1))
    }

    pub(crate) async fn becomes(&self, job: Uuid, state: &str, attempts: i16) {
        for _ in 0..3_000 {
            if self.state(job).await == (state.to_owned(), attempts) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("wanted {state} after {attempts}, it is {:?}", self.state(job).await);
    }

    pub(crate) fn later(&self, seconds: i64) {
        self.house.clock.advance(SignedDuration::from_secs(seconds));
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Counts its runs; fails the first `failures` of them.
pub(crate) fn failing(failures: u32) -> (Handler, Arc<AtomicU32>) {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let handler = Handler::of(move |_: Run, chore: Chore| {
        let run = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_eq!(chore.says, "hi");
            anyhow::ensure!(run >= failures, "not yet");
            Ok(())
        }
    });
    (handler, runs)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_fails_is_tried_again_after_a_pause_and_then_done() {
    let (handler, runs) = failing(2);
    let yard = Yard::new([handler]).await;
    let job = yard.enqueue(0).await;
    yard.becomes(job, "queued", 1).await;
    yard.later(60);
    yard.becomes(job, "queued", 2).await;
    yard.later(60);
    yard.becomes(job, "done", 3).await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_always_fails_is_kept_with_its_reason() {
    let (handler, runs) = failing(99);
    let yard = Yard::new([handler]).await;
    let job = yard.enqueue(0).await;
    for attempt in 1..=3 {
        yard.later(100);
        yard.becomes(job, if attempt == 3 { "failed" } else { "queued" }, attempt).await;
    }
    let row = yard.sql.query_one("select last_error from jobs where id = $1", &[&job]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "not yet");
    yard.later(1_000);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_panics_fails_like_another_and_those_behind_it_are_done() {
    let runs = AtomicU32::new(0);
    let handler = Handler::of(move |_: Run, _: Chore| {
        let run = runs.fetch_add(1, Ordering::SeqCst);
        async move {
            assert!(run > 0, "it fell over");
            Ok(())
        }
    });
    let yard = Yard::new([handler]).await;
    let [first, second] = [yard.enqueue(60).await, yard.enqueue(61).await];
    yard.later(61);
    yard.becomes(second, "done", 1).await;
    yard.becomes(first, "queued", 1).await;
    let row = yard.sql.query_one("select last_error from jobs where id = $1", &[&first]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "it panicked");
    yard.later(60);
    yard.becomes(first, "done", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_does_not_wait_for_a_job_of_a_later_version_than_its_own() {
    let yard = Yard::new([failing(0).0]).await;
    let insert = "insert into jobs (id, queue, name, version, payload, due_at, created_at) values ($1, 'tests', 'chore', 2, '{}', $2, $2)";
    yard.sql.execute(insert, &[&Uuid::from_u128(7), &yard.house.clock.now()]).await.unwrap();
    let known = yard.enqueue(0).await;
    yard.becomes(known, "done", 1).await;
    for _ in 0..3_000 {
        if yard.house.node.tally.pending() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the worker looks and looks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_waits_for_its_time() {
    let (handler, runs) = failing(0);
    let yard = Yard::new([handler]).await;
    let job = yard.enqueue(900).await;
    yard.later(890);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    yard.later(11);
    yard.becomes(job, "done", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_worker_left_is_found_without_a_hint() {
    let (handler, _) = failing(0);
    let house = House::saas_as(&[Role::Serve], 4, |_| {}).await;
    let (sql, now) = (house.sql().await, house.clock.now());
    let [left, forgotten] = [1, 2].map(Uuid::from_u128);
    let insert = "insert into jobs (id, queue, name, payload, state, due_at, attempts, fence, leased_until, created_at)
                  values ($1, 'tests', 'chore', '{\"says\": \"hi\"}', $2, $3, $4, 1, $5, $3)";
    let lease = now + SignedDuration::from_secs(30);
    sql.execute(insert, &[&left, &"running", &now, &1_i16, &Some(lease)]).await.unwrap();
    sql.execute(insert, &[&forgotten, &"queued", &now, &0_i16, &None::<jiff::Timestamp>]).await.unwrap();

    let stop = CancellationToken::new();
    let worker = Worker::new(house.node.clone(), Registry::new([handler])).unwrap();
    tokio::spawn(worker.run(stop.clone()));
    let yard = Yard { house, sql, stop };
    yard.becomes(forgotten, "done", 1).await;
    assert_eq!(yard.state(left).await, ("running".to_owned(), 1), "its lease is not over");
    yard.later(31);
    yard.becomes(left, "done", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_lost_its_lease_ends_nothing() {
    let gate = Arc::new(tokio::sync::Notify::new());
    let waits = gate.clone();
    let handler = Handler::of(move |_: Run, _: Chore| {
        let waits = waits.clone();
        async move {
            waits.notified().await;
            Ok(())
        }
    });
    let yard = Yard::new([handler]).await;
    let job = yard.enqueue(0).await;
    yard.becomes(job, "running", 1).await;
    // Another worker thought it dead and took the job.
    yard.sql.execute("update jobs set fence = fence + 1 where id = $1", &[&job]).await.unwrap();
    gate.notify_one();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(yard.state(job).await, ("running".to_owned(), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_takes_too_long_is_cut_off_and_an_unknown_job_is_left_alone() {
    let handler = Handler::of(|_: Run, _: Endless| std::future::pending());
    let yard = Yard::new([handler]).await;
    let job = yard.enqueue_as(Endless, 0).await;
    let strange = Uuid::from_u128(7);
    let insert = "insert into jobs (id, queue, name, payload, due_at, created_at) values ($1, 'tests', 'of-tomorrow', '{}', $2, $2)";
    yard.sql.execute(insert, &[&strange, &yard.house.clock.now()]).await.unwrap();
    yard.becomes(job, "queued", 1).await;
    let row = yard.sql.query_one("select last_error from jobs where id = $1", &[&job]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "it took longer than 2 s");
    assert_eq!(yard.state(strange).await, ("queued".to_owned(), 0));
}

/// A house with a mail server, whose chores write a letter to this address.
async fn writing_to(mail: &MailStandIn, to: &'static str) -> (Yard, Arc<Mutex<Vec<Posted>>>) {
    let mailer = Mailer::new(&Secret::new(format!("smtp://{}", mail.smtp)), "HotelHub <surat@hotelhub.test>").unwrap();
    let posted = Arc::new(Mutex::new(Vec::new()));
    let kept = posted.clone();
    let write = Handler::of(move |run: Run, _: Chore| {
        let kept = kept.clone();
        async move {
            let letter = Letter {
                kind: "test",
                to_address: to,
                to_name: "Budi",
                subject: "Halo",
                text: "Halo",
                html: "<p>Halo</p>",
            };
            let tx = run.tenant.begin().await.map_err(|refused| anyhow::anyhow!("{}", refused.code()))?;
            let outcome = notify::letter(&tx, &run.tenant, letter).await;
            let outcome = tx.settle(outcome).await.map_err(|refused| anyhow::anyhow!("{}", refused.code()))?;
            kept.lock().unwrap().push(outcome);
            Ok(())
        }
    });
    let release = Handler::of(|run: Run, _: Release| async move {
        let tx = run.tenant.begin().await.map_err(|refused| anyhow::anyhow!("{}", refused.code()))?;
        let outcome = notify::release_withheld(&tx, &run.tenant).await;
        tx.settle(outcome).await.map_err(|refused| anyhow::anyhow!("{}", refused.code()))?;
        Ok(())
    });
    (Yard::new([write, release, notify::send_letters(mailer)]).await, posted)
}

/// Stands for the owner who confirms an address.
#[derive(Serialize, Deserialize)]
struct Release;

impl Job for Release {
    const NAME: &'static str = "release";
    const POLICY: Policy = Chore::POLICY;
}

async fn arrives(mail: &MailStandIn, count: usize) {
    for _ in 0..3_000 {
        if mail.inbox.mails(None).len() == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("wanted {count} letters, there are {}", mail.inbox.mails(None).len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_whose_taking_was_not_heard_goes_again_under_the_same_id() {
    let mail = MailStandIn::start("127.0.0.1:0", "127.0.0.1:0").await.unwrap();
    mail.inbox.misbehave(Fault::DropAfterData, 1);
    let (yard, posted) = writing_to(&mail, "budi@tamu.test").await;
    let chore = yard.enqueue(0).await;
    yard.becomes(chore, "done", 1).await;
    let sending = yard.sql.query_one("select id from jobs where name = 'send-letter'", &[]).await.unwrap().get(0);
    yard.becomes(sending, "queued", 1).await;
    yard.later(300);
    yard.becomes(sending, "done", 2).await;
    arrives(&mail, 2).await;
    let Posted::Queued(id) = posted.lock().unwrap()[0] else { panic!("it was withheld") };
    for letter in mail.inbox.mails(None) {
        assert!(letter.message_id.contains(&format!("{id}@hotelhub.test")), "{}", letter.message_id);
    }
    let state = "select state, sealed is null from letters where id = $1";
    let row = yard.sql.query_one(state, &[&id]).await.unwrap();
    assert_eq!((row.get::<_, String>(0).as_str(), row.get(1)), ("sent", true), "its body is not kept");
}

/// A letter on its way and the job that sends it.
async fn written(yard: &Yard) -> (Uuid, Uuid) {
    let chore = yard.enqueue(0).await;
    yard.becomes(chore, "done", 1).await;
    let row = "select id, (payload->>'letter')::uuid from jobs where name = 'send-letter'";
    let row = yard.sql.query_one(row, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_goes_to_a_server_that_has_strangers_come_again_after_some_minutes() {
    let mail = MailStandIn::start("127.0.0.1:0", "127.0.0.1:0").await.unwrap();
    mail.inbox.misbehave(Fault::Refuse, 2);
    let (yard, _) = writing_to(&mail, "budi@tamu.test").await;
    let (sending, _) = written(&yard).await;
    let began = yard.house.clock.now();
    for attempt in 1..=2 {
        yard.becomes(sending, "queued", attempt).await;
        let due = yard.sql.query_one("select due_at from jobs where id = $1", &[&sending]).await.unwrap();
        yard.house.clock.advance(due.get::<_, jiff::Timestamp>(0).duration_since(yard.house.clock.now()));
    }
    yard.becomes(sending, "done", 3).await;
    arrives(&mail, 1).await;
    assert!(yard.house.clock.now().duration_since(began) > SignedDuration::from_mins(7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_whose_senders_all_died_is_marked_failed() {
    let mail = MailStandIn::start("127.0.0.1:0", "127.0.0.1:0").await.unwrap();
    mail.inbox.misbehave(Fault::Refuse, 1);
    let (yard, _) = writing_to(&mail, "budi@tamu.test").await;
    let (sending, letter) = written(&yard).await;
    yard.becomes(sending, "queued", 1).await;
    yard.sql.execute("update jobs set attempts = 99 where id = $1", &[&sending]).await.unwrap();
    yard.later(300);
    yard.becomes(sending, "failed", 100).await;
    let row = yard.sql.query_one("select state, reason from letters where id = $1", &[&letter]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("failed", "its workers died while they ran it"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_whose_address_is_not_confirmed_writes_to_nobody_outside_until_it_is() {
    let mail = MailStandIn::start("127.0.0.1:0", "127.0.0.1:0").await.unwrap();
    let (yard, posted) = writing_to(&mail, "budi@tamu.test").await;
    yard.sql.execute("update users set email_confirmed_at = null", &[]).await.unwrap();
    let job = yard.enqueue(0).await;
    yard.becomes(job, "done", 1).await;
    assert!(matches!(posted.lock().unwrap()[..], [Posted::Withheld(_)]));
    assert!(mail.inbox.mails(None).is_empty());
    let reason = "select reason from letters where state = 'withheld'";
    assert_eq!(yard.sql.query_one(reason, &[]).await.unwrap().get::<_, String>(0), "owner-not-confirmed");

    yard.sql.execute("update users set email_confirmed_at = now() where email = $1", &[&OWNER]).await.unwrap();
    let release = yard.enqueue_as(Release, 0).await;
    yard.becomes(release, "done", 1).await;
    arrives(&mail, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_house_itself_is_written_to_at_once() {
    let mail = MailStandIn::start("127.0.0.1:0", "127.0.0.1:0").await.unwrap();
    let (yard, _) = writing_to(&mail, OWNER).await;
    yard.sql.execute("update users set email_confirmed_at = null", &[]).await.unwrap();
    yard.enqueue(0).await;
    arrives(&mail, 1).await;
}
