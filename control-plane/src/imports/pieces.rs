//! A file that arrives piece by piece: each is sealed into the exchange by itself, and may be sent again.
use axum::Json;
use axum::extract::{Path, State};
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_vault::Place;
use hotelhub_web::{AppError, Octets, Result};
use uuid::Uuid;

use super::model::{LONGEST_PIECE, MOST_PIECES, Refusal};
use super::store::{self, Listed};
use crate::App;
use crate::database::DbError;
use crate::staff::VendorStaff;

/// Takes a piece of the file: up to 16 MiB, numbered from 0 to 9999. The last word on a number counts.
#[utoipa::path(put, path = "/api/v1/imports/{id}/pieces/{number}", tag = "imports", params(("id" = Uuid, Path), ("number" = i32, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = store::Listed), (status = 401), (status = 403), (status = 404), (status = 413),
              (status = 409, description = "`import-begun` or `no-exchange`"), (status = 422, description = "`no-piece`")))]
pub(super) async fn take(
    State(app): State<App>,
    staff: VendorStaff,
    Path((import, number)): Path<(Uuid, i32)>,
    Octets(bytes): Octets,
) -> Result<Json<Listed>> {
    staff.may(StaffPermission::TenantChange)?;
    let shelf = app.exchange.as_ref().ok_or(Refusal::NoExchange)?;
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    store::find(&mut conn, import).await?.ok_or(Refusal::Unknown)?;
    drop(conn);
    if bytes.is_empty() || bytes.len() > LONGEST_PIECE || !(0..MOST_PIECES).contains(&number) {
        return Err(Refusal::NoPiece.into());
    }
    let (piece, length) = (app.ids.next(), i64::try_from(bytes.len()).unwrap_or(i64::MAX));
    let place = |backup| Place { tenant: TenantId(import), backup };
    let mut taking = shelf.take(place(piece)).await.map_err(AppError::internal)?;
    taking.push(&bytes).await.map_err(AppError::internal)?;
    let digest = taking.finish().await.map_err(AppError::internal)?;
    shelf.vouch_for_file(place(piece), &digest, (app.clock.now(), "")).await.map_err(AppError::internal)?;
    let mut tx = app.db.begin().await?;
    if store::hold(&mut tx, import).await?.as_deref() != Some("awaited") {
        shelf.remove(place(piece)).await.map_err(AppError::internal)?;
        return Err(Refusal::Begun.into());
    }
    let before = store::note_piece(&mut tx, import, number, (piece, length)).await?;
    let now = store::find(&mut tx, import).await?.ok_or(Refusal::Unknown)?;
    tx.commit().await.map_err(DbError::from)?;
    if let Some(before) = before {
        shelf.remove(place(before)).await.map_err(AppError::internal)?;
    }
    Ok(Json(now))
}
