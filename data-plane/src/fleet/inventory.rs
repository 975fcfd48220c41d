//! What lies on a server: the databases, schemas of shared databases, roles and replication slots that have a tenant's name, whoever made them.
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

const SLOTS: &str =
    "select distinct database::text from pg_replication_slots where database ~ '^[st]_[0-9a-f]{32}$' order by 1";

/// Lists the roles, whatever can be said of the databases.
pub(super) async fn roles(admin: &Admin) -> Result<Vec<String>, FleetError> {
    let lent = admin.lend().await?;
    let roles = names(lent.client(), ROLES).await?;
    lent.give_back().await?;
    Ok(roles)
}

/// Lists all of them, one connection at a time. A shared database that lets nobody in keeps nobody from hearing of the others.
pub(super) async fn list(admin: &Admin, cluster: &ClusterId) -> Result<Inventory, FleetError> {
    let lent = admin.lend().await?;
    let mut databases = names(lent.client(), DATABASES).await?;
    let (roles, shared) = (names(lent.client(), ROLES).await?, names(lent.client(), SHARED).await?);
    let slots = names(lent.client(), SLOTS).await?;
    lent.give_back().await?;
    let mut unread = Vec::new();
    for database in &shared {
        let found = match schemas(admin, database).await {
            // Whoever is in while it is dropped is put out.
            Err(error) if error.code() == Some(&SqlState::ADMIN_SHUTDOWN) => schemas(admin, database).await,
            found => found,
        };
        match found {
            // It was dropped since.
            Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {}
            Ok(found) => databases.extend(found),
            Err(error) => {
                tracing::warn!(%cluster, database, reason = error.reason(), "a shared database cannot be looked into");
                unread.push(database.clone());
            }
        }
    }
    Ok(Inventory { cluster: cluster.clone(), databases, roles, shared, slots, unread })
}

async fn schemas(admin: &Admin, database: &str) -> Result<Vec<String>, FleetError> {
    names(&admin.enter(database).await?, SCHEMAS).await
}

async fn names(client: &Client, sql: &str) -> Result<Vec<String>, FleetError> {
    let rows = client.query(sql, &[]).await.map_err(during("listing what lies on the server"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
