//! The search: one statement, at most one row per room type and plan.
use hotelhub_kernel::BasisPoints;
use hotelhub_web::AppError;
use jiff::civil::Date;
use uuid::Uuid;

use super::model::priced;
use super::{Availability, FreeType, Offer, Party, Seen};
use crate::hotel::reservations::{LONGEST, LONGEST_PUBLIC, Refusal, Stay, field_of};
use crate::hotel::taxes::TaxRule;
use crate::tenancy::{Row, Session};

/// Rows come in no order: sorting a handful here is cheaper than asking the server to. Prices come in the order of their
/// days, as the index gives them. Nights without counters lie beyond the horizon: nothing is sold there yet, so that all rooms in order are free.
const SEARCH: &str = "
    select p.business_date, p.service_bp, p.pb1_bp, p.pb1_base_includes_service, p.prices_include_tax,
           t.id as type_id, t.code as type_code, t.name as type_name, t.description as type_description,
           t.max_adults, t.max_children,
           case when f.days = $2::date - $1::date then f.free
                else least(f.free, (select count(*) from rooms m where m.room_type_id = t.id and m.service <> 'ooo'))
            end::int as free,
           r.id as plan_id, r.code as plan_code, r.name as plan_name, r.breakfast, r.free_cancellation_days, n.prices,
           t.sort as type_sort, r.sort as plan_sort
      from properties p
      left join room_types t
        on t.property_id = p.id and t.max_adults >= $3 and t.max_adults + t.max_children >= $3 + $4
      left join lateral (
           select min(physical - out_of_order - held - sold) as free, count(*) as days
             from inventory_days
            where room_type_id = t.id and day >= $1 and day < $2) f on true
      left join rate_plans r on r.property_id = p.id and (r.public or $5) and f.free is distinct from 0
      left join lateral (
           select array_agg(price_idr) as prices
             from (select price_idr, closed, min_nights
                     from rate_days
                    where rate_plan_id = r.id and room_type_id = t.id and day >= $1 and day < $2
                    order by day) d
           having count(*) = $2::date - $1::date
              and not bool_or(closed) and max(min_nights) <= $2::date - $1::date) n on true";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[SEARCH];

/// What is free for a stay and a party, and what it costs.
pub async fn search(db: &Session, stay: Stay, party: Party, seen: Seen) -> Result<Availability, AppError> {
    let (longest, all_plans) = match seen {
        Seen::ByStaff => (LONGEST, true),
        Seen::ByPublic => (LONGEST_PUBLIC, false),
    };
    let stay = stay.within(longest).map_err(|why| Refusal::stay("departure", why))?;
    let mut rows =
        db.query(SEARCH, &[&stay.arrival(), &stay.departure(), &party.adults, &party.children, &all_plans]).await?;
    let mut found = Availability {
        arrival: stay.arrival(),
        departure: stay.departure(),
        nights: stay.nights(),
        room_types: Vec::with_capacity(8),
    };
    if let Some(row) = rows.first() {
        let business_date: Date = row.get(0);
        stay.sold_on(business_date).map_err(|why| Refusal::stay(field_of(why), why))?;
    }
    rows.sort_by(|one, other| place(one).cmp(&place(other)));
    for row in &rows {
        add(&mut found, stay, row);
    }
    Ok(found)
}

/// Adds a row's room type, when it is a new one, and its offer, when there is one. Columns are read by place: this is the
/// busiest statement of the house.
fn add(found: &mut Availability, stay: Stay, row: &Row) {
    let Some(id) = row.get::<_, Option<Uuid>>(5) else { return };
    if found.room_types.last().is_none_or(|last| last.id != id) {
        found.room_types.push(FreeType {
            id,
            code: row.get(6),
            name: row.get(7),
            description: row.get(8),
            max_adults: row.get(9),
            max_children: row.get(10),
            available: row.get(11),
            offers: Vec::new(),
        });
    }
    if let (Some(free), Some(offer)) = (found.room_types.last_mut(), offer(stay, row))
        && free.available > 0
    {
        free.offers.push(offer);
    }
}

/// Where a row stands in the house's order.
fn place(row: &Row) -> (Option<i16>, Option<&str>, Option<i16>, Option<&str>) {
    (row.get(18), row.get(6), row.get(19), row.get(13))
}

fn offer(stay: Stay, row: &Row) -> Option<Offer> {
    let rate_plan_id = row.get::<_, Option<Uuid>>(12)?;
    let prices = row.get::<_, Option<Vec<i64>>>(17)?;
    let (nights, total) = priced(stay, &prices, &tax_rule(row))?;
    Some(Offer {
        rate_plan_id,
        code: row.get(13),
        name: row.get(14),
        breakfast: row.get(15),
        free_cancellation_days: row.get(16),
        nights,
        total,
    })
}

fn tax_rule(row: &Row) -> TaxRule {
    let rate = |place: usize| BasisPoints(u32::try_from(row.get::<_, i32>(place)).unwrap_or(0));
    TaxRule { service: rate(1), pb1: rate(2), pb1_base_includes_service: row.get(3), prices_include_tax: row.get(4) }
}
