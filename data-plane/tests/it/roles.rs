//! Each role before each door: what it permits, it permits everywhere, and nothing else.
use std::collections::BTreeSet;

use hotelhub_identity::HotelRole;
use hotelhub_identity::Permission::{self, *};
use hotelhub_testkit::Visitor;
use reqwest::Method;
use serde_json::{Value, json};

use crate::doors::{Door, NOBODY};
use crate::house::{DESK, House};

/// What a door asks for, in the order in which it asks.
const ASKED: &[(&str, &[Permission])] = &[
    ("GET /api/v1/audit", &[AuditRead]),
    ("POST /api/v1/bookings", &[ReservationCreate]),
    ("GET /api/v1/bookings/{id}", &[ReservationRead]),
    ("POST /api/v1/bookings/{id}/confirm", &[ReservationCreate]),
    ("GET /api/v1/charge-codes", &[FolioRead]),
    ("GET /api/v1/folios/{id}", &[FolioRead]),
    ("POST /api/v1/folios/{id}/close", &[FolioPost]),
    ("POST /api/v1/folios/{id}/lines", &[FolioPost]),
    ("POST /api/v1/folios/{id}/lines/{line_id}/reverse", &[FolioReverse]),
    ("POST /api/v1/folios/{id}/payments", &[PaymentTake]),
    ("POST /api/v1/folios/{id}/payments/{payment_id}/reverse", &[PaymentReverse]),
    ("POST /api/v1/folios/{id}/post-nights", &[FolioPost]),
    ("GET /api/v1/folios/{id}/receipt", &[FolioRead]),
    ("GET /api/v1/front-desk", &[FrontdeskRead]),
    ("GET /api/v1/guests", &[GuestRead]),
    ("GET /api/v1/guests/{id}", &[GuestRead]),
    ("PATCH /api/v1/guests/{id}", &[GuestUpdate]),
    ("GET /api/v1/property", &[PropertyRead]),
    ("PATCH /api/v1/property", &[PropertyChange]),
    ("POST /api/v1/property/close-day", &[PropertyChange]),
    ("POST /api/v1/property/opening-day", &[PropertyChange]),
    ("GET /api/v1/rate-plans", &[RateRead]),
    ("POST /api/v1/rate-plans", &[RateChange]),
    ("GET /api/v1/rate-plans/{id}", &[RateRead]),
    ("PATCH /api/v1/rate-plans/{id}", &[RateChange]),
    ("GET /api/v1/rate-plans/{id}/prices", &[RateRead]),
    ("PUT /api/v1/rate-plans/{id}/prices", &[RateChange]),
    ("GET /api/v1/reservations", &[ReservationRead]),
    ("GET /api/v1/reservations/{id}", &[ReservationRead]),
    ("PATCH /api/v1/reservations/{id}", &[ReservationAmend]),
    ("POST /api/v1/reservations/{id}/assign-room", &[FrontdeskAssign]),
    ("POST /api/v1/reservations/{id}/cancel", &[ReservationCancel]),
    ("POST /api/v1/reservations/{id}/check-in", &[FrontdeskCheckin]),
    ("POST /api/v1/reservations/{id}/check-out", &[FrontdeskCheckout]),
    ("POST /api/v1/reservations/{id}/move", &[ReservationAmend, FrontdeskAssign]),
    ("POST /api/v1/reservations/{id}/no-show", &[ReservationCancel]),
    ("POST /api/v1/reservations/{id}/reinstate", &[ReservationCancel]),
    ("POST /api/v1/reservations/{id}/revert-check-in", &[FrontdeskCheckin]),
    ("POST /api/v1/reservations/{id}/revert-check-out", &[FrontdeskCheckout]),
    ("POST /api/v1/reservations/{id}/unassign-room", &[FrontdeskAssign]),
    ("GET /api/v1/room-types", &[RoomRead]),
    ("POST /api/v1/room-types", &[RoomChange]),
    ("GET /api/v1/room-types/{id}", &[RoomRead]),
    ("PATCH /api/v1/room-types/{id}", &[RoomChange]),
    ("GET /api/v1/rooms", &[RoomRead]),
    ("POST /api/v1/rooms", &[RoomChange]),
    ("GET /api/v1/rooms/{id}", &[RoomRead]),
    ("PATCH /api/v1/rooms/{id}", &[HousekeepingUpdate]),
    ("GET /api/v1/tape-chart", &[FrontdeskRead]),
    ("GET /api/v1/users", &[UserManage]),
    ("POST /api/v1/users", &[UserManage]),
    ("GET /api/v1/users/{id}", &[UserManage]),
    ("PATCH /api/v1/users/{id}", &[UserManage]),
    ("PUT /api/v1/users/{id}/password", &[UserManage]),
];

/// Everybody's own affairs, and what asks nobody who they are.
const NOT_ASKED: &[&str] = &["/api/v1/me/", "/api/v1/session", "/api/v1/public/", "/api/v1/availability"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_opens_the_doors_it_permits_and_no_other() {
    let house = House::standalone().await;
    let (somebody, sql) = (house.desk().await, house.sql().await);
    let doors = Door::all();
    let asked: BTreeSet<&str> = ASKED.iter().map(|(door, _)| *door).collect();
    let not_asked = |door: &&Door| !NOT_ASKED.iter().any(|start| door.path.starts_with(start));
    let known: BTreeSet<String> = doors.iter().filter(not_asked).map(Door::name).collect();
    assert_eq!(known.iter().map(String::as_str).collect::<BTreeSet<_>>(), asked, "each door is in the table once");
    for role in HotelRole::ALL {
        sql.execute("update users set roles = $2 where email = $1", &[&DESK, &vec![role.as_str()]]).await.unwrap();
        for (name, permissions) in ASKED {
            let door = doors.iter().find(|door| door.name() == *name).expect("it was just compared");
            let lacking = permissions.iter().find(|permission| !role.permissions().contains(**permission));
            knock(&somebody, role, door, lacking.map(|permission| permission.as_str())).await;
        }
    }
}

async fn knock(who: &Visitor, role: HotelRole, door: &Door, lacking: Option<&str>) {
    let path = door.at(|_| NOBODY.to_owned()) + &door.query(NOBODY);
    let key = format!("{}-{}", role.as_str(), door.path.replace(['/', '{', '}'], "-"));
    let who = who.if_match(1).with("idempotency-key", if door.method == Method::POST { &key } else { "" });
    let body = if door.takes_body { serde_json::to_vec(&fitting(&door.name())).unwrap() } else { Vec::new() };
    let answer = who.raw(door.method.clone(), &path, "application/json", body).await.unwrap();
    let about = format!("{} at {}: {} {}", role.as_str(), door.name(), answer.status, answer.text);
    match lacking {
        None => assert_ne!(answer.code(), "not-permitted", "{about}"),
        Some(permission) => {
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "not-permitted"), "{about}");
            assert_eq!(answer.json()["permission"], json!(permission), "{about}");
        }
    }
}

/// A body that the door can read, about things that are not there.
pub(crate) fn fitting(door: &str) -> Value {
    let room = json!({ "room_type_id": NOBODY, "rate_plan_id": NOBODY, "adults": 2,
        "arrival": "2026-07-10", "departure": "2026-07-11" });
    match door {
        "POST /api/v1/bookings" => {
            json!({ "guest": { "name": "Wayan" }, "status": "confirmed", "reservations": [room] })
        }
        "POST /api/v1/folios/{id}/lines" => json!({ "charge_code": "MINIBAR", "amount_idr": 1_000 }),
        "POST /api/v1/folios/{id}/payments" => json!({ "method": "cash", "amount_idr": 1_000 }),
        "POST /api/v1/property/close-day" | "POST /api/v1/property/opening-day" => {
            json!({ "business_date": "2026-07-03" })
        }
        "POST /api/v1/rate-plans" => json!({ "code": "BAR", "name": "Terbaik" }),
        "PUT /api/v1/rate-plans/{id}/prices" => {
            json!({ "room_type_id": NOBODY, "from": "2026-08-01", "to": "2026-08-02", "price_idr": 1 })
        }
        "POST /api/v1/reservations/{id}/assign-room" => json!({ "room_id": NOBODY }),
        "POST /api/v1/reservations/{id}/move" => json!({ "arrival": "2026-07-10", "departure": "2026-07-11" }),
        "POST /api/v1/room-types" => json!({ "code": "DLX", "name": "Deluxe", "max_adults": 2, "max_children": 0 }),
        "POST /api/v1/rooms" => json!({ "room_type_id": NOBODY, "numbers": ["101"] }),
        "PATCH /api/v1/rooms/{id}" => json!({ "housekeeping": "dirty" }),
        "POST /api/v1/users" => json!({ "name": "Komang", "email": "komang@hotel.test", "roles": ["hr"] }),
        "PUT /api/v1/users/{id}/password" => json!({ "password": "sembilan ekor itik" }),
        door if door.ends_with("/reverse") => json!({ "reason": "Salah kamar" }),
        _ => json!({}),
    }
}
