//! The JSON doors of passwords.
//!
//! A password is never hashed into an idempotency key: a fast hash of it would lie in the database. Its doors are safe to
//! repeat by themselves.
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hotelhub_identity::Permission;
use hotelhub_web::{Body, Posted, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::node::Node;
use crate::people::sessions::{Staff, Visitor, with_session};
use crate::tenancy::Tenant;

pub(crate) fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(change_own)).routes(routes!(give))
}

/// A new password of one's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// Not needed by who has none yet.
    #[serde(default)]
    current_password: Option<String>,
    new_password: String,
}

/// A password for somebody else.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GivenPassword {
    password: String,
}

/// Changes one's own password; every other session ends and this one gets a fresh token.
#[utoipa::path(post, path = "/api/v1/me/password", tag = "people", request_body = NewPassword, responses(
    (status = 204), (status = 403), (status = 422)))]
async fn change_own(
    tenant: Tenant,
    staff: Staff,
    visitor: Visitor,
    Posted { value, .. }: Posted<NewPassword>,
) -> Result<Response> {
    let current = value.current_password.as_deref();
    let token = super::change_own(&tenant, &staff, &visitor, current, value.new_password).await?;
    Ok(with_session(StatusCode::NO_CONTENT.into_response(), &token))
}

/// Gives a colleague a password; all their sessions end.
#[utoipa::path(put, path = "/api/v1/users/{id}/password", tag = "people", params(("id" = Uuid, Path)),
    request_body = GivenPassword, responses((status = 204), (status = 403), (status = 404), (status = 422)))]
async fn give(
    tenant: Tenant,
    staff: Staff,
    Path(id): Path<Uuid>,
    Body(value): Body<GivenPassword>,
) -> Result<StatusCode> {
    staff.may(Permission::UserManage)?;
    super::give(&tenant, &staff, id, value.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
