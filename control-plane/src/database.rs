//! The central database: two pools of it, and what its errors mean.
use std::time::Duration;

use hotelhub_web::{AppError, Kind};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgPool, Postgres, Transaction};
use thiserror::Error;

/// A connection idle for longer is asked whether it is there before it is lent.
const TRUSTED: Duration = Duration::from_secs(1);

/// A transaction on the central database.
pub type Tx = Transaction<'static, Postgres>;

/// The central database, twice: commits that last, and commits that may be lost with the server's power.
#[derive(Clone, Debug)]
pub struct Database {
    /// Every commit is on disk before it is answered.
    pub durable: PgPool,
    /// For leases and signs of life: a lost one is said again.
    pub relaxed: PgPool,
}

impl Database {
    /// Opens both pools lazily; together they have so many `connections`, at least two.
    pub fn open(url: &str, connections: u32) -> Result<Self, sqlx::Error> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.application_name("hotelhub-control");
        let relaxed = options.clone().options([("synchronous_commit", "off")]);
        let pool = |size| {
            let pool = PgPoolOptions::new().max_connections(size).acquire_timeout(Duration::from_secs(5));
            pool.test_before_acquire(false).before_acquire(|connection, used| {
                Box::pin(async move {
                    // One that was used just now is there; asking it would cost every statement a round trip.
                    if used.idle_for > TRUSTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
        };
        let third = (connections / 3).max(1);
        Ok(Self {
            durable: pool(connections.saturating_sub(third).max(1)).connect_lazy_with(options),
            relaxed: pool(third).connect_lazy_with(relaxed),
        })
    }

    /// Begins a transaction whose commit lasts.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        Ok(self.durable.begin().await?)
    }
}

/// The central database refused or did not answer.
#[derive(Debug, Error)]
#[error("the central database: {0}")]
pub struct DbError(#[from] sqlx::Error);

impl DbError {
    /// The named constraint that was broken, if that is what happened.
    pub fn constraint(&self) -> Option<&str> {
        self.0.as_database_error().and_then(|error| error.constraint())
    }

    /// Whether the server is away or full, rather than offended.
    fn is_away(&self) -> bool {
        match &self.0 {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => true,
            // Connection trouble, too many connections, shutting down or starting up.
            sqlx::Error::Database(error) => {
                error.code().is_some_and(|code| code.starts_with("08") || code == "53300" || code.starts_with("57P"))
            }
            _ => false,
        }
    }
}

impl From<DbError> for AppError {
    fn from(error: DbError) -> Self {
        if error.is_away() {
            let detail = "The vendor's database is away for a moment; try again.";
            return Self::new(Kind::Unavailable, "database-away", detail).retry_after(2).because(error);
        }
        Self::internal(error)
    }
}
