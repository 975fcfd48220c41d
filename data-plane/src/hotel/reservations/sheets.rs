//! Reading reservations and bookings.
use hotelhub_kernel::{Cursor, Rupiah};
use hotelhub_web::{AppError, Kind};
use jiff::civil::Date;
use uuid::Uuid;

use super::sheet::{Booking, Door, Named, Reservation, Sleeper};
use super::{Refusal, Slips, Status, Stay};
use crate::hotel::availability::NightPrice;
use crate::hotel::taxes::{self, Taxes};
use crate::tenancy::{DbError, Row, Session};

const BY_ID: &str = "
    select id, booking_id, code, source, status, arrival, departure, adults, children, notes, hold_until, version,
           room_type_id, room_type_code, room_type_name, rate_plan_id, rate_plan_code, rate_plan_name,
           guest_id, guest_name, guest_email, guest_phone, room_id, room_number, days, prices, folio_id, balance_idr,
           business_date, service_bp, pb1_bp, pb1_base_includes_service, prices_include_tax,
           check_in_is_fresh, check_out_is_fresh
      from reservation_sheets
     where id = $1";

const OF_BOOKING: &str = "
    select id, booking_id, code, source, status, arrival, departure, adults, children, notes, hold_until, version,
           room_type_id, room_type_code, room_type_name, rate_plan_id, rate_plan_code, rate_plan_name,
           guest_id, guest_name, guest_email, guest_phone, room_id, room_number, days, prices, folio_id, balance_idr,
           business_date, service_bp, pb1_bp, pb1_base_includes_service, prices_include_tax,
           check_in_is_fresh, check_out_is_fresh
      from reservation_sheets
     where booking_id = $1
     order by id";

const BOOKING: &str = "select id, code, source, version from bookings where id = $1";

const BY_TOKEN: &str = "select id from bookings where manage_token_hash = $1";

/// By arrival; `$5` and `$6` are the last row seen, `$4` is looked for in codes, names and room numbers.
const LIST: &str = "
    select id, booking_id, code, source, status, arrival, departure, adults, children, notes, hold_until, version,
           room_type_id, room_type_code, room_type_name, rate_plan_id, rate_plan_code, rate_plan_name,
           guest_id, guest_name, guest_email, guest_phone, room_id, room_number, days, prices, folio_id, balance_idr,
           business_date, service_bp, pb1_bp, pb1_base_includes_service, prices_include_tax,
           check_in_is_fresh, check_out_is_fresh
      from reservation_sheets
     where (cardinality($1::text[]) = 0 or status = any($1))
       and ($2::date is null or arrival >= $2) and ($3::date is null or arrival <= $3)
       and ($4::text = '' or code = upper($4) or position(lower($4) in lower(guest_name)) > 0 or room_number = $4)
       and (arrival, id) > ($5::date, $6)
     order by arrival, id
     limit $7";

/// Every statement of this file.
pub(super) const STATEMENTS: &[&str] = &[BY_ID, OF_BOOKING, BOOKING, BY_TOKEN, LIST];

/// Which reservations are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// In one of these statuses; in any when empty.
    pub statuses: Vec<Status>,
    /// Arriving on this day or later.
    pub arrival_from: Option<Date>,
    /// Arriving on this day or earlier.
    pub arrival_to: Option<Date>,
    /// A booking's code, part of a guest's name, or a room's number.
    pub text: String,
}

/// A reservation, or 404.
pub async fn by_id(db: &Session, id: Uuid) -> Result<Reservation, AppError> {
    let row = db.query_opt(BY_ID, &[&id]).await?.ok_or_else(unknown)?;
    reservation(&row)
}

/// A booking with its reservations, or 404.
pub async fn booking(db: &Session, id: Uuid) -> Result<Booking, AppError> {
    let id: [&(dyn crate::tenancy::ToSql + Sync); 1] = [&id];
    let (head, rows) = futures_util::future::join(db.query_opt(BOOKING, &id), db.query(OF_BOOKING, &id)).await;
    let (head, rows) = (head?, rows?);
    let head = head.ok_or_else(unknown_booking)?;
    Ok(Booking {
        id: head.get("id"),
        code: head.get("code"),
        source: head.get("source"),
        version: head.get("version"),
        reservations: rows.iter().map(reservation).collect::<Result<_, _>>()?,
    })
}

/// The booking of a guest's manage link, by the SHA-256 of its token.
pub async fn booking_of_link(db: &Session, token_hash: &[u8]) -> Result<Option<Uuid>, DbError> {
    Ok(db.query_opt(BY_TOKEN, &[&token_hash]).await?.map(|row| row.get("id")))
}

/// Reservations by arrival, from behind a cursor; one more than `limit` where there are more.
pub async fn list(
    db: &Session,
    search: &Search,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Vec<Reservation>, AppError> {
    let statuses: Vec<&str> = search.statuses.iter().map(|status| status.as_str()).collect();
    let (day, id) = match after {
        Some(cursor) => (cursor.key.parse::<Date>().map_err(|_| foreign_cursor())?, cursor.id),
        None => (jiff::civil::date(1, 1, 1), Uuid::nil()),
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let (from, to, text) = (search.arrival_from, search.arrival_to, &search.text);
    let rows = db.query(LIST, &[&statuses, &from, &to, text, &day, &id, &limit]).await?;
    rows.iter().map(reservation).collect()
}

/// Where a page after this reservation starts.
pub(super) fn place(reservation: &Reservation) -> Cursor {
    Cursor { key: reservation.arrival.to_string(), id: reservation.id }
}

pub(super) fn unknown() -> AppError {
    AppError::new(Kind::NotFound, "unknown-reservation", "There is no such reservation.")
}

pub(super) fn unknown_booking() -> AppError {
    AppError::new(Kind::NotFound, "unknown-booking", "There is no such booking.")
}

fn foreign_cursor() -> AppError {
    AppError::new(Kind::Invalid, "invalid-query", "The cursor is not one of this list.")
        .field("cursor", "not of this list")
}

fn reservation(row: &Row) -> Result<Reservation, AppError> {
    let (arrival, departure): (Date, Date) = (row.get("arrival"), row.get("departure"));
    let stay = Stay::new(arrival, departure).map_err(AppError::internal)?;
    let status = Status::parse(row.get("status")).unwrap_or(Status::Expired);
    let nights = nights(row);
    let rule = taxes::rule(row);
    let split = nights.iter().map(|night| rule.split(night.price)).collect::<Option<Vec<_>>>();
    let room: Option<Uuid> = row.get("room_id");
    Ok(Reservation {
        id: row.get("id"),
        booking_id: row.get("booking_id"),
        code: row.get("code"),
        source: row.get("source"),
        status,
        arrival,
        departure,
        total: split.and_then(Taxes::checked_sum).ok_or(Refusal::TooDear)?,
        nights,
        room_type: named(row, "room_type_id", "room_type_code", "room_type_name"),
        rate_plan: named(row, "rate_plan_id", "rate_plan_code", "rate_plan_name"),
        guest: Sleeper {
            id: row.get("guest_id"),
            name: row.get("guest_name"),
            email: row.get("guest_email"),
            phone: row.get("guest_phone"),
        },
        room: room.map(|id| Door { id, number: row.get("room_number") }),
        adults: row.get("adults"),
        children: row.get("children"),
        notes: row.get("notes"),
        folio_id: row.get("folio_id"),
        balance: Rupiah(row.get("balance_idr")),
        hold_until: row.get("hold_until"),
        allowed_actions: status.allowed_actions(stay, row.get("business_date"), slips(row)),
        version: row.get("version"),
    })
}

/// What a row of `reservation_sheets` says can still be taken back.
pub(crate) fn slips(row: &Row) -> Slips {
    Slips { check_in: row.get("check_in_is_fresh"), check_out: row.get("check_out_is_fresh") }
}

fn named(row: &Row, id: &str, code: &str, name: &str) -> Named {
    Named { id: row.get(id), code: row.get(code), name: row.get(name) }
}

fn nights(row: &Row) -> Vec<NightPrice> {
    let days: Vec<Date> = row.get::<_, Option<_>>("days").unwrap_or_default();
    let prices: Vec<i64> = row.get::<_, Option<_>>("prices").unwrap_or_default();
    days.into_iter().zip(prices).map(|(date, price)| NightPrice { date, price: Rupiah(price) }).collect()
}
