//! What lies on a server: the databases, schemas of shared databases and roles that have a tenant's name, whoever made them.
use hotelhub_protocol::{ClusterId, Inventory};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::{Admin, FleetError, during};

const DATABASES: &str = "select datname::text from pg_database where datname ~ '^t_[0-9a-f]{32}$' order by 1";
const ROLES: &str = "select rolname::text from pg_roles where rolname ~ '^t_[0-9a-f]{32}$' and rolcanlogin order by 1";

const SHARED: &str =
    "select datname::text from pg_database where datname ~ '^s_[0-9a-f]{32}$' and datallowconn order by 1";
const SCHEMAS: &str = "
    select current_database() || '.' || nspname from pg_namespace where nspname ~ '^t_[0-9a-f]{32}$' order by 1";

/// Lists all three, one connection at a time.
pub(super) async fn list(admin: &Admin, cluster: &ClusterId) -> Result<Inventory, FleetError> {
    let lent = admin.lend().await?;
    let mut databases = names(lent.client(), DATABASES).await?;
    let (roles, shared) = (names(lent.client(), ROLES).await?, names(lent.client(), SHARED).await?);
    lent.give_back().await?;
    for database in shared {
        match admin.enter(&database).await {
            // It was dropped since.
            Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {}
            inside => databases.extend(names(&inside?, SCHEMAS).await?),
        }
    }
    Ok(Inventory { cluster: cluster.clone(), databases, roles })
}

async fn names(client: &Client, sql: &str) -> Result<Vec<String>, FleetError> {
    let rows = client.query(sql, &[]).await.map_err(during("listing what lies on the server"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
