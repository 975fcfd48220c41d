//! Carries out work orders on tenant databases: the only code that holds an administrator's credentials.
//!
//! A database is cloned from a frozen template, given one login role that may enter it and no other, and seeded in one transaction; a schema in
//! a database that tenants share is laid out in one transaction with its role.
//! Every step may be done twice, from two places, and resumed after a kill.
mod admin;
mod backups;
mod database;
mod disk;
mod error;
mod inventory;
mod keys;
mod migrate;
mod password;
mod retire;
mod schema;
mod seed;
mod standing;
mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hotelhub_kernel::{Clock, Entropy, Ids};
use hotelhub_protocol::{ClusterId, Disk, Inventory, Outcome, ReadyDatabase, Role, Share, Task, TenantSeed};
use hotelhub_tenant_migrations::{Product, schema_version};
use hotelhub_vault::Place;
use hotelhub_web::metrics::Metrics;

pub use admin::Admin;
pub use backups::Archive;
pub(crate) use backups::STATEMENTS as BACKUP_STATEMENTS;
pub use error::FleetError;
pub use keys::{ClusterKeys, Turned};
pub use password::login_password;
pub(crate) use seed::{STATEMENTS, plant};

use database::{DatabaseName, Step};
use error::during;

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

    /// Looks how a server's disk keeps up. Nothing is known of one that cannot be looked at; one at which a look takes too long does not
    /// keep up, as far as anybody can tell.
    pub async fn look_at_disk(&self, cluster: &ClusterId) -> Result<(), FleetError> {
        self.look_at_disk_within(cluster, disk::PATIENCE).await
    }

    async fn look_at_disk_within(&self, cluster: &ClusterId, limit: Duration) -> Result<(), FleetError> {
        let seen = disk::look(self.admin(cluster)?, limit).await;
        let mut disks = self.0.disks.lock().unwrap_or_else(PoisonError::into_inner);
        match &seen {
            Ok(disk) => drop(disks.insert(cluster.clone(), *disk)),
            Err(FleetError::Slow { .. }) => {
                if let Some(disk) = disks.get_mut(cluster) {
                    disk.syncing = true;
                }
            }
            Err(_) => drop(disks.remove(cluster)),
        }
        seen.map(drop)
    }

    /// How a server's disk kept up when it was looked at last.
    pub fn disk(&self, cluster: &ClusterId) -> Option<Disk> {
        self.0.disks.lock().unwrap_or_else(PoisonError::into_inner).get(cluster).copied()
    }

    /// Lists the tenant databases and roles that lie on a server, known or not.
    pub async fn inventory(&self, cluster: &ClusterId) -> Result<Inventory, FleetError> {
        inventory::list(self.admin(cluster)?, cluster).await
    }

    /// The fingerprint of the key that a server's roles are turned to; none where its settings name one key alone.
    pub fn turns_to(&self, cluster: &ClusterId) -> Option<String> {
        let keys = self.admin(cluster).ok()?.keys();
        keys.are_turning().then(|| keys.fingerprint())
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
            Task::BackUpTenant { cluster, database, tenant, backup } => {
                let (admin, name) = (self.admin(cluster)?, DatabaseName::parse(database)?);
                let place = Place { tenant: *tenant, backup: *backup };
                if admin.keys().are_turning() {
                    keys::renewed(admin, entropy, name.quarters().role()).await?;
                }
                let taken = backups::back_up(admin, self.archive()?, &name, place, clock, halt).await?;
                return Ok(Outcome::BackedUp(taken));
            }
            Task::RestoreTenant { cluster, database, restoration } => {
                let (admin, name) = (self.admin(cluster)?, DatabaseName::parse(database)?);
                let hands = backups::Hands { clock, entropy, version };
                let filled = backups::restore(admin, self.archive()?, &name, restoration, &hands, halt).await?;
                return Ok(Outcome::Restored(filled));
            }
            Task::PruneBackups { tenant, backups, .. } => {
                self.archive()?.remove(*tenant, backups).await?;
                return Ok(Outcome::Pruned);
            }
        }
        Ok(Outcome::Done { template: version.clone() })
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

    fn archive(&self) -> Result<&Archive, FleetError> {
        self.0.archive.as_ref().ok_or(FleetError::NoArchive)
    }

    fn admin(&self, cluster: &ClusterId) -> Result<&Admin, FleetError> {
        self.0.admins.get(cluster).ok_or_else(|| FleetError::UnknownCluster(cluster.clone()))
    }
}
