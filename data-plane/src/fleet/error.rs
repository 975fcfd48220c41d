//! Why an order was not carried out.
use std::error::Error as _;
use std::fmt::Write as _;
use std::time::Duration;

use hotelhub_protocol::ClusterId;
use hotelhub_tenant_migrations::MigrateError;
use hotelhub_vault::VaultError;
use thiserror::Error;
use tokio_postgres::error::SqlState;

use crate::exports::ExportError;

/// What is said of a reason, in characters.
const LONGEST_REASON: usize = 2_000;

/// Why an order was not carried out. Its text is for the vendor's staff and holds no secret.
#[derive(Debug, Error)]
pub enum FleetError {
    /// An order for a server this process has no administrator's access to.
    #[error("this worker has no access to the server {0}")]
    UnknownCluster(ClusterId),
    /// A database name that no control plane of ours gives.
    #[error(
        "{0:?} is no tenant database's name: `t_` and 32 hexadecimal digits, behind `s_`, as many and a dot where it is shared"
    )]
    BadName(String),
    /// A backup is filled into a database of its own.
    #[error("{0} is a schema of a shared database: a backup is filled into a database of its own")]
    NotAlone(String),
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
    /// A shared database in which somebody's tables lie.
    #[error("{database} is not empty: the schema {schema} lies in it, and nothing was dropped")]
    Inhabited {
        /// The database.
        database: String,
        /// One of those that lie there.
        schema: String,
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
    /// An order about an export for a worker without an exchange.
    #[error("this worker has no exchange: HOTELHUB_EXCHANGE_STORE and HOTELHUB_EXCHANGE_KEY")]
    NoExchange,
    /// A hotel's data could not be taken away or brought.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A backup could not be written, or is not believed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The backup is not the one the control plane was told of.
    #[error("the backup in the store is not the one that was taken: its SHA-256 is another")]
    OtherBackup,
    /// What was restored is not what was backed up.
    #[error("{0} is not what it was when it was backed up")]
    Differs(String),
    /// A chore at a database that a move took the tenant's writers from.
    #[error(
        "the tenant's writers are shut out here: it is on its way elsewhere, or lives there by now; nothing was done"
    )]
    ShutOut,
    /// The tenant's data cannot be moved.
    #[error("it cannot be moved: {0}")]
    CannotMove(String),
    /// The copy is not what its source is.
    #[error("the copy of {0} is not what its source is: the hotel stays where it was")]
    CopyDiffers(String),
    /// The source's log was not kept as long as the copy needed it.
    #[error("the source's log is lost to the copy: its slot is gone, or was too far behind")]
    SlotLost,
    /// The tenant's writers were at it for too long.
    #[error("the tenant's writers could not be held: they are at it without a pause")]
    NotHeld,
    /// The copy was not known to be the same before the writers were let go on.
    #[error("the copy did not catch up, or could not be compared, for as long as the tenant's writers may be held")]
    HeldTooLong,
    /// The server's WAL does not come into the store: nothing can be made of a base backup.
    #[error("{0}")]
    NotArchived(String),
    /// No backup can be made of the instant that was asked for.
    #[error("the hotel cannot be brought to that instant: {0}")]
    Unrecoverable(String),
    /// A server of the worker's own could not be made.
    #[error("{doing} failed: {source}")]
    Side {
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A program of Postgres could not be run, or failed.
    #[error("{program} failed: {said}")]
    Tool {
        /// Which.
        program: &'static str,
        /// What it said, or why it did not run.
        said: String,
    },
    /// The server took longer than it may.
    #[error("{doing} took longer than {limit:?}")]
    Slow {
        /// What was being done.
        doing: &'static str,
        /// How long it may take.
        limit: Duration,
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
    pub(super) fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Database { source, .. } => source.code(),
            _ => None,
        }
    }

    /// Whether the connection was gone rather than the order wrong.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Database { source, .. } if source.is_closed())
    }

    /// Whether trying again would lead to the same end: what the order is about is wrong, not the way to it. A newer schema is none of
    /// these: while the fleet is upgraded, another worker knows it.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Vault(error) => error.is_final(),
            Self::Export(error) => error.is_final(),
            Self::OtherBackup
            | Self::Differs(_)
            | Self::Unrecoverable(_)
            | Self::CannotMove(_)
            | Self::CopyDiffers(_)
            | Self::SlotLost => true,
            _ => false,
        }
    }

    /// The whole chain of causes in one line that every reader can take: what a server or a program says in it may hold anything.
    pub fn reason(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        text.chars().take(LONGEST_REASON).map(|said| if said.is_control() { ' ' } else { said }).collect()
    }
}

/// Names what was being done when a statement failed.
pub(super) fn during(doing: &'static str) -> impl Fn(tokio_postgres::Error) -> FleetError {
    move |source| FleetError::Database { doing, source }
}
