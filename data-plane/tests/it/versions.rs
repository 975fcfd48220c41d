//! Two clerks at one thing: what they change is saved as of the version they saw, or not at all.
use reqwest::Method;
use serde_json::{Value, json};

use crate::doors::Door;
use crate::furnished::up_to_date;
use crate::house::{House, in_both};
use crate::lived::Lived;

/// A password is one's own to set: nobody reads it before.
const UNSEEN: &str = "PUT /api/v1/users/{id}/password";

/// A change that the door takes.
fn fitting(door: &str, hotel: &Lived) -> Value {
    match door {
        "PATCH /api/v1/rate-plans/{id}" | "PATCH /api/v1/room-types/{id}" => json!({ "sort": 7 }),
        "PATCH /api/v1/reservations/{id}" => json!({ "notes": "Lantai atas" }),
        "PATCH /api/v1/rooms/{id}" => json!({ "housekeeping": "pickup" }),
        "PUT /api/v1/rate-plans/{id}/prices" => {
            let room_type = &hotel.hotel.room_type;
            json!({ "room_type_id": room_type, "from": "2026-08-01", "to": "2026-08-02", "price_idr": 750_000 })
        }
        _ => json!({ "phone": "+62 811 000 111" }),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_changes_something_says_which_version_was_seen_and_the_slower_of_two_is_refused() {
    in_both(async |house: &House| {
        let lived = Lived::at(house).await;
        let owner = &lived.hotel.owner;
        let changes = |door: &Door| [Method::PATCH, Method::PUT].contains(&door.method) && door.name() != UNSEEN;
        let doors: Vec<Door> = Door::all().into_iter().filter(changes).collect();
        assert!(doors.len() >= 8, "{} doors", doors.len());
        for door in &doors {
            let (name, path) = (door.name(), door.at(|word| lived.id(word)));
            let thing = path.trim_end_matches("/prices");
            let body = serde_json::to_vec(&fitting(&name, &lived)).unwrap();
            let ask = async |who: &hotelhub_testkit::Visitor| {
                who.raw(door.method.clone(), &path, "application/json", body.clone()).await.unwrap()
            };
            let before = owner.get(thing).await.unwrap().json();
            let blind = ask(owner).await;
            assert_eq!((blind.status.as_u16(), blind.code().as_str()), (428, "if-match-missing"), "{name}");
            assert_eq!(owner.get(thing).await.unwrap().json(), before, "{name} changes nothing unseen");

            let seen = up_to_date(owner, thing).await;
            let first = ask(&seen).await;
            assert_eq!(first.status, 200, "{name}: {}", first.text);
            let after = owner.get(thing).await.unwrap();
            assert_eq!(first.etag(), after.etag(), "{name}");
            let slower = ask(&seen).await;
            assert_eq!((slower.status.as_u16(), slower.code().as_str()), (412, "stale"), "{name}: {}", slower.text);
            assert_eq!(owner.get(thing).await.unwrap().json(), after.json(), "{name} changes nothing that is stale");
        }
    })
    .await;
}
