//! The public JSON doors: no sign-in, counted by address.
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_web::{ClientAddress, Lang, Nothing, Posted, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{GuestBooking, HeldBooking};
use crate::audit::Actor;
use crate::hotel::guests::NewGuest;
use crate::hotel::reservations::RoomWish;
use crate::hotel::step::Step;
use crate::node::Node;
use crate::tenancy::{Scope, Tenant};

/// The JSON doors of this capability.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(hold)).routes(routes!(confirm)).routes(routes!(find)).routes(routes!(cancel))
}

/// Who sleeps in a held room.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmWish {
    /// The token that came with the hold.
    token: String,
    /// The guest; the confirmation goes to the mail address.
    guest: NewGuest,
}

/// Keeps a room for a quarter of an hour.
#[utoipa::path(post, path = "/api/v1/public/holds", tag = "booking engine", request_body = RoomWish,
    responses((status = 201, body = HeldBooking)))]
async fn hold(
    State(node): State<Node>,
    tenant: Tenant,
    ClientAddress(address): ClientAddress,
    wish: Posted<RoomWish>,
) -> Result<Response> {
    node.booking_gate.admit_hold(&tenant, address).await?;
    let Posted { value: room, key } = wish;
    let step = Step::of(&tenant, Scope::guest(address), &key);
    step.answer(StatusCode::CREATED, async |tx| super::hold(tx, &tenant, &Actor::guest(address), room).await).await
}

/// Promises a held room to a guest and writes to them.
#[utoipa::path(post, path = "/api/v1/public/holds/{id}/confirm", tag = "booking engine", params(("id" = Uuid, Path)),
    request_body = ConfirmWish, responses((status = 200, body = GuestBooking)))]
async fn confirm(
    State(node): State<Node>,
    tenant: Tenant,
    ClientAddress(address): ClientAddress,
    lang: Lang,
    Path(id): Path<Uuid>,
    wish: Posted<ConfirmWish>,
) -> Result<Response> {
    node.booking_gate.admit_token(&tenant, address).await?;
    let ConfirmWish { token, guest } = wish.value;
    let step = Step::of(&tenant, Scope::guest(address), &wish.key);
    step.answer(StatusCode::OK, async |tx| {
        super::must_open(tx, &token, id).await?;
        super::confirm(tx, &tenant, &Actor::guest(address), &token, &guest, lang).await
    })
    .await
}

/// The booking of a manage link.
#[utoipa::path(get, path = "/api/v1/public/bookings/{token}", tag = "booking engine", params(("token" = String, Path)),
    responses((status = 200, body = GuestBooking)))]
async fn find(
    State(node): State<Node>,
    tenant: Tenant,
    ClientAddress(address): ClientAddress,
    Path(token): Path<String>,
) -> Result<Json<GuestBooking>> {
    node.booking_gate.admit_token(&tenant, address).await?;
    let conn = tenant.connect().await?;
    Ok(Json(super::find(&conn, &tenant, &token).await?))
}

/// Gives a booking up while that is free.
#[utoipa::path(post, path = "/api/v1/public/bookings/{token}/cancel", tag = "booking engine", params(("token" = String, Path)),
    request_body = Nothing, responses((status = 200, body = GuestBooking)))]
async fn cancel(
    State(node): State<Node>,
    tenant: Tenant,
    ClientAddress(address): ClientAddress,
    Path(token): Path<String>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    node.booking_gate.admit_token(&tenant, address).await?;
    let step = Step::of(&tenant, Scope::guest(address), &wish.key);
    step.answer(StatusCode::OK, async |tx| super::cancel(tx, &tenant, &Actor::guest(address), &token).await).await
}
