//! An export's file, read out of the exchange to whoever may have it, from any byte on.
use std::io;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream::try_unfold;
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_vault::{Place, Reading};
use hotelhub_web::{AppError, Result};
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Refusal, from_byte};
use super::store::{self, Listed};
use crate::App;
use crate::audit::{self, Actor};
use crate::database::DbError;
use crate::staff::VendorStaff;

/// The file: a ZIP. One that broke off goes on with `Range: bytes=N-`.
#[utoipa::path(get, path = "/api/v1/exports/{id}/file", tag = "exports", params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/zip"), (status = 206, body = Vec<u8>, content_type = "application/zip"), (status = 401),
              (status = 403), (status = 404), (status = 410, description = "`export-gone`"), (status = 422, description = "`no-such-part`")))]
pub(super) async fn fetch(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response> {
    staff.may(StaffPermission::TenantDelete)?;
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    let export = store::list(&mut conn, None, Some(id), 1).await?.pop().ok_or(Refusal::Unknown)?;
    // A store that does not answer keeps no connection.
    drop(conn);
    handed_out(&app, export, &headers, (&staff.actor(), json!({}))).await
}

/// The file of an export, from the byte on that is asked for; who fetched it is noted, with these details.
pub(super) async fn handed_out(
    app: &App,
    export: Listed,
    headers: &HeaderMap,
    (actor, mut details): (&Actor, Value),
) -> Result<Response> {
    let shelf = app.exchange.as_ref().ok_or(Refusal::NoExchange)?;
    if export.state != "done" || export.expires_at.is_none_or(|until| until <= app.clock.now()) {
        return Err(Refusal::NotThere.into());
    }
    let (id, tenant) = (export.id, TenantId(export.tenant_id));
    let manifest = shelf.manifest(Place { tenant, backup: id }).await.map_err(AppError::internal)?;
    let length = manifest.plain_bytes;
    let from = from_byte(headers.get(RANGE).and_then(|range| range.to_str().ok()), length)?;
    let reading = shelf.open_from(&manifest, from).await.map_err(AppError::internal)?;
    if let Value::Object(details) = &mut details {
        details.extend([("export".to_owned(), json!(id)), ("from_byte".to_owned(), json!(from))]);
    }
    let (now, action, subject) = (app.clock.now(), "tenant.export_fetched", tenant.to_string());
    let mut tx = app.db.begin().await?;
    audit::record(&mut tx, now, actor, action, ("tenant", &subject), Some(tenant), details).await?;
    tx.commit().await.map_err(DbError::from)?;
    Ok(answered(&export, (from, length), reading))
}

fn answered(export: &Listed, (from, length): (u64, u64), reading: Reading) -> Response {
    let day = export.taken_at.map(|at| at.strftime("-%Y-%m-%d").to_string()).unwrap_or_default();
    let mut headers: Vec<(HeaderName, String)> = vec![
        (CONTENT_TYPE, "application/zip".to_owned()),
        (CONTENT_LENGTH, (length - from).to_string()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}{day}.zip\"", export.slug)),
        (ACCEPT_RANGES, "bytes".to_owned()),
    ];
    let mut status = StatusCode::OK;
    if from > 0 {
        status = StatusCode::PARTIAL_CONTENT;
        headers.push((CONTENT_RANGE, format!("bytes {from}-{}/{length}", length - 1)));
    }
    let bytes = try_unfold(reading, |mut reading| async move {
        while let Some(bytes) = reading.next().await.map_err(io::Error::other)? {
            if !bytes.is_empty() {
                return Ok::<_, io::Error>(Some((Bytes::from(bytes), reading)));
            }
        }
        Ok(None)
    });
    let mut response = (status, Body::from_stream(bytes)).into_response();
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
