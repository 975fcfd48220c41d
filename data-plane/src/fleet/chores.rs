//! Chores at a tenant's tables while it is served: looked through for what must not be, and kept quick.
//!
//! Nothing is done where a move has shut the tenant's writers out. That is looked at before each table: a worker that lost its order to the
//! place where the tenant is by now hears of it nowhere else.
use std::time::Duration;

use hotelhub_kernel::TenantId;
use hotelhub_protocol::{Chore, ClusterId, Outcome, Tended};
use hotelhub_tenant_migrations::{Product, version_of};
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::backups::millis_since;
use super::database::DatabaseName;
use super::{Fleet, FleetError, during, moves, retire};
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

/// What rebuilding beside those who use it passes over, with a warning alone: an index behind an exclusion, and one that is not valid.
/// <https://www.postgresql.org/docs/15/sql-reindex.html#SQL-REINDEX-CONCURRENTLY>
const PASSED_OVER: &str = "
    select format('%I.%I', n.nspname, c.relname), c.relname::text, i.indisvalid
      from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     where (i.indisexclusion or not i.indisvalid)
       and i.indrelid in (select unnest(array[oid, reltoastrelid]) from pg_class where relnamespace = current_schema()::regnamespace)
     order by 2";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[TABLES, SPOILT, LEFTOVERS, PASSED_OVER];

/// A statement whose worker has lost its order, after an hour, is not gone on with much longer. Who waits for a table here holds nobody up.
const BOUND: &str = "set statement_timeout = '50min'";

/// An index behind an exclusion is rebuilt with its table locked: who writes there waits, and who reads by that index. Nobody waits for longer
/// than this, a fifth of what a tenant's statement waits for a lock; for the locks it is waited shorter than the server takes to look for a
/// deadlock, so that nobody else is its victim.
const LOCKED: Duration = Duration::from_secs(1);
const WAITED: Duration = Duration::from_millis(200);

/// How often that is tried, and how long others go on in between.
const TRIES: u32 = 5;
const BREATH: Duration = Duration::from_millis(300);

/// The tables of one tenant, as an administrator comes to them.
struct House<'a> {
    inside: &'a Client,
    name: &'a DatabaseName,
}

impl Fleet {
    /// Does a chore. Another tenant's house is left alone, and so is one that this tenant has left.
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
        let house = House { inside: &inside, name: &name };
        house.must_be_lived_in().await?;
        inside.batch_execute(BOUND).await.map_err(during("beginning a chore"))?;
        let found = match chore {
            Chore::Check => look_through(&inside, &self.0.version).await?,
            Chore::Analyze => house.table_by_table("analyze").await?,
            Chore::Vacuum => house.table_by_table("vacuum (analyze)").await?,
            Chore::Reindex => house.rebuild().await?,
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

impl House<'_> {
    /// Refuses a house that its tenant has left, or is just leaving.
    async fn must_be_lived_in(&self) -> Result<(), FleetError> {
        match moves::is_written_to(self.inside, self.name.quarters()).await? {
            true => Ok(()),
            false => Err(FleetError::ShutOut),
        }
    }

    /// Nothing is found by what only tidies up.
    async fn table_by_table(&self, doing: &str) -> Result<Vec<String>, FleetError> {
        for table in tables(self.inside).await? {
            self.must_be_lived_in().await?;
            tidy(self.inside, doing, &table).await?;
        }
        Ok(Vec::new())
    }

    /// Rebuilds every index, and tells which were not, and why. Nothing stays of one that could not be, or could not be when it was tried before.
    async fn rebuild(&self) -> Result<Vec<String>, FleetError> {
        drop_leftovers(self.inside).await?;
        let rebuilt = self.table_by_table("reindex table concurrently").await;
        if rebuilt.is_err() {
            // Where this connection is gone the next attempt does it.
            let _ = drop_leftovers(self.inside).await;
        }
        rebuilt?;
        self.rebuild_passed_over().await
    }

    /// Rebuilds what was passed over, as far as that keeps nobody waiting; what was not, and why.
    async fn rebuild_passed_over(&self) -> Result<Vec<String>, FleetError> {
        let passed_over = self.inside.query(PASSED_OVER, &[]).await.map_err(during("listing what is not rebuilt"))?;
        let bound =
            format!("set lock_timeout = {}; set statement_timeout = {}", WAITED.as_millis(), LOCKED.as_millis());
        self.inside.batch_execute(&bound).await.map_err(during("bounding a rebuilding"))?;
        let mut left = Vec::new();
        for row in passed_over {
            let (index, name, is_valid): (String, String, bool) = (row.get(0), row.get(1), row.get(2));
            if !is_valid {
                left.push(format!("the index {name} was not rebuilt: it is not valid"));
            } else if !self.rebuild_locked(&index).await? {
                left.push(format!(
                    "the index {name} was not rebuilt: its table could not be locked, or would have been for more than {LOCKED:?}"
                ));
            }
        }
        Ok(left)
    }

    /// Rebuilds an index with its table locked; whether that could be done within the bounds.
    async fn rebuild_locked(&self, index: &str) -> Result<bool, FleetError> {
        for _ in 0..TRIES {
            self.must_be_lived_in().await?;
            let rebuilt = self.inside.batch_execute(&format!("reindex index {index}")).await;
            match rebuilt.map_err(during("rebuilding an index with its table locked")) {
                Ok(()) => return Ok(true),
                Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => sleep(BREATH).await,
                Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}

async fn drop_leftovers(inside: &Client) -> Result<(), FleetError> {
    let dropping = during("dropping what a rebuilding left");
    for left in inside.query(LEFTOVERS, &[]).await.map_err(&dropping)? {
        let drop = format!("drop index concurrently if exists {}", left.get::<_, &str>(0));
        inside.batch_execute(&drop).await.map_err(&dropping)?;
    }
    Ok(())
}

/// Does the same to every table, one after the other.
pub(super) async fn table_by_table(inside: &Client, doing: &str) -> Result<(), FleetError> {
    for table in tables(inside).await? {
        tidy(inside, doing, &table).await?;
    }
    Ok(())
}

async fn tables(inside: &Client) -> Result<Vec<String>, FleetError> {
    let rows = inside.query(TABLES, &[]).await.map_err(during("listing tables"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn tidy(inside: &Client, doing: &str, table: &str) -> Result<(), FleetError> {
    inside.batch_execute(&format!("{doing} {table}")).await.map_err(during("tidying a table up"))
}
