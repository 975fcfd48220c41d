//! Whose request this is: the host, and nothing else, decides.
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::Route;
use axum::routing::future::RouteFuture;
use futures_util::future::Either;
use hotelhub_kernel::{BadHost, Host, TenantId};
use hotelhub_protocol::TenantStatus;
use hotelhub_web::origin::authority;
use hotelhub_web::{AppError, Kind, subject};
use tower::layer::layer_fn;
use tower::{Layer, Service};

use super::{Tenant, turned_away};
use crate::node::Node;

/// Hands the request's tenant to the handlers. A host nobody lives at is answered here, from memory.
pub fn resolve(node: &Node) -> impl Layer<Route, Service = Resolve> + Clone + Send + Sync + use<> {
    let node = node.clone();
    layer_fn(move |inner| Resolve { node: node.clone(), inner })
}

/// A door behind which the request's tenant is known.
#[derive(Clone)]
pub struct Resolve {
    node: Node,
    inner: Route,
}

impl Service<Request> for Resolve {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<RouteFuture<Infallible>, Ready<Result<Response, Infallible>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let tenant = match tenant(&self.node, &request) {
            Ok(tenant) => tenant,
            Err(refusal) => return at_once(refused(&self.node, &request, refusal)),
        };
        subject::is_tenant(tenant.id(), tenant.slug());
        if let Some(closed) = &tenant.route().notices.maintenance {
            return at_once(turned_away::closed(&tenant, &request, closed));
        }
        request.extensions_mut().insert(tenant);
        Either::Left(self.inner.call(request))
    }
}

fn at_once(response: Response) -> <Resolve as Service<Request>>::Future {
    Either::Right(ready(Ok(response)))
}

fn refused(node: &Node, request: &Request, refusal: AppError) -> Response {
    match refusal.kind() {
        Kind::NotFound => turned_away::no_hotel(node, request, refusal),
        _ => refusal.into_response(),
    }
}

fn tenant(node: &Node, request: &Request) -> Result<Tenant, AppError> {
    let named = authority(request.headers(), request.uri())?;
    let tenant = match node.sole {
        Some(sole) => standalone(node, sole, named)?,
        None => Host::parsed(named, |host| {
            Some(Tenant::at(node, node.directory.by_host(host)?, host, subject::request_id()))
        })
        .map_err(no_name)?,
    };
    let tenant = tenant.ok_or_else(nobody)?;
    if tenant.route().status == TenantStatus::Churned {
        return Err(AppError::new(Kind::Gone, "stopped", "This hotel is no longer served here."));
    }
    Ok(tenant)
}

/// The one house of this machine, by whatever name or address it was reached.
fn standalone(node: &Node, sole: TenantId, named: &str) -> Result<Option<Tenant>, AppError> {
    let fits = (1..=255).contains(&named.len())
        && named.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    if !fits {
        return Err(no_name(BadHost::Shape));
    }
    Ok(node.directory.by_id(sole).map(|entry| Tenant::at(node, entry, "", subject::request_id())))
}

fn nobody() -> AppError {
    AppError::new(Kind::NotFound, "unknown-tenant", "No hotel lives at this address.")
}

fn no_name(bad: BadHost) -> AppError {
    match bad {
        BadHost::Address => {
            AppError::new(Kind::Misdirected, "misdirected", "Hotels are found by name, not by address.")
        }
        bad => AppError::new(Kind::Malformed, "bad-host", format!("The Host header cannot be read: {bad}.")),
    }
}
