//! What the machine itself takes: the same server, without our software.
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotelhub_data_plane::fleet::login_password;
use hotelhub_data_plane::hotel::properties::THE_ONE;
use hotelhub_kernel::Key;
use tokio_postgres::{Client, Config, NoTls};

/// A Postgres server and a tenant database on it, spoken to directly.
pub(crate) struct Floor {
    admin: Client,
    central: Client,
    server: Config,
    admin_dsn: String,
    cluster_key: Key,
}

impl Floor {
    /// Connects as the superuser. Refuses a server that does not keep what it commits.
    pub(crate) async fn connect(admin_dsn: &str, central_dsn: &str, cluster_key: &Key) -> Result<Self> {
        let server: Config = admin_dsn.parse()?;
        let admin = connect(&server).await?;
        let fsync: String = admin.query_one("show fsync", &[]).await?.get(0);
        anyhow::ensure!(fsync == "on", "fsync is off: a bench that commits would measure nothing");
        let central = connect(&central_dsn.parse()?).await?;
        let (admin_dsn, cluster_key) = (admin_dsn.to_owned(), cluster_key.clone());
        Ok(Self { admin, central, server, admin_dsn, cluster_key })
    }

    /// One fresh connection to a tenant's database as its own role, the read of its public door, and three transactions made
    /// durable. What they commit is a message in the log of the server: it changes nothing.
    pub(crate) async fn cold_open_and_three_commits(&self, database: &str) -> Result<()> {
        let client = self.open_as_tenant(database).await?;
        for _ in 0..3 {
            client.execute("select pg_logical_emit_message(true, 'bench', 'one durable commit')", &[]).await?;
        }
        Ok(())
    }

    /// One fresh connection to a tenant's database as its own role, and the read of its public door.
    pub(crate) async fn cold_query(&self, database: &str) -> Result<()> {
        self.open_as_tenant(database).await?;
        Ok(())
    }

    async fn open_as_tenant(&self, database: &str) -> Result<Client> {
        let mut config = self.server.clone();
        config.dbname(database).user(database).password(login_password(&self.cluster_key, database).expose());
        let client = connect(&config).await?;
        client.query_one(THE_ONE, &[]).await?;
        Ok(client)
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
