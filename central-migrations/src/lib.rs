//! The vendor's schema: forward-only SQL, built in, and the runner that brings a central database to it.
//!
//! Every file opens with `-- expand` or `-- contract` and runs while the release before it still serves.
#[cfg(test)]
mod tests;

use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migrator};
use sqlx::{Connection, PgConnection, PgPool, migrate};
use thiserror::Error;

static MIGRATIONS: Migrator = migrate!("./migrations");

/// Why a program must not serve from a central database.
#[derive(Debug, Error)]
pub enum Unfit {
    /// It lacks migrations that this program needs.
    #[error(
        "the central database lacks migration {0:04}: run `hotelhub-control migrate` with this version, then start again"
    )]
    Missing(i64),
    /// It has one that this program does not know: a newer program was here.
    #[error(
        "the central database has migration {0:04}, which this version does not know: start the version that made it"
    )]
    Unknown(i64),
    /// One that ran is not the one that is built in.
    #[error(
        "migration {0:04} of the central database is not the one built into this version: start the version that made it"
    )]
    Changed(i64),
    /// The database did not answer.
    #[error("the central database cannot be read")]
    Database(#[from] MigrateError),
}

/// One built-in migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// Its SQL.
    pub sql: &'static str,
}

/// The built-in migrations in order.
pub fn migrations() -> Vec<Migration> {
    MIGRATIONS
        .iter()
        .map(|m| Migration { version: m.version, name: m.description.to_string(), sql: m.sql.as_str() })
        .collect()
}

/// Brings the database behind `url` to the built-in schema, one program at a time; says how many migrations ran.
/// Those that ran before must be the built-in ones, byte for byte.
pub async fn migrate(url: &str) -> Result<usize, MigrateError> {
    let mut conn = PgConnection::connect(url).await?;
    conn.lock().await?;
    // Only now: a program may wait for another that migrates, but no migration for long behind a busy table.
    sqlx::query("set lock_timeout = '3s'").execute(&mut conn).await?;
    let before = applied(&mut conn).await?.len();
    let mut unlocked = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
    unlocked.set_locking(false).run(&mut conn).await?;
    let after = applied(&mut conn).await?.len();
    conn.unlock().await?;
    conn.close().await?;
    Ok(after.saturating_sub(before))
}

/// Whether the database has exactly the built-in schema.
pub async fn check(pool: &PgPool) -> Result<(), Unfit> {
    let mut conn = pool.acquire().await.map_err(MigrateError::from)?;
    let applied = applied(&mut conn).await?;
    for migration in MIGRATIONS.iter() {
        match applied.iter().find(|a| a.version == migration.version) {
            None => return Err(Unfit::Missing(migration.version)),
            Some(a) if a.checksum != migration.checksum => return Err(Unfit::Changed(migration.version)),
            Some(_) => {}
        }
    }
    match applied.iter().find(|a| !MIGRATIONS.version_exists(a.version)) {
        Some(unknown) => Err(Unfit::Unknown(unknown.version)),
        None => Ok(()),
    }
}

/// What ran before; nothing in a database that never saw a migration.
async fn applied(conn: &mut PgConnection) -> Result<Vec<AppliedMigration>, MigrateError> {
    let (begun,): (bool,) =
        sqlx::query_as("select to_regclass('_sqlx_migrations') is not null").fetch_one(&mut *conn).await?;
    if begun { conn.list_applied_migrations(&MIGRATIONS.table_name).await } else { Ok(Vec::new()) }
}
