//! Stays and rooms as lists.
use hotelhub_kernel::Rupiah;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::{ChartStay, DayRoom, DayStay, DayType};
use crate::hotel::front_desk::label;
use crate::hotel::reservations::{Status, Stay, slips};
use crate::hotel::rooms::{Housekeeping, Service};
use crate::tenancy::{DbError, Row, Session};

/// Everybody expected up to the day, everybody in house, and whoever left on the day.
const DAY: &str = "
    select s.id, s.version, s.code, s.guest_name, s.status, s.arrival, s.departure,
           s.room_type_id, s.room_type_code, s.room_type_name, s.room_id, m.number, m.housekeeping, m.service,
           s.folio_id, s.balance_idr, s.check_in_is_fresh, s.check_out_is_fresh
      from reservation_sheets s
      left join rooms m on m.id = s.room_id
     where (s.status = 'confirmed' and s.arrival <= $1) or s.status = 'in_house' or s.check_out_is_fresh
     order by s.departure, lpad(coalesce(m.number, ''), 12, '0'), s.code, s.id";

const COUNT_ROOMS: &str = "select count(*) from rooms";

const TYPES: &str = "select id, code, name from room_types where not archived order by sort, code, id";

const ROOMS: &str = "
    select room_type_id, id, number, housekeeping, service from rooms order by lpad(number, 12, '0'), id";

/// Pieces of stays that touch the days; those without a room as a whole. A hold whose time ran out is nobody's.
const CHART: &str = "
    select r.id, r.version, b.code, g.name as guest, r.status, r.room_type_id, a.room_id, r.arrival, r.departure,
           coalesce(lower(a.period), r.arrival) as first, coalesce(upper(a.period), r.departure) as last
      from reservations r
      join bookings b on b.id = r.booking_id
      join guests g on g.id = r.guest_id
      left join room_assignments a on a.reservation_id = r.id and a.active
     where r.arrival < $2 and r.departure > $1
       and (r.status in ('confirmed', 'in_house', 'checked_out') or (r.status = 'hold' and r.hold_until > $3))
       and (a.id is null or a.period && daterange($1, $2))
     order by 10, b.code, r.id";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[DAY, COUNT_ROOMS, TYPES, ROOMS, CHART];

/// The stays of the day's lists, by departure and room.
pub(super) async fn day(session: &Session, business_date: Date) -> Result<Vec<DayStay>, DbError> {
    let rows = session.query(DAY, &[&business_date]).await?;
    Ok(rows.iter().filter_map(|row| day_stay(row, business_date)).collect())
}

/// All rooms of the house.
pub(super) async fn count_rooms(session: &Session) -> Result<i64, DbError> {
    Ok(session.query_one(COUNT_ROOMS, &[]).await?.get(0))
}

/// Room types in the house's order.
pub(super) async fn types(session: &Session) -> Result<Vec<DayType>, DbError> {
    let rows = session.query(TYPES, &[]).await?;
    Ok(rows.iter().map(|row| DayType { id: row.get("id"), code: row.get("code"), name: row.get("name") }).collect())
}

/// Rooms in the order of their numbers, each with its type.
pub(super) async fn rooms(session: &Session) -> Result<Vec<(Uuid, DayRoom)>, DbError> {
    let rows = session.query(ROOMS, &[]).await?;
    Ok(rows.iter().map(|row| (row.get("room_type_id"), room(row, row.get("id")))).collect())
}

/// Pieces of stays between two days.
pub(super) async fn chart(session: &Session, from: Date, to: Date, now: Timestamp) -> Result<Vec<ChartStay>, DbError> {
    Ok(session.query(CHART, &[&from, &to, &now]).await?.iter().filter_map(chart_stay).collect())
}

fn day_stay(row: &Row, business_date: Date) -> Option<DayStay> {
    let status = Status::parse(row.get("status"))?;
    let stay = Stay::new(row.get("arrival"), row.get("departure")).ok()?;
    Some(DayStay {
        id: row.get("id"),
        version: row.get("version"),
        code: row.get("code"),
        guest: row.get("guest_name"),
        status,
        label: label(status, stay, business_date),
        arrival: stay.arrival(),
        departure: stay.departure(),
        nights: stay.nights(),
        room_type: DayType {
            id: row.get("room_type_id"),
            code: row.get("room_type_code"),
            name: row.get("room_type_name"),
        },
        room: row.get::<_, Option<Uuid>>("room_id").map(|id| room(row, id)),
        folio_id: row.get("folio_id"),
        balance: Rupiah(row.get("balance_idr")),
        allowed_actions: status.allowed_actions(stay, business_date, slips(row)),
    })
}

fn room(row: &Row, id: Uuid) -> DayRoom {
    DayRoom {
        id,
        number: row.get("number"),
        housekeeping: Housekeeping::parse(row.get("housekeeping")).unwrap_or(Housekeeping::Dirty),
        service: Service::parse(row.get("service")).unwrap_or(Service::Ooo),
    }
}

fn chart_stay(row: &Row) -> Option<ChartStay> {
    Some(ChartStay {
        reservation_id: row.get("id"),
        version: row.get("version"),
        code: row.get("code"),
        guest: row.get("guest"),
        status: Status::parse(row.get("status"))?,
        room_type_id: row.get("room_type_id"),
        room_id: row.get("room_id"),
        from: row.get("first"),
        to: row.get("last"),
        arrival: row.get("arrival"),
        departure: row.get("departure"),
    })
}
