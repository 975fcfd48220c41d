//! The story that must hold, step by step over HTTP: a hotel's first day, twice; strangers; the vendor away; a third hotel.
use anyhow::{Context, Result, ensure};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::house::{CENTRAL, House, text};
use super::newcomer::Newcomer;
use super::{mailbox, newcomer};
use crate::progress::step;
use crate::random;
use crate::visitor::Visitor;

/// A night's price before service and tax.
const NIGHT_IDR: i64 = 400_000;
const NIGHTS: i64 = 2;
const MINIBAR_IDR: i64 = 25_000;
const MINIBAR_BOTTLES: i64 = 2;

/// A hotel after its first day.
struct FirstDay {
    owner: Visitor,
    url: String,
    reservation: String,
    room_type: String,
    today: Date,
}

/// Tells the whole story; fails at the first step that does not hold.
pub(super) fn tell(house: &mut House) -> Result<()> {
    let mawar = first_day(house, "Penginapan Mawar", "mawar")?;
    let anggrek = first_day(house, "Wisma Anggrek", "anggrek")?;
    step("a session or id of one hotel is worth nothing on the other", || strangers(&mawar, &anggrek))?;
    step("control plane and central database stop", || take_vendor_away(house))?;
    step("both hotels go on", || both_go_on(&mawar, &anggrek))?;
    step("the node restarts without the vendor", || {
        house.stop_node();
        house.start_node()
    })?;
    step("both hotels are still served", || both_go_on(&mawar, &anggrek))?;
    step("the vendor comes back", || bring_vendor_back(house))?;
    step("a third hotel signs up", || third(house))
}

fn signup(hotel: &str, slug: &str) -> Map<String, Value> {
    let body = json!({
        "hotel": hotel, "slug": slug, "owner": "Sri Mulyani", "email": format!("sri@{slug}.example"),
        "phone": "+62 274 512 345", "rooms": 5, "time_zone": "Asia/Jakarta",
    });
    body.as_object().cloned().unwrap_or_default()
}

fn first_day(house: &House, hotel: &str, slug: &str) -> Result<FirstDay> {
    println!("  {hotel}");
    let newcomer = step("  signs up", || Newcomer::sign_up(house, &signup(hotel, slug)))?;
    step("  is ready", || newcomer.wait_until_ready(house))?;
    let link = step("  the welcome mail brings a link", || mailbox::link(house, &newcomer.email, "/login/link/"))?;
    let owner = step("  its page has one button, which logs the owner in once", || newcomer.enter(&link))?;
    let password = random::password()?;
    step("  the owner sets a password and confirms the address", || newcomer.settle(house, &owner, &password))?;
    let desk = Desk(&owner);
    let today: Date = text(&desk.property()?, "business_date")?.parse()?;
    let (room_type, plan) = step("  adds a room type with five rooms and prices", || furnish(&desk, today))?;
    let guest = Visitor::new(&newcomer.url);
    let stay = Stay { room_type: &room_type, plan: &plan, today };
    let email = format!("tamu-{slug}@tamu.example");
    let code = step("  a guest searches and books on the public doors", || book_as_guest(&guest, &stay, &email))?;
    step("  the confirmation mail brings the manage link", || {
        let link = mailbox::link(house, &email, "/manage/")?;
        guest.get(&link)?.expect(200).map(drop)
    })?;
    let reservation = step("  the clerk sees the arrival", || see_arrival(&owner, &code))?;
    step("  assigns a room and checks in", || {
        let room = text(&free_room(&owner)?, "id")?;
        desk.act(&reservation, "assign-room", &json!({ "room_id": room }))?;
        desk.act(&reservation, "check-in", &json!({}))
    })?;
    let folio = text(&desk.reservation(&reservation)?, "folio_id")?;
    step("  posts minibar", || desk.post_line(&folio, "MINIBAR", MINIBAR_BOTTLES, MINIBAR_IDR))?;
    step("  takes cash and checks out", || desk.settle_and_check_out(&reservation))?;
    step("  the receipt adds up to the rupiah", || receipt(&owner, &folio))?;
    Ok(FirstDay { url: newcomer.url.clone(), owner, reservation, room_type, today })
}

fn furnish(desk: &Desk<'_>, today: Date) -> Result<(String, String)> {
    let room_type = desk.add_room_type(&json!({
        "code": "STD", "name": "Kamar Standar", "description": "Kipas angin, kamar mandi dalam.",
        "max_adults": 2, "max_children": 1, "sort": 0,
    }))?;
    let numbers: Vec<String> = (1..=5).map(|number| format!("10{number}")).collect();
    let rooms = desk.add_rooms(&room_type, &numbers)?;
    ensure!(rooms.len() == 5, "five rooms were asked for, {} came", rooms.len());
    let plan = desk.add_rate_plan(&json!({
        "code": "RO", "name": "Harga kamar", "description": "", "breakfast": false,
        "free_cancellation_days": 1, "public": true, "sort": 0,
    }))?;
    let until = today.checked_add(60.days())?;
    let prices = json!({ "room_type_id": room_type, "from": today, "to": until, "price_idr": NIGHT_IDR });
    desk.set_prices(&plan, &prices)?;
    Ok((room_type, plan))
}

struct Stay<'a> {
    room_type: &'a str,
    plan: &'a str,
    today: Date,
}

/// Searches, holds, confirms; answers the booking's code.
fn book_as_guest(guest: &Visitor, stay: &Stay<'_>, email: &str) -> Result<String> {
    guest.get("/")?.expect(200)?;
    let (arrival, departure) = (stay.today, stay.today.checked_add(NIGHTS.days())?);
    let path = format!("/api/v1/availability?arrival={arrival}&departure={departure}&adults=2&children=0");
    let found = guest.get(&path)?.expect(200)?.json()?;
    let offered = &found["room_types"][0];
    ensure!(offered["available"] == 5, "five free rooms were expected: {found}");
    let gross = offered["offers"][0]["total"]["gross_idr"].as_i64();
    ensure!(gross == Some(gross_of(NIGHT_IDR) * NIGHTS), "the offer's total is {gross:?}");
    let wish = json!({
        "room_type_id": stay.room_type, "rate_plan_id": stay.plan, "arrival": arrival, "departure": departure,
        "adults": 2, "children": 0,
    });
    let held = guest.post("/api/v1/public/holds", &wish)?.expect(201)?.json()?;
    let (id, token) = (text(&held, "id")?, text(&held, "token")?);
    let who = json!({ "name": "Bambang Sutrisno", "email": email, "phone": "+62 813 1111 2222", "nationality": "ID" });
    let body = json!({ "token": token, "guest": who });
    let confirmed = guest.post(&format!("/api/v1/public/holds/{id}/confirm"), &body)?.expect(200)?.json()?;
    text(&confirmed, "code")
}

/// Finds the guest among today's arrivals; answers the reservation's id.
fn see_arrival(owner: &Visitor, code: &str) -> Result<String> {
    owner.get("/desk")?.expect(200)?;
    let day = owner.get("/api/v1/front-desk")?.expect(200)?.json()?;
    let arrivals = day["arrivals"].as_array().context("the front desk lists arrivals")?;
    ensure!(arrivals.len() == 1, "one arrival was expected: {day}");
    ensure!(arrivals[0].to_string().contains(code), "the arrival is not booking {code}: {day}");
    arrivals[0]["id"]
        .as_str()
        .or(arrivals[0]["reservation_id"].as_str())
        .map(str::to_owned)
        .context("an arrival has an id")
}

fn free_room(owner: &Visitor) -> Result<Value> {
    let rooms = owner.get("/api/v1/rooms")?.expect(200)?.json()?;
    Ok(rooms["items"][0].clone())
}

/// Ten per cent service, then ten per cent PB1 on price and service: the seed of every new hotel.
fn gross_of(net_idr: i64) -> i64 {
    let service = (net_idr + 5) / 10;
    net_idr + service + (net_idr + service + 5) / 10
}

/// The folio's lines, its payments and the printed receipt all say the same sum, which is the one we worked out ourselves.
fn receipt(owner: &Visitor, folio: &str) -> Result<()> {
    let said = Desk(owner).folio(folio)?;
    let sum = |list: &str, key: &str| -> Result<i64> {
        let items = said[list].as_array().with_context(|| format!("a folio lists its {list}"))?;
        items.iter().map(|item| item[key].as_i64().with_context(|| format!("{list} have {key}"))).sum()
    };
    let gross = sum("lines", "gross_idr")?;
    ensure!(gross == sum("lines", "net_idr")? + sum("lines", "service_idr")? + sum("lines", "pb1_idr")?, "{said}");
    ensure!(gross == sum("payments", "amount_idr")?, "paid is not owed: {said}");
    ensure!(said["balance_idr"] == 0, "the balance is not nothing: {said}");
    // Who leaves on the day of arrival owes the first night.
    let owed = gross_of(NIGHT_IDR) + gross_of(MINIBAR_IDR * MINIBAR_BOTTLES);
    ensure!(gross == owed, "{gross} instead of {owed}, a night and the minibar: {said}");
    let page = owner.get(&format!("/desk/folios/{folio}/receipt"))?.expect(200)?.text;
    ensure!(page.contains(&with_dots(gross)), "the receipt does not say {}", with_dots(gross));
    Ok(())
}

/// 1016400 → `1.016.400`.
fn with_dots(amount: i64) -> String {
    let digits = amount.to_string();
    let grouped = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    grouped.collect::<Vec<_>>().join(".")
}

fn strangers(ours: &FirstDay, theirs: &FirstDay) -> Result<()> {
    for (victim, elsewhere) in [(ours, theirs), (theirs, ours)] {
        let thief = Visitor::with_cookies_of(&elsewhere.url, &victim.owner);
        let session = thief.get("/api/v1/session")?.status;
        ensure!(session == 401, "a session of {} is worth {session} on {}", victim.url, elsewhere.url);
        let path = format!("/api/v1/reservations/{}", victim.reservation);
        let found = elsewhere.owner.get(&path)?.status;
        ensure!(found == 404, "a reservation of {} is found on {}: {found}", victim.url, elsewhere.url);
        let kind = format!("/api/v1/room-types/{}", victim.room_type);
        ensure!(elsewhere.owner.get(&kind)?.status == 404, "a room type of {} is found elsewhere", victim.url);
        ensure!(Visitor::new(&elsewhere.url).get(&path)?.status == 401, "{path} answers strangers");
    }
    Ok(())
}

fn take_vendor_away(house: &mut House) -> Result<()> {
    house.stop_control();
    house.postgres.sql("postgres", &format!("alter database {CENTRAL} allow_connections false"))?;
    let others = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{CENTRAL}'");
    house.postgres.sql("postgres", &others)?;
    ensure!(house.postgres.sql(CENTRAL, "select 1").is_err(), "the central database still answers");
    Ok(())
}

fn bring_vendor_back(house: &mut House) -> Result<()> {
    house.postgres.sql("postgres", &format!("alter database {CENTRAL} allow_connections true"))?;
    house.start_control()
}

/// Guests search, staff are still signed in, and a booking made now is kept.
fn both_go_on(ours: &FirstDay, theirs: &FirstDay) -> Result<()> {
    for hotel in [ours, theirs] {
        let (arrival, departure) = (hotel.today.checked_add(3.days())?, hotel.today.checked_add(4.days())?);
        let search = format!("/api/v1/availability?arrival={arrival}&departure={departure}&adults=1&children=0");
        let found = Visitor::new(&hotel.url).get(&search)?.expect(200)?.json()?;
        let plan = text(&found["room_types"][0]["offers"][0], "rate_plan_id")?;
        hotel.owner.get("/api/v1/session")?.expect(200)?;
        let booking = json!({
            "guest": { "name": "Tamu Setia" }, "status": "confirmed",
            "reservations": [{
                "room_type_id": hotel.room_type, "rate_plan_id": plan, "arrival": arrival, "departure": departure,
                "adults": 1, "children": 0,
            }],
        });
        let made = Desk(&hotel.owner).book(&booking, &random::name()?)?;
        ensure!(made["status"] == "confirmed", "the booking is not kept: {made}");
    }
    Ok(())
}

fn third(house: &House) -> Result<()> {
    let (tenant, owner) = newcomer::settle_in(house, &signup("Losmen Kamboja", "kamboja"))?;
    owner.get("/api/v1/session")?.expect(200)?;
    newcomer::log_in(&tenant)?.get("/desk")?.expect(200).map(drop)
}
