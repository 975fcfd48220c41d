//! What each line of the log says of the request it was told in: gathered as it becomes known, written only where something is told.
use std::fmt;
use std::sync::{Arc, OnceLock};

use axum::extract::MatchedPath;
use axum::http::Method;
use hotelhub_kernel::{Slug, TenantId};
use uuid::Uuid;

use crate::ClientAddress;
use crate::metrics::Usual;
use crate::request_id::RequestId;

tokio::task_local! {
    static SUBJECT: Arc<Subject>;
}

/// A request as the log knows it.
pub(crate) struct Subject {
    pub(crate) id: RequestId,
    pub(crate) method: Method,
    address: ClientAddress,
    door: OnceLock<(Option<MatchedPath>, Usual)>,
    tenant: OnceLock<(TenantId, Slug)>,
    user: OnceLock<Uuid>,
}

/// Says which door the present request has found, and where that door counts.
pub(crate) fn is_at(route: Option<&MatchedPath>, usual: Usual) {
    let _ = SUBJECT.try_with(|subject| subject.door.set((route.cloned(), usual)));
}

/// Says of whom the present request is, from here on in every line it tells. Without a request it says nothing.
pub fn is_tenant(id: TenantId, slug: &Slug) {
    let _ = SUBJECT.try_with(|subject| subject.tenant.set((id, slug.clone())));
}

/// Says who sent the present request, from here on in every line it tells.
pub fn is_user(id: Uuid) {
    let _ = SUBJECT.try_with(|subject| subject.user.set(id));
}

/// The id of the present request; none without one.
pub fn request_id() -> Option<RequestId> {
    SUBJECT.try_with(|subject| subject.id).ok()
}

/// Where the present request comes from; none without one.
pub(crate) fn address() -> Option<ClientAddress> {
    SUBJECT.try_with(|subject| subject.address).ok()
}

/// Hands what is known of the present request to `tell`, one field after the other.
pub(crate) fn each_field(tell: impl FnMut(&str, &dyn fmt::Display)) {
    let _ = SUBJECT.try_with(|subject| subject.fields(tell));
}

impl Subject {
    /// A request of which nothing else is known yet.
    pub(crate) fn new(id: RequestId, method: Method, address: ClientAddress) -> Arc<Self> {
        Arc::new(Self { id, method, address, door: OnceLock::new(), tenant: OnceLock::new(), user: OnceLock::new() })
    }

    /// The template of the address, or `none` where no door has it.
    pub(crate) fn route(&self) -> &str {
        self.door.get().and_then(|(route, _)| route.as_ref()).map_or("none", MatchedPath::as_str)
    }

    /// Where the door counts that was found.
    pub(crate) fn usual(&self) -> Option<Usual> {
        self.door.get().map(|(_, usual)| *usual)
    }

    /// Lets everything that is told while `answering` is polled be told of this request.
    pub(crate) fn of<F: Future>(self: &Arc<Self>, answering: F) -> impl Future<Output = F::Output> + use<F> {
        SUBJECT.scope(self.clone(), answering)
    }

    fn fields(&self, mut tell: impl FnMut(&str, &dyn fmt::Display)) {
        tell("request.id", &self.id);
        tell("http.method", &self.method);
        tell("http.route", &self.route());
        if let Some((id, slug)) = self.tenant.get() {
            tell("tenant.id", id);
            tell("tenant.slug", slug);
        }
        if let Some(user) = self.user.get() {
            tell("user.id", user);
        }
    }
}
