//! The JSON doors of the second factor. Secrets and codes are shown once and never kept for a repeated request.
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hotelhub_identity::{RecoveryCodes, Totp};
use hotelhub_web::{AppError, Body, Posted, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::node::Node;
use crate::people::sessions::{self, Staff, Visitor, with_session};
use crate::people::{passwords, users};
use crate::tenancy::Tenant;

pub(crate) fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(enrol, disable)).routes(routes!(confirm))
}

/// The password again: a session left open at the desk is not enough.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Proven {
    password: String,
}

/// A first code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FirstCode {
    code: String,
}

/// What goes into the authenticator.
#[derive(Serialize, ToSchema)]
struct SecretView {
    /// In base32, for who types it.
    secret: String,
    /// The `otpauth://` address.
    uri: String,
    /// The address as a QR code, an SVG element.
    qr_svg: String,
}

/// Codes for who loses the authenticator; each works once.
#[derive(Serialize, ToSchema)]
struct RecoveryView {
    recovery_codes: Vec<String>,
}

/// A secret for the authenticator; it guards nothing before its first code.
#[utoipa::path(post, path = "/api/v1/me/totp", tag = "people", request_body = Proven, responses(
    (status = 201, body = SecretView), (status = 403), (status = 409)))]
async fn enrol(
    tenant: Tenant,
    staff: Staff,
    visitor: Visitor,
    Posted { value, .. }: Posted<Proven>,
) -> Result<Response> {
    let totp = enrol_proven(&tenant, &staff, &visitor, &value.password).await?;
    let (issuer, account) = (tenant.name(), staff.email.as_str());
    let qr_svg = totp.qr_svg(issuer, account).unwrap_or_default();
    let view = SecretView { secret: totp.expose_base32(), uri: totp.uri(issuer, account), qr_svg };
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// Lets the authenticator guard the account from now on; answers the recovery codes, once. Every other session ends.
#[utoipa::path(post, path = "/api/v1/me/totp/confirm", tag = "people", request_body = FirstCode, responses(
    (status = 200, body = RecoveryView), (status = 409), (status = 422)))]
async fn confirm(
    tenant: Tenant,
    staff: Staff,
    visitor: Visitor,
    Posted { value, .. }: Posted<FirstCode>,
) -> Result<Response> {
    let (codes, token) = confirm_first(&tenant, &staff, &visitor, &value.code).await?;
    let view = RecoveryView { recovery_codes: codes.expose().to_vec() };
    Ok(with_session(Json(view).into_response(), &token))
}

/// Takes authenticator and recovery codes away.
#[utoipa::path(delete, path = "/api/v1/me/totp", tag = "people", request_body = Proven, responses(
    (status = 204), (status = 403)))]
async fn disable(tenant: Tenant, staff: Staff, visitor: Visitor, Body(value): Body<Proven>) -> Result<StatusCode> {
    disable_proven(&tenant, &staff, &visitor, &value.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// [`super::enrol`] for who proves the password again.
pub(crate) async fn enrol_proven(tenant: &Tenant, staff: &Staff, visitor: &Visitor, password: &str) -> Result<Totp> {
    passwords::demand(tenant, staff, visitor, password).await?;
    let tx = tenant.begin().await?;
    let outcome = async {
        let account = users::lock(&tx, staff.user_id).await?.ok_or_else(users::unknown)?;
        super::enrol(&tx, tenant, &account).await
    };
    let outcome = outcome.await;
    tx.settle(outcome).await
}

/// [`super::confirm`], after which only this session is left, under a fresh token.
pub(crate) async fn confirm_first(
    tenant: &Tenant,
    staff: &Staff,
    visitor: &Visitor,
    code: &str,
) -> Result<(RecoveryCodes, hotelhub_identity::SessionToken)> {
    tenant.node().gate.admit_link(visitor.address).await?;
    let tx = tenant.begin().await?;
    let outcome = async {
        let account = users::lock(&tx, staff.user_id).await?.ok_or_else(users::unknown)?;
        let codes = super::confirm(&tx, tenant, &account, code).await?;
        sessions::end_all_but(&tx, tenant, staff.user_id, Some(staff.session_id)).await?;
        Ok((codes, sessions::rotate(&tx, tenant, staff.session_id).await?))
    };
    let outcome = outcome.await;
    tx.settle(outcome).await
}

/// [`super::disable`] for who proves the password again.
pub(crate) async fn disable_proven(tenant: &Tenant, staff: &Staff, visitor: &Visitor, password: &str) -> Result<()> {
    passwords::demand(tenant, staff, visitor, password).await?;
    let tx = tenant.begin().await?;
    let outcome = super::disable(&tx, tenant, &staff.actor(), staff.user_id).await;
    tx.settle(outcome.map_err(AppError::from)).await
}
