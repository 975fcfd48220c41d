//! The calendar's rows. Every statement reads the version beside what it reads, so that nothing from two versions is put together.
use std::collections::BTreeMap;

use uuid::Uuid;

use super::house::{House, RatePlan, RoomType};
use super::nights::Nights;
use super::prices::{PricedNights, Prices};
use super::{Calendar, Lacking, Loaded, Version};
use crate::hotel::taxes;
use crate::tenancy::{DbError, Row, Session};

/// The busiest statement of the house.
const VERSION: &str = "select house, nights, prices from availability_version where only_row";

const ROOM_TYPES: &str = "
    select v.house, v.nights, v.prices,
           p.business_date, p.service_bp, p.pb1_bp, p.pb1_base_includes_service, p.prices_include_tax,
           t.id, t.code, t.name, t.description, t.max_adults, t.max_children,
           (select count(*) from rooms m where m.room_type_id = t.id and m.service <> 'ooo')::int as rooms
      from availability_version v
     cross join (
           select id, business_date, service_bp, pb1_bp, pb1_base_includes_service, prices_include_tax
             from properties
            order by created_at, id
            limit 1) p
      left join room_types t on t.property_id = p.id and not t.archived
     where v.only_row
     order by t.sort, convert_to(t.code, 'UTF8')";

const RATE_PLANS: &str = "
    select v.house, v.nights, v.prices, r.id, r.code, r.name, r.breakfast, r.free_cancellation_days, r.public
      from availability_version v
     cross join (select id from properties order by created_at, id limit 1) p
      left join rate_plans r on r.property_id = p.id and not r.archived
     where v.only_row
     order by r.sort, convert_to(r.code, 'UTF8')";

/// Free rooms of the chunks `$1`, a row per chunk and room type, and prices of the chunks `$2`, a row per chunk, plan and type: in one
/// statement, so that they are of one moment. Chunks have 64 nights, the first from 1 January 1970.
const CHUNKS: &str = "
    select v.house, v.nights, v.prices, c.chunk, false as is_priced, null::uuid as rate_plan_id, t.id as room_type_id,
           n.places, n.free as amounts, null::boolean[] as closed, null::smallint[] as min_nights
      from availability_version v
     cross join unnest($1::int[]) as c (chunk)
      left join room_types t on true
      left join lateral (
           select array_agg((day - date '1970-01-01' - c.chunk * 64)::smallint) as places,
                  array_agg(physical - out_of_order - held - sold) as free
             from inventory_days
            where room_type_id = t.id
              and day >= date '1970-01-01' + c.chunk * 64 and day < date '1970-01-01' + (c.chunk + 1) * 64) n on true
     where v.only_row
     union all
    select v.house, v.nights, v.prices, c.chunk, true, r.id, t.id, n.places, n.prices, n.closed, n.min_nights
      from availability_version v
     cross join unnest($2::int[]) as c (chunk)
      left join (rate_plans r cross join room_types t) on true
      left join lateral (
           select array_agg((day - date '1970-01-01' - c.chunk * 64)::smallint) as places,
                  array_agg(price_idr::int) as prices, array_agg(closed) as closed, array_agg(min_nights) as min_nights
             from rate_days
            where rate_plan_id = r.id and room_type_id = t.id
              and day >= date '1970-01-01' + c.chunk * 64 and day < date '1970-01-01' + (c.chunk + 1) * 64) n on true
     where v.only_row";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[VERSION, ROOM_TYPES, RATE_PLANS, CHUNKS];

/// The present version.
pub(in crate::hotel::availability) async fn version(db: &Session) -> Result<Version, DbError> {
    Ok(version_of(&db.query_one(VERSION, &[]).await?))
}

/// A calendar of the house without nights; none when the house changed while it was read, or has no property.
pub(in crate::hotel::availability) async fn house(db: &Session) -> Result<Option<Calendar>, DbError> {
    let (types, plans) = tokio::join!(biased; db.query(ROOM_TYPES, &[]), db.query(RATE_PLANS, &[]));
    let (types, plans) = (types?, plans?);
    let (Some(first), Some(last)) = (types.first(), plans.last()) else { return Ok(None) };
    let version = version_of(last);
    if version_of(first).house != version.house {
        return Ok(None);
    }
    let house = House {
        business_date: first.get("business_date"),
        rule: taxes::rule(first),
        room_types: types.iter().filter_map(room_type).collect(),
        rate_plans: plans.iter().filter_map(rate_plan).collect(),
    };
    Ok(Some(Calendar::of(version, house)))
}

/// The chunks that are lacking; at least one is.
pub(in crate::hotel::availability) async fn chunks(db: &Session, lacking: &Lacking) -> Result<Option<Loaded>, DbError> {
    let rows = db.query(CHUNKS, &[&lacking.nights, &lacking.prices]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let mut loaded = Loaded { version: version_of(first), nights: BTreeMap::new(), prices: BTreeMap::new() };
    for row in &rows {
        if row.get("is_priced") {
            put_prices(loaded.prices.entry(row.get("chunk")).or_default(), row);
        } else {
            put_nights(loaded.nights.entry(row.get("chunk")).or_default(), row);
        }
    }
    Ok(Some(loaded))
}

/// Adds a row's free rooms, when it has any.
fn put_nights(nights: &mut Nights, row: &Row) {
    if let Some(places) = row.get::<_, Option<Vec<i16>>>("places") {
        nights.put(row.get("room_type_id"), &places, &row.get::<_, Vec<i32>>("amounts"));
    }
}

/// Adds a row's prices, when it has any.
fn put_prices(prices: &mut Prices, row: &Row) {
    if let Some(places) = row.get::<_, Option<Vec<i16>>>("places") {
        let nights = PricedNights {
            places: &places,
            prices: &row.get::<_, Vec<i32>>("amounts"),
            closed: &row.get::<_, Vec<bool>>("closed"),
            min_nights: &row.get::<_, Vec<i16>>("min_nights"),
        };
        prices.put(row.get("rate_plan_id"), row.get("room_type_id"), &nights);
    }
}

fn version_of(row: &Row) -> Version {
    Version { house: row.get(0), nights: row.get(1), prices: row.get(2) }
}

fn room_type(row: &Row) -> Option<RoomType> {
    let id = row.get::<_, Option<Uuid>>("id")?;
    Some(RoomType {
        id,
        code: row.get("code"),
        name: row.get("name"),
        description: row.get("description"),
        max_adults: row.get("max_adults"),
        max_children: row.get("max_children"),
        rooms: row.get("rooms"),
    })
}

fn rate_plan(row: &Row) -> Option<RatePlan> {
    let id = row.get::<_, Option<Uuid>>("id")?;
    Some(RatePlan {
        id,
        code: row.get("code"),
        name: row.get("name"),
        breakfast: row.get("breakfast"),
        free_cancellation_days: row.get("free_cancellation_days"),
        public: row.get("public"),
    })
}
