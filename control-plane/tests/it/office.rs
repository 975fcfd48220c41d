//! An office for tests: the control plane in this process, with one cluster and one node.
//!
//! The clock stands at 09:00 in Jakarta on 3 July 2026 until the test moves it. Nothing is shared with another test.
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hotelhub_control_plane::config::{Exchange, LogFlags, Settings};
use hotelhub_control_plane::fleet::clusters::{self, NewCluster};
use hotelhub_control_plane::fleet::nodes;
use hotelhub_control_plane::{App, router, staff};
use hotelhub_identity::{StaffRole, Totp};
use hotelhub_kernel::{Clock, Entropy, Host, Key, Secret, hex, sha256};
use hotelhub_protocol::{
    ClusterId, ClusterLoad, Deltas, Heartbeat, HeartbeatAnswer, LeaseWish, Order, OrderId, Outcome, Report, Role,
    Signed, Snapshot, Usage, VERSION, VERSION_HEADER, paths,
};
use hotelhub_store::Origin;
use hotelhub_testkit::{Answer, Schema, Scratch, Template, Visitor, env};
use hotelhub_web::lanes::Lanes;
use hotelhub_web::origin::Scheme;
use hotelhub_web::server::{Limits, serve};
use hotelhub_web::telemetry;
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) const CLUSTER: &str = "jkt-1";
pub(crate) const TEMPLATE: &str = "13-abcdef01";

/// A running control plane.
pub(crate) struct Office {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    address: SocketAddr,
    pub(crate) scratch: Arc<Scratch>,
}

/// A node that speaks the protocol over HTTP.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) visitor: Visitor,
    verifier: hotelhub_protocol::FeedVerifier,
}

impl Office {
    /// With one open cluster.
    pub(crate) async fn open() -> Self {
        let office = Self::empty(|_| {}).await;
        office.add_cluster(CLUSTER, 100, 1_000).await;
        office
    }

    /// Without any cluster, its settings changed by the test.
    pub(crate) async fn empty(change: impl FnOnce(&mut Settings)) -> Self {
        let sums: String = hotelhub_central_migrations::migrations().iter().map(|m| m.sql).collect();
        let template = format!("it_central_{}", &hex(&sha256(sums.as_bytes()))[..8]);
        let build = async |dsn: String| hotelhub_central_migrations::migrate(&dsn).await.map(drop).map_err(Into::into);
        Template::ready(&env::postgres(), &template, build).await.unwrap();
        let scratch = Scratch::create(&env::postgres(), Some(&template)).await.unwrap();
        let mut settings = settings(scratch.dsn());
        std::fs::create_dir_all(env::folder().join("exchange")).unwrap();
        change(&mut settings);
        let clock = Clock::at("2026-07-03T02:00:00Z".parse().unwrap());
        let app = App::new(settings, clock.clone(), Entropy::system()).unwrap();
        Self::serving(app, clock, Arc::new(scratch)).await
    }

    /// The door of another process on the same database and the same Redis: it hears what others commit, and looks for nothing.
    pub(crate) async fn twin(&self) -> Self {
        let app = App::new((*self.app.settings).clone(), self.clock.clone(), Entropy::system()).unwrap();
        let app = App { look: Duration::MAX, ..app };
        let hearing = app.clone();
        tokio::spawn(async move { hearing.wakes.relay(&hearing.db.durable, hearing.stop.clone()).await });
        Self::serving(app, self.clock.clone(), self.scratch.clone()).await
    }

    async fn serving(app: App, clock: Clock, scratch: Arc<Scratch>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = app.stop.clone().cancelled_owned();
        tokio::spawn(serve(listener, router::router(&app), Limits::default(), Lanes::none(), stop));
        Self { app, clock, address, scratch }
    }

    pub(crate) async fn add_cluster(&self, id: &str, budget: u32, capacity: u32) {
        let mut tx = self.app.db.begin().await.unwrap();
        let port = 5_432 + u16::try_from(id.len()).unwrap();
        let new = NewCluster { id: id.to_owned(), host: id.to_owned(), port, budget, capacity, tier: None };
        clusters::add(&mut tx, &new, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Somebody with a browser and no cookie.
    pub(crate) fn visitor(&self) -> Visitor {
        let host = format!("hotelhub.localhost:{}", self.address.port());
        Visitor::new(&format!("http://{}", self.address), &host).unwrap().promised(schema())
    }

    /// A member of staff of this role, signed in with both factors.
    pub(crate) async fn staff(&self, role: StaffRole) -> Visitor {
        let email = format!("{}@hotelhub.test", role.as_str());
        let made = staff::create(&self.app, &email, "Sari Wulandari", role, None).await.unwrap();
        let secret = "select totp_secret from staff where email = $1";
        let row = self.scratch.connect().await.unwrap().query_one(secret, &[&email]).await.unwrap();
        let code = Totp::kept(row.get(0)).unwrap().code_at(self.clock.now());
        let visitor = self.visitor();
        let body = json!({ "email": made.email, "password": made.password, "code": code });
        let answer = visitor.post("/api/v1/session", &body).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        visitor
    }

    /// A node with its own token.
    pub(crate) async fn node(&self, name: &str, roles: &[Role]) -> Node {
        let mut tx = self.app.db.begin().await.unwrap();
        let enrolled = nodes::enrol(&mut tx, name, roles, &self.app.entropy, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let visitor = self.visitor().with("authorization", &format!("Bearer {}", enrolled.token));
        let visitor = visitor.with(VERSION_HEADER, &VERSION.to_string());
        Node { visitor, verifier: self.app.feed_key.verifier() }
    }

    /// Waits until so many workers hold a hand out for an order.
    pub(crate) async fn until_workers_wait(&self, count: usize) {
        while self.app.hands.count() != count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Signs a hotel up and answers with what came back.
    pub(crate) async fn sign_up(&self, slug: &str) -> Answer {
        self.visitor().post("/api/v1/signups", &wish(slug)).await.unwrap()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.app.stop.cancel();
    }
}

/// What the committed schema says of the doors.
pub(crate) fn schema() -> Arc<Schema> {
    static SCHEMA: LazyLock<Arc<Schema>> =
        LazyLock::new(|| Arc::new(Schema::parse(include_str!("../../../docs/api/control-plane.json")).unwrap()));
    SCHEMA.clone()
}

fn settings(dsn: String) -> Settings {
    Settings {
        database_url: Secret::new(dsn),
        database_connections: 8,
        log: LogFlags { log: "info".to_owned(), log_format: telemetry::Format::Pretty },
        listen: "127.0.0.1:0".parse().unwrap(),
        metrics_listen: None,
        base_domain: Host::parse("hotelhub.localhost").unwrap(),
        public_url: "http://hotelhub.localhost".to_owned(),
        scheme: Scheme::Http,
        tenant_origin_port: Some(8080),
        feed_key: Key::new([1; 32]),
        secret_key: Key::new([2; 32]),
        smtp_url: None,
        mail_from: "halo@hotelhub.localhost".to_owned(),
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        redis_url: None,
        ready_databases: 4,
        lonely_connections: 0,
        routes_store: None,
        s3: None,
        signups_per_hour: 1_000,
        tenant_grace_days: 30,
        tenant_backup_days: 90,
        exchange: Some(Exchange {
            origin: Origin::Folder(env::folder().join("exchange")),
            key: Key::new([3; 32]),
            older: Vec::new(),
        }),
    }
}

/// A hotel that may be signed up.
pub(crate) fn wish(slug: &str) -> Value {
    json!({
        "hotel": "Hotel Melati", "owner": "Budi Santoso", "email": format!("budi@{slug}.test"),
        "phone": "+62 812-3456-7890", "rooms": 42, "slug": slug
    })
}

/// The wish of a worker on the first cluster, for what somebody waits for and nothing beside.
fn no_room() -> LeaseWish {
    let clusters = vec![ClusterId(CLUSTER.to_owned())];
    LeaseWish {
        known: Some(clusters.clone()),
        clusters,
        wait_ms: 0,
        holding: None,
        migrating: false,
        copying: false,
        basing: false,
        moving: false,
    }
}

impl Node {
    /// The most urgent order, waited for at most so long.
    pub(crate) async fn lease(&self, wait_ms: u64) -> Option<Order> {
        self.lease_holding(wait_ms, None).await
    }

    /// The same by a worker that says which orders it has.
    pub(crate) async fn lease_holding(&self, wait_ms: u64, holding: Option<Vec<OrderId>>) -> Option<Order> {
        self.lease_as(&LeaseWish { wait_ms, holding, ..no_room() }).await
    }

    /// The same by a worker with room for databases to migrate.
    pub(crate) async fn lease_migrating(&self) -> Option<Order> {
        self.lease_as(&LeaseWish { migrating: true, ..no_room() }).await
    }

    /// The same by one on this cluster.
    pub(crate) async fn lease_migrating_on(&self, cluster: &str) -> Option<Order> {
        let clusters = vec![ClusterId(cluster.to_owned())];
        self.lease_as(&LeaseWish { known: Some(clusters.clone()), clusters, migrating: true, ..no_room() }).await
    }

    /// The same by a worker with a store of backups.
    pub(crate) async fn lease_copying(&self) -> Option<Order> {
        self.lease_as(&LeaseWish { copying: true, basing: true, ..no_room() }).await
    }
    /// The same by one with access to these clusters, which has reached only some of them.
    pub(crate) async fn lease_copying_on(&self, clusters: &[&str], known: &[&str]) -> Option<Order> {
        let named = |clusters: &[&str]| clusters.iter().map(|&cluster| ClusterId(cluster.to_owned())).collect();
        let wish = LeaseWish { clusters: named(clusters), known: Some(named(known)), copying: true, ..no_room() };
        self.lease_as(&wish).await
    }

    /// The same by one that takes a base backup meanwhile.
    pub(crate) async fn lease_beside(&self) -> Option<Order> {
        self.lease_as(&LeaseWish { copying: true, ..no_room() }).await
    }

    /// Says that it has a store of backups.
    pub(crate) async fn keeps_backups(&self, now: Timestamp) {
        self.reaches(&[CLUSTER], now).await;
    }

    /// Says that it has its template, and a store of backups, on each of these clusters.
    pub(crate) async fn reaches(&self, clusters: &[&str], now: Timestamp) {
        self.keeps(clusters, false, now).await;
    }

    /// Says so, and that each archives its WAL.
    pub(crate) async fn archives_wal(&self, clusters: &[&str], now: Timestamp) {
        self.keeps(clusters, true, now).await;
    }

    async fn keeps(&self, clusters: &[&str], archives_wal: bool, now: Timestamp) {
        let load = |cluster: &&str| ClusterLoad {
            cluster: ClusterId((*cluster).to_owned()),
            open: 0,
            holding: Vec::new(),
            wanted: Vec::new(),
            template: Some(TEMPLATE.to_owned()),
            old_templates: Vec::new(),
            keeps_backups: true,
            archives_wal,
            disk: None,
        };
        let clusters = clusters.iter().map(load).collect();
        self.heartbeat(&Heartbeat { clusters, ..beat(&[Role::Fleet], now) }).await;
    }

    /// The most urgent order for a worker with access to these clusters and room for a step of a move.
    pub(crate) async fn lease_moving(&self, clusters: &[&str]) -> Option<Order> {
        self.lease_reaching(clusters, clusters).await
    }

    /// The same for a worker that has access to `known` and has reached `clusters` of them.
    pub(crate) async fn lease_reaching(&self, clusters: &[&str], known: &[&str]) -> Option<Order> {
        let named = |clusters: &[&str]| clusters.iter().map(|&cluster| ClusterId(cluster.to_owned())).collect();
        self.lease_as(&LeaseWish { clusters: named(clusters), known: Some(named(known)), moving: true, ..no_room() })
            .await
    }

    /// The most urgent order for a worker of the release before, with room for everything.
    pub(crate) async fn lease_as_before(&self) -> Option<Order> {
        self.lease_as(&LeaseWish { known: None, migrating: true, copying: true, ..no_room() }).await
    }

    async fn lease_as(&self, wish: &LeaseWish) -> Option<Order> {
        let answer = self.post(paths::LEASE, &serde_json::to_value(wish).unwrap()).await;
        if answer.status == StatusCode::NO_CONTENT {
            return None;
        }
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        Some(self.verifier.open("order", &signed(&answer)).unwrap())
    }

    pub(crate) async fn done(&self, order: &Order) -> Answer {
        self.report(order.id, order.fence, Outcome::Done { template: TEMPLATE.to_owned() }).await
    }

    pub(crate) async fn failed(&self, order: &Order, reason: &str) -> Answer {
        self.report(order.id, order.fence, Outcome::Failed { reason: reason.to_owned() }).await
    }

    pub(crate) async fn report(&self, order: OrderId, fence: u64, outcome: Outcome) -> Answer {
        let report = Report { order, fence, outcome };
        self.post(paths::REPORT, &serde_json::to_value(report).unwrap()).await
    }

    pub(crate) async fn snapshot(&self) -> Snapshot {
        self.verifier.open("snapshot", &signed(&self.ask_for_snapshot().await)).unwrap()
    }

    pub(crate) async fn ask_for_snapshot(&self) -> Answer {
        self.visitor.get(paths::SNAPSHOT).await.unwrap()
    }

    /// The changes after a version; nothing when there is none within the wait.
    pub(crate) async fn deltas(&self, since: u64, wait_ms: u64) -> Result<Option<Deltas>, StatusCode> {
        let path = format!("{}?since={since}&wait_ms={wait_ms}", paths::DELTAS);
        let answer = self.visitor.get(&path).await.unwrap();
        match answer.status {
            StatusCode::OK => Ok(Some(self.verifier.open("deltas", &signed(&answer)).unwrap())),
            StatusCode::NO_CONTENT => Ok(None),
            other => Err(other),
        }
    }

    pub(crate) async fn heartbeat(&self, beat: &Heartbeat) -> HeartbeatAnswer {
        let answer = self.post(paths::HEARTBEAT, &serde_json::to_value(beat).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.visitor.post(path, body).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.visitor.get(path).await.unwrap()
    }

    /// The same node with another header.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        Self { visitor: self.visitor.with(name, value), ..self.clone() }
    }
}

fn signed(answer: &Answer) -> Signed {
    serde_json::from_str(&answer.text).unwrap()
}

/// A sign of life of a process that started at `started_at`.
pub(crate) fn beat(roles: &[Role], started_at: Timestamp) -> Heartbeat {
    Heartbeat {
        version: "0.1.0".to_owned(),
        roles: roles.to_vec(),
        started_at,
        routes_version: 0,
        requests_total: 0,
        resident_bytes: 1,
        usage: Usage { hotels_known: 42, hotels_open: 7, connections_lent: 3, hotels_waiting: 2, jobs_failed: 1 },
        clusters: Vec::new(),
        copying: Vec::new(),
        number: None,
    }
}
