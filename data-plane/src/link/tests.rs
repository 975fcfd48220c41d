//! The line against a control plane that loses, repeats, forges and forgets.
mod control;
mod kept;
mod lonely;
mod offered;
mod peers;
mod stored;
mod unheard;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hotelhub_kernel::{Clock, Entropy, Key, Secret};
use hotelhub_protocol::{ClusterId, Outcome, Role, Share, Task, Usage};
use hotelhub_store::Store;
use hotelhub_web::metrics::Metrics;
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use self::control::{Control, Mood, feed_key, route};
use super::{Link, LinkParts, LinkSettings, Refusals};
use crate::fleet::Fleet;
use crate::queue::Tally;
use crate::tenancy::{Directory, Pools};

/// A node with nothing but its line, and a state directory that outlives it.
struct Post {
    link: Link,
    directory: Directory,
    pools: Pools,
    refusals: Refusals,
    stop: CancellationToken,
}

impl Post {
    fn new(control_url: &str, state_dir: &std::path::Path, fleet: Option<Fleet>) -> Self {
        Self::among(Vec::new(), Clock::wall(), control_url, state_dir, fleet)
    }

    /// One that may ask these peers, at its own time.
    fn among(
        peers: Vec<String>,
        clock: Clock,
        control_url: &str,
        state_dir: &std::path::Path,
        fleet: Option<Fleet>,
    ) -> Self {
        Self::that_asks((peers, None), clock, control_url, state_dir, fleet)
    }

    /// One that may ask these peers and this store.
    fn that_asks(
        (peers, routes_store): (Vec<String>, Option<Store>),
        clock: Clock,
        control_url: &str,
        state_dir: &std::path::Path,
        fleet: Option<Fleet>,
    ) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = Directory::default();
        let metrics = Metrics::new().unwrap();
        let pools = control::pools(&metrics, &directory);
        let settings = LinkSettings {
            control_url: control_url.to_owned(),
            token: Secret::new("node.token".into()),
            verifier: feed_key().verifier(),
            state_dir: state_dir.to_owned(),
            peers,
            routes_store,
            oldest_from_peer: SignedDuration::from_hours(72),
            node_secret: Key::new([7; 32]),
        };
        let refusals = Refusals::default();
        let parts = LinkParts {
            roles: vec![Role::Serve, Role::Fleet],
            directory: directory.clone(),
            pools: pools.clone(),
            tally: Tally::default(),
            refusals: refusals.clone(),
            fleet,
            clock,
            entropy: Entropy::seeded(1),
            metrics,
        };
        let link = Link::new(settings, parts).unwrap();
        Self { link, directory, pools, refusals, stop: CancellationToken::new() }
    }

    fn start(self) -> Self {
        tokio::spawn(self.link.clone().run(self.stop.clone()));
        self
    }

    async fn reaches(&self, version: u64) {
        until(|| self.directory.version() == version).await;
    }

    fn connected(&self) -> bool {
        self.link.0.connected.get() == 1
    }

    /// Whether something was refused for this reason.
    fn refused(&self, reason: &str) -> bool {
        let text = String::from_utf8(self.link.0.parts.metrics.text().unwrap()).unwrap();
        text.contains(&format!("hotelhub_routes_refused_total{{reason=\"{reason}\"}}"))
    }

    fn knows(&self, host: &str) -> bool {
        self.directory.by_host(host).is_some()
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come true within a minute");
}

fn state_dir() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("hotelhub-link-{}-{n}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[tokio::test]
async fn a_node_takes_the_snapshot_then_every_change() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let post = Post::new(&control.url, &state_dir(), None).start();
    post.reaches(1).await;
    control.put(route(2, "kenanga"));
    post.reaches(2).await;
    assert!(post.knows("melati.hotelhub.test") && post.knows("kenanga.hotelhub.test"));
    control.gone(1);
    post.reaches(3).await;
    assert!(!post.knows("melati.hotelhub.test") && post.connected());
}

#[tokio::test]
async fn a_heartbeat_says_how_much_the_node_has_of_hotels() {
    let control = Control::start().await;
    control.put_all([route(1, "melati"), route(2, "kenanga")]);
    let post = Post::new(&control.url, &state_dir(), None).start();
    post.reaches(2).await;
    let wanted = Usage { hotels_known: 2, ..Usage::default() };
    until(|| control.heard() == Some(wanted)).await;
}

#[tokio::test]
async fn a_lost_answer_and_a_repeated_one_change_nothing() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    let post = Post::new(&control.url, &state_dir(), None).start();
    post.reaches(1).await;
    control.mood(Mood::LoseOnce);
    control.put(route(2, "kenanga"));
    post.reaches(2).await;
    control.mood(Mood::RepeatAll);
    control.put(route(3, "mawar"));
    post.reaches(3).await;
    assert!(post.knows("mawar.hotelhub.test"));
    assert_eq!(control.snapshots_given(), 1, "a repeated change is passed over without a new snapshot");
}

#[tokio::test]
async fn a_gap_and_a_forgotten_history_lead_to_a_new_snapshot() {
    for mood in [Mood::LeaveOut, Mood::Forget] {
        let control = Control::start().await;
        control.put(route(1, "melati"));
        let post = Post::new(&control.url, &state_dir(), None).start();
        post.reaches(1).await;
        control.mood(mood);
        control.put_all([route(2, "kenanga"), route(3, "mawar")]);
        post.reaches(3).await;
        assert!(post.knows("kenanga.hotelhub.test") && post.knows("mawar.hotelhub.test"));
        assert_eq!(control.snapshots_given(), 2);
    }
}

#[tokio::test]
async fn what_somebody_else_sealed_is_not_believed() {
    let control = Control::start().await;
    control.put(route(1, "melati"));
    control.mood(Mood::Forge);
    let folder = state_dir();
    let post = Post::new(&control.url, &folder, None).start();
    until(|| control.snapshots_given() > 0).await;
    assert!(!post.directory.is_filled() && !post.connected());
    control.mood(Mood::True);
    post.reaches(1).await;
    control.mood(Mood::Forge);
    control.put(route(2, "kenanga"));
    until(|| !post.connected()).await;
    assert_eq!(post.directory.version(), 1);
    drop(post);

    let after = Post::new("http://127.0.0.1:9", &folder, None);
    assert!(after.link.recall().unwrap());
    assert_eq!(after.directory.version(), 1, "nothing forged lies on disk");
}

#[tokio::test]
async fn a_node_cut_off_lives_by_the_shares_it_was_last_granted() {
    let control = Control::start().await;
    let folder = state_dir();
    let share = |role, connections| Share { cluster: ClusterId("main".into()), role, connections };
    control.grant(vec![share(Role::Serve, 17), share(Role::Fleet, 5)]);
    control.put(route(1, "melati"));
    let post = Post::new(&control.url, &folder, None).start();
    let holds = |post: &Post| post.pools.load().iter().any(|load| load.holding.contains(&share(Role::Serve, 17)));
    until(|| holds(&post) && folder.join("shares.json").exists()).await;
    post.reaches(1).await;
    drop(post);
    let post = Post::new("http://127.0.0.1:9", &folder, None);
    post.link.recall().unwrap();
    assert!(holds(&post));
}

#[tokio::test]
async fn a_share_is_told_as_held_also_where_the_table_does_not_name_its_server() {
    let control = Control::start().await;
    let share = Share { cluster: ClusterId("next".into()), role: Role::Serve, connections: 17 };
    control.grant(vec![share.clone()]);
    control.put(route(1, "melati"));
    let post = Post::new(&control.url, &state_dir(), None).start();
    post.reaches(1).await;
    assert!(post.directory.clusters().iter().all(|cluster| cluster.id != share.cluster));
    until(|| post.pools.load().iter().any(|load| load.holding.contains(&share))).await;
}

#[tokio::test]
async fn a_share_that_shrank_is_let_go_of_when_no_restart_would_live_by_the_larger_one() {
    let control = Control::start().await;
    let folder = state_dir();
    let share = |connections| Share { cluster: ClusterId("main".into()), role: Role::Serve, connections };
    control.grant(vec![share(17)]);
    control.put(route(1, "melati"));
    let post = Post::new(&control.url, &folder, None).start();
    let tells = |wanted| post.link.0.heartbeat().clusters.iter().any(|load| load.holding == [share(wanted)]);
    until(|| tells(17) && folder.join("shares.json").exists()).await;
    let in_the_way = folder.join("shares.json.new");
    until(|| std::fs::create_dir(&in_the_way).is_ok()).await;
    control.grant(vec![share(5)]);
    until(|| post.pools.load().iter().any(|load| load.holding == [share(5)])).await;
    assert!(tells(17), "that lies on disk still");
    std::fs::remove_dir(&in_the_way).unwrap();
    until(|| tells(5)).await;
}

#[tokio::test]
async fn an_order_is_carried_out_and_reported_until_it_is_heard_also_while_another_server_is_away() {
    let control = Control::start().await;
    control.lose_reports(2);
    let fleet = control::fleet();
    let (version, database) = (fleet.version().to_owned(), "t_0000000000000000000000000000feed".to_owned());
    let cluster = ClusterId("main".into());
    let prepare = Task::PrepareDatabase { cluster: cluster.clone(), database, template: version.clone() };
    let senseless = Task::PrepareDatabase { cluster, database: "postgres".into(), template: version.clone() };
    control.order(prepare);
    control.order(senseless);
    let post = Post::new(&control.url, &state_dir(), Some(fleet)).start();
    until(|| control.reports().len() >= 2).await;
    let reports = control.reports();
    assert_eq!(reports[0].outcome, Outcome::Done { template: version.clone() });
    assert!(matches!(&reports[1].outcome, Outcome::Failed { reason } if reason.contains("no tenant database")));
    until(|| control.templates().contains(&version)).await;
    drop(post);
}

#[tokio::test]
async fn what_cannot_be_read_of_a_report_is_not_said_again_but_told_as_a_failure() {
    let control = Control::start().await;
    control.read_only_failures();
    let fleet = control::fleet();
    let (template, database) = (fleet.version().to_owned(), "t_0000000000000000000000000000f00d".to_owned());
    control.order(Task::PrepareDatabase { cluster: ClusterId("main".into()), database, template });
    let post = Post::new(&control.url, &state_dir(), Some(fleet)).start();
    until(|| !control.reports().is_empty()).await;
    let told = control.reports();
    assert!(matches!(&told[0].outcome, Outcome::Failed { reason } if reason.contains("422")), "{told:?}");
    drop(post);
}
