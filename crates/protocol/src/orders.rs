//! Work orders: what the fleet role is told to do to tenant databases, leased and fenced.
use hotelhub_kernel::{Slug, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Arrival, BackedUp, BaseTaken, Chore, ClusterId, MoveStep, Moved, Moving, Restored, TenantSeed, Tended};

/// A work order's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub Uuid);

/// A wish for work, held open until there is some or the wait is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseWish {
    /// The servers this worker has an administrator's access to, and has reached.
    pub clusters: Vec<ClusterId>,
    /// All of those it has an administrator's access to, though it may not have reached some. Absent where the worker is of a release that
    /// knows no moves, base backups, exports, imports or chores: it is given none.
    #[serde(default)]
    pub known: Option<Vec<ClusterId>>,
    /// How long to wait for work, in milliseconds; at most 30,000.
    pub wait_ms: u64,
    /// The orders this worker has and has not ended. Any other that is leased to it never reached it and may come again at once. Absent
    /// where the worker does not keep count.
    #[serde(default)]
    pub holding: Option<Vec<OrderId>>,
    /// Whether this worker has room for a [`Task::MigrateDatabases`] beside what it does.
    #[serde(default)]
    pub migrating: bool,
    /// Whether it has a store of backups, and room for an order about one beside what it does.
    #[serde(default)]
    pub copying: bool,
    /// The same for an order about base backups: one may take hours, and no hotel's backup waits for it.
    #[serde(default)]
    pub basing: bool,
    /// Whether it has room for a [`Task::MoveTenant`] beside what it does.
    #[serde(default)]
    pub moving: bool,
}

/// Work, and until when it is this worker's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Which.
    pub id: OrderId,
    /// Counts up with each lease; a report with an older one is refused.
    pub fence: u64,
    /// After this instant the order may be another's.
    pub leased_until: Timestamp,
    /// What to do.
    pub task: Task,
}

/// What to do. Every task may be carried out twice, also from two places, and from any step on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Make a ready-made database: clone, role, grants, no tenant yet.
    PrepareDatabase {
        /// On which server.
        cluster: ClusterId,
        /// Its name and its role's name: `t_` and 32 hexadecimal digits.
        database: String,
        /// The template it must come from.
        template: String,
    },
    /// Give a database to a tenant: make it first if it is not there, then seed it.
    CreateTenant {
        /// On which server.
        cluster: ClusterId,
        /// Its name and its role's name.
        database: String,
        /// What to write into it.
        seed: TenantSeed,
    },
    /// Drop a database, and its role. One that is the house of somebody else than those named here is refused, and one that tenants share while
    /// a schema of any of them lies there.
    DropDatabase {
        /// On which server.
        cluster: ClusterId,
        /// Its name and its role's name.
        database: String,
        /// Whose house it was, who was deleted and whose days of grace are over; absent for one that nobody was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<TenantId>,
        /// Whose backup it was being filled from, where it may not have become that tenant's house yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<TenantId>,
    },
    /// Bring tenants' databases to the worker's own version of the schema, while they are served.
    MigrateDatabases {
        /// On which server.
        cluster: ClusterId,
        /// Their names.
        databases: Vec<String>,
        /// The version they are to have.
        to: String,
    },
    /// Drop a template that is older than the worker's own.
    DropTemplate {
        /// On which server.
        cluster: ClusterId,
        /// The version of the schema it has.
        template: String,
    },
    /// Write a backup of a tenant's database into the store of backups.
    BackUpTenant {
        /// On which server.
        cluster: ClusterId,
        /// The tenant's database. One that is somebody else's house is refused.
        database: String,
        /// Whose it is.
        tenant: TenantId,
        /// The backup's id.
        backup: Uuid,
    },
    /// Fill a new database from a backup. Nothing else is touched.
    RestoreTenant {
        /// On which server.
        cluster: ClusterId,
        /// The new database's name and its role's name.
        database: String,
        /// From what, for whom.
        restoration: Restoration,
    },
    /// Write all of a tenant's data into the exchange, as one file in an open format.
    ExportTenant {
        /// On which server.
        cluster: ClusterId,
        /// The tenant's database. One that is somebody else's house is refused.
        database: String,
        /// Whose it is.
        tenant: TenantId,
        /// The export's id.
        export: Uuid,
    },
    /// Fill a new database with an exported hotel out of the exchange. Nothing else is touched.
    ImportTenant {
        /// On which server.
        cluster: ClusterId,
        /// The new database's name and its role's name.
        database: String,
        /// From what, for whom.
        arrival: Arrival,
    },
    /// Do a chore at a tenant's tables while the tenant is served.
    TendTenant {
        /// On which server.
        cluster: ClusterId,
        /// The tenant's database. One that is somebody else's house is left alone.
        database: String,
        /// Whose it is.
        tenant: TenantId,
        /// Which chore.
        chore: Chore,
    },
    /// Remove backups of a tenant from the store.
    PruneBackups {
        /// Where the worker is that has the store.
        cluster: ClusterId,
        /// Whose they are.
        tenant: TenantId,
        /// Which.
        backups: Vec<Uuid>,
    },
    /// Write a base backup of the whole server into the store of backups.
    TakeBase {
        /// Of which server.
        cluster: ClusterId,
        /// The base backup's id.
        base: Uuid,
        /// Whether somebody waits for it: the server's checkpoint is done at once instead of in its own time.
        urgent: bool,
    },
    /// Make a backup of one tenant as it was at an instant, out of a base backup of the server and its WAL, on a server of the worker's own.
    RecoverTenant {
        /// On which server its database was.
        cluster: ClusterId,
        /// Whose, and when.
        recovery: Recovery,
    },
    /// Remove base backups of a server from the store, and the WAL that no other needs.
    PruneBases {
        /// Of which server.
        cluster: ClusterId,
        /// Which.
        bases: Vec<Uuid>,
        /// The first file of WAL that is needed still; absent where none is to go.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_wal: Option<String>,
    },
    /// Do a step of a move.
    MoveTenant {
        /// Which.
        step: MoveStep,
        /// Who moves, from where, where to.
        moving: Moving,
    },
}

/// A backup of a tenant that nobody took in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The base backup it is made from: whole before the instant.
    pub base: Uuid,
    /// SHA-256 of its data as they lie in the store: what the control plane was told when it was taken.
    pub sha256: String,
    /// The instant the backup is to show.
    pub at: Timestamp,
    /// The tenant's database at that instant.
    pub of: String,
    /// Whose it was.
    pub tenant: TenantId,
    /// The id the backup is to have.
    pub backup: Uuid,
    /// The timeline of the server that is followed, where staff said which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<u32>,
    /// Whether what lies in the store is all there is of the server: it is not asked for its newest WAL.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub store_alone: bool,
}

/// What a new database is filled from, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restoration {
    /// The backup's id.
    pub backup: Uuid,
    /// Whose backup it is.
    pub source: TenantId,
    /// SHA-256 of its data as they lie in the store: what the control plane was told when it was taken.
    pub sha256: String,
    /// Whose house the database is to be.
    pub tenant: TenantId,
    /// That tenant's name in its address.
    pub slug: Slug,
    /// Whether it is only looked at, and dropped again.
    pub drill: bool,
}

impl Task {
    /// What it is called in a table.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PrepareDatabase { .. } => "prepare_database",
            Self::CreateTenant { .. } => "create_tenant",
            Self::DropDatabase { .. } => "drop_database",
            Self::DropTemplate { .. } => "drop_template",
            Self::MigrateDatabases { .. } => "migrate_databases",
            Self::BackUpTenant { .. } => "back_up_tenant",
            Self::RestoreTenant { .. } => "restore_tenant",
            Self::ExportTenant { .. } => "export_tenant",
            Self::ImportTenant { .. } => "import_tenant",
            Self::TendTenant { .. } => "tend_tenant",
            Self::PruneBackups { .. } => "prune_backups",
            Self::TakeBase { .. } => "take_base",
            Self::RecoverTenant { .. } => "recover_tenant",
            Self::PruneBases { .. } => "prune_bases",
            Self::MoveTenant { step, .. } => step.kind(),
        }
    }

    /// The server it is to be done on; a move is done on this one and on its target's.
    pub fn cluster(&self) -> &ClusterId {
        match self {
            Self::PrepareDatabase { cluster, .. }
            | Self::CreateTenant { cluster, .. }
            | Self::DropDatabase { cluster, .. }
            | Self::MigrateDatabases { cluster, .. }
            | Self::DropTemplate { cluster, .. }
            | Self::BackUpTenant { cluster, .. }
            | Self::RestoreTenant { cluster, .. }
            | Self::ExportTenant { cluster, .. }
            | Self::ImportTenant { cluster, .. }
            | Self::TendTenant { cluster, .. }
            | Self::PruneBackups { cluster, .. }
            | Self::TakeBase { cluster, .. }
            | Self::RecoverTenant { cluster, .. }
            | Self::PruneBases { cluster, .. } => cluster,
            Self::MoveTenant { moving, .. } => &moving.source.cluster,
        }
    }

    /// The one database that is made, given away or dropped.
    pub fn database(&self) -> Option<&str> {
        match self {
            Self::PrepareDatabase { database, .. }
            | Self::CreateTenant { database, .. }
            | Self::DropDatabase { database, .. } => Some(database),
            Self::MigrateDatabases { .. }
            | Self::DropTemplate { .. }
            | Self::BackUpTenant { .. }
            | Self::RestoreTenant { .. }
            | Self::ExportTenant { .. }
            | Self::ImportTenant { .. }
            | Self::TendTenant { .. }
            | Self::PruneBackups { .. }
            | Self::TakeBase { .. }
            | Self::RecoverTenant { .. }
            | Self::PruneBases { .. }
            | Self::MoveTenant { .. } => None,
        }
    }
}

/// How an order went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Done; saying it twice is the same.
    Done {
        /// The version of the hotel schema the database has now.
        template: String,
    },
    /// What was to be dropped was looked for afterwards: the database and its role are not there.
    Gone,
    /// Each of the databases was tried.
    Migrated {
        /// How each went.
        databases: Vec<Migrated>,
    },
    /// The backup is in the store, whole.
    BackedUp(BackedUp),
    /// The new database holds what the backup held, at the worker's own version of the schema, and nobody was let in; or it did, and is
    /// dropped again, where that was a drill.
    Restored(Restored),
    /// The export is in the exchange, whole.
    Exported(BackedUp),
    /// The new database holds what the export held, at the worker's own version of the schema, and nobody was let in.
    Imported(Restored),
    /// The chore is done.
    Tended(Tended),
    /// The backups are not in the store any more.
    Pruned,
    /// The base backup is in the store, whole, and so is the WAL it needs.
    BaseTaken(BaseTaken),
    /// A step of a move is done.
    Moved(Moved),
    /// Not done, and trying again would lead to the same end: nothing was changed.
    Refused {
        /// Why, for staff: no secret in it.
        reason: String,
    },
    /// Not done. It is tried again, then shown to staff.
    Failed {
        /// Why, for staff: no secret in it.
        reason: String,
    },
}

/// How the migration of one database went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migrated {
    /// Which.
    pub database: String,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// Why it stays on its version, for staff: no secret in it. Absent where it has the ordered one.
    #[serde(default)]
    pub error: Option<String>,
}

/// What a worker says of an order it leased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Which.
    pub order: OrderId,
    /// The fence it was leased with.
    pub fence: u64,
    /// How it went.
    #[serde(flatten)]
    pub outcome: Outcome,
}
