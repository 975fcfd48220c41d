//! Whoever is not of this hotel, before each of its doors.
use reqwest::Method;
use serde_json::{Value, json};

use crate::doors::{Door, NOBODY, everything};
use crate::furnished::{Furnished, furnish};
use crate::house::House;
use crate::lived::Lived;

/// The doors that ask nobody who they are. `GET /session` is not among them: it answers 401.
const PUBLIC: &[&str] = &[
    "DELETE /api/v1/session",
    "GET /api/v1/availability",
    "GET /api/v1/public/bookings/{token}",
    "GET /api/v1/public/property",
    "POST /api/v1/public/bookings/{token}/cancel",
    "POST /api/v1/public/holds",
    "POST /api/v1/public/holds/{id}/confirm",
    "POST /api/v1/session",
];

fn is_public(door: &Door) -> bool {
    PUBLIC.contains(&door.name().as_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_past_any_door_but_the_public_ones() {
    let house = House::saas().await;
    let [melati, kenanga] = &house.hotels[..] else { panic!("two hotels") };
    let hotel = furnish(melati, 1).await;
    hotel.book("confirmed", "2026-07-10", "2026-07-12").await;
    let neighbour = melati.stranger();
    neighbour.put_cookie("__Host-session", &kenanga.owner().await.cookie("__Host-session").unwrap());
    let before = everything(melati).await;
    assert!(before.len() > 10, "{before:?}");
    for visitor in [melati.stranger(), neighbour] {
        let mut open = Vec::new();
        for door in Door::all() {
            let answer = door.knock(&visitor, &door.at(|_| NOBODY.to_owned()), &json!({})).await;
            if (answer.status.as_u16(), answer.code().as_str()) != (401, "not-signed-in") {
                open.push(door.name());
                assert!(is_public(&door), "{} is open to strangers: {} {}", door.name(), answer.status, answer.text);
            }
        }
        open.sort();
        assert_eq!(open, PUBLIC, "the list names what is open, and nothing else");
    }
    assert_eq!(everything(melati).await, before, "knocking changes nothing");
}

/// A body that the door would take from its own people, if it takes any.
fn fitting(door: &Door, hotel: &Furnished) -> Value {
    let (method, behind) = (&door.method, door.path.rsplit('/').next().unwrap());
    match behind {
        "lines" => json!({ "charge_code": "MINIBAR", "amount_idr": 1_000 }),
        "payments" => json!({ "method": "cash", "amount_idr": 1_000 }),
        "reverse" => json!({ "reason": "Salah kamar" }),
        "prices" => {
            json!({ "room_type_id": hotel.room_type, "from": "2026-08-01", "to": "2026-08-02", "price_idr": 1 })
        }
        "assign-room" => json!({ "room_id": hotel.rooms[0] }),
        "move" => json!({ "arrival": "2026-07-03", "departure": "2026-07-06" }),
        "password" => json!({ "password": "sembilan ekor itik" }),
        "{id}" if *method == Method::PATCH => match door.path.as_str() {
            "/api/v1/reservations/{id}" => json!({ "notes": "Lantai atas" }),
            "/api/v1/rooms/{id}" => json!({ "housekeeping": "dirty" }),
            _ => json!({ "name": "Punya tetangga" }),
        },
        _ => json!({}),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_of_one_hotel_means_nothing_at_another() {
    let house = House::saas().await;
    let [melati, kenanga] = &house.hotels[..] else { panic!("two hotels") };
    let theirs = Lived::at(melati).await;
    let own = furnish(kenanga, 1).await;
    let (here, there) = (everything(melati).await, everything(kenanga).await);
    for door in Door::all().iter().filter(|door| door.path.contains('{') && !is_public(door)) {
        let path = door.at(|word| theirs.id(word)) + &door.query(&own.room_type);
        let answer = door.knock(&own.owner, &path, &fitting(door, &own)).await;
        assert_eq!(answer.status, 404, "{}: {}", door.name(), answer.text);
    }
    assert_eq!(everything(melati).await, here, "nothing changes where the ids are from");
    assert_eq!(everything(kenanga).await, there, "nor where they are asked");
}
