//! What the machine itself takes: the same server, without our software.
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio_postgres::{Client, Config, NoTls};

/// A Postgres server and a tenant database on it, spoken to directly.
pub(crate) struct Floor {
    admin: Client,
    central: Client,
    scratch: Config,
    admin_dsn: String,
}

impl Floor {
    /// Connects as the superuser and makes a table to commit to. Refuses a server that does not keep what it commits.
    pub(crate) async fn connect(admin_dsn: &str, central_dsn: &str) -> Result<Self> {
        let admin = connect(&admin_dsn.parse()?).await?;
        let fsync: String = admin.query_one("show fsync", &[]).await?.get(0);
        anyhow::ensure!(fsync == "on", "fsync is off: a bench that commits would measure nothing");
        admin
            .batch_execute("create table if not exists bench_floor (id bigint generated always as identity, note text)")
            .await?;
        let central = connect(&central_dsn.parse()?).await?;
        Ok(Self { admin, central, scratch: admin_dsn.parse()?, admin_dsn: admin_dsn.to_owned() })
    }

    /// One fresh connection as the superuser, a first read of a table, and three transactions made durable.
    pub(crate) async fn cold_open_and_three_commits(&self) -> Result<()> {
        let client = connect(&self.scratch).await?;
        client.query("select note from bench_floor limit 1", &[]).await?;
        for _ in 0..3 {
            client.execute("insert into bench_floor (note) values ('one durable commit')", &[]).await?;
        }
        Ok(())
    }

    /// One fresh connection to a tenant's database as its own role would open it, and one query.
    pub(crate) async fn cold_query(&self, database: &str, sql: &str) -> Result<()> {
        let mut config = self.scratch.clone();
        config.dbname(database);
        let client = connect(&config).await?;
        client.query(sql, &[]).await?;
        Ok(())
    }

    /// Waits until the central database counts at least this many ready-made databases.
    pub(crate) async fn wait_for_ready_databases(&self, count: i64) -> Result<()> {
        for _ in 0..6_000 {
            let row = self.central.query_one("select count(*) from databases where state = 'ready'", &[]).await?;
            if row.get::<_, i64>(0) >= count {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("no {count} ready-made databases within a minute")
    }

    /// The name of the database of the tenant with this slug.
    pub(crate) async fn database_of(&self, slug: &str) -> Result<String> {
        let sql = "select d.name from databases d join tenants t on t.id = d.tenant_id where t.slug = $1";
        Ok(self.central.query_opt(sql, &[&slug]).await?.context("no such tenant")?.get(0))
    }

    /// Waits until the fleet role has made this tenant's database.
    pub(crate) async fn wait_until_live(&self, slug: &str) -> Result<()> {
        let sql =
            "select 1 from databases d join tenants t on t.id = d.tenant_id where t.slug = $1 and d.state = 'live'";
        for _ in 0..6_000 {
            if self.central.query_opt(sql, &[&slug]).await?.is_some() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("{slug} is not live within a minute")
    }

    /// The superuser's connection string to the database of the tenant with this slug.
    pub(crate) async fn dsn_of(&self, slug: &str) -> Result<String> {
        let database = self.database_of(slug).await?;
        let (server, _) = self.admin_dsn.rsplit_once('/').context("a connection string ends in /database")?;
        Ok(format!("{server}/{database}"))
    }

    /// Stops the making of ready-made databases until the next start of the control plane, and takes those in store out of it.
    pub(crate) async fn empty_the_store(&self) -> Result<()> {
        let sql = "update databases set state = 'failed' where state in ('ready', 'preparing')";
        self.central.execute(sql, &[]).await?;
        Ok(())
    }

    /// Backends of the server that belong to this database.
    pub(crate) async fn backends(&self, database: &str) -> Result<i64> {
        let sql = "select count(*) from pg_stat_activity where datname = $1 and backend_type = 'client backend'";
        Ok(self.admin.query_one(sql, &[&database]).await?.get(0))
    }

    /// The connection to the central database.
    pub(crate) fn central(&self) -> &Client {
        &self.central
    }
}

async fn connect(config: &Config) -> Result<Client> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
