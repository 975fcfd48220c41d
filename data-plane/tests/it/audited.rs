//! Each door that changes something, gone through once: whoever did it stands in the audit log under the id of the request.
use std::collections::BTreeSet;

use hotelhub_testkit::Visitor;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::clerk::last;
use crate::doors::Door;
use crate::furnished::{Furnished, id};
use crate::house::{DESK, House, PASSWORD};
use crate::people::second_factor::phone;

/// A walk through the doors of a hotel, and those that are behind.
struct Walk {
    doors: Vec<Door>,
    log: Client,
    behind: BTreeSet<String>,
}

impl Walk {
    async fn at(house: &House) -> Self {
        let doors = Door::all().into_iter().filter(|door| door.method != Method::GET).collect();
        Self { doors, log: house.sql().await, behind: BTreeSet::new() }
    }

    /// Goes through the door to what has these ids, as it stands now. The answer's body.
    async fn through(&mut self, who: &Visitor, name: &str, ids: &[&str], wish: Value) -> Value {
        let door = self.doors.iter().find(|door| door.name() == name).unwrap_or_else(|| panic!("no door {name}"));
        let mut ids = ids.iter();
        let path = door.at(|_| (*ids.next().expect("an id for each parameter")).to_owned());
        let thing = path.split('/').take(5).collect::<Vec<_>>().join("/");
        let seen = who.get(&thing).await.unwrap().etag().unwrap_or("\"1\"").to_owned();
        let body = if door.takes_body { serde_json::to_vec(&wish).unwrap() } else { Vec::new() };
        let answer =
            who.with("if-match", &seen).raw(door.method.clone(), &path, "application/json", body).await.unwrap();
        assert!(answer.status.is_success(), "{name}: {} {}", answer.status, answer.text);
        let request = answer.headers["x-request-id"].to_str().unwrap();
        let kind = if path.starts_with("/api/v1/public/") { "guest" } else { "user" };
        let told = "select count(*) from audit_log where request_id = $1 and actor_kind = $2";
        let lines: i64 = self.log.query_one(told, &[&request, &kind]).await.unwrap().get(0);
        assert!(lines > 0, "{name} leaves no line of a {kind}");
        self.behind.insert(name.to_owned());
        answer.json()
    }

    /// Books a room for nights of July 2026; the ids of the reservation and of its folio.
    async fn book(&mut self, hotel: &Furnished, from: u8, to: u8) -> (String, String) {
        let wish = hotel.wish("confirmed", &format!("2026-07-{from:02}"), &format!("2026-07-{to:02}"), 1);
        let booked = self.through(&hotel.desk, "POST /api/v1/bookings", &[], wish).await;
        let stay = &booked["reservations"][0];
        (id(stay), stay["folio_id"].as_str().unwrap().to_owned())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_changes_anything_stands_in_the_audit_log() {
    let house = House::standalone().await;
    let mut walk = Walk::at(&house).await;
    let hotel = opened(&mut walk, &house).await;
    online(&mut walk, &house.guest(), &hotel).await;
    planned(&mut walk, &hotel).await;
    stayed(&mut walk, &hotel).await;
    let day = json!({ "business_date": "2026-07-03" });
    walk.through(&hotel.owner, "POST /api/v1/property/close-day", &[], day).await;
    people(&mut walk, &house, &hotel.owner).await;
    let all: BTreeSet<String> = walk.doors.iter().map(Door::name).collect();
    assert_eq!(walk.behind, all, "no door that changes something is left out");
}

/// The first day, something to sell, and what it costs.
async fn opened(walk: &mut Walk, house: &House) -> Furnished {
    let owner = house.owner().await;
    let day = json!({ "business_date": "2026-07-03" });
    walk.through(&owner, "POST /api/v1/property/opening-day", &[], day).await;
    walk.through(&owner, "PATCH /api/v1/property", &[], json!({ "phone": "+62 21 555 0134" })).await;
    let kind = json!({ "code": "DLX", "name": "Deluxe", "max_adults": 2, "max_children": 1 });
    let room_type = id(&walk.through(&owner, "POST /api/v1/room-types", &[], kind).await);
    walk.through(&owner, "PATCH /api/v1/room-types/{id}", &[&room_type], json!({ "name": "Kamar Deluxe" })).await;
    let numbers = json!({ "room_type_id": room_type, "numbers": ["101", "102", "103", "104"] });
    let built = walk.through(&owner, "POST /api/v1/rooms", &[], numbers).await;
    let rooms: Vec<String> = built["items"].as_array().unwrap().iter().map(id).collect();
    walk.through(&owner, "PATCH /api/v1/rooms/{id}", &[&rooms[3]], json!({ "housekeeping": "dirty" })).await;
    let plan = json!({ "code": "BAR", "name": "Terbaik" });
    let plan = id(&walk.through(&owner, "POST /api/v1/rate-plans", &[], plan).await);
    let free = json!({ "free_cancellation_days": 1 });
    walk.through(&owner, "PATCH /api/v1/rate-plans/{id}", &[&plan], free).await;
    let prices = json!({ "room_type_id": room_type, "from": "2026-07-01", "to": "2026-08-01", "price_idr": 500_000 });
    walk.through(&owner, "PUT /api/v1/rate-plans/{id}/prices", &[&plan], prices).await;
    Furnished { owner, desk: house.desk().await, room_type, plan, rooms }
}

/// A guest who books without the desk, and gives it up.
async fn online(walk: &mut Walk, guest: &Visitor, hotel: &Furnished) {
    let room = hotel.wish("hold", "2026-07-20", "2026-07-22", 1)["reservations"][0].take();
    let held = walk.through(guest, "POST /api/v1/public/holds", &[], room).await;
    let token = held["token"].as_str().unwrap();
    let who = json!({ "token": token, "guest": { "name": "Bambang", "email": "bambang@tamu.test" } });
    walk.through(guest, "POST /api/v1/public/holds/{id}/confirm", &[&id(&held)], who).await;
    walk.through(guest, "POST /api/v1/public/bookings/{token}/cancel", &[token], json!({})).await;
}

/// What becomes of bookings before anybody has come.
async fn planned(walk: &mut Walk, hotel: &Furnished) {
    let desk = &hotel.desk;
    let wish = hotel.wish("hold", "2026-07-10", "2026-07-12", 1);
    let held = walk.through(desk, "POST /api/v1/bookings", &[], wish).await;
    walk.through(desk, "POST /api/v1/bookings/{id}/confirm", &[&id(&held)], json!({})).await;
    let guest = id(&held["reservations"][0]["guest"]);
    walk.through(desk, "PATCH /api/v1/guests/{id}", &[&guest], json!({ "notes": "vegan" })).await;

    let (stay, folio) = walk.book(hotel, 10, 12).await;
    let later = json!({ "departure": "2026-07-13" });
    walk.through(desk, "PATCH /api/v1/reservations/{id}", &[&stay], later).await;
    let room = json!({ "room_id": hotel.rooms[0] });
    walk.through(desk, "POST /api/v1/reservations/{id}/assign-room", &[&stay], room).await;
    let elsewhere = json!({ "room_id": hotel.rooms[1], "arrival": "2026-07-11", "departure": "2026-07-13" });
    walk.through(desk, "POST /api/v1/reservations/{id}/move", &[&stay], elsewhere).await;
    walk.through(desk, "POST /api/v1/reservations/{id}/unassign-room", &[&stay], json!({})).await;
    let ahead = json!({ "method": "cash", "amount_idr": 100_000 });
    walk.through(desk, "POST /api/v1/folios/{id}/payments", &[&folio], ahead).await;
    let reason = json!({ "reason": "Penerbangan batal" });
    walk.through(desk, "POST /api/v1/reservations/{id}/cancel", &[&stay], reason).await;
    walk.through(&hotel.owner, "POST /api/v1/folios/{id}/close", &[&folio], json!({ "keep": true })).await;

    let (missed, _) = walk.book(hotel, 3, 5).await;
    walk.through(desk, "POST /api/v1/reservations/{id}/no-show", &[&missed], json!({})).await;
    walk.through(desk, "POST /api/v1/reservations/{id}/reinstate", &[&missed], json!({})).await;
    walk.through(desk, "POST /api/v1/reservations/{id}/cancel", &[&missed], json!({})).await;
}

/// A guest who comes, drinks, pays and leaves, with a slip at each turn.
async fn stayed(walk: &mut Walk, hotel: &Furnished) {
    let (desk, owner) = (&hotel.desk, &hotel.owner);
    let (stay, folio) = walk.book(hotel, 3, 4).await;
    let room = json!({ "room_id": hotel.rooms[0] });
    walk.through(desk, "POST /api/v1/reservations/{id}/check-in", &[&stay], room).await;
    walk.through(desk, "POST /api/v1/reservations/{id}/revert-check-in", &[&stay], json!({})).await;
    walk.through(desk, "POST /api/v1/reservations/{id}/check-in", &[&stay], json!({})).await;
    let can = json!({ "charge_code": "MINIBAR", "amount_idr": 45_000 });
    let drunk = last(&walk.through(desk, "POST /api/v1/folios/{id}/lines", &[&folio], can).await, "lines");
    let slip = json!({ "reason": "Salah kamar" });
    walk.through(owner, "POST /api/v1/folios/{id}/lines/{line_id}/reverse", &[&folio, &drunk], slip.clone()).await;
    let note = json!({ "method": "cash", "amount_idr": 50_000 });
    let paid = last(&walk.through(desk, "POST /api/v1/folios/{id}/payments", &[&folio], note).await, "payments");
    walk.through(owner, "POST /api/v1/folios/{id}/payments/{payment_id}/reverse", &[&folio, &paid], slip).await;
    let bill = walk.through(desk, "POST /api/v1/folios/{id}/post-nights", &[&folio], json!({})).await;
    let all = json!({ "method": "cash", "amount_idr": bill["balance_idr"] });
    walk.through(desk, "POST /api/v1/folios/{id}/payments", &[&folio], all).await;
    walk.through(desk, "POST /api/v1/reservations/{id}/check-out", &[&stay], json!({})).await;
    walk.through(desk, "POST /api/v1/reservations/{id}/revert-check-out", &[&stay], json!({})).await;
}

/// Somebody new, and what everybody does with their own account.
async fn people(walk: &mut Walk, house: &House, owner: &Visitor) {
    let komang = json!({ "name": "Komang", "email": "komang@hotel.test", "roles": ["hr"] });
    let komang = id(&walk.through(owner, "POST /api/v1/users", &[], komang).await);
    walk.through(owner, "PATCH /api/v1/users/{id}", &[&komang], json!({ "name": "Komang Adi" })).await;
    let given = json!({ "password": "sembilan ekor itik" });
    walk.through(owner, "PUT /api/v1/users/{id}/password", &[&komang], given).await;

    let dewi = house.stranger();
    walk.through(&dewi, "POST /api/v1/session", &[], json!({ "email": DESK, "password": PASSWORD })).await;
    let sessions = dewi.get("/api/v1/sessions").await.unwrap().json();
    let mut others = sessions["items"].as_array().unwrap().iter().filter(|session| session["current"] == false);
    let other = id(others.next().expect("Dewi is signed in elsewhere"));
    walk.through(&dewi, "DELETE /api/v1/sessions/{id}", &[&other], json!({})).await;
    let proof = json!({ "password": PASSWORD });
    walk.through(&dewi, "POST /api/v1/me/totp", &[], proof.clone()).await;
    let code = json!({ "code": phone(house).await.code_at(house.clock.now()) });
    walk.through(&dewi, "POST /api/v1/me/totp/confirm", &[], code).await;
    walk.through(&dewi, "DELETE /api/v1/me/totp", &[], proof).await;
    let chosen = json!({ "current_password": PASSWORD, "new_password": "sepuluh ekor itik" });
    walk.through(&dewi, "POST /api/v1/me/password", &[], chosen).await;
    walk.through(&dewi, "DELETE /api/v1/session", &[], json!({})).await;
}
