//! A control plane in the test's own process, with the real paths and seals.
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hotelhub_kernel::{Clock, Entropy, Host, Ids, Key, Slug, TenantId};
use hotelhub_protocol::{
    BeatNumber, Change, Cluster, ClusterId, Delta, Deltas, FeedKey, Heartbeat, HeartbeatAnswer, Limits, Moved,
    NodeMark, Notices, Order, OrderId, Outcome, Placement, Report, Reserved, Role, Route, Share, Snapshot, Task,
    TenantStatus, Usage, paths,
};
use hotelhub_web::metrics::Metrics;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fleet::{Admin, ClusterKeys, Fleet};
use crate::tenancy::{Access, Directory, PoolLimits, PoolMetrics, Pools};

/// How it behaves towards who asks for changes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Mood {
    /// As the protocol says.
    #[default]
    True,
    /// The next answer is lost on its way.
    LoseOnce,
    /// Sends every change there ever was.
    RepeatAll,
    /// Leaves the first change out.
    LeaveOut,
    /// Has forgotten the changes (410).
    Forget,
    /// Seals with a stranger's key.
    Forge,
    /// Sends one half of what it has to say.
    Tear,
    /// Has lost all hotels but one, and has the changes.
    LoseHotels,
    /// The next answer never comes.
    KeepSilent,
    /// Takes four seconds over a table.
    Dawdle,
    /// Sends changes in the wrong order.
    Shuffle,
    /// Sends what was asked for before, again and again.
    RepeatOld,
}

#[derive(Clone)]
pub(super) struct Control {
    pub(super) url: String,
    desk: Arc<Mutex<Desk>>,
}

#[derive(Default)]
struct Desk {
    mood: Mood,
    changes: Vec<Change>,
    snapshots_given: u32,
    silences: u32,
    repeats: u32,
    shares: Vec<Share>,
    reserved: Vec<Reserved>,
    /// The number of the node's start; 0 while beats are not numbered.
    start: u64,
    beats: Vec<BeatNumber>,
    orders: VecDeque<Task>,
    leased: u128,
    reports: Vec<Report>,
    reports_to_lose: u32,
    reads_only_failures: bool,
    makes_no_switch: bool,
    templates: Vec<String>,
    heard: Option<Usage>,
}

#[derive(Deserialize)]
struct Since {
    since: u64,
    wait_ms: u64,
}

pub(super) fn feed_key() -> FeedKey {
    FeedKey::new(&Key::new([4; 32]))
}

pub(super) fn route(n: u128, slug: &str) -> Route {
    Route {
        tenant: TenantId(Uuid::from_u128(n)),
        slug: Slug::parse(slug).unwrap(),
        name: slug.to_owned(),
        hosts: vec![Host::parse(&format!("{slug}.hotelhub.test")).unwrap()],
        status: TenantStatus::Trial,
        placement: Placement {
            cluster: ClusterId("main".into()),
            database: format!("t_{n:032x}"),
            schema: None,
            role: format!("t_{n:032x}"),
            generation: 1,
        },
        limits: Limits { connections: 4, rooms: 50, users: None },
        features: Vec::new(),
        notices: Notices::default(),
    }
}

pub(super) fn pools(metrics: &Metrics, directory: &Directory) -> Pools {
    let access = Access::Derived(std::collections::HashMap::new());
    let roles = vec![Role::Serve, Role::Fleet];
    let (metrics, clock, entropy) = (PoolMetrics::register(metrics).unwrap(), Clock::wall(), Entropy::system());
    Pools::new(access, PoolLimits::default(), metrics, directory.clone(), roles, clock, entropy)
}

/// A worker for two servers, the first of which is away.
pub(super) fn fleet() -> Fleet {
    let admin = |cluster: &str, dsn: &str| {
        let cluster = ClusterId(cluster.into());
        let admin = Admin::new(&cluster, dsn.parse().unwrap(), ClusterKeys::of(Key::new([9; 32])));
        admin.grant(6);
        (cluster, admin)
    };
    let main = hotelhub_testkit::env::postgres();
    let admins = BTreeMap::from([admin("away", "postgres://nobody@127.0.0.1:9/postgres"), admin("main", &main)]);
    Fleet::new(admins, None, Clock::wall(), Ids::counted(), Entropy::system())
}

impl Control {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let control = Self { url: format!("http://{}", listener.local_addr().unwrap()), desk: Arc::default() };
        let doors = Router::new()
            .route(paths::SNAPSHOT, get(snapshot))
            .route(paths::DELTAS, get(deltas))
            .route(paths::HEARTBEAT, post(heartbeat))
            .route(paths::LEASE, post(lease))
            .route(paths::REPORT, post(report))
            .with_state(control.clone());
        tokio::spawn(async move { axum::serve(listener, doors).await });
        control
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    pub(super) fn mood(&self, mood: Mood) {
        self.desk().mood = mood;
    }

    pub(super) fn put(&self, route: Route) {
        self.put_all([route]);
    }

    pub(super) fn put_all(&self, routes: impl IntoIterator<Item = Route>) {
        self.desk().changes.extend(routes.into_iter().map(|route| Change::Route(Box::new(route))));
    }

    pub(super) fn gone(&self, n: u128) {
        self.desk().changes.push(Change::Gone { tenant: TenantId(Uuid::from_u128(n)) });
    }

    pub(super) fn roll_back(&self, version: usize) {
        self.desk().changes.truncate(version);
    }

    /// What the last heartbeat said.
    pub(super) fn heard(&self) -> Option<Usage> {
        self.desk().heard
    }

    pub(super) fn snapshots_given(&self) -> u32 {
        self.desk().snapshots_given
    }

    /// Whether this question is the one that is never answered.
    fn falls_silent(&self, since: u64) -> bool {
        let mut desk = self.desk();
        let silent = desk.mood == Mood::KeepSilent && version(&desk.changes) > since;
        if silent {
            desk.mood = Mood::True;
            desk.silences += 1;
        }
        silent
    }

    pub(super) fn silences(&self) -> u32 {
        self.desk().silences
    }

    pub(super) fn repeats(&self) -> u32 {
        self.desk().repeats
    }

    /// The whole table as it says it is.
    pub(super) fn table(&self) -> Snapshot {
        self.desk().table()
    }

    pub(super) fn grant(&self, shares: Vec<Share>) {
        self.desk().shares = shares;
    }

    /// Says in its table that so many connections are reserved for the node.
    pub(super) fn reserve(&self, connections: u32) {
        let node = NodeMark::of_token("node.token");
        self.desk().reserved = vec![Reserved { node, role: Role::Serve, connections }];
    }

    /// Calls the node's start so from now on.
    pub(super) fn number(&self, start: u64) {
        self.desk().start = start;
    }

    /// The numbers of the beats that came.
    pub(super) fn beats(&self) -> Vec<BeatNumber> {
        self.desk().beats.clone()
    }

    pub(super) fn order(&self, task: Task) {
        self.desk().orders.push_back(task);
    }

    pub(super) fn lose_reports(&self, count: u32) {
        self.desk().reports_to_lose = count;
    }

    /// Hears of switches from now on and makes none.
    pub(super) fn make_no_switch(&self) {
        self.desk().makes_no_switch = true;
    }

    /// Reads no report from now on but of what failed.
    pub(super) fn read_only_failures(&self) {
        self.desk().reads_only_failures = true;
    }

    pub(super) fn reports(&self) -> Vec<Report> {
        self.desk().reports.clone()
    }

    pub(super) fn templates(&self) -> Vec<String> {
        self.desk().templates.clone()
    }
}

/// Whose seal counts nowhere.
pub(super) fn stranger() -> FeedKey {
    FeedKey::new(&Key::new([5; 32]))
}

fn version(changes: &[Change]) -> u64 {
    changes.len() as u64
}

fn is_known(headers: &HeaderMap) -> bool {
    headers["authorization"] == "Bearer node.token" && headers[hotelhub_protocol::VERSION_HEADER] == "1"
}

impl Desk {
    /// The next order, with its number.
    fn next_order(&mut self) -> Option<(u128, Task)> {
        let task = self.orders.pop_front()?;
        self.leased += 1;
        Some((self.leased, task))
    }

    fn table(&self) -> Snapshot {
        let mut routes = BTreeMap::new();
        for change in &self.changes {
            match change {
                Change::Route(route) => drop(routes.insert(route.tenant, (**route).clone())),
                Change::Gone { tenant } => drop(routes.remove(tenant)),
                Change::Cluster(_) => {}
            }
        }
        let kept = if self.mood == Mood::LoseHotels { 1 } else { usize::MAX };
        let gone = self.changes.iter().filter(|change| matches!(change, Change::Gone { .. })).count();
        Snapshot {
            version: version(&self.changes),
            taken_at: Clock::wall().now(),
            departed: gone as u64,
            clusters: vec![Cluster {
                id: ClusterId("main".into()),
                host: "127.0.0.1".into(),
                port: 5432,
                reserved: self.reserved.clone(),
            }],
            routes: routes.into_values().take(kept).collect(),
        }
    }

    fn sealed<T: Serialize>(&self, kind: &str, value: &T) -> Response {
        let key = if self.mood == Mood::Forge { stranger() } else { feed_key() };
        let mut bytes = serde_json::to_vec(&key.sign(kind, value).unwrap()).unwrap();
        if self.mood == Mood::Tear {
            bytes.truncate(bytes.len() / 2);
        }
        bytes.into_response()
    }
}

async fn snapshot(State(control): State<Control>, headers: HeaderMap) -> Response {
    assert!(is_known(&headers));
    control.desk().snapshots_given += 1;
    if control.desk().mood == Mood::Dawdle {
        tokio::time::sleep(Duration::from_secs(4)).await;
    }
    let desk = control.desk();
    desk.sealed("snapshot", &desk.table())
}

async fn deltas(State(control): State<Control>, headers: HeaderMap, Query(asked): Query<Since>) -> Response {
    assert!(is_known(&headers) && asked.wait_ms > 0);
    for _ in 0..200 {
        if control.falls_silent(asked.since) {
            std::future::pending::<()>().await;
        }
        if let Some(answer) = changes_since(&mut control.desk(), asked.since) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    StatusCode::NO_CONTENT.into_response()
}

fn changes_since(desk: &mut Desk, since: u64) -> Option<Response> {
    let newest = version(&desk.changes);
    desk.repeats += u32::from(desk.mood == Mood::RepeatOld);
    if newest == since && desk.mood != Mood::RepeatOld {
        return None;
    }
    if newest < since || desk.mood == Mood::Forget {
        return Some(StatusCode::GONE.into_response());
    }
    let from = match desk.mood {
        Mood::RepeatAll | Mood::RepeatOld => 0,
        Mood::LeaveOut => since + 1,
        Mood::LoseOnce => {
            desk.mood = Mood::True;
            return Some(StatusCode::BAD_GATEWAY.into_response());
        }
        _ => since,
    };
    let numbered =
        desk.changes.iter().enumerate().map(|(at, change)| Delta { version: at as u64 + 1, change: change.clone() });
    let mut deltas: Vec<_> = numbered.filter(|delta| delta.version > from).collect();
    if desk.mood == Mood::Shuffle {
        deltas.reverse();
    }
    Some(desk.sealed("deltas", &Deltas { since: from, deltas }))
}

async fn heartbeat(State(control): State<Control>, Json(beat): Json<Heartbeat>) -> Json<HeartbeatAnswer> {
    let mut desk = control.desk();
    desk.heard = Some(beat.usage);
    desk.templates = beat.clusters.into_iter().filter_map(|load| load.template).collect();
    desk.beats.extend(beat.number);
    let start = Some(desk.start).filter(|start| *start > 0 && beat.number.is_some_and(|said| said.start != *start));
    Json(HeartbeatAnswer { shares: desk.shares.clone(), again_in_ms: 100, next: Vec::new(), leases: None, start })
}

async fn lease(State(control): State<Control>) -> Response {
    for _ in 0..100 {
        if let Some((number, task)) = control.desk().next_order() {
            let leased_until = Clock::wall().now() + SignedDuration::from_secs(120);
            let order = Order { id: OrderId(Uuid::from_u128(number)), fence: 1, leased_until, task };
            return Json(feed_key().sign("order", &order).unwrap()).into_response();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn report(State(control): State<Control>, Json(report): Json<Report>) -> StatusCode {
    let mut desk = control.desk();
    if desk.reports_to_lose > 0 {
        desk.reports_to_lose -= 1;
        return StatusCode::BAD_GATEWAY;
    }
    if desk.reads_only_failures && !matches!(report.outcome, Outcome::Failed { .. }) {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    let is_refused = desk.makes_no_switch && matches!(report.outcome, Outcome::Moved(Moved::Switched { .. }));
    desk.reports.push(report);
    if is_refused { StatusCode::ACCEPTED } else { StatusCode::NO_CONTENT }
}
