//! Tenants' quarters as tests name them, look into them, and take them down.
use hotelhub_kernel::{Entropy, hex};
use hotelhub_protocol::Quarters;
use tokio_postgres::Client;

use crate::{dsn_of, env};

/// A name for a database that tenants share.
pub fn fresh_shared() -> String {
    format!("s_{}", fresh())
}

/// A name for a tenant's quarters: in this shared database, or a database of its own.
pub fn fresh_quarters(shared: Option<&str>) -> String {
    let own = format!("t_{}", fresh());
    shared.map_or_else(|| own.clone(), |shared| format!("{shared}.{own}"))
}

/// The shared database of a test's tenants, where `HOTELHUB_TEST_PLACEMENT=schema` wants them to share one.
pub fn shared_if_wished() -> Option<String> {
    env::in_schemas().then(fresh_shared)
}

fn fresh() -> String {
    hex(&Entropy::system().bytes::<16>())
}

/// An administrator's way into a tenant's quarters: the tables are found without a schema's name.
pub fn dsn_in(admin_dsn: &str, quarters: &str) -> String {
    match Quarters::parse(quarters) {
        Some(Quarters::Schema { database, schema }) => {
            let dsn = dsn_of(admin_dsn, database);
            let and = if dsn.contains('?') { '&' } else { '?' };
            format!("{dsn}{and}options=-c%20search_path%3D{schema}")
        }
        _ => dsn_of(admin_dsn, quarters),
    }
}

/// Drops a tenant's quarters and its role; a shared database goes with the first of those who lie there.
pub async fn tear_down(admin: &Client, quarters: &str) -> Result<(), tokio_postgres::Error> {
    let Some(place) = Quarters::parse(quarters) else { return Ok(()) };
    for name in [place.database(), place.role()] {
        admin.batch_execute(&format!("drop database if exists {name} with (force)")).await?;
    }
    for name in [place.role(), place.database()] {
        admin.batch_execute(&format!("drop role if exists {name}")).await?;
    }
    Ok(())
}
