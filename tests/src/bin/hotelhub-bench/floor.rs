//! What the machine itself takes: the same server, without our software.
use anyhow::Result;
use hotelhub_data_plane::fleet::login_password;
use hotelhub_data_plane::hotel::properties::THE_ONE;
use hotelhub_kernel::Key;
use hotelhub_tests::patiently;
use tokio_postgres::{Client, Config, NoTls};

/// A Postgres server and a tenant database on it, spoken to directly.
pub(crate) struct Floor {
    admin: Client,
    central: Client,
    server: Config,
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
        Ok(Self { admin, central, server, cluster_key: cluster_key.clone() })
    }

    /// One fresh connection to a tenant's database as its own role, the read of its public door, and three transactions made
    /// durable. What they commit is a message in the log of the server: it changes nothing.
    pub(crate) async fn cold_open_and_three_commits(&self, database: &str) -> Result<()> {
        let client = self.cold_query(database).await?;
        for _ in 0..3 {
            client.execute("select pg_logical_emit_message(true, 'bench', 'one durable commit')", &[]).await?;
        }
        Ok(())
    }

    /// One fresh connection to a tenant's database as its own role, and the read of its public door.
    pub(crate) async fn cold_query(&self, database: &str) -> Result<Client> {
        let mut config = self.server.clone();
        config.dbname(database).user(database).password(login_password(&self.cluster_key, database).expose());
        let client = connect(&config).await?;
        client.query_one(THE_ONE, &[]).await?;
        Ok(client)
    }

    /// Waits until the central database counts at least this many ready-made databases.
    pub(crate) async fn wait_for_ready_databases(&self, count: i64) -> Result<()> {
        patiently(60, &format!("{count} ready-made databases"), async || {
            let row = self.central.query_one("select count(*) from databases where state = 'ready'", &[]).await?;
            Ok((row.get::<_, i64>(0) >= count).then_some(()))
        })
        .await
    }

    /// Waits until the fleet role has made this tenant's database.
    pub(crate) async fn wait_until_live(&self, slug: &str) -> Result<()> {
        let sql =
            "select 1 from databases d join tenants t on t.id = d.tenant_id where t.slug = $1 and d.state = 'live'";
        patiently(60, &format!("{slug} is live"), async || Ok(self.central.query_opt(sql, &[&slug]).await?.map(drop)))
            .await
    }

    /// Takes the ready-made databases in store out of it, those in the making included.
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

    /// Waits until nobody is in any of these databases: what a node opened for itself it closes when it has not used it for a minute.
    pub(crate) async fn wait_until_left(&self, databases: &[String]) -> Result<()> {
        let sql = "select count(*) from pg_stat_activity where datname = any($1) and backend_type = 'client backend'";
        patiently(240, "nobody is in the hotels", async || {
            let inside: i64 = self.admin.query_one(sql, &[&databases]).await?.get(0);
            Ok((inside == 0).then_some(()))
        })
        .await
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
