//! An administrator's way into one Postgres server: no more connections than the fleet's share of it, some of them kept warm.
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hotelhub_kernel::{Clock, Ids};
use hotelhub_protocol::{ClusterId, Quarters};
use hotelhub_web::metrics::Metrics;
use prometheus::{IntGauge, Opts};
use tokio_postgres::{Client, Config};

use super::keys::ClusterKeys;
use super::standing::StandBy;
use super::{FleetError, during};
use crate::tenancy::{Budget, DialError, Dialled, Permit, dial};

/// How many connections to the maintenance database wait for the next order.
const KEPT: usize = 3;
/// How many ready-made databases it stands by at, where a third of the share allows it.
const STANDING: usize = 2;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A server that is gone without a word is noticed within minutes, where its address says nothing else: what has no lease waits for its answer
/// as long as the line seems to stand. Where nothing is said that is two hours.
const UNSAID: Duration = Duration::from_hours(2);
const QUIET: Duration = Duration::from_secs(60);
const PROBE: Duration = Duration::from_secs(10);
const PROBES: u32 = 6;
/// How long an order waits for a connection within the share.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a worker looks whether a lock came free, and how many times.
const LOCK_PAUSE: Duration = Duration::from_millis(50);
const LOCK_TRIES: u32 = 1_200;
const TRY_LOCK: &str = "select pg_try_advisory_lock($1)";

/// The rights to change a server, and the keys its tenants' passwords derive from.
pub struct Admin {
    config: Config,
    keys: ClusterKeys,
    budget: Budget,
    gauges: [IntGauge; 3],
    spare: Mutex<Spare>,
}

/// Connections that wait for the next order. Whoever needs a permit more takes theirs.
#[derive(Default)]
struct Spare {
    idle: Vec<Client>,
    standing: Vec<StandBy>,
}

/// A connection to the maintenance database. It goes back to the idle ones by [`Lent::give_back`]; dropped, it is closed and its locks with it.
pub(super) struct Lent<'a> {
    admin: &'a Admin,
    client: Client,
}

impl Admin {
    /// An administrator who signs in as `config` says; its database is where nobody lives, usually `postgres`. Nothing is opened before
    /// [`Admin::grant`].
    pub fn new(cluster: &ClusterId, mut config: Config, keys: ClusterKeys) -> Self {
        config.application_name("hotelhub-fleet").connect_timeout(CONNECT_TIMEOUT);
        if config.get_keepalives_idle() == UNSAID {
            config.keepalives_idle(QUIET).keepalives_interval(PROBE).keepalives_retries(PROBES);
        }
        let gauge = |name, help| {
            IntGauge::with_opts(Opts::new(name, help).const_label("cluster", &cluster.0))
                .expect("the name is well formed")
        };
        let gauges = [
            gauge("hotelhub_fleet_connections", "Connections the fleet role has open."),
            gauge("hotelhub_fleet_budget", "Connections the fleet role may have open."),
            gauge("hotelhub_fleet_roles_on_older_keys", "Roles that may not have the newest password yet."),
        ];
        let budget = Budget::of(0, gauges[0].clone(), gauges[1].clone());
        Self { config, keys, budget, gauges, spare: Mutex::default() }
    }

    /// Lives by this share of the server's connections from now on. What is open over it is closed as it comes free.
    pub fn grant(&self, connections: u32) {
        self.budget.set_limit(usize::try_from(connections).unwrap_or(usize::MAX));
        for _ in 0..self.budget.owed() {
            if !self.let_go_of_one() {
                break;
            }
        }
    }

    /// How many connections it may have open.
    pub(super) fn share(&self) -> usize {
        self.budget.limit()
    }

    /// Connections open now.
    pub(super) fn open(&self) -> u32 {
        u32::try_from(self.budget.out()).unwrap_or(u32::MAX)
    }

    /// How many connections it would have had since this was asked before, had it had enough.
    pub(super) fn wanted(&self) -> u32 {
        u32::try_from(self.budget.wanted()).unwrap_or(u32::MAX)
    }

    /// Shows its connections.
    pub(super) fn show(&self, metrics: &Metrics) -> Result<(), prometheus::Error> {
        self.gauges.iter().try_for_each(|gauge| metrics.register(gauge.clone()))
    }

    /// The keys of this server's tenants.
    pub(super) fn keys(&self) -> &ClusterKeys {
        &self.keys
    }

    /// Shows how many roles may not have the newest password yet.
    pub(super) fn show_older(&self, roles: usize) {
        self.gauges[2].set(i64::try_from(roles).unwrap_or(i64::MAX));
    }

    /// A warm connection to the maintenance database, or a new one.
    pub(super) async fn lend(&self) -> Result<Lent<'_>, FleetError> {
        let warm = {
            let mut spare = self.spare();
            spare.idle.retain(|client| !client.is_closed());
            spare.idle.pop()
        };
        let client = match warm {
            Some(client) => client,
            None => self.enter_nowhere().await?,
        };
        Ok(Lent { admin: self, client })
    }

    /// A connection of the administrator's own to a tenant's quarters or the template. In a database that tenants share it sees the one
    /// schema alone.
    pub(super) async fn enter(&self, place: &str) -> Result<Client, FleetError> {
        let mut config = self.config.clone();
        match Quarters::parse(place) {
            Some(Quarters::Schema { database, schema }) => {
                let own = config.get_options().map(|options| format!("{options} ")).unwrap_or_default();
                config.dbname(database).options(format!("{own}-c search_path={schema}"))
            }
            _ => config.dbname(place),
        };
        self.connect(&config, "entering the database as administrator").await
    }

    /// A connection of the administrator's own to where nobody lives.
    pub(super) async fn enter_nowhere(&self) -> Result<Client, FleetError> {
        self.connect(&self.config, "signing in as administrator").await
    }

    /// A connection as the tenant itself will come: cheap to open, and it proves that the way in is made.
    pub(super) async fn enter_as_tenant(&self, database: &str) -> Result<Client, FleetError> {
        let permit = self.permit().await?;
        self.as_tenant(permit, database).await
    }

    /// The connection that stands by at this database, if one does and lives.
    pub(super) fn take_standing(&self, database: &str) -> Option<StandBy> {
        let mut spare = self.spare();
        let place = spare.standing.iter().position(|standing| standing.is_at(database))?;
        Some(spare.standing.swap_remove(place)).filter(StandBy::lives)
    }

    /// Stands by at the first of these databases, and at no other. Nobody is kept waiting for it: what the share does not have is not opened.
    pub(super) async fn stand_by(&self, next: &[String], clock: &Clock, ids: &Ids) {
        self.spare().standing.retain(|standing| standing.lives() && next.iter().any(|name| standing.is_at(name)));
        for database in next {
            self.stand_by_also(database, clock, ids).await;
        }
    }

    /// Stands by at one more database while there is room.
    pub(super) async fn stand_by_also(&self, database: &str, clock: &Clock, ids: &Ids) {
        let room = STANDING.min(self.budget.limit() / 3);
        let there =
            |spare: &Spare| spare.standing.len() >= room || spare.standing.iter().any(|known| known.is_at(database));
        if there(&self.spare()) {
            return;
        }
        let Some(permit) = self.budget.try_take(None) else { return };
        match async { StandBy::at(database, self.as_tenant(permit, database).await?, clock, ids).await }.await {
            Ok(standing) => {
                let mut spare = self.spare();
                if !there(&spare) {
                    spare.standing.push(standing);
                }
            }
            Err(error) => tracing::debug!(database, reason = error.reason(), "nobody stands by at a database"),
        }
    }

    async fn as_tenant(&self, permit: Permit, database: &str) -> Result<Client, FleetError> {
        let mut config = self.config.clone();
        let (database, role) =
            Quarters::parse(database).map_or((database, database), |place| (place.database(), place.role()));
        let password = self.keys.password(role);
        config.dbname(database).user(role).password(password.expose());
        open(permit, &config, "entering the database").await
    }

    async fn connect(&self, config: &Config, doing: &'static str) -> Result<Client, FleetError> {
        open(self.permit().await?, config, doing).await
    }

    /// Where the server is, and who the administrator is there.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// The right to one more connection, for as long as it is held.
    pub(super) async fn permit(&self) -> Result<Permit, FleetError> {
        if let Some(permit) = self.budget.try_take(None) {
            return Ok(permit);
        }
        self.let_go_of_one();
        tokio::time::timeout(PATIENCE, self.budget.take(None)).await.map_err(|_| FleetError::ShareInUse)
    }

    /// Closes the connections that wait for the next order.
    pub(super) fn close_idle(&self) {
        self.spare().idle.clear();
    }

    /// Closes a spare connection; whether there was one.
    fn let_go_of_one(&self) -> bool {
        let mut spare = self.spare();
        spare.idle.pop().map(drop).or_else(|| spare.standing.pop().map(drop)).is_some()
    }

    fn spare(&self) -> MutexGuard<'_, Spare> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent<'_> {
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Takes a lock that ends with the connection or [`Lent::give_back`].
    pub(super) async fn lock(&self, number: i64) -> Result<(), FleetError> {
        lock(&self.client, number).await
    }

    /// Frees its locks and keeps the connection for the next order.
    pub(super) async fn give_back(self) -> Result<(), FleetError> {
        self.client.batch_execute("select pg_advisory_unlock_all()").await.map_err(during("freeing a lock"))?;
        let mut spare = self.admin.spare();
        if spare.idle.len() < KEPT && self.admin.budget.owed() == 0 && self.admin.budget.waiting() == 0 {
            spare.idle.push(self.client);
        }
        Ok(())
    }
}

/// Takes a lock of the database that a client is in; it ends with the connection.
pub(super) async fn lock(client: &Client, number: i64) -> Result<(), FleetError> {
    for _ in 0..LOCK_TRIES {
        if client.query_one(TRY_LOCK, &[&number]).await.map_err(during("taking a lock"))?.get(0) {
            return Ok(());
        }
        tokio::time::sleep(LOCK_PAUSE).await;
    }
    Err(FleetError::Busy)
}

/// Opens a connection, which a task of its own moves.
async fn open(permit: Permit, config: &Config, doing: &'static str) -> Result<Client, FleetError> {
    let Dialled { client, connection, .. } = dial(config, permit).await.map_err(|error| match error {
        DialError::Refused(source) => FleetError::Database { doing, source },
        DialError::Unreachable(source) => FleetError::Unreachable { doing, source },
    })?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = &error as &dyn std::error::Error, "a fleet connection ended");
        }
    });
    Ok(client)
}
