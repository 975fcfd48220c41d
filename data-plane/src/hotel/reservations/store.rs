//! Reservations' rows as they are written. What is shown is read in `sheets`.
use hotelhub_kernel::Rupiah;
use hotelhub_web::{AppError, Kind};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::wish::Room;
use super::{Night, Status, Stay, Terms};
use crate::hotel::availability::Party;
use crate::hotel::guests::Guest;
use crate::hotel::rooms::inventory::{Counter, Moves};
use crate::tenancy::{DbError, Params, Row, Session};

/// Guest, booking, rooms and nights in one statement; the first code nobody has is taken.
const BOOK: &str = "
    with guest as (
        insert into guests (id, name, email, phone, nationality, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $6)
    ), booking as (
        insert into bookings
            (id, property_id, code, booker_id, source, manage_token_hash, created_on, created_at, updated_at)
        select $7, $8, c.code, $1, $9, $10, $11, $6, $6
          from unnest($12::text[]) as c (code)
         where not exists (select from bookings b where b.code = c.code)
         limit 1
    ), rooms as (
        insert into reservations
            (id, booking_id, property_id, room_type_id, rate_plan_id, guest_id, arrival, departure, adults, children,
             status, hold_until, notes, created_at, updated_at)
        select r.id, $7, $8, r.room_type_id, r.rate_plan_id, $1, r.arrival, r.departure, r.adults, r.children,
               $13, $14, $15, $6, $6
          from unnest($16::uuid[], $17::uuid[], $18::uuid[], $19::date[], $20::date[], $21::smallint[], $22::smallint[])
               as r (id, room_type_id, rate_plan_id, arrival, departure, adults, children)
    )
    insert into reservation_nights (reservation_id, day, room_type_id, rate_plan_id, price_idr)
    select n.reservation_id, n.day, n.room_type_id, n.rate_plan_id, n.price_idr
      from unnest($23::uuid[], $24::date[], $25::uuid[], $26::uuid[], $27::bigint[])
           as n (reservation_id, day, room_type_id, rate_plan_id, price_idr)";

/// By itself: what a statement reads that waited for a lock may be older than the lock.
const LOCK: &str = "select from reservations where id = $1 for no key update";

const HELD: &str = "
    select r.id, r.booking_id, r.status, r.hold_until, r.arrival, r.departure, r.room_type_id, r.rate_plan_id,
           r.adults, r.children, r.notes, r.version, p.business_date
      from reservations r
      join properties p on p.id = r.property_id
     where r.id = $1";

const LOCK_BOOKING: &str = "select version from bookings where id = $1 for no key update";

const LOCK_OF_BOOKING: &str = "
    select r.id, r.booking_id, r.status, r.hold_until, r.arrival, r.departure, r.room_type_id, r.rate_plan_id,
           r.adults, r.children, r.notes, r.version, p.business_date
      from reservations r
      join properties p on p.id = r.property_id
     where r.booking_id = $1
     order by r.id
       for no key update of r";

const NIGHTS: &str = "
    select reservation_id, day, room_type_id, rate_plan_id, price_idr
      from reservation_nights
     where reservation_id = any($1)
     order by reservation_id, day";

const DROP_NIGHTS: &str = "delete from reservation_nights where reservation_id = $1 and day <> all($2::date[])";

const ADD_NIGHTS: &str = "
    insert into reservation_nights (reservation_id, day, room_type_id, rate_plan_id, price_idr)
    select $1, n.day, $2, $3, n.price_idr from unnest($4::date[], $5::bigint[]) as n (day, price_idr)";

const AMEND: &str = "
    update reservations
       set arrival = $2, departure = $3, room_type_id = $4, rate_plan_id = $5, adults = $6, children = $7, notes = $8,
           updated_at = $9, version = version + 1
     where id = $1";

const SETTLE: &str = "
    update reservations
       set status = $2::text, hold_until = null, cancel_reason = $3, updated_at = $4::timestamptz, version = version + 1,
           cancelled_at = case when $2 in ('cancelled', 'no_show') then $4::timestamptz end
     where id = any($1)";

const TOUCH_BOOKING: &str = "update bookings set version = version + 1, updated_at = $2 where id = $1";

/// Lets holds of some types go whose time ran out and whose nights meet `[$3, $4)`, and tells what they kept. One that
/// somebody is just confirming is left alone.
const EXPIRE: &str = "
    with gone as (
        update reservations
           set status = 'expired', hold_until = null, updated_at = $1, version = version + 1
         where id in (
               select id
                 from reservations
                where status = 'hold' and hold_until <= $1
                  and (cardinality($2::uuid[]) = 0
                       or room_type_id = any($2) and arrival < $4::date and departure > $3::date)
                order by id
                limit 200
                  for no key update skip locked)
        returning id)
    select g.id, n.day, n.room_type_id
      from gone g
      join reservation_nights n on n.reservation_id = g.id";

const OVERDUE: &str = "select exists (select from reservations where status = 'hold' and hold_until <= $1)";

/// Every statement of this file.
pub(super) const STATEMENTS: &[&str] = &[
    OVERDUE,
    BOOK,
    LOCK,
    HELD,
    LOCK_BOOKING,
    LOCK_OF_BOOKING,
    NIGHTS,
    DROP_NIGHTS,
    ADD_NIGHTS,
    AMEND,
    SETTLE,
    TOUCH_BOOKING,
    EXPIRE,
];

/// A booking about to be written.
pub(super) struct NewBooking<'a> {
    pub(super) id: Uuid,
    pub(super) property: Uuid,
    pub(super) business_date: Date,
    pub(super) codes: [String; 4],
    pub(super) source: &'a str,
    pub(super) link: Option<&'a [u8]>,
    pub(super) guest: &'a Guest,
    pub(super) status: Status,
    pub(super) hold_until: Option<Timestamp>,
    pub(super) notes: &'a str,
    pub(super) rooms: &'a [(Uuid, Room)],
    pub(super) nights: &'a [(Uuid, Night)],
}

/// A reservation held against other changes until the transaction ends.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) id: Uuid,
    pub(super) booking: Uuid,
    pub(super) status: Status,
    pub(super) hold_until: Option<Timestamp>,
    pub(super) terms: Terms,
    pub(super) party: Party,
    pub(super) notes: String,
    pub(super) version: i32,
    pub(super) business_date: Date,
}

/// What holds that ran out kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Expired {
    /// The reservations, each once.
    pub(super) reservations: Vec<Uuid>,
    /// What goes back to the counters.
    pub(super) moves: Moves,
}

/// Writes a booking whose rooms are already counted.
pub(super) async fn book(db: &Session, now: Timestamp, b: &NewBooking<'_>) -> Result<(), AppError> {
    let ids: Vec<Uuid> = b.rooms.iter().map(|(id, _)| *id).collect();
    let terms = |pick: fn(&Terms) -> Uuid| -> Vec<Uuid> { b.rooms.iter().map(|(_, room)| pick(&room.terms)).collect() };
    let (types, plans) = (terms(|terms| terms.room_type), terms(|terms| terms.rate_plan));
    let arrivals: Vec<Date> = b.rooms.iter().map(|(_, room)| room.terms.stay.arrival()).collect();
    let departures: Vec<Date> = b.rooms.iter().map(|(_, room)| room.terms.stay.departure()).collect();
    let (adults, children): (Vec<i16>, Vec<i16>) =
        b.rooms.iter().map(|(_, room)| (room.party.adults, room.party.children)).unzip();
    let of: Vec<Uuid> = b.nights.iter().map(|(id, _)| *id).collect();
    let days: Vec<Date> = b.nights.iter().map(|(_, night)| night.day).collect();
    let night_types: Vec<Uuid> = b.nights.iter().map(|(_, night)| night.room_type).collect();
    let night_plans: Vec<Uuid> = b.nights.iter().map(|(_, night)| night.rate_plan).collect();
    let prices: Vec<i64> = b.nights.iter().map(|(_, night)| night.price.0).collect();
    let (guest, codes, status) = (b.guest, b.codes.as_slice(), b.status.as_str());
    let values: Params<'_> = &[
        &guest.id,
        &guest.name,
        &guest.email,
        &guest.phone,
        &guest.nationality,
        &now,
        &b.id,
        &b.property,
        &b.source,
        &b.link,
        &b.business_date,
        &codes,
        &status,
        &b.hold_until,
        &b.notes,
        &ids,
        &types,
        &plans,
        &arrivals,
        &departures,
        &adults,
        &children,
        &of,
        &days,
        &night_types,
        &night_plans,
        &prices,
    ];
    db.execute(BOOK, values).await.map(drop).map_err(unbooked)
}

/// Another booking drew the same code in the same moment, or something broke.
fn unbooked(error: DbError) -> AppError {
    match error.constraint() {
        Some("bookings_code_unique" | "reservations_booking_id_fkey") => {
            AppError::new(Kind::Unavailable, "busy", "Please try again.").retry_after(1).because(error)
        }
        _ => error.into(),
    }
}

/// Holds a reservation.
pub(super) async fn lock(db: &Session, id: Uuid) -> Result<Option<Held>, DbError> {
    Ok(db.query_opt_behind(LOCK, HELD, &[&id]).await?.as_ref().and_then(held))
}

/// Holds all reservations of a booking, then the booking, as whoever changes one of them does; its version comes first.
pub(super) async fn lock_booking(db: &Session, id: Uuid) -> Result<Option<(i32, Vec<Held>)>, DbError> {
    let held = db.query(LOCK_OF_BOOKING, &[&id]).await?.iter().filter_map(held).collect();
    Ok(db.query_opt(LOCK_BOOKING, &[&id]).await?.map(|row| (row.get("version"), held)))
}

/// The nights of reservations as agreed, each with its reservation.
pub(super) async fn nights(db: &Session, reservations: &[Uuid]) -> Result<Vec<(Uuid, Night)>, DbError> {
    Ok(db.query(NIGHTS, &[&reservations]).await?.iter().map(night).collect())
}

/// Writes the changed terms, party and notes of a reservation, and its nights: `kept` stay, `fresh` come in.
pub(super) async fn amend(
    db: &Session,
    now: Timestamp,
    held: &Held,
    kept: &[Night],
    fresh: &[(Date, Rupiah)],
) -> Result<(), DbError> {
    let (stay, terms, party) = (held.terms.stay, held.terms, held.party);
    let kept: Vec<Date> = kept.iter().map(|night| night.day).collect();
    let days: Vec<Date> = fresh.iter().map(|(day, _)| *day).collect();
    let prices: Vec<i64> = fresh.iter().map(|(_, price)| price.0).collect();
    let (arrival, departure) = (stay.arrival(), stay.departure());
    let row: Params<'_> = &[
        &held.id,
        &arrival,
        &departure,
        &terms.room_type,
        &terms.rate_plan,
        &party.adults,
        &party.children,
        &held.notes,
        &now,
    ];
    db.execute(AMEND, row).await?;
    db.execute(DROP_NIGHTS, &[&held.id, &kept]).await?;
    if !days.is_empty() {
        db.execute(ADD_NIGHTS, &[&held.id, &terms.room_type, &terms.rate_plan, &days, &prices]).await?;
    }
    Ok(())
}

/// Puts reservations of a booking into another status.
pub(super) async fn settle(
    db: &Session,
    now: Timestamp,
    booking: Uuid,
    reservations: &[Uuid],
    status: Status,
    reason: &str,
) -> Result<(), DbError> {
    db.execute(SETTLE, &[&reservations, &status.as_str(), &reason, &now]).await?;
    db.execute(TOUCH_BOOKING, &[&booking, &now]).await.map(drop)
}

/// Whether a hold is there whose time ran out.
pub(super) async fn is_any_overdue(db: &Session, now: Timestamp) -> Result<bool, DbError> {
    db.query_one(OVERDUE, &[&now]).await?.try_get(0).map_err(DbError::from)
}

/// Lets holds go whose time ran out: those of `types` that meet the nights from `from` up to `to`, or, when no types are
/// named, all; at most 200 at once. The counters are the caller's.
pub(super) async fn expire(
    db: &Session,
    now: Timestamp,
    types: &[Uuid],
    from: Date,
    to: Date,
) -> Result<Expired, DbError> {
    let mut expired = Expired::default();
    for row in db.query(EXPIRE, &[&now, &types, &from, &to]).await? {
        let id: Uuid = row.get("id");
        if !expired.reservations.contains(&id) {
            expired.reservations.push(id);
        }
        expired.moves.add(Counter::Held, row.get("room_type_id"), row.get("day"), -1);
    }
    Ok(expired)
}

fn held(row: &Row) -> Option<Held> {
    Some(Held {
        id: row.get("id"),
        booking: row.get("booking_id"),
        status: Status::parse(row.get("status"))?,
        hold_until: row.get("hold_until"),
        terms: Terms {
            stay: Stay::new(row.get("arrival"), row.get("departure")).ok()?,
            room_type: row.get("room_type_id"),
            rate_plan: row.get("rate_plan_id"),
        },
        party: Party { adults: row.get("adults"), children: row.get("children") },
        notes: row.get("notes"),
        version: row.get("version"),
        business_date: row.get("business_date"),
    })
}

fn night(row: &Row) -> (Uuid, Night) {
    let night = Night {
        day: row.get("day"),
        room_type: row.get("room_type_id"),
        rate_plan: row.get("rate_plan_id"),
        price: Rupiah(row.get("price_idr")),
    };
    (row.get("reservation_id"), night)
}
