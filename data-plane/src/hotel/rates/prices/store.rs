//! Prices' rows.
use hotelhub_kernel::Rupiah;
use hotelhub_web::AppError;
use uuid::Uuid;

use super::model::Prices;
use super::{Asked, Priced};
use crate::hotel::fields;
use crate::hotel::rates::DayPrice;
use crate::tenancy::{DbError, Row, Session};

/// One price for every night of a range, another for the nights of Friday and Saturday.
const SET: &str = "
    insert into rate_days (rate_plan_id, room_type_id, day, price_idr, closed, min_nights)
    select $1, $2, d.day::date, case when extract(isodow from d.day) in (5, 6) then $6::bigint else $5 end, $7, $8
      from generate_series($3::date, $4::date - 1, interval '1 day') as d (day)
     where cardinality($9::int[]) = 0 or extract(isodow from d.day)::int = any($9::int[])
     order by d.day
        on conflict (rate_plan_id, room_type_id, day) do update
       set price_idr = excluded.price_idr, closed = excluded.closed, min_nights = excluded.min_nights";

const OF_RANGES: &str = "
    select a.place, d.day, d.price_idr, d.closed, d.min_nights
      from unnest($1::uuid[], $2::uuid[], $3::date[], $4::date[]) with ordinality
           as a (rate_plan_id, room_type_id, first, last, place)
      join rate_days d
        on d.rate_plan_id = a.rate_plan_id and d.room_type_id = a.room_type_id and d.day >= a.first and d.day < a.last
     order by a.place, d.day";

/// Every statement of this file.
pub(in crate::hotel::rates) const STATEMENTS: &[&str] = &[SET, OF_RANGES];

/// Sets the prices of a range in one statement; answers how many nights there were.
pub(super) async fn set(db: &Session, plan: Uuid, p: &Prices) -> Result<u64, AppError> {
    let weekend = p.weekend_price_idr.unwrap_or(p.price_idr).0;
    let set = db
        .execute(
            SET,
            &[&plan, &p.room_type_id, &p.from, &p.to, &p.price_idr.0, &weekend, &p.closed, &p.min_nights, &p.weekdays],
        )
        .await;
    set.map_err(|error| match error.constraint() {
        Some("rate_days_room_type_id_fkey") => fields::wrong("room_type_id", "there is no such room type"),
        _ => error.into(),
    })
}

/// The prices of some ranges, in the order asked and then by night; nights without a price are left out.
pub async fn prices(db: &Session, asked: &[Asked]) -> Result<Vec<Priced>, DbError> {
    let plans: Vec<Uuid> = asked.iter().map(|asked| asked.rate_plan).collect();
    let types: Vec<Uuid> = asked.iter().map(|asked| asked.room_type).collect();
    let (from, to): (Vec<_>, Vec<_>) = asked.iter().map(|asked| (asked.from, asked.to)).unzip();
    let rows = db.query(OF_RANGES, &[&plans, &types, &from, &to]).await?;
    Ok(rows.iter().map(priced).collect())
}

/// The prices of one range, by night.
pub async fn month(db: &Session, asked: Asked) -> Result<Vec<DayPrice>, DbError> {
    Ok(prices(db, &[asked]).await?.into_iter().map(|priced| priced.night).collect())
}

fn priced(row: &Row) -> Priced {
    let night = DayPrice {
        date: row.get("day"),
        price: Rupiah(row.get("price_idr")),
        closed: row.get("closed"),
        min_nights: row.get("min_nights"),
    };
    let place: i64 = row.get("place");
    Priced { asked: usize::try_from(place - 1).unwrap_or(0), night }
}
