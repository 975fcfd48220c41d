//! The search as one statement: what the calendar has to agree with.
use hotelhub_data_plane::hotel::availability::{Availability, FreeType, NightPrice, Offer, Party, Seen};
use hotelhub_data_plane::hotel::reservations::Stay;
use hotelhub_data_plane::hotel::taxes::{TaxRule, Taxes};
use hotelhub_kernel::{BasisPoints, Rupiah};
use jiff::civil::Date;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

/// At most one row per room type and plan. Nights without counters lie beyond the horizon: nothing is sold there yet.
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
        on t.property_id = p.id and not t.archived and t.max_adults >= $3 and t.max_adults + t.max_children >= $3 + $4
      left join lateral (
           select min(physical - out_of_order - held - sold) as free, count(*) as days
             from inventory_days
            where room_type_id = t.id and day >= $1 and day < $2) f on true
      left join rate_plans r on r.property_id = p.id and not r.archived and (r.public or $5) and f.free is distinct from 0
      left join lateral (
           select array_agg(price_idr) as prices
             from (select price_idr, closed, min_nights
                     from rate_days
                    where rate_plan_id = r.id and room_type_id = t.id and day >= $1 and day < $2
                    order by day) d
           having count(*) = $2::date - $1::date
              and not bool_or(closed) and max(min_nights) <= $2::date - $1::date) n on true";

/// What the database answers, as the door would write it; nothing when the stay is not sold.
pub(super) async fn answer(db: &Client, stay: Stay, party: Party, seen: Seen) -> Option<String> {
    let all_plans = seen == Seen::ByStaff;
    stay.within(if all_plans { 365 } else { 30 }).ok()?;
    let (arrival, departure) = (stay.arrival(), stay.departure());
    let mut rows = db.query(SEARCH, &[&arrival, &departure, &party.adults, &party.children, &all_plans]).await.unwrap();
    stay.sold_on(rows.first()?.get::<_, Date>("business_date")).ok()?;
    rows.sort_by(|one, other| place(one).cmp(&place(other)));
    let mut found = Availability { arrival, departure, nights: stay.nights(), room_types: Vec::new() };
    for row in &rows {
        add(&mut found, stay, row);
    }
    Some(serde_json::to_string(&found).unwrap())
}

fn add(found: &mut Availability, stay: Stay, row: &Row) {
    let Some(id) = row.get::<_, Option<Uuid>>("type_id") else { return };
    if found.room_types.last().is_none_or(|last| last.id != id) {
        found.room_types.push(FreeType {
            id,
            code: row.get("type_code"),
            name: row.get("type_name"),
            description: row.get("type_description"),
            max_adults: row.get("max_adults"),
            max_children: row.get("max_children"),
            available: row.get("free"),
            offers: Vec::new(),
        });
    }
    let of = found.room_types.last_mut().unwrap();
    of.offers.extend(offer(stay, row).filter(|_| of.available > 0));
}

fn offer(stay: Stay, row: &Row) -> Option<Offer> {
    let rate_plan_id = row.get::<_, Option<Uuid>>("plan_id")?;
    let prices = row.get::<_, Option<Vec<i64>>>("prices")?;
    let nights: Vec<NightPrice> =
        stay.days().zip(prices).map(|(date, price)| NightPrice { date, price: Rupiah(price) }).collect();
    let rule = rule(row);
    Some(Offer {
        rate_plan_id,
        code: row.get("plan_code"),
        name: row.get("plan_name"),
        breakfast: row.get("breakfast"),
        free_cancellation_days: row.get("free_cancellation_days"),
        total: Taxes::checked_sum(nights.iter().map(|night| rule.split(night.price).unwrap()))?,
        nights,
    })
}

fn rule(row: &Row) -> TaxRule {
    let rate = |name: &str| BasisPoints(u32::try_from(row.get::<_, i32>(name)).unwrap());
    TaxRule {
        service: rate("service_bp"),
        pb1: rate("pb1_bp"),
        pb1_base_includes_service: row.get("pb1_base_includes_service"),
        prices_include_tax: row.get("prices_include_tax"),
    }
}

fn place(row: &Row) -> (Option<i16>, Option<&str>, Option<i16>, Option<&str>) {
    (row.get("type_sort"), row.get("type_code"), row.get("plan_sort"), row.get("plan_code"))
}
