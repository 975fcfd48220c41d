//! A house for tests: a node in this process, with one hotel of its own or two hotels of a control plane, on databases of the test's own.
//!
//! With `HOTELHUB_TEST_PLACEMENT=schema` the hotels of a control plane share a database. The clock stands at 09:00 in Jakarta on 3 July 2026 until the test moves it. Nothing is shared with another test.
mod again;
mod told;

use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use hotelhub_data_plane::boot::{self, Sources};
use hotelhub_data_plane::config::{Mode, Saas, Settings, Standalone};
use hotelhub_data_plane::fleet::{Admin, ClusterKeys, Fleet};
use hotelhub_data_plane::node::Node;
use hotelhub_data_plane::tenancy::PoolLimits;
use hotelhub_identity::Password;
use hotelhub_kernel::{Clock, Entropy, Host, Ids, Key, Secret, Slug, TenantId, hex, sha256};
use hotelhub_protocol::{
    Cluster, ClusterId, FeedKey, Limits, Notices, OwnerSeed, Placement, Role, Route, Share, Snapshot, Task, TenantSeed,
    TenantStatus,
};
use hotelhub_tenant_migrations::{Product, schema_version};
use hotelhub_testkit::mail::{Mail, MailStandIn};
use hotelhub_testkit::{Schema, Scratch, Template, Visitor, dsn_in, env, fresh_quarters, shared_if_wished, tear_down};
use hotelhub_web::origin::Scheme;
use hotelhub_web::telemetry;
use jiff::SignedDuration;
use serde_json::json;
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

pub(crate) use told::standalone;
use told::{saas_mode, settings};

/// What everybody in these hotels logs in with.
pub(crate) const PASSWORD: &str = "delapan ekor itik";
pub(crate) const OWNER: &str = "ratna@hotel.test";
pub(crate) const DESK: &str = "dewi@hotel.test";

const ADD_DESK: &str = "
    insert into users (id, email, name, roles, password_hash, email_confirmed_at, created_at, updated_at)
    values ('00000000-0000-7000-8000-00000000de5c', $1, 'Dewi Lestari', '{front_office}', $2, now(), now(), now())
    on conflict (id) do update set password_hash = excluded.password_hash";
const LET_OWNER_IN: &str = "update users set password_hash = $2, email_confirmed_at = now() where email = $1";

/// The hotels of a control plane in these tests.
const BOTH: [(&str, &str); 2] = [("melati", "Hotel Melati"), ("kenanga", "Villa Kenanga")];

/// A running node and its hotels. It is its first hotel: `house.desk()`.
pub(crate) struct House {
    pub(crate) node: Node,
    pub(crate) clock: Clock,
    pub(crate) hotels: Vec<Hotel>,
    mail: MailStandIn,
    _process: boot::House,
    _databases: Vec<Database>,
}

/// One hotel, seen from outside.
pub(crate) struct Hotel {
    pub(crate) tenant: TenantId,
    /// `melati.hotelhub.localhost:43211`.
    pub(crate) host: String,
    pub(crate) server: String,
    dsn: String,
}

/// A database that goes when the test does.
enum Database {
    Scratch { _scratch: Scratch },
    Tenant { name: String },
}

impl Deref for House {
    type Target = Hotel;

    fn deref(&self) -> &Hotel {
        self.hotels.first().expect("a house has a hotel")
    }
}

impl House {
    /// One hotel by itself: no control plane, no Redis.
    pub(crate) async fn standalone() -> Self {
        let template = format!("it_{}", schema_version(Product::Hotel));
        Template::ready(&env::postgres(), &template, migrate).await.unwrap();
        Self::standing_on(Scratch::create(&env::postgres(), Some(&template)).await.unwrap()).await
    }

    /// One hotel by itself on this database, which it founds where nobody did.
    pub(crate) async fn standing_on(scratch: Scratch) -> Self {
        let dsn = scratch.dsn();
        let (mode, mail) = (Mode::Standalone(Box::new(standalone(dsn.clone()))), mailbox().await);
        let (sources, clock) = sources();
        let process = boot::start(settings(mode, &mail), &[Role::Serve, Role::Work], sources).await.unwrap();
        let client = enter(&dsn).await;
        let tenant = client.query_one("select tenant_id from house", &[]).await.unwrap().get(0);
        let port = process.address.unwrap().port();
        let hotel = Hotel::new(TenantId(tenant), format!("localhost:{port}"), port, dsn).await;
        let node = process.node.clone();
        Self {
            node,
            clock,
            hotels: vec![hotel],
            mail,
            _process: process,
            _databases: vec![Database::Scratch { _scratch: scratch }],
        }
    }

    /// Another process of the same hotel, with its own connections and its own memory.
    pub(crate) async fn beside(&self) -> Self {
        let (mode, mail) = (Mode::Standalone(Box::new(self.alone())), mailbox().await);
        let (sources, clock) = sources();
        let process = boot::start(settings(mode, &mail), &[Role::Serve], sources).await.unwrap();
        let port = process.address.unwrap().port();
        let (host, server) = (format!("localhost:{port}"), format!("http://127.0.0.1:{port}"));
        let hotel = Hotel { tenant: self.tenant, host, server, dsn: self.dsn.clone() };
        let node = process.node.clone();
        Self { node, clock, hotels: vec![hotel], mail, _process: process, _databases: Vec::new() }
    }

    /// Two hotels of a control plane, Melati and Kenanga. The control plane itself is away.
    pub(crate) async fn saas() -> Self {
        Self::saas_with(4, |_| {}).await
    }

    /// [`House::saas`] with this many connections per hotel, and other settings.
    pub(crate) async fn saas_with(connections: u16, change: impl FnOnce(&mut Settings)) -> Self {
        Self::saas_as(&[Role::Serve, Role::Work], connections, change).await
    }

    /// [`House::saas_with`] in a process of these roles.
    pub(crate) async fn saas_as(roles: &[Role], connections: u16, change: impl FnOnce(&mut Settings)) -> Self {
        Self::saas_of(&BOTH, roles, connections, change).await
    }

    /// [`House::saas_as`] with these hotels alone: slug and name.
    pub(crate) async fn saas_of(
        named: &[(&str, &str)],
        roles: &[Role],
        connections: u16,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let (sources, clock) = sources();
        let mail = mailbox().await;
        let mut settings = settings(Mode::Saas(Box::new(saas_mode())), &mail);
        change(&mut settings);
        let process = boot::start(settings, roles, sources.clone()).await.unwrap();
        let fleet = fleet(ClusterKeys::of(key()), &sources);
        fleet.freeze_template(&cluster()).await.unwrap();
        let port = process.address.unwrap().port();
        let (mut hotels, mut databases, mut routes) = (Vec::new(), Vec::new(), Vec::new());
        let shared = shared_if_wished();
        for &(slug, name) in named {
            let tenant = TenantId(Uuid::from_bytes(Entropy::system().bytes()));
            let database = fresh_quarters(shared.as_deref());
            databases.push(Database::Tenant { name: database.clone() });
            let seed = seed(tenant, slug, name, &clock);
            let task = Task::CreateTenant { cluster: cluster(), database: database.clone(), seed };
            fleet.carry_out(&task).await.unwrap();
            let host = format!("{slug}.hotelhub.localhost");
            routes.push(route(tenant, slug, name, &database, connections));
            hotels.push(Hotel::new(tenant, format!("{host}:{port}"), port, dsn_in(&env::postgres(), &database)).await);
        }
        grant_all(&process.node, &cluster());
        let (clusters, taken_at) = (vec![server()], clock.now());
        process.node.directory.apply_snapshot(Snapshot { version: 1, taken_at, departed: 0, clusters, routes });
        Self { node: process.node.clone(), clock, hotels, mail, _process: process, _databases: databases }
    }

    /// The newest letter that reached this address, once there is one.
    pub(crate) async fn letter_to(&self, address: &str) -> Mail {
        for _ in 0..3_000 {
            if let Some(mail) = self.mail.inbox.mails(Some(address)).pop() {
                return mail;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no letter reached {address}");
    }
}

/// Tells the same story in a standalone house and in a house of a control plane. What is told in one alone needs two hotels, or what
/// only the control plane gives: a plan, a suspension, a budget.
pub(crate) async fn in_both(story: impl AsyncFn(&House)) {
    story(&House::standalone().await).await;
    story(&House::saas_of(&BOTH[..1], &[Role::Serve, Role::Work], 4, |_| {}).await).await;
}

impl Hotel {
    async fn new(tenant: TenantId, host: String, port: u16, dsn: String) -> Self {
        let hotel = Self { tenant, host, server: format!("http://127.0.0.1:{port}"), dsn };
        let client = hotel.sql().await;
        client.execute(LET_OWNER_IN, &[&OWNER, &password_hash()]).await.unwrap();
        client.execute(ADD_DESK, &[&DESK, &password_hash()]).await.unwrap();
        hotel
    }

    /// Somebody nobody knows.
    pub(crate) fn stranger(&self) -> Visitor {
        Visitor::new(&self.server, &self.host).unwrap().promised(schema())
    }

    /// Somebody who looks for a room.
    pub(crate) fn guest(&self) -> Visitor {
        self.stranger()
    }

    /// The clerk at the front desk, signed in.
    pub(crate) async fn desk(&self) -> Visitor {
        self.signed_in(DESK).await
    }

    /// The owner, signed in.
    pub(crate) async fn owner(&self) -> Visitor {
        self.signed_in(OWNER).await
    }

    async fn signed_in(&self, email: &str) -> Visitor {
        let visitor = self.stranger();
        let answer = visitor.post("/api/v1/session", &json!({ "email": email, "password": PASSWORD })).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        visitor
    }

    /// What a standalone house on its database is told.
    pub(crate) fn alone(&self) -> Standalone {
        standalone(self.dsn.clone())
    }

    /// An administrator of the server, in no hotel's database.
    pub(crate) async fn admin(&self) -> Client {
        enter(&env::postgres()).await
    }

    /// An administrator's look into the hotel's database.
    pub(crate) async fn sql(&self) -> Client {
        enter(&self.dsn).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Self::Tenant { name } = self else { return };
        if env::keep() {
            return;
        }
        let name = name.clone();
        // A runtime of its own: the test's is the very thread that drops.
        let dropper = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let _ = tear_down(&enter(&env::postgres()).await, &name).await;
            });
        });
        let _ = dropper.join();
    }
}

pub(crate) fn sources() -> (Sources, Clock) {
    // As `main` does; the second of several houses finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    hotelhub_testkit::log();
    let clock = Clock::at("2026-07-03T02:00:00Z".parse().unwrap());
    let entropy = Entropy::system();
    (Sources { clock: clock.clone(), ids: Ids::timed(clock.clone(), entropy.clone()), entropy }, clock)
}

async fn mailbox() -> MailStandIn {
    MailStandIn::start("127.0.0.1:0", "127.0.0.1:0").await.unwrap()
}

/// A fleet worker with these keys of the server.
pub(crate) fn fleet(keys: ClusterKeys, sources: &Sources) -> Fleet {
    let admin = Admin::new(&cluster(), env::postgres().parse().unwrap(), keys);
    admin.grant(10);
    let admins = BTreeMap::from([(cluster(), admin)]);
    Fleet::new(admins, None, sources.clock.clone(), sources.ids.clone(), sources.entropy.clone())
}

/// The key of every other test that makes tenants on this server.
pub(crate) fn key() -> Key {
    Key::new([9; 32])
}

pub(crate) fn cluster() -> ClusterId {
    ClusterId("main".to_owned())
}

pub(crate) fn server() -> Cluster {
    let config: Config = env::postgres().parse().unwrap();
    let host = match config.get_hosts().first() {
        Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
        Some(tokio_postgres::config::Host::Unix(path)) => path.display().to_string(),
        None => "127.0.0.1".to_owned(),
    };
    let port = *config.get_ports().first().unwrap_or(&5432);
    Cluster { id: cluster(), host, port, reserved: Vec::new() }
}

/// Grants this node the whole budget of a server, as its setting names it.
pub(crate) fn grant_all(node: &Node, cluster: &ClusterId) {
    let connections = u32::try_from(node.settings.pool.budget).unwrap();
    // Whichever of them it has is its one share.
    for role in [Role::Work, Role::Serve] {
        node.pools.grant(&[Share { cluster: cluster.clone(), role, connections }]);
    }
}

fn seed(tenant: TenantId, slug: &str, hotel: &str, clock: &Clock) -> TenantSeed {
    TenantSeed {
        tenant,
        slug: Slug::parse(slug).unwrap(),
        hotel: hotel.to_owned(),
        time_zone: "Asia/Jakarta".to_owned(),
        owner: OwnerSeed {
            user: Uuid::from_bytes(Entropy::system().bytes()),
            name: "Ratna Sari".to_owned(),
            email: OWNER.to_owned(),
            phone: "+62215550199".to_owned(),
            login_token_sha256: hex(&sha256(b"a letter nobody opens")),
            login_token_expires_at: clock.now(),
        },
    }
}

fn route(tenant: TenantId, slug: &str, name: &str, database: &str, connections: u16) -> Route {
    Route {
        tenant,
        slug: Slug::parse(slug).unwrap(),
        name: name.to_owned(),
        hosts: vec![Host::parse(&format!("{slug}.hotelhub.localhost")).unwrap()],
        status: TenantStatus::Trial,
        placement: Placement::at(cluster(), database, 1).unwrap(),
        limits: Limits { connections, rooms: 100, users: None },
        features: Vec::new(),
        notices: Notices::default(),
    }
}

/// Hashed once per run: it takes tens of milliseconds by design.
fn password_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| Password::hash(PASSWORD, &Entropy::system()).unwrap().as_str().to_owned())
}

/// What the committed schema says of the doors.
pub(crate) fn schema() -> Arc<Schema> {
    static SCHEMA: LazyLock<Arc<Schema>> =
        LazyLock::new(|| Arc::new(Schema::parse(include_str!("../../../docs/api/data-plane.json")).unwrap()));
    SCHEMA.clone()
}

async fn migrate(dsn: String) -> anyhow::Result<()> {
    hotelhub_tenant_migrations::migrate(&mut enter(&dsn).await, Product::Hotel).await?;
    Ok(())
}

async fn enter(dsn: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(dsn, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
