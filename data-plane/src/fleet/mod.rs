//! Carries out work orders on tenant databases: the only code that holds an administrator's credentials.
//!
//! A database is cloned from a frozen template, given one login role that may enter it and no other, and seeded in one transaction.
//! Every step may be done twice, from two places, and resumed after a kill.
mod admin;
mod backups;
mod database;
mod disk;
mod inventory;
mod keys;
mod migrate;
mod password;
mod retire;
mod seed;
mod standing;
mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hotelhub_kernel::{Clock, Entropy, Ids};
use hotelhub_protocol::{ClusterId, Disk, Inventory, Outcome, ReadyDatabase, Role, Share, Task, TenantSeed};
use hotelhub_tenant_migrations::{MigrateError, Product, schema_version};
use hotelhub_vault::{Place, VaultError};
use hotelhub_web::metrics::Metrics;
use thiserror::Error;
use tokio_postgres::error::SqlState;

pub use admin::Admin;
pub use backups::Archive;
pub(crate) use backups::STATEMENTS as BACKUP_STATEMENTS;
pub use keys::{ClusterKeys, Turned};
pub use password::login_password;
pub(crate) use seed::{STATEMENTS, plant};

use database::{DatabaseName, Step};

/// How long a connection that has planted its seed stays open.
const LINGER: Duration = Duration::from_millis(100);

/// The role every tenant's login role is a member of: what it may do is granted once, in the template.
pub(crate) const TENANT_GROUP: &str = "hotelhub_tenant";

/// The fleet role's hands: an administrator per Postgres server.
#[derive(Clone)]
pub struct Fleet(Arc<Parts>);

struct Parts {
    admins: BTreeMap<ClusterId, Admin>,
    clock: Clock,
    ids: Ids,
    entropy: Entropy,
    archive: Option<Archive>,
    version: String,
    frozen: Mutex<BTreeMap<ClusterId, Vec<String>>>,
    disks: Mutex<BTreeMap<ClusterId, Disk>>,
}

/// Why an order was not carried out. Its text is for the vendor's staff and holds no secret.
#[derive(Debug, Error)]
pub enum FleetError {
    /// An order for a server this process has no administrator's access to.
    #[error("this worker has no access to the server {0}")]
    UnknownCluster(ClusterId),
    /// A database name that no control plane of ours gives.
    #[error("{0:?} is no tenant database's name: `t_` and 32 hexadecimal digits")]
    BadName(String),
    /// An order for another version of the schema than this program carries.
    #[error("this worker makes databases of version {have}, the order wants {wanted}")]
    OtherTemplate {
        /// What was ordered.
        wanted: String,
        /// What this program has.
        have: String,
    },
    /// A template that is not older than this program's own.
    #[error("{0:?} is no template older than this worker's own: it stays")]
    TemplateInUse(String),
    /// The database belongs to somebody.
    #[error("the database belongs to the tenant {owner}: nothing was written")]
    Taken {
        /// Whose it is.
        owner: String,
    },
    /// A seed that makes no sense.
    #[error("the order's seed cannot be planted: {0}")]
    BadSeed(&'static str),
    /// What was dropped is there.
    #[error("{0} was dropped, and it or its role is still there")]
    StillThere(String),
    /// Another worker has been making the same thing for too long.
    #[error("another worker held the lock for a minute")]
    Busy,
    /// The fleet's share of the server's connections is in use.
    #[error("no connection within the fleet's share of the server came free")]
    ShareInUse,
    /// A ready-made database is of an older schema.
    #[error("the database's schema is behind")]
    Behind,
    /// The schema could not be brought up to date.
    #[error("the schema could not be brought up to date")]
    Migrate(#[from] MigrateError),
    /// The server cannot be reached.
    #[error("{doing} failed: the server cannot be reached")]
    Unreachable {
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// An order about a backup for a worker without a store of them.
    #[error("this worker has no store of backups: HOTELHUB_BACKUP_STORE and HOTELHUB_BACKUP_KEY")]
    NoArchive,
    /// A backup could not be written, or is not believed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The backup is not the one the control plane was told of.
    #[error("the backup in the store is not the one that was taken: its SHA-256 is another")]
    OtherBackup,
    /// What was restored is not what was backed up.
    #[error("{0} is not what it was when it was backed up")]
    Differs(String),
    /// A program of Postgres could not be run, or failed.
    #[error("{program} failed: {said}")]
    Tool {
        /// Which.
        program: &'static str,
        /// What it said, or why it did not run.
        said: String,
    },
    /// The server said no.
    #[error("{doing} failed")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: tokio_postgres::Error,
    },
    /// A test pulled the plug here.
    #[error("stopped on purpose")]
    Halted,
}

impl FleetError {
    /// What Postgres says it is, if Postgres said no.
    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Database { source, .. } => source.code(),
            _ => None,
        }
    }

    /// Whether the connection was gone rather than the order wrong.
    fn is_gone(&self) -> bool {
        matches!(self, Self::Database { source, .. } if source.is_closed())
    }

    /// Whether trying again would lead to the same end: what the order is about is wrong, not the way to it.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Vault(error) => error.is_final(),
            Self::OtherBackup | Self::Differs(_) | Self::Migrate(MigrateError::Newer { .. }) => true,
            _ => false,
        }
    }

    /// The whole chain of causes in one line.
    pub fn reason(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        text
    }
}

/// Names what was being done when a statement failed.
fn during(doing: &'static str) -> impl Fn(tokio_postgres::Error) -> FleetError {
    move |source| FleetError::Database { doing, source }
}

impl Fleet {
    /// A fleet worker with these administrators, and a store of backups where it is to keep them.
    pub fn new(
        admins: BTreeMap<ClusterId, Admin>,
        archive: Option<Archive>,
        clock: Clock,
        ids: Ids,
        entropy: Entropy,
    ) -> Self {
        let version = schema_version(Product::Hotel);
        Self(Arc::new(Parts {
            admins,
            clock,
            ids,
            entropy,
            archive,
            version,
            frozen: Mutex::default(),
            disks: Mutex::default(),
        }))
    }

    /// Whether it has a store of backups.
    pub fn keeps_backups(&self) -> bool {
        self.0.archive.is_some()
    }

    /// The servers it may change.
    pub fn clusters(&self) -> Vec<ClusterId> {
        self.0.admins.keys().cloned().collect()
    }

    /// The version of the schema it makes databases of.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// Sees to it that a server has the group role and the frozen template: before any order for it is leased.
    pub async fn freeze_template(&self, cluster: &ClusterId) -> Result<(), FleetError> {
        template::freeze(self.admin(cluster)?, &self.0.version).await?;
        self.note_templates(cluster).await
    }

    /// The servers whose template this worker has seen frozen, each with the older ones that lie there still.
    pub fn frozen(&self) -> BTreeMap<ClusterId, Vec<String>> {
        self.0.frozen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks which older templates lie on a server.
    pub async fn note_templates(&self, cluster: &ClusterId) -> Result<(), FleetError> {
        let older = retire::older_templates(self.admin(cluster)?, &self.0.version).await?;
        self.0.frozen.lock().unwrap_or_else(PoisonError::into_inner).insert(cluster.clone(), older);
        Ok(())
    }

    /// Looks how a server's disk keeps up. Nothing is known of one that cannot be looked at.
    pub async fn look_at_disk(&self, cluster: &ClusterId) -> Result<(), FleetError> {
        let seen = disk::look(self.admin(cluster)?).await;
        let mut disks = self.0.disks.lock().unwrap_or_else(PoisonError::into_inner);
        match seen {
            Ok(disk) => drop(disks.insert(cluster.clone(), disk)),
            Err(error) => {
                disks.remove(cluster);
                return Err(error);
            }
        }
        Ok(())
    }

    /// How a server's disk kept up when it was looked at last.
    pub fn disk(&self, cluster: &ClusterId) -> Option<Disk> {
        self.0.disks.lock().unwrap_or_else(PoisonError::into_inner).get(cluster).copied()
    }

    /// Lists the tenant databases and roles that lie on a server, known or not.
    pub async fn inventory(&self, cluster: &ClusterId) -> Result<Inventory, FleetError> {
        inventory::list(self.admin(cluster)?, cluster).await
    }

    /// Whether a server's keys are being turned: its settings name more than one.
    pub fn keys_are_turning(&self, cluster: &ClusterId) -> bool {
        self.admin(cluster).is_ok_and(|admin| admin.keys().are_turning())
    }

    /// Gives each of these roles the password of a server's newest key that has an older one, while they are served.
    pub async fn turn_keys(&self, cluster: &ClusterId, roles: &[String]) -> Result<Turned, FleetError> {
        Ok(keys::turn(self.admin(cluster)?, &self.0.entropy, roles).await)
    }

    /// Does what an order says and tells which version of the schema the database has then, or how each of several went.
    pub async fn carry_out(&self, task: &Task) -> Result<Outcome, FleetError> {
        self.carry_out_until(task, None).await
    }

    /// [`Fleet::carry_out`] that stops after a step as a killed process would.
    async fn carry_out_until(&self, task: &Task, halt: Option<Step>) -> Result<Outcome, FleetError> {
        let Parts { clock, ids, entropy, version, .. } = &*self.0;
        match task {
            Task::PrepareDatabase { cluster, database, template } => {
                self.must_be_own(template)?;
                let name = DatabaseName::parse(database)?;
                database::make(self.admin(cluster)?, &name, version, entropy, halt).await?;
            }
            Task::CreateTenant { cluster, database, seed } => {
                let (admin, name) = (self.admin(cluster)?, DatabaseName::parse(database)?);
                if !self.plant_standing(admin, database, seed).await? {
                    let client = database::enter_or_make(admin, &name, version, entropy, halt).await?;
                    plant(&client, clock, ids, seed).await?;
                }
                Step::Seed.done(halt)?;
            }
            Task::MigrateDatabases { cluster, databases, to } => {
                self.must_be_own(to)?;
                return Ok(Outcome::Migrated { databases: migrate::databases(self.admin(cluster)?, databases).await });
            }
            Task::DropDatabase { cluster, database, tenant } => {
                retire::database(self.admin(cluster)?, &DatabaseName::parse(database)?, *tenant, halt).await?;
                return Ok(Outcome::Gone);
            }
            Task::DropTemplate { cluster, template } => {
                retire::template(self.admin(cluster)?, template, version).await?;
                self.note_templates(cluster).await?;
            }
            Task::BackUpTenant { .. } | Task::RestoreTenant { .. } | Task::PruneBackups { .. } => {
                return self.copy(task, halt).await;
            }
        }
        Ok(Outcome::Done { template: version.clone() })
    }

    /// Carries out an order about backups.
    async fn copy(&self, task: &Task, halt: Option<Step>) -> Result<Outcome, FleetError> {
        let archive = self.0.archive.as_ref().ok_or(FleetError::NoArchive)?;
        match task {
            Task::BackUpTenant { cluster, database, tenant, backup } => {
                let (admin, name) = (self.admin(cluster)?, DatabaseName::parse(database)?);
                let place = Place { tenant: *tenant, backup: *backup };
                Ok(Outcome::BackedUp(backups::back_up(admin, archive, &name, place, &self.0.clock, halt).await?))
            }
            Task::RestoreTenant { cluster, database, restoration } => {
                let (admin, name) = (self.admin(cluster)?, DatabaseName::parse(database)?);
                let hands = backups::Hands { clock: &self.0.clock, entropy: &self.0.entropy, version: &self.0.version };
                Ok(Outcome::Restored(backups::restore(admin, archive, &name, restoration, &hands, halt).await?))
            }
            Task::PruneBackups { tenant, backups, .. } => {
                for backup in backups {
                    archive.remove(Place { tenant: *tenant, backup: *backup }).await?;
                }
                Ok(Outcome::Pruned)
            }
            _ => Err(FleetError::NoArchive),
        }
    }

    /// Refuses an order for another version of the schema than this program's.
    fn must_be_own(&self, wanted: &str) -> Result<(), FleetError> {
        let have = &self.0.version;
        if wanted == have {
            return Ok(());
        }
        Err(FleetError::OtherTemplate { wanted: wanted.to_owned(), have: have.clone() })
    }

    /// Plants a seed by the connection that stands by. Not done where none does, or where it turns out to be gone.
    async fn plant_standing(&self, admin: &Admin, database: &str, seed: &TenantSeed) -> Result<bool, FleetError> {
        let Some(standing) = admin.take_standing(database) else { return Ok(false) };
        match standing.plant(&self.0.clock, &self.0.ids, seed).await {
            Err(error) if error.is_gone() => Ok(false),
            outcome => {
                // Its closing is the server's work too: not while the hotel opens.
                tokio::spawn(async move {
                    tokio::time::sleep(LINGER).await;
                    drop(standing);
                });
                outcome.map(|()| true)
            }
        }
    }

    /// Stands by at the databases that are given away next, and at no others.
    pub async fn stand_by(&self, next: &[ReadyDatabase]) {
        for (cluster, admin) in &self.0.admins {
            let names: Vec<String> =
                next.iter().filter(|ready| ready.cluster == *cluster).map(|ready| ready.database.clone()).collect();
            admin.stand_by(&names, &self.0.clock, &self.0.ids).await;
        }
    }

    /// Stands by at a database that was just made, while there is room.
    pub async fn stand_by_also(&self, ready: &ReadyDatabase) {
        if let Ok(admin) = self.admin(&ready.cluster) {
            admin.stand_by_also(&ready.database, &self.0.clock, &self.0.ids).await;
        }
    }

    /// Lives by these shares from now on.
    pub fn grant(&self, shares: &[Share]) {
        for share in shares.iter().filter(|share| share.role == Role::Fleet) {
            if let Ok(admin) = self.admin(&share.cluster) {
                admin.grant(share.connections);
            }
        }
    }

    /// Connections open to a server now.
    pub fn open(&self, cluster: &ClusterId) -> u32 {
        self.admin(cluster).map_or(0, Admin::open)
    }

    /// Shows how much of its shares it uses.
    pub fn show(&self, metrics: &Metrics) -> Result<(), prometheus::Error> {
        self.0.admins.values().try_for_each(|admin| admin.show(metrics))
    }

    fn admin(&self, cluster: &ClusterId) -> Result<&Admin, FleetError> {
        self.0.admins.get(cluster).ok_or_else(|| FleetError::UnknownCluster(cluster.clone()))
    }
}
