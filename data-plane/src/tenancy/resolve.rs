//! Whose request this is: the host, and nothing else, decides.
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hotelhub_kernel::{BadHost, Host, TenantId};
use hotelhub_protocol::TenantStatus;
use hotelhub_web::origin::authority;
use hotelhub_web::{AppError, Kind};
use tracing::Span;

use super::{Tenant, no_hotel};
use crate::node::Node;

/// Hands the request's tenant to the handlers. A host nobody lives at is answered here, from memory.
pub async fn resolve(State(node): State<Node>, mut request: Request, next: Next) -> Response {
    match tenant(&node, &request) {
        Ok(tenant) => {
            let span = Span::current();
            span.record("tenant.id", tracing::field::display(tenant.id()));
            span.record("tenant.slug", tenant.slug().as_str());
            request.extensions_mut().insert(tenant);
            next.run(request).await
        }
        Err(refusal) if refusal.kind() == Kind::NotFound => no_hotel::answer(&node, &request, refusal),
        Err(refusal) => refusal.into_response(),
    }
}

fn tenant(node: &Node, request: &Request) -> Result<Tenant, AppError> {
    let named = authority(request.headers(), request.uri())?;
    let tenant = match node.sole {
        Some(sole) => standalone(node, sole, named)?,
        None => Host::parsed(named, |host| Some(Tenant::at(node.clone(), node.directory.by_host(host)?, host)))
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
    Ok(node.directory.by_id(sole).map(|entry| Tenant::anywhere(node.clone(), entry, named)))
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
