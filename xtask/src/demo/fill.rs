//! A hotel filled with its sample data through its own API, on a few threads.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, anyhow};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;

use super::desk::Desk;
use super::house::text;
use super::sample::{Course, Guests, Hotel, RatePlan, Season, Stay, read};
use crate::stop::Stop;
use crate::visitor::Visitor;

/// Requests under way at once.
const HANDS: usize = 4;
/// Stays that arrive within so many days have their room already.
const ROOMS_KNOWN_DAYS: i64 = 14;

/// Ids by what the sample's files call things.
struct Stock {
    room_types: BTreeMap<String, String>,
    rooms: BTreeMap<String, String>,
    rate_plans: BTreeMap<String, String>,
}

/// Sets the hotel up and books its stays. Answers how many there are.
pub(super) fn fill(hotel: &Hotel, owner: &Visitor, stop: &Stop) -> Result<usize> {
    let desk = Desk(owner);
    desk.change_property(&hotel.property)?;
    let today: Date = text(&desk.property()?, "business_date")?.parse()?;
    let stock = set_up(hotel, &desk, today)?;
    let stays = hotel.stays(today, &read::<Guests>("guests.json")?)?;
    let slug = hotel.signup.get("slug").and_then(|slug| slug.as_str()).unwrap_or_default();
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        while let Some(stay) = stays.get(next.fetch_add(1, Ordering::Relaxed)) {
            stop.check()?;
            play(stay, slug, &desk, &stock, today).with_context(|| format!("stay {} of {slug}", stay.number))?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let hands: Vec<_> = (0..HANDS).map(|_| scope.spawn(work)).collect();
        let joined = hands.into_iter().map(|hand| hand.join().map_err(|_| anyhow!("a thread of the filling broke"))?);
        joined.collect::<Result<Vec<()>>>()
    })?;
    Ok(stays.len())
}

fn set_up(hotel: &Hotel, desk: &Desk<'_>, today: Date) -> Result<Stock> {
    let mut stock = Stock { room_types: BTreeMap::new(), rooms: BTreeMap::new(), rate_plans: BTreeMap::new() };
    for (sort, kind) in hotel.room_types.iter().enumerate() {
        let id = desk.add_room_type(&json!({
            "code": kind.code, "name": kind.name, "description": kind.description,
            "max_adults": kind.max_adults, "max_children": kind.max_children, "sort": sort,
        }))?;
        stock.rooms.extend(desk.add_rooms(&id, &kind.numbers()?)?);
        stock.room_types.insert(kind.code.clone(), id);
    }
    let seasons: Vec<Season> = read("seasons.json")?;
    for (sort, plan) in hotel.rate_plans.iter().enumerate() {
        let id = desk.add_rate_plan(&json!({
            "code": plan.code, "name": plan.name, "description": plan.description, "breakfast": plan.breakfast,
            "free_cancellation_days": plan.free_cancellation_days, "public": true, "sort": sort,
        }))?;
        set_prices(plan, &id, desk, &stock, &seasons, today)?;
        stock.rate_plans.insert(plan.code.clone(), id);
    }
    Ok(stock)
}

/// A year of prices from `today`, then the high seasons over it.
fn set_prices(
    plan: &RatePlan,
    id: &str,
    desk: &Desk<'_>,
    stock: &Stock,
    seasons: &[Season],
    today: Date,
) -> Result<()> {
    let end = today.checked_add(1.year())?;
    for (code, price) in &plan.prices {
        let room_type = &stock.room_types[code];
        let set = |from: Date, to: Date, percent: i64| {
            desk.set_prices(
                id,
                &json!({
                    "room_type_id": room_type, "from": from, "to": to,
                    "price_idr": price.weekday * percent / 100, "weekend_price_idr": price.weekend * percent / 100,
                }),
            )
        };
        set(today, end, 100)?;
        for season in seasons {
            let (from, to) = (season.from.max(today), season.to.min(end));
            if from < to {
                set(from, to, season.percent)?;
            }
        }
    }
    Ok(())
}

/// Books a stay and takes it as far as its course says.
fn play(stay: &Stay, slug: &str, desk: &Desk<'_>, stock: &Stock, today: Date) -> Result<()> {
    let reservation = desk.book(&booking(stay, stock), &format!("demo-{slug}-stay-{}", stay.number))?;
    let id = text(&reservation, "id")?;
    let soon = stay.arrival < today.checked_add(ROOMS_KNOWN_DAYS.days())?;
    if soon && stay.course != Course::Cancelled {
        desk.act(&id, "assign-room", &json!({ "room_id": stock.rooms[&stay.room] }))?;
    }
    match stay.course {
        Course::Later | Course::ArrivingToday => Ok(()),
        Course::Cancelled => desk.act(&id, "cancel", &json!({ "reason": "Tamu mengubah rencana" })),
        Course::InHouse => {
            desk.act(&id, "check-in", &json!({}))?;
            let folio = text(&desk.reservation(&id)?, "folio_id")?;
            match stay.number % 3 {
                0 => desk.post_line(&folio, "MINIBAR", 2, 18_000),
                1 => desk.post_line(&folio, "LAUNDRY", 1, 65_000),
                _ => desk.take_cash(&folio, 500_000),
            }
        }
        Course::CheckedOut => {
            desk.act(&id, "check-in", &json!({}))?;
            let folio = text(&desk.reservation(&id)?, "folio_id")?;
            desk.post_line(&folio, "MINIBAR", 1, 35_000)?;
            desk.settle_and_check_out(&id)
        }
    }
}

fn booking(stay: &Stay, stock: &Stock) -> serde_json::Value {
    json!({
        "guest": {
            "name": stay.guest.name, "email": stay.guest.email, "phone": stay.guest.phone,
            "nationality": stay.guest.nationality,
        },
        "status": "confirmed",
        "source": "desk",
        "notes": stay.notes,
        "reservations": [{
            "room_type_id": stock.room_types[&stay.room_type],
            "rate_plan_id": stock.rate_plans[&stay.rate_plan],
            "arrival": stay.arrival,
            "departure": stay.departure,
            "adults": stay.adults,
            "children": 0,
        }],
    })
}
