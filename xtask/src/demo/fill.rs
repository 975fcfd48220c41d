//! A hotel filled with its sample data through its own API, on a few threads.
use std::collections::BTreeMap;
use std::sync::OnceLock;
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

/// Opens the hotel some weeks ago and lets it live day by day up to today. Answers how many stays it has.
pub(super) fn fill(hotel: &Hotel, owner: &Visitor, stop: &Stop) -> Result<usize> {
    let desk = Desk(owner);
    desk.change_property(&hotel.property)?;
    let today: Date = text(&desk.property()?, "business_date")?.parse()?;
    let opening = hotel.opening(today)?;
    desk.open_on(opening)?;
    let stock = set_up(hotel, &desk, opening, today)?;
    let stays = hotel.stays(today, &read::<Guests>("guests.json")?)?;
    let house = Living {
        desk: &desk,
        stock: &stock,
        today,
        reservations: stays.iter().map(|stay| (stay.number, OnceLock::new())).collect(),
    };
    for day in opening.series(1.day()).take_while(|day| *day <= today) {
        stop.check()?;
        house.live(&stays, day).with_context(|| format!("the day {day} of {}", hotel.slug()))?;
        if day < today {
            desk.close_day(day)?;
        }
    }
    Ok(stays.len())
}

/// Does `work` with each of these stays, several at once.
fn each(stays: &[&Stay], work: impl Fn(&Stay) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let hand = || -> Result<()> {
        while let Some(stay) = stays.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(stay).with_context(|| format!("stay {}", stay.number))?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let hands: Vec<_> = (0..HANDS).map(|_| scope.spawn(hand)).collect();
        let joined = hands.into_iter().map(|hand| hand.join().map_err(|_| anyhow!("a thread of the filling broke"))?);
        joined.collect::<Result<Vec<()>>>()
    })?;
    Ok(())
}

fn set_up(hotel: &Hotel, desk: &Desk<'_>, opening: Date, today: Date) -> Result<Stock> {
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
        set_prices(plan, &id, desk, &stock, &seasons, (opening, today.checked_add(1.year())?))?;
        stock.rate_plans.insert(plan.code.clone(), id);
    }
    Ok(stock)
}

/// Prices for these days, then the high seasons over them.
fn set_prices(
    plan: &RatePlan,
    id: &str,
    desk: &Desk<'_>,
    stock: &Stock,
    seasons: &[Season],
    (start, end): (Date, Date),
) -> Result<()> {
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
        set(start, end, 100)?;
        for season in seasons {
            let (from, to) = (season.from.max(start), season.to.min(end));
            if from < to {
                set(from, to, season.percent)?;
            }
        }
    }
    Ok(())
}

/// A hotel whose days are lived one by one.
struct Living<'a> {
    desk: &'a Desk<'a>,
    stock: &'a Stock,
    today: Date,
    /// By the number of the stay.
    reservations: BTreeMap<usize, OnceLock<String>>,
}

impl Living<'_> {
    /// A day at the desk: bookings come in, guests leave, others arrive, some order something. Of the day of the demo most is
    /// left to whoever looks at it.
    fn live(&self, stays: &[Stay], day: Date) -> Result<()> {
        let of = |wanted: &dyn Fn(&Stay) -> bool| -> Vec<&Stay> { stays.iter().filter(|stay| wanted(stay)).collect() };
        let comes = |stay: &Stay| stay.course == Course::Stays;
        let done = |stay: &Stay| day < self.today || stay.number.is_multiple_of(3);
        each(&of(&|stay| stay.booked_on == day), |stay| self.book(stay))?;
        each(&of(&|stay| comes(stay) && stay.departure == day && done(stay)), |stay| {
            self.desk.settle_and_check_out(self.id(stay)?)
        })?;
        let still_in = |room: &str| {
            stays.iter().any(|other| comes(other) && other.room == room && other.departure == day && !done(other))
        };
        each(&of(&|stay| stay.course != Course::Cancelled && stay.arrival == day), |stay| {
            let (id, empty) = (self.id(stay)?, !still_in(&stay.room));
            if empty && (stay.number % 4 != 0 || done(stay)) {
                self.desk.clean(&self.stock.rooms[&stay.room])?;
            }
            match stay.course {
                Course::NoShow => self.desk.act(id, "no-show", &json!({ "reason": "Tidak datang" })),
                _ if empty && done(stay) => self.desk.act(id, "check-in", &json!({})),
                _ => Ok(()),
            }
        })?;
        let here = |stay: &Stay| comes(stay) && stay.arrival < day && day < stay.departure;
        each(&of(&|stay| here(stay) && stay.number % 3 != 1), |stay| self.order(stay))
    }

    /// Books a stay, gives it its room if it is soon, or gives it up again.
    fn book(&self, stay: &Stay) -> Result<()> {
        let reservation = self.desk.book(&booking(stay, self.stock), &format!("demo-stay-{}", stay.number))?;
        let id = text(&reservation, "id")?;
        let soon = stay.arrival < self.today.checked_add(ROOMS_KNOWN_DAYS.days())?;
        if stay.course == Course::Cancelled {
            self.desk.act(&id, "cancel", &json!({ "reason": "Tamu mengubah rencana" }))?;
        } else if soon {
            self.desk.act(&id, "assign-room", &json!({ "room_id": self.stock.rooms[&stay.room] }))?;
        }
        self.reservations[&stay.number].set(id).map_err(|_| anyhow!("stay {} was booked twice", stay.number))
    }

    /// Something from the minibar or the laundry, or money left at the desk.
    fn order(&self, stay: &Stay) -> Result<()> {
        let folio = text(&self.desk.reservation(self.id(stay)?)?, "folio_id")?;
        match stay.number % 4 {
            0 => self.desk.post_line(&folio, "MINIBAR", 2, 18_000),
            1 => self.desk.post_line(&folio, "LAUNDRY", 1, 65_000),
            2 => self.desk.post_line(&folio, "FOOD", 1, 85_000),
            _ => self.desk.take_cash(&folio, 100_000),
        }
    }

    fn id(&self, stay: &Stay) -> Result<&str> {
        let known = self.reservations[&stay.number].get();
        known.map(String::as_str).with_context(|| format!("stay {} was never booked", stay.number))
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
