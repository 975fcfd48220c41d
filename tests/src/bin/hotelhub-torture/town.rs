//! A node in this process with many hotels, few connections, and a line to Postgres that breaks.
use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::future::try_join_all;
use hotelhub_data_plane::boot::{self, Sources};
use hotelhub_data_plane::config::{Mode, Saas, Settings};
use hotelhub_data_plane::fleet::{Admin, ClusterKeys, Fleet};
use hotelhub_data_plane::node::Node;
use hotelhub_data_plane::tenancy::{Applied, PoolLimits};
use hotelhub_identity::{LinkToken, Password, PasswordHash};
use hotelhub_kernel::{Entropy, Host, Key, Secret, Slug, TenantId, hex};
use hotelhub_protocol::{
    Change, Cluster, ClusterId, Delta, Deltas, FeedKey, Limits, Notices, OwnerSeed, Placement, Role, Route, Share,
    Snapshot, Task, TenantSeed, TenantStatus,
};
use hotelhub_testkit::mail::MailStandIn;
use hotelhub_testkit::{dsn_in, fresh_quarters, fresh_shared, tear_down};
use hotelhub_tests::{Hotel, connect};
use hotelhub_web::origin::Scheme;
use hotelhub_web::telemetry;
use jiff::{SignedDuration, ToSpan as _};
use tokio_postgres::{Client, Config};

use crate::guesthouse::Guesthouse;
use crate::owners::mark;
use crate::proxy::Proxy;

/// The domain of every hotel of the town.
const BASE: &str = "hotelhub.localhost";

/// Rooms of each of a hotel's two types.
const ROOMS: [u32; 2] = [45, 45];

/// Connections more than there are hotels, while nobody squeezes the budget: there is one for each.
const SPARE: u32 = 2;

/// What Postgres allows one statement of the node.
pub(crate) const STATEMENT: Duration = Duration::from_millis(400);

/// What every owner signs in with.
pub(crate) const PASSWORD: &str = "delapan ekor itik";

/// Before an owner has confirmed an address, guests get no letters.
const SETTLE_OWNER: &str = "update users set email_confirmed_at = now(), password_hash = $1";

/// The node, its hotels, and what stands around them.
pub(crate) struct Town {
    pub(crate) node: Node,
    pub(crate) hotels: Vec<Guesthouse>,
    pub(crate) proxy: Proxy,
    pub(crate) mail: MailStandIn,
    /// Where the node answers.
    pub(crate) port: u16,
    admin_dsn: String,
    state_dir: PathBuf,
    process: boot::House,
}

impl Town {
    /// Starts a node and opens so many hotels.
    pub(crate) async fn build(admin_dsn: &str, hotels: usize) -> Result<Self> {
        // As the node's own `main` does.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sources = Sources::real();
        let mail = MailStandIn::start("127.0.0.1:0", "127.0.0.1:0").await?;
        let config: Config = admin_dsn.parse()?;
        let server = (Ipv4Addr::LOCALHOST, *config.get_ports().first().context("the server has no port")?);
        let proxy = Proxy::start(server.into()).await?;
        let keys = Keys::roll(&sources.entropy);
        let state_dir = std::env::temp_dir().join(format!("hotelhub-torture-{}", hex(&sources.entropy.bytes::<8>())));
        let settings = settings(&keys, &mail, state_dir.clone(), hotels);
        let process = boot::start(settings, &[Role::Serve, Role::Work], sources.clone()).await?;
        let port = process.address.context("the node listens nowhere")?.port();

        let admin = Admin::new(&cluster(), config, ClusterKeys::of(keys.cluster.clone()));
        admin.grant(10);
        let fleet = Fleet::new(
            BTreeMap::from([(cluster(), admin)]),
            None,
            sources.clock.clone(),
            sources.ids.clone(),
            sources.entropy.clone(),
        );
        fleet.freeze_template(&cluster()).await?;
        let mut plots = Vec::new();
        let shared = fresh_shared();
        for number in 0..hotels {
            // Every other hotel shares a database with its like.
            let quarters = fresh_quarters(Some(shared.as_str()).filter(|_| number % 2 == 1));
            plots.push(Plot::laid_out(number, quarters, &fleet, &sources).await?);
        }
        let host = Ipv4Addr::LOCALHOST.to_string();
        let clusters = vec![Cluster { id: cluster(), host, port: proxy.port, reserved: Vec::new() }];
        let routes = plots.iter().map(|plot| plot.route.clone()).collect();
        let table = Snapshot { version: 1, taken_at: sources.clock.now(), departed: 0, clusters, routes };
        let connections = u32::try_from(hotels)?;
        process.node.pools.grant(&[Share { cluster: cluster(), role: Role::Serve, connections }]);
        process.node.directory.apply_snapshot(table);
        let password = Password::hash(PASSWORD, &sources.entropy).map_err(|why| anyhow::anyhow!("{why}"))?;
        let hotels = try_join_all(plots.into_iter().map(|plot| plot.opened(port, admin_dsn, &password))).await?;
        let (node, admin_dsn) = (process.node.clone(), admin_dsn.to_owned());
        Ok(Self { node, hotels, proxy, mail, port, admin_dsn, state_dir, process })
    }

    /// Tells the node of a change, as the feed does.
    pub(crate) fn tell(&self, change: Change) -> Result<()> {
        let since = self.node.directory.version();
        let deltas = Deltas { since, deltas: vec![Delta { version: since + 1, change }] };
        anyhow::ensure!(self.node.directory.apply_deltas(deltas) == Applied::Done, "the change does not fit");
        Ok(())
    }

    /// Lets the node have this many connections; as many as it likes when nothing is said.
    pub(crate) fn squeeze(&self, connections: Option<u32>) {
        let usual = u32::try_from(self.hotels.len()).unwrap_or(u32::MAX).saturating_add(SPARE);
        let connections = connections.unwrap_or(usual);
        self.node.pools.grant(&[Share { cluster: cluster(), role: Role::Serve, connections }]);
    }

    /// An administrator, in no hotel's database.
    pub(crate) async fn admin(&self) -> Result<Client> {
        connect(&self.admin_dsn).await
    }

    /// An administrator's look into a hotel's database.
    pub(crate) async fn inside(&self, hotel: &Guesthouse) -> Result<Client> {
        connect(&dsn_in(&self.admin_dsn, &hotel.route().placement.quarters())).await
    }

    /// Stops the node and takes the hotels' databases down.
    pub(crate) async fn tear_down(self) -> Result<()> {
        let admin = self.admin().await?;
        self.process.stop().await;
        for placement in self.hotels.iter().map(|hotel| hotel.route().placement) {
            tear_down(&admin, &placement.quarters()).await?;
            // One that has moved lies in a database of another name than its role's.
            admin.batch_execute(&format!("drop role if exists {}", placement.role)).await?;
        }
        let _ = std::fs::remove_dir_all(&self.state_dir);
        Ok(())
    }
}

/// Where the owner of the hotel of this mark reads letters.
pub(crate) fn email_of_owner(mark: &str) -> String {
    format!("sari@{mark}.example")
}

/// Where a hotel will stand.
struct Plot {
    mark: String,
    route: Route,
    /// What lets its owner in, once.
    token: LinkToken,
}

impl Plot {
    async fn laid_out(number: usize, quarters: String, fleet: &Fleet, sources: &Sources) -> Result<Self> {
        let (mark, token) = (mark(number), LinkToken::mint(&sources.entropy));
        let tenant = TenantId(sources.ids.next());
        let owner = OwnerSeed {
            user: sources.ids.next(),
            name: format!("Sari {mark}"),
            email: email_of_owner(&mark),
            phone: "+62811000111".to_owned(),
            login_token_sha256: hex(&token.hash()),
            login_token_expires_at: sources.clock.now() + 1.hour(),
        };
        let slug = Slug::parse(&mark)?;
        let (hotel, time_zone) = (format!("Hotel {mark}"), "Asia/Jakarta".to_owned());
        let seed = TenantSeed { tenant, slug: slug.clone(), hotel: hotel.clone(), time_zone, owner };
        let placement = Placement::at(cluster(), &quarters, 1).context("no name of quarters")?;
        fleet.carry_out(&Task::CreateTenant { cluster: cluster(), database: quarters, seed }).await?;
        let route = Route {
            tenant,
            hosts: vec![Host::of_slug(&slug, &Host::parse(BASE)?)],
            slug,
            name: hotel,
            status: TenantStatus::Trial,
            placement,
            limits: Limits { connections: 1, rooms: 100, users: None },
            features: Vec::new(),
            notices: Notices::default(),
        };
        Ok(Self { mark, route, token })
    }

    /// The hotel with rooms to sell, and its owner at the desk.
    async fn opened(self, port: u16, admin_dsn: &str, password: &PasswordHash) -> Result<Guesthouse> {
        let Self { mark, route, token } = self;
        let host = format!("{mark}.{BASE}:{port}");
        let link = format!("http://{host}/login/link/{}", token.as_text());
        let door = Hotel::by_link(port, host, &link).await?;
        let stock = door.furnish_as(&ROOMS, &mark).await?;
        let inside = connect(&dsn_in(admin_dsn, &route.placement.quarters())).await?;
        inside.execute(SETTLE_OWNER, &[&password.as_str()]).await?;
        Ok(Guesthouse::new(mark, route, door, stock))
    }
}

/// Secrets of one town.
struct Keys {
    feed: Key,
    cluster: Key,
    node: Key,
}

impl Keys {
    fn roll(entropy: &Entropy) -> Self {
        let [feed, cluster, node] = std::array::from_fn(|_| Key::new(entropy.bytes()));
        Self { feed, cluster, node }
    }
}

fn cluster() -> ClusterId {
    ClusterId("torture".to_owned())
}

fn settings(keys: &Keys, mail: &MailStandIn, state_dir: PathBuf, hotels: usize) -> Settings {
    let pool = PoolLimits {
        wait: Duration::from_secs(2),
        connect: Duration::from_secs(2),
        idle: Duration::from_secs(5),
        statement: STATEMENT,
        budget: hotels,
        ..PoolLimits::default()
    };
    let saas = Saas {
        control_url: "http://127.0.0.1:1".to_owned(),
        node_token: Secret::new("nobody asks".to_owned()),
        feed_public_key: FeedKey::new(&keys.feed).verifier(),
        state_dir,
        peers: Vec::new(),
        routes_store: None,
        oldest_from_peer: SignedDuration::ZERO,
        cluster_keys: HashMap::from([(cluster(), ClusterKeys::of(keys.cluster.clone()))]),
        cluster_admins: BTreeMap::new(),
        backups: None,
        exchange: None,
        node_secret: keys.node.clone(),
        base_domain: Host::parse(BASE).expect("the domain of the town is one"),
        vendor_url: format!("http://{BASE}:8081"),
    };
    Settings {
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        metrics_listen: None,
        public_scheme: Scheme::Http,
        public_port: None,
        trusted_proxies: Vec::new(),
        smtp_url: Some(Secret::new(format!("smtp://{}", mail.smtp))),
        mail_from: format!("HotelHub <no-reply@{BASE}>"),
        redis_url: None,
        log: "warn".to_owned(),
        log_format: telemetry::Format::Pretty,
        pool,
        mode: Mode::Saas(Box::new(saas)),
    }
}
