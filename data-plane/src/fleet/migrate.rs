//! Tenants' databases brought to this program's schema while they are served.
use std::time::Duration;

use futures_util::{StreamExt, stream};
use hotelhub_protocol::Migrated;
use hotelhub_tenant_migrations::MigrateError;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;

use super::database::DatabaseName;
use super::{Admin, FleetError, template};

/// How often a database is tried whose tables somebody holds on to: each time waits for three seconds and lets its tenant through between.
const TRIES: usize = 3;
const BREATH: Duration = Duration::from_millis(500);

/// What Postgres says, under no code of its own, of two who grant on one table at once (`simple_heap_update` in `heapam.c`).
const TUPLE_CHANGED: &str = "tuple concurrently updated";

/// Connections an order may use at once, where the share leaves two for whoever signs up meanwhile: two orders go on at a time, and of eight
/// connections two are left for looks at the server.
const AT_ONCE: usize = 3;

/// Migrates these databases, some at once; how each went, in any order. One that fails stays as it is and keeps nobody from the rest.
pub(super) async fn databases(admin: &Admin, names: &[String]) -> Vec<Migrated> {
    admin.close_idle();
    let each = stream::iter(names.to_vec()).map(|name| migrated(admin, name));
    each.buffer_unordered(at_once(admin.share())).collect().await
}

fn at_once(share: usize) -> usize {
    (share.saturating_sub(2) / 2).clamp(1, AT_ONCE)
}

async fn migrated(admin: &Admin, database: String) -> Migrated {
    let began = Instant::now();
    let error = patiently(admin, &database).await.err().map(|error| error.reason());
    let took_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
    Migrated { database, took_ms, error }
}

async fn patiently(admin: &Admin, name: &str) -> Result<(), FleetError> {
    let name = DatabaseName::parse(name)?;
    for _ in 1..TRIES {
        match once(admin, &name).await {
            Err(error) if is_held_up(&error) => tokio::time::sleep(BREATH).await,
            outcome => return outcome,
        }
    }
    once(admin, &name).await
}

async fn once(admin: &Admin, name: &DatabaseName) -> Result<(), FleetError> {
    let mut inside = admin.enter(name.as_str()).await?;
    template::bring_up_to_date(&mut inside).await
}

/// Whether somebody else was at the tables or, with grants of his own, at what the catalogue says of them: a moment later it may go.
fn is_held_up(error: &FleetError) -> bool {
    let source = match error {
        FleetError::Migrate(MigrateError::Step { source, .. }) | FleetError::Database { source, .. } => source,
        _ => return false,
    };
    let Some(said) = source.as_db_error() else { return false };
    match *said.code() {
        SqlState::LOCK_NOT_AVAILABLE | SqlState::T_R_DEADLOCK_DETECTED => true,
        SqlState::INTERNAL_ERROR => said.message() == TUPLE_CHANGED,
        _ => false,
    }
}
