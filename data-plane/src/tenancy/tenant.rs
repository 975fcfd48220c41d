//! A tenant, as whoever serves it holds it.
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hotelhub_kernel::{Clock, Host, Ids, Key, Slug, TenantId};
use hotelhub_protocol::{Route, TenantStatus};
use hotelhub_web::request_id::RequestId;
use hotelhub_web::{AppError, Kind, RequestKey};
use tokio::time::{Instant, sleep};

use super::directory::TenantEntry;
use super::{Begun, Guard, Scope, TenantConn, TenantTx, once};
use crate::node::Node;

/// How long a change waits until its tenant's data, which are just moving, are written to again; and how often that is tried.
const MOVES_WITHIN: Duration = Duration::from_secs(3);
const GLANCE: Duration = Duration::from_millis(20);

/// An address nobody can forge: made by the host of a request, a job's envelope, a signed order or the standalone boot, and by nothing else.
#[derive(Clone)]
pub struct Tenant(Arc<Met>);

/// A tenant as it was met.
struct Met {
    entry: Arc<TenantEntry>,
    node: Node,
    /// The place of the host it was met at among its hosts.
    seen: usize,
    /// The request it came with; none for what is not caused by one.
    request: Option<RequestId>,
}

impl Tenant {
    /// The tenant of an entry, met at the host of this name in this request.
    pub(super) fn at(node: &Node, entry: Arc<TenantEntry>, host: &str, request: Option<RequestId>) -> Self {
        let place = entry.route.hosts.iter().position(|known| known.as_str() == host);
        Self(Arc::new(Met { entry, node: node.clone(), seen: place.unwrap_or(0), request }))
    }

    /// The tenant of an id, for what is not caused by a request: it is seen at its first host.
    pub(crate) fn by_id(node: &Node, tenant: TenantId) -> Option<Self> {
        let entry = node.directory.by_id(tenant).filter(|entry| !entry.route.hosts.is_empty())?;
        Some(Self::at(node, entry, "", None))
    }

    /// Its identity.
    pub fn id(&self) -> TenantId {
        self.0.entry.route.tenant
    }

    /// Its name in its address.
    pub fn slug(&self) -> &Slug {
        &self.0.entry.route.slug
    }

    /// The hotel's name.
    pub fn name(&self) -> &str {
        &self.0.entry.route.name
    }

    /// All the control plane says of it.
    pub fn route(&self) -> &Route {
        &self.0.entry.route
    }

    /// The host it is seen at; its first where it is seen at none of them.
    pub fn host(&self) -> &Host {
        self.0.entry.route.hosts.get(self.0.seen).expect("a tenant is only made of an entry with a host")
    }

    /// What time it is.
    pub fn clock(&self) -> &Clock {
        &self.0.node.clock
    }

    /// Fresh identifiers.
    pub fn ids(&self) -> &Ids {
        &self.0.node.ids
    }

    /// The process that serves it.
    pub fn node(&self) -> &Node {
        &self.0.node
    }

    /// The key of this tenant for `purpose`: no other tenant's key opens what it closed.
    pub fn key(&self, purpose: &str) -> Key {
        if !Guard::of_key(purpose).stands() {
            return self.0.node.secret.derive(purpose);
        }
        self.0.node.secret.derive(&format!("{purpose}:{}", self.id()))
    }

    /// `https://host[:port]`, for links in letters. A host is only named here when the settings or the control plane know it: what
    /// a visitor's `Host` header says ends in no letter.
    pub fn origin(&self) -> String {
        let scheme = self.0.node.settings.public_scheme.as_str();
        match (self.0.node.settings.public_url(), self.0.node.public_port) {
            (Some(url), _) => url.to_owned(),
            (None, Some(port)) => format!("{scheme}://{}:{port}", self.host()),
            (None, None) => format!("{scheme}://{}", self.host()),
        }
    }

    /// The id under which the log knows the request that is served; empty for a job.
    pub fn request_id(&self) -> String {
        self.0.request.map_or_else(String::new, |request| request.to_string())
    }

    /// Whether new business is refused because a bill is not paid.
    pub fn is_suspended(&self) -> bool {
        self.route().status == TenantStatus::Suspended
    }

    /// Whether it is closed for maintenance: nobody is served, and jobs wait.
    pub fn is_closed(&self) -> bool {
        self.route().notices.maintenance.is_some()
    }

    /// A connection of its own, or 503 when none comes free in time.
    pub async fn connect(&self) -> Result<TenantConn, AppError> {
        let lent = self.0.node.pools.lend(&self.0.entry).await;
        if lent.is_err()
            && let Some(now) = self.0.node.directory.by_id(self.id())
            && !now.shares_pool_with(&self.0.entry)
        {
            // The data moved, or was migrated, since the request was resolved: it is the same tenant at its present place.
            return Ok(TenantConn::of(Box::pin(self.0.node.pools.lend(&now)).await?));
        }
        Ok(TenantConn::of(lent?))
    }

    /// A transaction.
    pub async fn begin(&self) -> Result<TenantTx, AppError> {
        match self.connect().await?.begin().await {
            // The server had closed the connection while it was on the shelf: nothing was said, so it may be said again.
            Err(error) if error.is_away() => Ok(self.connect().await?.begin().await?),
            begun => Ok(begun?),
        }
    }

    /// A transaction that a repeated request makes once. Another request under the same key is refused (`key-reused`).
    pub async fn begin_once(&self, scope: &Scope, key: &RequestKey) -> Result<Begun, AppError> {
        let patience = Instant::now() + MOVES_WITHIN;
        loop {
            match once::begin(self.connect().await?, self, scope, key).await {
                Err(error) if error.is_away() => return once::begin(self.connect().await?, self, scope, key).await?,
                // Nothing was changed: the data are on their way, and nobody writes until it is known where they are.
                Err(error) if error.is_shut_out() && Instant::now() < patience => sleep(GLANCE).await,
                begun => return begun?,
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Tenant {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        let unknown = || AppError::new(Kind::NotFound, "unknown-tenant", "No hotel lives at this address.");
        parts.extensions.get::<Self>().cloned().ok_or_else(unknown)
    }
}
