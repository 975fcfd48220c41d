//! The desk's JSON doors.
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::Permission;
use hotelhub_web::{AppError, IfMatch, Kind, Nothing, Posted, Query, RequestKey, Result};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Arriving, FrontDesk, Move, Placing, Refusal, Seen, TapeChart};
use crate::hotel::reservations::{self, Reservation};
use crate::hotel::step::Clerk;
use crate::hotel::wording::sentence;
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{Session, Tenant};

/// The JSON doors of this capability.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new()
        .routes(routes!(front_desk))
        .routes(routes!(tape_chart))
        .routes(routes!(assign_room))
        .routes(routes!(unassign_room))
        .routes(routes!(check_in))
        .routes(routes!(check_out))
        .routes(routes!(relocate))
        .routes(routes!(revert_check_in))
        .routes(routes!(revert_check_out))
}

/// Which days the chart shows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChartQuery {
    /// The first day; the business date when absent.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// How many days, 1 to 93.
    #[serde(default = "fortnight")]
    days: i32,
}

fn fortnight() -> i32 {
    14
}

/// A room for a guest.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoomChoice {
    /// The room; of another type than was booked it takes the permission `reservation.amend`.
    room_id: Uuid,
    /// The first night in it; absent for all nights to come.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
}

/// A guest at the desk.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArrivalWish {
    /// The room, if none is assigned or another is given.
    room_id: Option<Uuid>,
    /// Whether the guest takes a room that is not clean.
    #[serde(default)]
    accept_dirty: bool,
}

/// A stay dragged to another place of the chart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveWish {
    /// The room it lands in; absent to change nights alone.
    room_id: Option<Uuid>,
    /// Its first night.
    #[schema(value_type = String, format = Date)]
    arrival: Date,
    /// Its departure.
    #[schema(value_type = String, format = Date)]
    departure: Date,
}

/// The desk's day: arrivals, departures, guests in house, occupancy.
#[utoipa::path(get, path = "/api/v1/front-desk", tag = "front desk", responses((status = 200, body = FrontDesk)))]
async fn front_desk(tenant: Tenant, staff: Staff) -> Result<Json<FrontDesk>> {
    staff.may(Permission::FrontdeskRead)?;
    let conn = tenant.connect().await?;
    Ok(Json(super::front_desk(&conn).await?))
}

/// Rooms by days, with the stays in them.
#[utoipa::path(get, path = "/api/v1/tape-chart", tag = "front desk", params(ChartQuery), responses((status = 200, body = TapeChart)))]
async fn tape_chart(tenant: Tenant, staff: Staff, Query(days): Query<ChartQuery>) -> Result<Json<TapeChart>> {
    staff.may(Permission::FrontdeskRead)?;
    let conn = tenant.connect().await?;
    Ok(Json(super::tape_chart(&conn, days.from, days.days, tenant.clock().now()).await?))
}

/// Takes a step with a stay; the answer is the reservation after it.
async fn stepped(
    clerk: &Clerk,
    permission: Permission,
    key: &RequestKey,
    seen: Seen,
    act: impl AsyncFnOnce(&Session) -> Result<()>,
) -> Result<Response> {
    let step = clerk.step(permission, key)?;
    step.tagged(StatusCode::OK, async |tx| {
        act(tx).await?;
        reservations::by_id(tx, seen.reservation).await
    })
    .await
}

/// Gives a room.
#[utoipa::path(post, path = "/api/v1/reservations/{id}/assign-room", tag = "front desk", params(("id" = Uuid, Path)),
    request_body = RoomChoice, responses((status = 200, body = Reservation), (status = 412)))]
async fn assign_room(
    clerk: Clerk,
    Path(reservation): Path<Uuid>,
    version: IfMatch,
    wish: Posted<RoomChoice>,
) -> Result<Response> {
    let RoomChoice { room_id, from } = wish.value;
    let wished = Placing { room: room_id, from, may_change_type: may_change_type(&clerk) };
    let seen = Seen { reservation, version };
    stepped(&clerk, Permission::FrontdeskAssign, &wish.key, seen, async |tx| {
        super::assign(tx, &clerk.tenant, &clerk.actor(), seen, wished).await
    })
    .await
}

/// Takes the room back before the guest has come.
#[utoipa::path(post, path = "/api/v1/reservations/{id}/unassign-room", tag = "front desk", params(("id" = Uuid, Path)),
    request_body = Nothing, responses((status = 200, body = Reservation), (status = 412)))]
async fn unassign_room(
    clerk: Clerk,
    Path(reservation): Path<Uuid>,
    version: IfMatch,
    wish: Posted<Nothing>,
) -> Result<Response> {
    let seen = Seen { reservation, version };
    stepped(&clerk, Permission::FrontdeskAssign, &wish.key, seen, async |tx| {
        super::unassign(tx, &clerk.tenant, &clerk.actor(), seen).await
    })
    .await
}

/// Hands over the key.
#[utoipa::path(post, path = "/api/v1/reservations/{id}/check-in", tag = "front desk", params(("id" = Uuid, Path)),
    request_body = ArrivalWish, responses((status = 200, body = Reservation), (status = 412)))]
async fn check_in(
    clerk: Clerk,
    Path(reservation): Path<Uuid>,
    version: IfMatch,
    wish: Posted<ArrivalWish>,
) -> Result<Response> {
    let ArrivalWish { room_id, accept_dirty } = wish.value;
    let guest = Arriving { room: room_id, accept_dirty, may_change_type: may_change_type(&clerk) };
    let seen = Seen { reservation, version };
    stepped(&clerk, Permission::FrontdeskCheckin, &wish.key, seen, async |tx| {
        super::check_in(tx, &clerk.tenant, &clerk.actor(), seen, guest).await
    })
    .await
}

/// Takes the key back: posts the nights, closes the folio, issues the receipt.
#[utoipa::path(post, path = "/api/v1/reservations/{id}/check-out", tag = "front desk", params(("id" = Uuid, Path)),
    request_body = Nothing, responses((status = 200, body = Reservation), (status = 412)))]
async fn check_out(
    clerk: Clerk,
    Path(reservation): Path<Uuid>,
    version: IfMatch,
    wish: Posted<Nothing>,
) -> Result<Response> {
    let seen = Seen { reservation, version };
    stepped(&clerk, Permission::FrontdeskCheckout, &wish.key, seen, async |tx| {
        super::check_out(tx, &clerk.tenant, &clerk.actor(), seen).await
    })
    .await
}

/// Moves a stay to another room, other nights or both.
#[utoipa::path(post, path = "/api/v1/reservations/{id}/move", tag = "front desk", params(("id" = Uuid, Path)),
    request_body = MoveWish, responses((status = 200, body = Reservation), (status = 412)))]
async fn relocate(
    clerk: Clerk,
    Path(reservation): Path<Uuid>,
    version: IfMatch,
    wish: Posted<MoveWish>,
) -> Result<Response> {
    clerk.staff.may(Permission::ReservationAmend)?;
    let MoveWish { room_id, arrival, departure } = wish.value;
    let wished = Move { room: room_id, arrival, departure, may_change_type: true };
    let seen = Seen { reservation, version };
    stepped(&clerk, Permission::FrontdeskAssign, &wish.key, seen, async |tx| {
        super::relocate(tx, &clerk.tenant, &clerk.actor(), seen, wished).await
    })
    .await
}

/// Takes a check-in back on its own day, before anything was posted or paid.
#[utoipa::path(post, path = "/api/v1/reservations/{id}/revert-check-in", tag = "front desk", params(("id" = Uuid, Path)),
    request_body = Nothing, responses((status = 200, body = Reservation), (status = 412)))]
async fn revert_check_in(
    clerk: Clerk,
    Path(reservation): Path<Uuid>,
    version: IfMatch,
    wish: Posted<Nothing>,
) -> Result<Response> {
    let seen = Seen { reservation, version };
    stepped(&clerk, Permission::FrontdeskCheckin, &wish.key, seen, async |tx| {
        super::revert_check_in(tx, &clerk.tenant, &clerk.actor(), seen).await
    })
    .await
}

/// Takes a check-out back on its own day: the guest has the key again, the folio is open again.
#[utoipa::path(post, path = "/api/v1/reservations/{id}/revert-check-out", tag = "front desk", params(("id" = Uuid, Path)),
    request_body = Nothing, responses((status = 200, body = Reservation), (status = 412)))]
async fn revert_check_out(
    clerk: Clerk,
    Path(reservation): Path<Uuid>,
    version: IfMatch,
    wish: Posted<Nothing>,
) -> Result<Response> {
    let seen = Seen { reservation, version };
    stepped(&clerk, Permission::FrontdeskCheckout, &wish.key, seen, async |tx| {
        super::revert_check_out(tx, &clerk.tenant, &clerk.actor(), seen).await
    })
    .await
}

/// Whether this clerk may give a room of another type than was booked.
fn may_change_type(clerk: &Clerk) -> bool {
    clerk.staff.can(Permission::ReservationAmend)
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let said = sentence(&refusal);
        match refusal {
            Refusal::Stale => IfMatch::stale(),
            Refusal::UnknownReservation => Self::new(Kind::NotFound, "unknown-reservation", said),
            Refusal::UnknownRoom => Self::new(Kind::NotFound, "unknown-room", said),
            Refusal::NotAllowed { action, status } => reservations::Refusal::NotAllowed { action, status }.into(),
            Refusal::OutsideStay { .. } => Self::new(Kind::Invalid, "outside-stay", said.clone()).field("from", said),
            Refusal::RoomTaken { nights, .. } => {
                Self::new(Kind::Conflict, "room-taken", said).with("conflicts", nights)
            }
            Refusal::OutOfOrder(_) => Self::new(Kind::Conflict, "room-out-of-order", said),
            Refusal::Occupied(_) => Self::new(Kind::Conflict, "room-occupied", said),
            Refusal::NotReady(_) => Self::new(Kind::Conflict, "room-not-ready", said),
            Refusal::OtherType(_) => Self::new(Kind::Forbidden, "not-permitted", said)
                .with("permission", Permission::ReservationAmend.as_str()),
            Refusal::NoRoom => Self::new(Kind::Conflict, "no-room", said),
            Refusal::TooLateToRevert => Self::new(Kind::Conflict, "too-late-to-revert", said),
            Refusal::LeftBefore => Self::new(Kind::Conflict, "left-before", said),
            Refusal::GivenAway(_) => Self::new(Kind::Conflict, "room-given-away", said),
        }
    }
}
