//! One connection to one tenant's database: opened, proven to be the right house's, watched, and closed on anything but clean idle.
use std::sync::Arc;
use std::time::Duration;

use hotelhub_kernel::TenantId;
use prometheus::IntCounter;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::{Config, NoTls, config};
use uuid::Uuid;

use super::budget::Permit;
use super::server::Server;
use crate::tenancy::line::Line;
use crate::tenancy::wire::{Socket, Watched, Wire};
use crate::tenancy::{DbError, Guard, Session};

/// An open connection. Dropped while anything is under way it is cut, and the server rolls back.
pub(in crate::tenancy) struct Backend {
    session: Session,
    wire: Arc<Wire>,
    line: Arc<Line>,
}

impl Backend {
    pub(in crate::tenancy) fn session(&self) -> &Session {
        &self.session
    }

    /// Itself if it may be lent; else it is closed, and counted unless the server had hung up.
    pub(super) fn clean(self: Box<Self>, dirty: &IntCounter) -> Option<Box<Self>> {
        let is_clean = self.is_clean();
        if !is_clean && !self.session.is_closed() {
            dirty.inc();
        }
        is_clean.then_some(self)
    }

    /// Whether it may be lent again: nothing under way, no transaction, no half frame, no call somebody gave up.
    pub(super) fn is_clean(&self) -> bool {
        let is_clean = self.session.is_quiet() && self.wire.is_idle();
        (is_clean || !Guard::CleanConnection.stands()) && !self.session.is_closed()
    }

    /// Whether it may go back to the shelf. The last `ReadyForQuery` may still be on its way: the next checkout looks again.
    pub(super) fn is_sound(&self) -> bool {
        let is_sound = self.session.is_quiet() && !self.wire.is_in_transaction();
        (is_sound || !Guard::CleanConnection.stands()) && !self.session.is_closed()
    }

    /// The lane that hears its socket: see [`hotelhub_web::lanes::here`].
    pub(super) fn lane(&self) -> usize {
        self.wire.lane()
    }

    /// Leaves the connection to its driver until it is lent again.
    pub(super) fn rest(&self) {
        self.line.rest();
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if self.is_clean() {
            self.line.rest();
        } else {
            self.line.cut();
        }
    }
}

const WHOSE_HOUSE: &str = "select tenant_id from house";

/// Why a connection could not be opened.
#[derive(Debug, Error)]
pub(in crate::tenancy) enum OpenError {
    #[error("the server cannot be reached: {0}")]
    Unreachable(#[from] std::io::Error),
    #[error("the server did not answer within {0:?}")]
    Slow(Duration),
    #[error("the server refused: {0}")]
    Refused(#[from] tokio_postgres::Error),
    #[error("the database did not say whose house it is: {0}")]
    Mute(#[from] DbError),
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

impl Opener {
    /// A connection that was opened ahead, or a new one as soon as the budget has room for it.
    pub(super) async fn opened(&self) -> Result<Backend, OpenError> {
        if let Some(backend) = self.adopt().await {
            return Ok(backend);
        }
        let permit = self.server.admit(self.tenant, &self.came_free).await?;
        let limit = self.server.limits.connect;
        let backend = tokio::time::timeout(limit, self.open(permit)).await.map_err(|_| OpenError::Slow(limit))??;
        self.server.metrics.opens.inc();
        Ok(backend)
    }

    /// A connection that was opened before the tenant came, if there is one and it is the tenant's now.
    async fn adopt(&self) -> Option<Backend> {
        let backend = self.server.take_ahead(self.config.get_dbname()?)?;
        let proof = tokio::time::timeout(self.server.limits.connect, self.prove_identity(&backend));
        proof.await.is_ok_and(|proof| proof.is_ok()).then_some(backend)
    }

    /// Opens a connection to a database that is nobody's house yet.
    pub(super) async fn ahead(server: &Server, config: Config, permit: Permit) -> Result<Backend, OpenError> {
        let limit = server.limits.connect;
        let opened = async {
            let backend = connect(&config, permit).await?;
            // In vain, but the server has read its catalogue then.
            backend.session.first_text(WHOSE_HOUSE).await?;
            backend.rest();
            Ok(backend)
        };
        tokio::time::timeout(limit, opened).await.map_err(|_| OpenError::Slow(limit))?
    }

    async fn open(&self, permit: Permit) -> Result<Backend, OpenError> {
        let backend = connect(&self.config, permit).await?;
        self.prove_identity(&backend).await?;
        Ok(backend)
    }

    /// The database itself says whose house it is.
    async fn prove_identity(&self, backend: &Backend) -> Result<(), OpenError> {
        let found = backend.session.first_text(WHOSE_HOUSE).await?;
        let is_his = found.as_deref().and_then(|text| text.parse::<Uuid>().ok()) == Some(self.tenant.0);
        if is_his || !Guard::ProvenHouse.stands() {
            return Ok(());
        }
        self.server.metrics.strangers.inc();
        tracing::error!(tenant.id = %self.tenant, found, "a database is not the house of the tenant it was opened for");
        Err(OpenError::Stranger { found })
    }
}

async fn connect(config: &Config, permit: Permit) -> Result<Backend, OpenError> {
    match (config.get_hosts().first(), config.get_ports().first()) {
        (Some(config::Host::Unix(folder)), port) => {
            let socket = folder.join(format!(".s.PGSQL.{}", port.unwrap_or(&5432)));
            start(config, UnixStream::connect(socket).await?, permit).await
        }
        (Some(config::Host::Tcp(host)), port) => {
            let stream = TcpStream::connect((host.as_str(), *port.unwrap_or(&5432))).await?;
            stream.set_nodelay(true)?;
            start(config, stream, permit).await
        }
        (None, _) => Err(std::io::Error::other("no host is known for the server").into()),
    }
}

async fn start<S>(config: &Config, stream: S, permit: Permit) -> Result<Backend, OpenError>
where
    S: Socket + AsyncRead + AsyncWrite + Send + 'static,
{
    let (stream, wire) = Watched::new(stream, permit);
    let (client, connection) = config.connect_raw(stream, NoTls).await?;
    let (line, driver) = Line::new(Box::pin(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = &error as &dyn std::error::Error, "a tenant's connection ended");
        }
    }));
    tokio::spawn(driver);
    Ok(Backend { session: Session::driving(client, line.clone()), wire, line })
}
