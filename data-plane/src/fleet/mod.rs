//! Carries out work orders on tenant databases: the only code that holds an administrator's credentials.
//!
//! A database is cloned from a frozen template, given one login role that may enter it and no other, and seeded in one transaction; a schema in
//! a database that tenants share is laid out in one transaction with its role.
//! Every step may be done twice, from two places, and resumed after a kill.
mod admin;
mod backups;
mod chores;
mod database;
mod disk;
mod error;
mod exports;
mod filling;
mod houses;
mod inventory;
mod keys;
mod migrate;
mod moves;
mod password;
mod retire;
mod schema;
mod seed;
mod standing;
mod template;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hotelhub_kernel::{Clock, Entropy, Ids};
use hotelhub_protocol::{ClusterId, Disk, Inventory, MoveStep, Moving, Outcome, ReadyDatabase, Role, Share, Task};
use hotelhub_tenant_migrations::{Product, schema_version};
use hotelhub_vault::{Place, Shelf};
use hotelhub_web::metrics::Metrics;

pub use admin::Admin;
pub(crate) use backups::STATEMENTS as BACKUP_STATEMENTS;
pub use backups::{Archive, archiving};
pub(crate) use chores::STATEMENTS as CHORE_STATEMENTS;
pub use error::FleetError;
pub use keys::{ClusterKeys, Turned};
pub(crate) use moves::STATEMENTS as MOVE_STATEMENTS;
pub use password::login_password;
pub(crate) use seed::{STATEMENTS, plant};

use database::{DatabaseName, Step};
use disk::Watched;
use error::during;

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
    exchange: Option<Shelf>,
    version: String,
    frozen: Mutex<BTreeMap<ClusterId, Vec<String>>>,
    disks: Mutex<BTreeMap<ClusterId, Watched>>,
    archiving: Mutex<BTreeMap<ClusterId, bool>>,
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
            exchange: None,
            version,
            frozen: Mutex::default(),
            disks: Mutex::default(),
            archiving: Mutex::default(),
        }))
    }

    /// The same worker, with an exchange for hotels that leave and come.
    pub fn exchanging(mut self, exchange: Option<Shelf>) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.0) {
            parts.exchange = exchange;
        }
        self
    }

    /// Whether it has a store of backups.
    pub fn keeps_backups(&self) -> bool {
        self.0.archive.is_some()
    }

    /// Looks whether a server archives its WAL. Of one that cannot be asked it is not known, and no base backup is ordered of it.
    pub async fn note_archiving(&self, cluster: &ClusterId) -> Result<(), FleetError> {
        let seen = self.look_at_archiving(cluster).await;
        let archives = *seen.as_ref().unwrap_or(&false);
        self.0.archiving.lock().unwrap_or_else(PoisonError::into_inner).insert(cluster.clone(), archives);
        seen.map(drop)
    }

    async fn look_at_archiving(&self, cluster: &ClusterId) -> Result<bool, FleetError> {
        let lent = self.admin(cluster)?.lend().await?;
        let archives = backups::archiving::archives(lent.client()).await?;
        lent.give_back().await?;
        Ok(archives)
    }

    /// Whether a server archived its WAL when it was looked at last.
    pub fn archives_wal(&self, cluster: &ClusterId) -> bool {
        let known = self.0.archiving.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(cluster).copied().unwrap_or_default()
    }

    /// Clears what was left when this worker was killed.
    pub async fn clear_leftovers(&self) {
        if let Some(archive) = &self.0.archive {
            archive.clear_leftovers().await;
        }
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
        self.admin(cluster)?;
        let mut looking = self.watched(cluster, |watched| watched.begin(self, cluster));
        let answer = tokio::time::timeout(limit, &mut looking).await;
        self.watched(cluster, |watched| match answer {
            Ok(ended) => watched.note(ended.unwrap_or_else(|died| resume_unwind(died.into_panic()))),
            Err(_) => watched.wait_on(looking, limit),
        })
    }

    fn watched<T>(&self, cluster: &ClusterId, act: impl FnOnce(&mut Watched) -> T) -> T {
        act(self.0.disks.lock().unwrap_or_else(PoisonError::into_inner).entry(cluster.clone()).or_default())
    }

    /// How a server's disk kept up when it was looked at last.
    pub fn disk(&self, cluster: &ClusterId) -> Option<Disk> {
        self.0.disks.lock().unwrap_or_else(PoisonError::into_inner).get(cluster)?.seen
    }

    /// Lists the roles on a server that have a tenant's name, known or not.
    pub async fn roles(&self, cluster: &ClusterId) -> Result<Vec<String>, FleetError> {
        inventory::roles(self.admin(cluster)?).await
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
        let Parts { entropy, version, .. } = &*self.0;
        match task {
            Task::PrepareDatabase { cluster, database, template } => {
                self.must_be_own(template)?;
                let name = DatabaseName::parse(database)?;
                database::make(self.admin(cluster)?, &name, version, entropy, halt).await?;
            }
            Task::CreateTenant { cluster, database, seed } => self.create((cluster, database), seed, halt).await?,
            Task::MigrateDatabases { cluster, databases, to } => {
                self.must_be_own(to)?;
                return Ok(Outcome::Migrated { databases: migrate::databases(self.admin(cluster)?, databases).await });
            }
            Task::DropDatabase { cluster, database, tenant, source } => {
                return self.let_go((cluster, database), [*tenant, *source], halt).await;
            }
            Task::DropTemplate { cluster, template } => {
                retire::template(self.admin(cluster)?, template, version).await?;
                self.note_templates(cluster).await?;
            }
            Task::BackUpTenant { cluster, database, tenant, backup } => {
                return self.back_up((cluster, database), Place { tenant: *tenant, backup: *backup }, halt).await;
            }
            Task::RestoreTenant { cluster, database, restoration } => {
                return self.restore((cluster, database), restoration, halt).await;
            }
            Task::ExportTenant { cluster, database, tenant, export } => {
                return self.export((cluster, database), Place { tenant: *tenant, backup: *export }, halt).await;
            }
            Task::ImportTenant { cluster, database, arrival } => {
                return self.import((cluster, database), arrival, halt).await;
            }
            Task::TendTenant { cluster, database, tenant, chore } => {
                return self.tend((cluster, database), *tenant, *chore).await;
            }
            Task::PruneBackups { tenant, backups, .. } => {
                return Ok(self.archive()?.remove(*tenant, backups).await.map(|()| Outcome::Pruned)?);
            }
            Task::MoveTenant { step: MoveStep::Undo, moving } if self.admin(&moving.target.cluster).is_err() => {
                return self.give_back(moving).await;
            }
            Task::MoveTenant { step, moving } => {
                return Ok(Outcome::Moved(moves::step(&self.ends(moving)?, *step, halt).await?));
            }
            Task::TakeBase { .. } | Task::RecoverTenant { .. } | Task::PruneBases { .. } => {
                return self.carry_out_on_bases(task, halt).await;
            }
        }
        Ok(Outcome::Done { template: version.clone() })
    }

    /// Lets writers in at the target of a move whose switch the control plane has heard of.
    pub(crate) async fn pass_on(&self, moving: &Moving) -> Result<(), FleetError> {
        moves::pass_on(&self.ends(moving)?).await
    }

    /// Lets writers in again at the source of a move, if its switch shut them out and they have not been passed on; whether it was so.
    pub(crate) async fn take_back(&self, moving: &Moving) -> Result<bool, FleetError> {
        moves::take_back(&self.ends(moving)?).await
    }

    /// The same in a database of which no more is known than that its log is kept for somebody.
    pub(crate) async fn take_all_back(&self, cluster: &ClusterId, database: &str) -> Result<bool, FleetError> {
        moves::take_all_back(self.admin(cluster)?, database).await
    }

    /// Undoes a move as far as a worker can that knows no way to its target: where the hotel is. The order stays another's.
    async fn give_back(&self, moving: &Moving) -> Result<Outcome, FleetError> {
        let source = self.admin(&moving.source.cluster)?;
        // Nothing is asked of the target's server.
        let ends = moves::Ends::of((source, source), moving, &self.0.entropy, &self.0.version)?;
        moves::give_back(&ends).await?;
        Err(FleetError::UnknownCluster(moving.target.cluster.clone()))
    }

    fn ends<'a>(&'a self, moving: &'a Moving) -> Result<moves::Ends<'a>, FleetError> {
        let admins = (self.admin(&moving.source.cluster)?, self.admin(&moving.target.cluster)?);
        moves::Ends::of(admins, moving, &self.0.entropy, &self.0.version)
    }

    /// [`Fleet::carry_out_until`] for base backups of whole servers, and what is made out of them.
    async fn carry_out_on_bases(&self, task: &Task, halt: Option<Step>) -> Result<Outcome, FleetError> {
        let archive = self.archive()?;
        match task {
            Task::TakeBase { cluster, base, urgent } => {
                let taken = backups::base::take(self.admin(cluster)?, archive, (cluster, *base), *urgent).await?;
                Ok(Outcome::BaseTaken(taken))
            }
            Task::RecoverTenant { cluster, recovery } => {
                let admin = self.admin(cluster)?;
                let taken = backups::recover(admin, archive, (cluster, recovery), &self.0.clock, halt).await?;
                Ok(Outcome::BackedUp(taken))
            }
            Task::PruneBases { cluster, bases, first_wal } => {
                archive.remove_bases(cluster, bases, first_wal.as_deref()).await?;
                Ok(Outcome::Pruned)
            }
            _ => Err(FleetError::Unrecoverable("this order is about no base backup".to_owned())),
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

    /// How many connections to a server it would have had since this was asked before, had it had enough.
    pub fn wanted(&self, cluster: &ClusterId) -> u32 {
        self.admin(cluster).map_or(0, Admin::wanted)
    }

    /// Shows how much of its shares it uses.
    pub fn show(&self, metrics: &Metrics) -> Result<(), prometheus::Error> {
        self.0.admins.values().try_for_each(|admin| admin.show(metrics))
    }

    fn exchange(&self) -> Result<&Shelf, FleetError> {
        self.0.exchange.as_ref().ok_or(FleetError::NoExchange)
    }

    fn archive(&self) -> Result<&Archive, FleetError> {
        self.0.archive.as_ref().ok_or(FleetError::NoArchive)
    }

    fn admin(&self, cluster: &ClusterId) -> Result<&Admin, FleetError> {
        self.0.admins.get(cluster).ok_or_else(|| FleetError::UnknownCluster(cluster.clone()))
    }
}
