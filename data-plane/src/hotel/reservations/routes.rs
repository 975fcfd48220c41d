//! JSON doors of bookings and reservations.
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::Permission;
use hotelhub_kernel::Page;
use hotelhub_web::{Body, IfMatch, Listing, Nothing, PageQuery, Posted, Query, Result};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::sheet::{Booking, Reservation};
use super::wish::{BookingWish, Through};
use super::{Amendment, Search, Status, booking, changing, sheets};
use crate::hotel::fields;
use crate::hotel::step::{Clerk, sheet};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::Tenant;

/// The doors.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new()
        .routes(routes!(book))
        .routes(routes!(read_booking))
        .routes(routes!(confirm))
        .routes(routes!(list))
        .routes(routes!(read, amend))
        .routes(routes!(cancel))
        .routes(routes!(no_show))
        .routes(routes!(reinstate))
}

/// Why a reservation ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Ending {
    /// Up to 500 characters.
    #[serde(default)]
    reason: String,
}

/// Which reservations are listed.
#[derive(Debug, Deserialize, IntoParams)]
struct Filter {
    /// One status, or several with commas between.
    #[serde(default)]
    status: String,
    /// Arriving on this day or later.
    arrival_from: Option<Date>,
    /// Arriving on this day or earlier.
    arrival_to: Option<Date>,
    /// A booking's code, part of a guest's name, or a room's number.
    #[serde(default)]
    q: String,
}

/// Books rooms for a party, all or none, or says which nights are full.
#[utoipa::path(post, path = "/api/v1/bookings", tag = "reservations", request_body = BookingWish,
    responses((status = 201, body = Booking), (status = 409), (status = 422)))]
async fn book(clerk: Clerk, Posted { value: wish, key }: Posted<BookingWish>) -> Result<Response> {
    let step = clerk.step(Permission::ReservationCreate, &key)?;
    step.tagged(StatusCode::CREATED, async |tx| {
        booking::book(tx, &clerk.tenant, &clerk.actor(), Through::Desk, wish).await
    })
    .await
}

/// Reads a booking with its reservations.
#[utoipa::path(get, path = "/api/v1/bookings/{id}", tag = "reservations", responses((status = 200, body = Booking), (status = 404)))]
async fn read_booking(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>) -> Result<Response> {
    staff.may(Permission::ReservationRead)?;
    let db = tenant.connect().await?;
    Ok(sheet(sheets::booking(&db, id).await?))
}

/// Promises the held rooms of a booking.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/confirm", tag = "reservations", request_body = Nothing,
    responses((status = 200, body = Booking), (status = 404), (status = 409), (status = 412)))]
async fn confirm(clerk: Clerk, Path(id): Path<Uuid>, seen: IfMatch, wish: Posted<Nothing>) -> Result<Response> {
    let step = clerk.step(Permission::ReservationCreate, &wish.key)?;
    step.tagged(StatusCode::OK, async |tx| changing::confirm(tx, &clerk.tenant, &clerk.actor(), id, Some(seen)).await)
        .await
}

/// Lists reservations by arrival.
#[utoipa::path(get, path = "/api/v1/reservations", tag = "reservations", params(Filter, PageQuery),
    responses((status = 200, body = Listing<Reservation>)))]
async fn list(tenant: Tenant, staff: Staff, page: PageQuery, filter: Query<Filter>) -> Result<Listing<Reservation>> {
    staff.may(Permission::ReservationRead)?;
    let search = filter.0.understood()?;
    let db = tenant.connect().await?;
    let rows = sheets::list(&db, &search, page.cursor.as_ref(), page.limit).await?;
    Ok(Page::cut(rows, page.limit, sheets::place).into())
}

/// Reads a reservation.
#[utoipa::path(get, path = "/api/v1/reservations/{id}", tag = "reservations",
    responses((status = 200, body = Reservation), (status = 404)))]
async fn read(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>) -> Result<Response> {
    staff.may(Permission::ReservationRead)?;
    let db = tenant.connect().await?;
    Ok(sheet(sheets::by_id(&db, id).await?))
}

/// Changes a reservation: nights that stay keep their price, others are priced now.
#[utoipa::path(patch, path = "/api/v1/reservations/{id}", tag = "reservations", request_body = Amendment,
    responses((status = 200, body = Reservation), (status = 404), (status = 409), (status = 412), (status = 422)))]
async fn amend(clerk: Clerk, Path(id): Path<Uuid>, seen: IfMatch, wish: Body<Amendment>) -> Result<Response> {
    clerk.staff.may(Permission::ReservationAmend)?;
    clerk.amend(async |tx| changing::amend_seen(tx, &clerk.tenant, &clerk.actor(), id, seen, wish.0).await).await
}

/// Gives a reservation up.
#[utoipa::path(post, path = "/api/v1/reservations/{id}/cancel", tag = "reservations", request_body = Ending,
    responses((status = 200, body = Reservation), (status = 404), (status = 409), (status = 412)))]
async fn cancel(clerk: Clerk, Path(id): Path<Uuid>, seen: IfMatch, wish: Posted<Ending>) -> Result<Response> {
    let step = clerk.step(Permission::ReservationCancel, &wish.key)?;
    step.tagged(StatusCode::OK, async |tx| {
        changing::cancel(tx, &clerk.tenant, &clerk.actor(), id, Some(seen), &wish.value.reason).await
    })
    .await
}

/// Notes that a guest never came.
#[utoipa::path(post, path = "/api/v1/reservations/{id}/no-show", tag = "reservations", request_body = Ending,
    responses((status = 200, body = Reservation), (status = 404), (status = 409), (status = 412)))]
async fn no_show(clerk: Clerk, Path(id): Path<Uuid>, seen: IfMatch, wish: Posted<Ending>) -> Result<Response> {
    let step = clerk.step(Permission::ReservationCancel, &wish.key)?;
    step.tagged(StatusCode::OK, async |tx| {
        changing::no_show(tx, &clerk.tenant, &clerk.actor(), id, seen, &wish.value.reason).await
    })
    .await
}

/// Expects a guest again who was given up or missed, if the nights are still free.
#[utoipa::path(post, path = "/api/v1/reservations/{id}/reinstate", tag = "reservations", request_body = Nothing,
    responses((status = 200, body = Reservation), (status = 404), (status = 409), (status = 412)))]
async fn reinstate(clerk: Clerk, Path(id): Path<Uuid>, seen: IfMatch, wish: Posted<Nothing>) -> Result<Response> {
    let step = clerk.step(Permission::ReservationCancel, &wish.key)?;
    step.tagged(StatusCode::OK, async |tx| changing::reinstate(tx, &clerk.tenant, &clerk.actor(), id, seen).await).await
}

impl Filter {
    fn understood(self) -> Result<Search> {
        let statuses = self.status.split(',').filter(|word| !word.is_empty()).map(|word| {
            Status::parse(word).ok_or_else(|| fields::wrong("status", "statuses of reservations with commas between"))
        });
        let day = |field, day: Option<Date>| day.map(|day| fields::date(field, day)).transpose();
        Ok(Search {
            statuses: statuses.collect::<Result<_>>()?,
            arrival_from: day("arrival_from", self.arrival_from)?,
            arrival_to: day("arrival_to", self.arrival_to)?,
            text: fields::text("q", &self.q, 120)?,
        })
    }
}
