//! Databases that live as long as a test.
use std::thread;

use anyhow::{Context, Result};
use hotelhub_kernel::{Entropy, hex};
use tokio_postgres::{Client, Config, NoTls};

use crate::env;

/// A database of one test, dropped with it; `KEEP=1` keeps it and prints its name.
pub struct Scratch {
    admin_dsn: String,
    name: String,
    kept: bool,
}

impl Scratch {
    /// An empty database, or a copy of `template`.
    pub async fn create(admin_dsn: &str, template: Option<&str>) -> Result<Self> {
        let name = format!("scratch_{}", hex(&Entropy::system().bytes::<8>()));
        let admin = connect(admin_dsn).await?;
        let from = template.map(|template| format!(" template \"{template}\"")).unwrap_or_default();
        admin.batch_execute(&format!("create database \"{name}\"{from}")).await.context("no scratch database")?;
        Ok(Self { admin_dsn: admin_dsn.to_owned(), name, kept: env::keep() })
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A DSN of the same server and user for this database.
    pub fn dsn(&self) -> String {
        dsn_of(&self.admin_dsn, &self.name)
    }

    /// A connection to it.
    pub async fn connect(&self) -> Result<Client> {
        connect(&self.dsn()).await
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.kept {
            tracing::warn!(database = self.name, "kept");
            return;
        }
        let (dsn, name) = (self.admin_dsn.clone(), self.name.clone());
        // A runtime of its own: the test's may be gone or may be the very thread that drops.
        let dropper = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(drop_database(&dsn, &name)))
        });
        if !matches!(dropper.join(), Ok(Ok(Ok(())))) {
            tracing::warn!(database = self.name, "a scratch database was left behind");
        }
    }
}

/// A database that is made once and then copied.
pub struct Template;

impl Template {
    /// Makes sure that `name` stands on the server, made by `build` (which gets its DSN) if nobody has before; tests of several
    /// processes may ask at once. Put a hash of what it is made of into the name.
    pub async fn ready<F>(admin_dsn: &str, name: &str, build: impl FnOnce(String) -> F) -> Result<()>
    where
        F: Future<Output = Result<()>>,
    {
        let admin = connect(admin_dsn).await?;
        admin.batch_execute("select pg_advisory_lock(hashtext('hotelhub-testkit-template'))").await?;
        let known = "select 1 from pg_database where datname = $1 and datistemplate";
        if admin.query_opt(known, &[&name]).await?.is_none() {
            drop_database(admin_dsn, name).await?;
            admin.batch_execute(&format!("create database \"{name}\"")).await?;
            build(dsn_of(admin_dsn, name)).await?;
            admin.batch_execute(&format!("alter database \"{name}\" with is_template true")).await?;
        }
        admin.batch_execute("select pg_advisory_unlock(hashtext('hotelhub-testkit-template'))").await?;
        Ok(())
    }
}

async fn drop_database(admin_dsn: &str, name: &str) -> Result<()> {
    let admin = connect(admin_dsn).await?;
    admin.batch_execute(&format!("drop database if exists \"{name}\" with (force)")).await?;
    Ok(())
}

async fn connect(dsn: &str) -> Result<Client> {
    let config: Config = dsn.parse().context("the DSN does not parse")?;
    let (client, connection) = config.connect(NoTls).await.context("no connection to the test server")?;
    tokio::spawn(connection);
    Ok(client)
}

/// `postgres://user:password@host:port/other?x` → the same for `database`.
pub fn dsn_of(dsn: &str, database: &str) -> String {
    let (address, options) = dsn.split_once('?').map_or((dsn, None), |(address, options)| (address, Some(options)));
    let start = address.find("://").map_or(0, |at| at + 3);
    let server = address.get(start..).and_then(|rest| rest.find('/')).map_or(address, |at| &address[..start + at]);
    options.map_or_else(|| format!("{server}/{database}"), |options| format!("{server}/{database}?{options}"))
}
