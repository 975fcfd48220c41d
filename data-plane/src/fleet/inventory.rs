//! What lies on a server: the databases and roles that have a tenant's name, whoever made them.
use hotelhub_protocol::{ClusterId, Inventory};

use super::{Admin, FleetError, during};

const DATABASES: &str = "select datname::text from pg_database where datname ~ '^t_[0-9a-f]{32}$' order by 1";
const ROLES: &str = "select rolname::text from pg_roles where rolname ~ '^t_[0-9a-f]{32}$' and rolcanlogin order by 1";

/// Lists both.
pub(super) async fn list(admin: &Admin, cluster: &ClusterId) -> Result<Inventory, FleetError> {
    let lent = admin.lend().await?;
    let names = async |sql: &str| {
        let rows = lent.client().query(sql, &[]).await.map_err(during("listing what lies on the server"))?;
        Ok::<Vec<String>, FleetError>(rows.iter().map(|row| row.get(0)).collect())
    };
    let (databases, roles) = (names(DATABASES).await?, names(ROLES).await?);
    lent.give_back().await?;
    Ok(Inventory { cluster: cluster.clone(), databases, roles })
}
