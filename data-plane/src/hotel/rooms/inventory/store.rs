//! The counters' rows.
use jiff::civil::Date;
use uuid::Uuid;

use super::{FullNight, Moves};
use crate::tenancy::{DbError, Row, Session};

/// Locks the counters by type and day, so that no two bookings wait for each other.
const LOCK: &str = "
    select from unnest($1::uuid[], $2::date[], $3::smallint[], $4::smallint[]) as w (room_type_id, day, held, sold)
      join inventory_days i on i.room_type_id = w.room_type_id and i.day = w.day
     order by i.room_type_id, i.day
       for update of i";

/// Moves all the counters or none, and returns the nights that are in the way. To be said behind [`LOCK`]: a statement that began before
/// it waited sees counters as they were, and Postgres holds its CHECKs against those before it looks at what they are by now.
const SHIFT: &str = "
    with wanted as (
        select room_type_id, day, held, sold
          from unnest($1::uuid[], $2::date[], $3::smallint[], $4::smallint[]) as w (room_type_id, day, held, sold)
    ), locked as materialized (
        select i.room_type_id, i.day, i.physical - i.out_of_order - i.held - i.sold as free, w.held, w.sold
          from wanted w
          join inventory_days i on i.room_type_id = w.room_type_id and i.day = w.day
    ), short as materialized (
        select w.room_type_id, w.day, coalesce(l.free, 0) as free
          from wanted w
          left join locked l on l.room_type_id = w.room_type_id and l.day = w.day
         where l.day is null or l.free < l.held + l.sold
    ), moved as (
        update inventory_days i
           set held = i.held + l.held, sold = i.sold + l.sold
          from locked l
         where i.room_type_id = l.room_type_id and i.day = l.day and not exists (select from short)
    )
    select room_type_id, day, free from short order by room_type_id, day";

/// Counts the rooms of types anew for the nights from `$2` up to `$3`, and makes the nights that are missing.
const RECOUNT: &str = "
    insert into inventory_days as i (room_type_id, day, physical, out_of_order)
    select t.id, d.day::date, count(r.id), count(r.id) filter (where r.service = 'ooo')
      from unnest($1::uuid[]) as t (id)
     cross join generate_series($2::date, $3::date - 1, interval '1 day') as d (day)
      left join rooms r on r.room_type_id = t.id
     group by t.id, d.day
     order by t.id, d.day
        on conflict (room_type_id, day) do update
       set physical = excluded.physical, out_of_order = excluded.out_of_order
     where (i.physical, i.out_of_order) is distinct from (excluded.physical, excluded.out_of_order)";

const LOCK_TYPES: &str = "select id from room_types where id = any($1) order by id for no key update";

const LAST_NIGHT: &str = "select max(day) as day from inventory_days where room_type_id = any($1)";

/// Types of which a night before `$2` has no counters yet.
const SHORT_REACH: &str = "
    select t.id
      from unnest($1::uuid[]) as t (id)
     where not exists (select from inventory_days i where i.room_type_id = t.id and i.day = $2::date - 1)
     order by t.id";

/// Nights from the business date on that have more rooms taken than would be left with `$3` fewer.
const OVERBOOKED_BY: &str = "
    select room_type_id, day, (physical - out_of_order - held - sold)::int as free
      from inventory_days
     where room_type_id = $1 and day >= $2 and physical - out_of_order - held - sold < $3::smallint
     order by day
     limit 31";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[LOCK, SHIFT, RECOUNT, LOCK_TYPES, LAST_NIGHT, SHORT_REACH, OVERBOOKED_BY];

/// How far ahead of the business date counters are kept at least, in days.
const KEPT: i32 = 730;

/// What became of a shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shifted {
    /// Every counter moved.
    Done,
    /// No counter moved: these nights are full.
    Full(Vec<FullNight>),
}

/// Moves counters, all or none, once all of them are locked.
pub async fn shift(db: &Session, moves: &Moves) -> Result<Shifted, DbError> {
    let (mut types, mut days, mut held, mut sold) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (room_type, day, more_held, more_sold) in moves.iter() {
        types.push(room_type);
        days.push(day);
        held.push(more_held);
        sold.push(more_sold);
    }
    if types.is_empty() {
        return Ok(Shifted::Done);
    }
    let short = db.query_behind(LOCK, SHIFT, &[&types, &days, &held, &sold]).await?;
    if short.is_empty() { Ok(Shifted::Done) } else { Ok(Shifted::Full(short.iter().map(full_night).collect())) }
}

/// Makes sure that the types' counters reach up to the night before `until`.
pub async fn reach(db: &Session, types: &[Uuid], business_date: Date, until: Date) -> Result<(), DbError> {
    let short: Vec<Uuid> = db.query(SHORT_REACH, &[&types, &until]).await?.iter().map(|row| row.get("id")).collect();
    if short.is_empty() { Ok(()) } else { count_until(db, &short, business_date, until).await }
}

/// Counts the rooms of types anew, from the business date on. The table's CHECK refuses when more is sold than is left.
pub(in crate::hotel::rooms) async fn recount(db: &Session, types: &[Uuid], business_date: Date) -> Result<(), DbError> {
    count_until(db, types, business_date, business_date).await
}

async fn count_until(db: &Session, types: &[Uuid], business_date: Date, until: Date) -> Result<(), DbError> {
    // Rooms are added under the same lock: nobody counts while a room is being built.
    db.query(LOCK_TYPES, &[&types]).await?;
    let last: Option<Date> = db.query_one(LAST_NIGHT, &[&types]).await?.get("day");
    let beyond_last = last.and_then(|day| day.tomorrow().ok()).unwrap_or(business_date);
    let kept = business_date.saturating_add(jiff::Span::new().days(KEPT));
    let until = until.max(beyond_last).max(kept);
    db.execute(RECOUNT, &[&types, &business_date, &until]).await?;
    Ok(())
}

/// The nights that are in the way of taking a room of the type out of sale; at most 31 of them.
pub(in crate::hotel::rooms) async fn overbooked_by(
    db: &Session,
    room_type: Uuid,
    business_date: Date,
    fewer: i16,
) -> Result<Vec<FullNight>, DbError> {
    let rows = db.query(OVERBOOKED_BY, &[&room_type, &business_date, &fewer]).await?;
    Ok(rows.iter().map(full_night).collect())
}

fn full_night(row: &Row) -> FullNight {
    FullNight { date: row.get("day"), room_type_id: row.get("room_type_id"), available: row.get("free") }
}
