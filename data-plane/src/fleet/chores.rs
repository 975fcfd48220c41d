//! Chores at a tenant's tables while it is served: looked through for what must not be, and kept quick.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{Chore, ClusterId, Outcome, Tended};
use hotelhub_tenant_migrations::{Product, version_of};
use tokio::time::Instant;
use tokio_postgres::Client;

use super::backups::millis_since;
use super::database::DatabaseName;
use super::{Fleet, FleetError, during, retire};
use crate::hotel;

const TABLES: &str = "
    select quote_ident(relname) from pg_class
     where relnamespace = current_schema()::regnamespace and relkind = 'r' order by relname";

/// What a rebuilding that was broken off, or an expansion that failed, leaves behind.
const SPOILT: &str = "
    select 'the index ' || c.relname || ' is not valid' from pg_index i join pg_class c on c.oid = i.indexrelid
     where c.relnamespace = current_schema()::regnamespace and not i.indisvalid
    union all
    select 'the constraint ' || conname || ' was never proven' from pg_constraint
     where connamespace = current_schema()::regnamespace and not convalidated
    order by 1";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[TABLES, SPOILT];

impl Fleet {
    /// Does a chore. Another tenant's house is left alone.
    pub(super) async fn tend(
        &self,
        (cluster, database): (&ClusterId, &str),
        tenant: TenantId,
        chore: Chore,
    ) -> Result<Outcome, FleetError> {
        let (admin, name) = (self.admin(cluster)?, DatabaseName::parse(database)?);
        let began = Instant::now();
        let inside = admin.enter(name.as_str()).await?;
        let owner = retire::owner_of(&inside).await?;
        if owner != Some(tenant) {
            let owner = owner.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string());
            return Err(FleetError::Taken { owner });
        }
        let found = match chore {
            Chore::Check => look_through(&inside, &self.0.version).await?,
            Chore::Analyze => table_by_table(&inside, "analyze").await?,
            Chore::Vacuum => table_by_table(&inside, "vacuum (analyze)").await?,
            Chore::Reindex => table_by_table(&inside, "reindex table concurrently").await?,
        };
        Ok(Outcome::Tended(Tended { took_ms: millis_since(began), found }))
    }
}

/// All of it at one instant, and nothing is changed.
async fn look_through(inside: &Client, version: &str) -> Result<Vec<String>, FleetError> {
    let looking = during("looking through a hotel's tables");
    inside.batch_execute("begin isolation level repeatable read, read only").await.map_err(&looking)?;
    let mut found = Vec::new();
    let has = version_of(inside, Product::Hotel).await?;
    if has != version {
        found.push(format!("the schema has the version {has}, this worker's is {version}"));
    }
    for rule in hotel::RULES {
        let count: i64 = inside.query_one(rule.count, &[]).await.map_err(&looking)?.get(0);
        if count > 0 {
            found.push(format!("{count} {}", rule.broken));
        }
    }
    let spoilt = inside.query(SPOILT, &[]).await.map_err(&looking)?;
    found.extend(spoilt.iter().map(|row| row.get::<_, String>(0)));
    Ok(found)
}

/// Nothing is found by what only tidies up.
async fn table_by_table(inside: &Client, doing: &str) -> Result<Vec<String>, FleetError> {
    for table in inside.query(TABLES, &[]).await.map_err(during("listing tables"))? {
        let table: &str = table.get(0);
        inside.batch_execute(&format!("{doing} {table}")).await.map_err(during("tidying a table up"))?;
    }
    Ok(Vec::new())
}
