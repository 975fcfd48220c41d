//! Folios in the tenant's database.
use futures_util::future::join3;
use hotelhub_kernel::Rupiah;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::{Folio, FolioId, FolioStatus, Letterhead, Line, Payment, Refusal, Stayed, Totals, change};
use crate::hotel::taxes::{self, TaxRule, Taxes};
use crate::tenancy::{DbError, Row, Session};

/// A folio held against other postings until the transaction ends, with what postings need to know of its property.
pub(super) struct Locked {
    pub(super) id: FolioId,
    pub(super) property: Uuid,
    pub(super) reservation: Uuid,
    pub(super) reservation_status: String,
    pub(super) arrival: Date,
    pub(super) departure: Date,
    pub(super) status: FolioStatus,
    pub(super) receipt_number: Option<String>,
    pub(super) version: i32,
    pub(super) business_date: Date,
    pub(super) rule: TaxRule,
}

const HEAD: &str = "
    select f.id, f.number, f.status, f.receipt_number, f.receipt_at, f.version, f.reservation_id,
           r.status in ('cancelled', 'no_show') as given_up, b.code, g.name as guest, r.arrival, r.departure, last_room.number as room
      from folios f
      join reservations r on r.id = f.reservation_id
      join bookings b on b.id = r.booking_id
      join guests g on g.id = r.guest_id
      left join lateral (
               select m.number
                 from room_assignments a
                 join rooms m on m.id = a.room_id
                where a.reservation_id = r.id and a.active
                order by upper(a.period) desc
                limit 1) last_room on true
     where f.id = $1";

const LINES: &str = "
    select l.id, l.business_date, l.posted_at, l.charge_code, c.name_id, c.name_en, l.description, l.quantity,
           l.net_idr, l.service_idr, l.pb1_idr, l.gross_idr, l.reverses_id, opposite.id is not null as reversed
      from folio_lines l
      join charge_codes c on c.code = l.charge_code
      left join folio_lines opposite on opposite.reverses_id = l.id
     where l.folio_id = $1
     order by l.posted_at, l.source_key, l.id";

const PAYMENTS: &str = "
    select p.id, p.business_date, p.received_at, p.method, p.amount_idr, p.tendered_idr, p.reverses_id, p.note,
           opposite.id is not null as reversed
      from payments p
      left join payments opposite on opposite.reverses_id = p.id
     where p.folio_id = $1
     order by p.received_at, p.id";

const OF_RESERVATION: &str = "select id from folios where reservation_id = $1";

/// By itself: what a statement reads that waited for a lock may be older than the lock.
const LOCK: &str = "select from folios where id = $1 for no key update";

/// In one order, should two hold all.
const LOCK_OPEN: &str = "select from folios where status = 'open' order by id for no key update";

const HELD: &str = "
    select f.id, f.property_id, f.reservation_id, f.status, f.receipt_number, f.version,
           r.status as reservation_status, r.arrival, r.departure,
           p.business_date, p.service_bp, p.pb1_bp, p.pb1_base_includes_service, p.prices_include_tax
      from folios f
      join reservations r on r.id = f.reservation_id
      join properties p on p.id = f.property_id
     where f.id = $1";

const TOUCH: &str = "update folios set version = version + 1, updated_at = $2 where id = $1";

const NEXT_NUMBER: &str = "
    insert into number_series (property_id, series, year, last_number) values ($1, $2, $3, 1)
        on conflict (property_id, series, year) do update set last_number = number_series.last_number + 1
    returning last_number";

/// Numbers without a gap for all that have no folio yet, in the order given: `F-2026-000001`.
const OPEN: &str = "
    with wanted as (
        select w.reservation_id, w.id, r.property_id, extract(year from p.business_date)::smallint as year,
               row_number() over (order by w.place) as place, count(*) over () as of_all
          from unnest($1::uuid[], $2::uuid[]) with ordinality as w (reservation_id, id, place)
          join reservations r on r.id = w.reservation_id
          join properties p on p.id = r.property_id
         where not exists (select from folios f where f.reservation_id = w.reservation_id)
    ), counted as (
        insert into number_series (property_id, series, year, last_number)
        select property_id, 'folio', year, count(*) from wanted group by property_id, year
            on conflict (property_id, series, year)
            do update set last_number = number_series.last_number + excluded.last_number
        returning property_id, last_number
    ), numbered as (
        select w.reservation_id, w.id, w.property_id, w.year, (c.last_number - w.of_all + w.place)::text as number
          from wanted w
          join counted c on c.property_id = w.property_id
    )
    insert into folios (id, property_id, reservation_id, number, created_at, updated_at)
    select id, property_id, reservation_id, 'F-' || year || '-' || lpad(number, greatest(6, length(number)), '0'), $3, $3
      from numbered";

const CLOSE: &str = "
    update folios
       set status = 'closed', receipt_number = $2, receipt_at = $3, version = version + 1, updated_at = $3
     where id = $1";

/// Of a stay that will not be: nothing was posted or paid, so there is nothing to give a receipt for.
const CLOSE_UNUSED: &str = "
    update folios f
       set status = 'closed', version = version + 1, updated_at = $2
     where f.id = $1 and f.status = 'open'
       and not exists (select from folio_lines l where l.folio_id = f.id)
       and not exists (select from payments p where p.folio_id = f.id)";

/// The number of its receipt stays its own.
const REOPEN: &str = "
    update folios
       set status = 'open', receipt_at = null, version = version + 1, updated_at = $2
     where id = $1 and status = 'closed'";

const LETTERHEAD: &str = "
    select p.name, p.address, p.phone, p.email from folios f join properties p on p.id = f.property_id where f.id = $1";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[
    HEAD,
    LINES,
    PAYMENTS,
    OF_RESERVATION,
    LOCK,
    LOCK_OPEN,
    HELD,
    TOUCH,
    NEXT_NUMBER,
    OPEN,
    CLOSE,
    CLOSE_UNUSED,
    REOPEN,
    LETTERHEAD,
];

/// The folio with its postings, in one round trip; refused when its sums do not fit.
pub(super) async fn find(session: &Session, id: FolioId) -> Result<Result<Folio, Refusal>, DbError> {
    let id: &(dyn crate::tenancy::ToSql + Sync) = &id.0;
    let params = [id];
    let head = session.query_opt(HEAD, &params);
    // Not `try_join`: a call that was begun is awaited, or its connection is lost.
    let (head, lines, payments) = join3(head, session.query(LINES, &params), session.query(PAYMENTS, &params)).await;
    let (head, lines, payments) = (head?, lines?, payments?);
    let Some(head) = head else { return Ok(Err(Refusal::UnknownFolio)) };
    let lines: Vec<Line> = lines.iter().map(line).collect();
    let payments: Vec<Payment> = payments.iter().map(payment).collect();
    Ok(Totals::of(&lines, &payments).map(|totals| folio(&head, lines, payments, totals)))
}

/// The folio of a reservation, if it has one.
pub(super) async fn of_reservation(session: &Session, reservation: Uuid) -> Result<Option<FolioId>, DbError> {
    Ok(session.query_opt(OF_RESERVATION, &[&reservation]).await?.map(|row| FolioId(row.get(0))))
}

/// Holds the folio against other postings until the transaction ends.
pub(super) async fn lock(session: &Session, id: FolioId) -> Result<Option<Locked>, DbError> {
    Ok(session.query_opt_behind(LOCK, HELD, &[&id.0]).await?.map(|row| locked(&row)))
}

/// Holds every open folio against postings until the transaction ends.
pub(super) async fn lock_open(session: &Session) -> Result<(), DbError> {
    session.execute(LOCK_OPEN, &[]).await.map(drop)
}

/// Counts the version up.
pub(super) async fn touch(session: &Session, id: FolioId, at: Timestamp) -> Result<(), DbError> {
    session.execute(TOUCH, &[&id.0, &at]).await.map(|_| ())
}

/// The next number of a series; the row stays locked until the transaction ends, so that no number is ever left out.
pub(super) async fn next_number(session: &Session, property: Uuid, series: &str, year: i16) -> Result<i32, DbError> {
    Ok(session.query_one(NEXT_NUMBER, &[&property, &series, &year]).await?.get(0))
}

/// Opens a folio for each reservation that has none, in one round trip.
pub(super) async fn open(
    session: &Session,
    reservations: &[Uuid],
    ids: &[Uuid],
    at: Timestamp,
) -> Result<u64, DbError> {
    session.execute(OPEN, &[&reservations, &ids, &at]).await
}

/// Closes the folio under its receipt's number.
pub(super) async fn close(session: &Session, id: FolioId, receipt: &str, at: Timestamp) -> Result<(), DbError> {
    session.execute(CLOSE, &[&id.0, &receipt, &at]).await.map(|_| ())
}

/// Closes an open folio if nothing is on it; whether it did.
pub(super) async fn close_unused(session: &Session, id: FolioId, at: Timestamp) -> Result<bool, DbError> {
    Ok(session.execute(CLOSE_UNUSED, &[&id.0, &at]).await? == 1)
}

/// Opens a closed folio again; whether it was closed.
pub(super) async fn reopen(session: &Session, id: FolioId, at: Timestamp) -> Result<bool, DbError> {
    Ok(session.execute(REOPEN, &[&id.0, &at]).await? == 1)
}

/// The head of the hotel's paper.
pub(super) async fn letterhead(session: &Session, id: FolioId) -> Result<Option<Letterhead>, DbError> {
    let row = session.query_opt(LETTERHEAD, &[&id.0]).await?;
    Ok(row.map(|row| Letterhead {
        name: row.get("name"),
        address: row.get("address"),
        phone: row.get("phone"),
        email: row.get("email"),
    }))
}

fn locked(row: &Row) -> Locked {
    Locked {
        id: FolioId(row.get("id")),
        property: row.get("property_id"),
        reservation: row.get("reservation_id"),
        reservation_status: row.get("reservation_status"),
        arrival: row.get("arrival"),
        departure: row.get("departure"),
        status: status(row),
        receipt_number: row.get("receipt_number"),
        version: row.get("version"),
        business_date: row.get("business_date"),
        rule: taxes::rule(row),
    }
}

/// An unknown status takes no postings.
fn status(row: &Row) -> FolioStatus {
    FolioStatus::parse(row.get("status")).unwrap_or(FolioStatus::Closed)
}

fn folio(head: &Row, lines: Vec<Line>, payments: Vec<Payment>, totals: Totals) -> Folio {
    Folio {
        id: FolioId(head.get("id")),
        number: head.get("number"),
        status: status(head),
        receipt_number: head.get("receipt_number"),
        receipt_at: head.get("receipt_at"),
        stay: Stayed {
            reservation_id: head.get("reservation_id"),
            booking_code: head.get("code"),
            guest: head.get("guest"),
            room: head.get("room"),
            arrival: head.get("arrival"),
            departure: head.get("departure"),
            given_up: head.get("given_up"),
        },
        lines,
        payments,
        totals,
        version: head.get("version"),
    }
}

fn line(row: &Row) -> Line {
    let amount = |column| Rupiah(row.get(column));
    Line {
        id: row.get("id"),
        business_date: row.get("business_date"),
        posted_at: row.get("posted_at"),
        charge_code: row.get("charge_code"),
        name_id: row.get("name_id"),
        name_en: row.get("name_en"),
        description: row.get("description"),
        quantity: row.get("quantity"),
        amounts: Taxes {
            net: amount("net_idr"),
            service: amount("service_idr"),
            pb1: amount("pb1_idr"),
            gross: amount("gross_idr"),
        },
        reverses_id: row.get("reverses_id"),
        reversed: row.get("reversed"),
    }
}

fn payment(row: &Row) -> Payment {
    let amount = Rupiah(row.get("amount_idr"));
    let tendered = row.get::<_, Option<i64>>("tendered_idr").map(Rupiah);
    Payment {
        id: row.get("id"),
        business_date: row.get("business_date"),
        received_at: row.get("received_at"),
        method: row.get("method"),
        amount,
        tendered,
        change: change(amount, tendered),
        reverses_id: row.get("reverses_id"),
        reversed: row.get("reversed"),
        note: row.get("note"),
    }
}
