//! One connection to one tenant's database: opened, proven to be the right house's, watched, and closed on anything but clean idle.
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use hotelhub_kernel::TenantId;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::AbortHandle;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, config};
use uuid::Uuid;

use super::budget::Permit;
use super::server::Server;
use crate::tenancy::Session;
use crate::tenancy::wire::{Watched, Wire};

/// An open connection. Dropped while anything is under way it is cut, and the server rolls back.
pub(in crate::tenancy) struct Backend {
    session: Session,
    wire: Arc<Wire>,
    driver: AbortHandle,
}

impl Backend {
    pub(in crate::tenancy) fn session(&self) -> &Session {
        &self.session
    }

    /// Whether it may be lent again: nothing under way, no transaction, no half frame, no call somebody gave up.
    pub(super) fn is_clean(&self) -> bool {
        self.session.is_quiet() && self.wire.is_idle() && !self.session.is_closed()
    }

    /// Whether it may go back to the shelf. The last `ReadyForQuery` may still be on its way: the next checkout looks again.
    pub(super) fn is_sound(&self) -> bool {
        self.session.is_quiet() && !self.wire.is_in_transaction() && !self.session.is_closed()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if !self.is_clean() {
            self.driver.abort();
        }
    }
}

/// Why a connection could not be opened.
#[derive(Debug, Error)]
pub(in crate::tenancy) enum OpenError {
    #[error("the server cannot be reached: {0}")]
    Unreachable(#[from] std::io::Error),
    #[error("the server did not answer within {0:?}")]
    Slow(Duration),
    #[error("the server refused: {0}")]
    Refused(#[from] tokio_postgres::Error),
    #[error("the database is not the tenant's: its house is {found:?}")]
    Stranger { found: Option<String> },
    /// A connection of the same tenant came back while the budget was full: take that one.
    #[error("another connection came free")]
    CameFree,
}

/// Opens connections of one tenant. All that a session will ever be is fixed here: database, role, search path, limits.
pub(super) struct Opener {
    pub(super) tenant: TenantId,
    pub(super) config: Config,
    pub(super) server: Arc<Server>,
    /// Told when a connection of this tenant comes back while others wait for the budget.
    pub(super) came_free: Arc<tokio::sync::Notify>,
}

impl Manager for Opener {
    type Type = Box<Backend>;
    type Error = OpenError;

    async fn create(&self) -> Result<Box<Backend>, OpenError> {
        let permit = self.server.admit(self.tenant, &self.came_free).await?;
        let limit = self.server.limits.connect;
        let backend = tokio::time::timeout(limit, self.open(permit)).await.map_err(|_| OpenError::Slow(limit))??;
        self.server.metrics.opens.inc();
        Ok(Box::new(backend))
    }

    async fn recycle(&self, backend: &mut Box<Backend>, _: &Metrics) -> RecycleResult<OpenError> {
        if backend.is_clean() {
            return Ok(());
        }
        if !backend.session.is_closed() {
            self.server.metrics.dirty.inc();
        }
        Err(RecycleError::message("not clean"))
    }
}

impl Opener {
    async fn open(&self, permit: Permit) -> Result<Backend, OpenError> {
        match (self.config.get_hosts().first(), self.config.get_ports().first()) {
            (Some(config::Host::Unix(folder)), port) => {
                let socket = folder.join(format!(".s.PGSQL.{}", port.unwrap_or(&5432)));
                self.start(UnixStream::connect(socket).await?, permit).await
            }
            (Some(config::Host::Tcp(host)), port) => {
                let stream = TcpStream::connect((host.as_str(), *port.unwrap_or(&5432))).await?;
                stream.set_nodelay(true)?;
                self.start(stream, permit).await
            }
            (None, _) => Err(std::io::Error::other("no host is known for the server").into()),
        }
    }

    async fn start<S>(&self, stream: S, permit: Permit) -> Result<Backend, OpenError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (stream, wire) = Watched::new(stream, permit);
        let (client, connection) = self.config.connect_raw(stream, NoTls).await?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = &error as &dyn std::error::Error, "a tenant's connection ended");
            }
        });
        let driver = driver.abort_handle();
        if let Err(error) = self.prove_identity(&client).await {
            driver.abort();
            return Err(error);
        }
        Ok(Backend { session: Session::over(client), wire, driver })
    }

    /// The database itself says whose house it is.
    async fn prove_identity(&self, client: &Client) -> Result<(), OpenError> {
        let messages = client.simple_query("select tenant_id from house").await?;
        let found = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        if found.and_then(|text| text.parse::<Uuid>().ok()) == Some(self.tenant.0) {
            return Ok(());
        }
        self.server.metrics.strangers.inc();
        tracing::error!(tenant.id = %self.tenant, found, "a database is not the house of the tenant it was opened for");
        Err(OpenError::Stranger { found: found.map(str::to_owned) })
    }
}
