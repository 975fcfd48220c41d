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

/// What a rebuilding that was broken off left beside an index, also beside those of long values: it is kept up with each write, serves
/// nobody, and the next rebuilding passes it over. Its name is Postgres'.
/// <https://www.postgresql.org/docs/15/sql-reindex.html#SQL-REINDEX-CONCURRENTLY>
const LEFTOVERS: &str = "
    select format('%I.%I', n.nspname, c.relname)
      from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     where not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$'
       and i.indrelid in (select unnest(array[oid, reltoastrelid]) from pg_class where relnamespace = current_schema()::regnamespace)
     order by 1";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[TABLES, SPOILT, LEFTOVERS];

/// A statement whose worker has lost its order, after an hour, is not gone on with much longer. Who waits for a table here holds nobody up.
const BOUND: &str = "set statement_timeout = '50min'";

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
        inside.batch_execute(BOUND).await.map_err(during("beginning a chore"))?;
        let found = match chore {
            Chore::Check => look_through(&inside, &self.0.version).await?,
            Chore::Analyze => table_by_table(&inside, "analyze").await?,
            Chore::Vacuum => table_by_table(&inside, "vacuum (analyze)").await?,
            Chore::Reindex => rebuild(&inside).await?,
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

/// Rebuilds every index. Nothing stays of one that could not be, or could not be when it was tried before.
async fn rebuild(inside: &Client) -> Result<Vec<String>, FleetError> {
    drop_leftovers(inside).await?;
    let rebuilt = table_by_table(inside, "reindex table concurrently").await;
    if rebuilt.is_err() {
        // Where this connection is gone the next attempt does it.
        let _ = drop_leftovers(inside).await;
    }
    rebuilt
}

async fn drop_leftovers(inside: &Client) -> Result<(), FleetError> {
    let dropping = during("dropping what a rebuilding left");
    for left in inside.query(LEFTOVERS, &[]).await.map_err(&dropping)? {
        let drop = format!("drop index concurrently if exists {}", left.get::<_, &str>(0));
        inside.batch_execute(&drop).await.map_err(&dropping)?;
    }
    Ok(())
}

/// Nothing is found by what only tidies up.
pub(super) async fn table_by_table(inside: &Client, doing: &str) -> Result<Vec<String>, FleetError> {
    for table in inside.query(TABLES, &[]).await.map_err(during("listing tables"))? {
        let table: &str = table.get(0);
        inside.batch_execute(&format!("{doing} {table}")).await.map_err(during("tidying a table up"))?;
    }
    Ok(Vec::new())
}
