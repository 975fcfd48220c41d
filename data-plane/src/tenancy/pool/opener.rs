//! Opens the connections of one tenant: within the budget, past the fuses, and only where the right house answers.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hotelhub_kernel::TenantId;
use thiserror::Error;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::Config;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::ahead::Asked;
use super::backend::{Backend, connect};
use super::budget::{Permit, Waiting};
use super::dial::DialError;
use super::fuse::{Change, Fuse};
use super::server::Server;
use super::ways::Ways;
use crate::tenancy::{DbError, Guard};

const WHOSE_HOUSE: &str = "select tenant_id from house";

/// Why a connection could not be opened.
#[derive(Debug, Error)]
pub(in crate::tenancy) enum OpenError {
    #[error(transparent)]
    Shut(#[from] DialError),
    #[error("the server let nobody in within {0:?}")]
    Silent(Duration),
    #[error("the database did not say whose house it is within {0:?}")]
    Slow(Duration),
    #[error("the database did not say whose house it is: {0}")]
    Mute(#[from] DbError),
    #[error("the database is not the tenant's: its house is {found:?}")]
    Stranger { found: Option<String> },
    /// A connection of the same tenant came back while the budget was full: take that one.
    #[error("another connection came free")]
    CameFree,
    #[error("the budget had no room in time")]
    Full,
    /// It failed often enough: for so long nobody may try.
    #[error("it was away, and is tried again in {0:?}")]
    Away(Duration),
}

/// What a server says that takes nobody, whoever it is.
const CLOSED: &[SqlState] = &[SqlState::CANNOT_CONNECT_NOW, SqlState::TOO_MANY_CONNECTIONS, SqlState::ADMIN_SHUTDOWN];

impl OpenError {
    /// Whether the server failed, and not this one database.
    fn is_of_server(&self) -> bool {
        match self {
            Self::Shut(DialError::Unreachable(_)) | Self::Silent(_) => true,
            Self::Shut(DialError::Refused(error)) => error.code().is_none_or(|code| CLOSED.contains(code)),
            _ => false,
        }
    }

    /// Whether nothing was found out about server and database: the budget had no room to try another key.
    fn is_for_want_of_room(&self) -> bool {
        matches!(self, Self::Full | Self::CameFree)
    }

    /// Whether the password was another: while the server's keys are turned it may be of one of the other keys.
    fn is_wrong_password(&self) -> bool {
        match self {
            Self::Shut(DialError::Refused(error)) => error.code() == Some(&SqlState::INVALID_PASSWORD),
            _ => false,
        }
    }
}

/// Opens connections of one tenant. All that a session will ever be is fixed here: database, role, search path, limits.
pub(super) struct Opener {
    pub(super) tenant: TenantId,
    pub(super) ways: Ways,
    pub(super) server: Arc<Server>,
    /// Told when a connection of this tenant comes back while others wait for the budget.
    pub(super) came_free: Arc<Notify>,
    /// Blows when this one database cannot be opened.
    pub(super) fuse: Arc<Fuse>,
    /// How many of this tenant wait for the budget.
    pub(super) waiting: AtomicUsize,
}

impl Opener {
    /// A connection that was opened ahead, or a new one if the budget has room for it before the deadline. Opening has its own time limit.
    /// Where one of the tenant's lies ready by the time the wait begins, nobody waits.
    pub(super) async fn opened(&self, deadline: Instant, ready: impl Fn() -> bool) -> Result<Backend, OpenError> {
        if let Some(backend) = self.adopt().await {
            return Ok(backend);
        }
        if let Some(wait) = self.server.fuse.wait().or_else(|| self.fuse.wait()) {
            return Err(OpenError::Away(wait));
        }
        let permit = self.admitted(deadline, &ready).await?;
        let of_server = self.server.fuse.attempt(self.tenant).map_err(OpenError::Away)?;
        let of_database = self.fuse.attempt(self.tenant).map_err(OpenError::Away)?;
        let outcome = self.open_by_any_key(permit, deadline, &ready).await;
        if outcome.as_ref().is_err_and(OpenError::is_for_want_of_room) {
            return outcome;
        }
        self.tell_of_server(of_server.ended(!outcome.as_ref().is_err_and(OpenError::is_of_server)), &outcome);
        self.tell_of_database(of_database.ended(outcome.is_ok()), &outcome);
        if outcome.is_ok() {
            self.server.metrics.opens.inc();
            self.server.make_room();
        }
        outcome
    }

    /// How many of this tenant wait for the budget.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    async fn admitted(&self, deadline: Instant, ready: &impl Fn() -> bool) -> Result<Permit, OpenError> {
        if let Some(permit) = self.server.budget.try_take(Some(self.tenant)) {
            return Ok(permit);
        }
        let _waiting = Waiting::new(&self.waiting);
        // One that came back before this was counted was announced to nobody.
        if ready() {
            return Err(OpenError::CameFree);
        }
        let admitted = timeout_at(deadline, self.server.admit(self.tenant, &self.came_free));
        admitted.await.unwrap_or(Err(OpenError::Full))
    }

    /// A connection that was opened before the tenant came, if there is one and it is the tenant's now.
    async fn adopt(&self) -> Option<Backend> {
        let backend = self.server.take_ahead(self.ways.newest().get_user()?)?;
        let proof = timeout(self.server.limits.connect, self.prove_identity(&backend));
        proof.await.is_ok_and(|proof| proof.is_ok()).then_some(backend)
    }

    /// Opens a connection to a database that is nobody's house yet, by the newest key, and rehearses what it will be asked first.
    pub(super) async fn ahead(
        server: &Server,
        config: &Config,
        permit: Permit,
        asked: Asked,
    ) -> Result<Backend, OpenError> {
        let limit = server.limits.connect;
        let opened = async {
            let backend = connect(config, permit).await?;
            // In vain, but the server has read its catalogue then.
            backend.session().first_text(WHOSE_HOUSE).await?;
            for sql in asked.concat() {
                backend.session().rehearse(sql).await?;
            }
            backend.rest();
            Ok(backend)
        };
        timeout(limit, opened).await.map_err(|_| OpenError::Slow(limit))?
    }

    /// Opens a connection by the key that opened the last one. While the server's keys are turned another may be the right one.
    async fn open_by_any_key(
        &self,
        permit: Permit,
        deadline: Instant,
        ready: &impl Fn() -> bool,
    ) -> Result<Backend, OpenError> {
        let usual = self.ways.usual();
        let mut outcome = self.open(usual, permit).await;
        for other in self.ways.others(usual) {
            if !outcome.as_ref().is_err_and(OpenError::is_wrong_password) {
                break;
            }
            outcome = self.open(other, self.admitted(deadline, ready).await?).await;
        }
        outcome
    }

    async fn open(&self, way: usize, permit: Permit) -> Result<Backend, OpenError> {
        let limit = self.server.limits.connect;
        let deadline = Instant::now() + limit;
        let connecting = timeout_at(deadline, connect(self.ways.by_number(way), permit));
        let backend = connecting.await.map_err(|_| OpenError::Silent(limit))??;
        self.ways.opened_by(way);
        let proof = timeout_at(deadline, self.prove_identity(&backend));
        proof.await.map_err(|_| OpenError::Slow(limit))??;
        Ok(backend)
    }

    /// The database itself says whose house it is.
    async fn prove_identity(&self, backend: &Backend) -> Result<(), OpenError> {
        let found = backend.session().first_text(WHOSE_HOUSE).await?;
        let is_his = found.as_deref().and_then(|text| text.parse::<Uuid>().ok()) == Some(self.tenant.0);
        if is_his || !Guard::ProvenHouse.stands() {
            return Ok(());
        }
        self.server.metrics.strangers.inc();
        tracing::error!(tenant.id = %self.tenant, found, "a database is not the house of the tenant it was opened for");
        Err(OpenError::Stranger { found })
    }

    fn tell_of_server(&self, change: Option<Change>, outcome: &Result<Backend, OpenError>) {
        let cluster = &self.server.name;
        match (change, outcome) {
            (Some(Change::Blew), Err(error)) => {
                let error = error as &dyn std::error::Error;
                tracing::error!(cluster, error, "a server cannot be reached: whoever needs it is refused at once");
            }
            (Some(Change::Mended), _) => tracing::info!(cluster, "a server is reached again"),
            _ => {}
        }
    }

    fn tell_of_database(&self, change: Option<Change>, outcome: &Result<Backend, OpenError>) {
        let tenant = self.tenant;
        match (change, outcome) {
            (Some(Change::Blew), Err(error)) => {
                let error = error as &dyn std::error::Error;
                tracing::warn!(tenant.id = %tenant, error, "a database cannot be opened: its tenant is refused at once");
            }
            (Some(Change::Mended), _) => tracing::info!(tenant.id = %tenant, "a database is opened again"),
            _ => {}
        }
    }
}
