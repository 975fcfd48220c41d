//! An administrator's way into one Postgres server, with connections kept warm.
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hotelhub_kernel::Key;
use tokio_postgres::{Client, Config, NoTls};

use super::{FleetError, during, login_password};

/// How many connections to the maintenance database wait for the next order.
const KEPT: usize = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a worker looks whether a lock came free, and how many times.
const LOCK_PAUSE: Duration = Duration::from_millis(50);
const LOCK_TRIES: u32 = 1_200;
const TRY_LOCK: &str = "select pg_try_advisory_lock($1)";

/// The rights to change a server, and the key its tenants' passwords derive from.
pub struct Admin {
    config: Config,
    key: Key,
    idle: Mutex<Vec<Client>>,
}

/// A connection to the maintenance database. It goes back to the idle ones by [`Lent::give_back`]; dropped, it is closed and its locks with it.
pub(super) struct Lent<'a> {
    admin: &'a Admin,
    client: Client,
}

impl Admin {
    /// An administrator who signs in as `config` says; its database is where nobody lives, usually `postgres`.
    pub fn new(mut config: Config, key: Key) -> Self {
        config.application_name("hotelhub-fleet").connect_timeout(CONNECT_TIMEOUT);
        Self { config, key, idle: Mutex::default() }
    }

    /// The key of this server's tenants.
    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// A warm connection to the maintenance database, or a new one.
    pub(super) async fn lend(&self) -> Result<Lent<'_>, FleetError> {
        let warm = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain(|client| !client.is_closed());
            idle.pop()
        };
        let client = match warm {
            Some(client) => client,
            None => connect(&self.config).await.map_err(during("signing in as administrator"))?,
        };
        Ok(Lent { admin: self, client })
    }

    /// A connection of the administrator's own to a tenant's database or the template.
    pub(super) async fn enter(&self, database: &str) -> Result<Client, FleetError> {
        let mut config = self.config.clone();
        connect(config.dbname(database)).await.map_err(during("entering the database as administrator"))
    }

    /// A connection as the tenant itself will come: cheap to open, and it proves that the way in is made.
    pub(super) async fn enter_as_tenant(&self, database: &str) -> Result<Client, tokio_postgres::Error> {
        let mut config = self.config.clone();
        let password = login_password(&self.key, database);
        connect(config.dbname(database).user(database).password(password.expose())).await
    }
}

impl Lent<'_> {
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Takes a lock that ends with the connection or [`Lent::give_back`].
    pub(super) async fn lock(&self, number: i64) -> Result<(), FleetError> {
        for _ in 0..LOCK_TRIES {
            if self.client.query_one(TRY_LOCK, &[&number]).await.map_err(during("taking a lock"))?.get(0) {
                return Ok(());
            }
            tokio::time::sleep(LOCK_PAUSE).await;
        }
        Err(FleetError::Busy)
    }

    /// Frees its locks and keeps the connection for the next order.
    pub(super) async fn give_back(self) -> Result<(), FleetError> {
        self.client.batch_execute("select pg_advisory_unlock_all()").await.map_err(during("freeing a lock"))?;
        let mut idle = self.admin.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(self.client);
        }
        Ok(())
    }
}

async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = &error as &dyn std::error::Error, "a fleet connection ended");
        }
    });
    Ok(client)
}
