//! Guests, through the front door.
use serde_json::json;

use crate::furnished::{furnish, id};
use crate::house::{House, in_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_is_found_by_name_address_or_telephone_and_corrected() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let booked = hotel.book("confirmed", "2026-07-10", "2026-07-12").await;
        let guest = id(&booked["reservations"][0]["guest"]);
        for query in ["suarti", "WAYAN@tamu", "62811", ""] {
            let found = hotel.desk.get(&format!("/api/v1/guests?q={query}")).await.unwrap().json();
            assert_eq!(found["items"][0]["id"], json!(guest), "{query}: {found}");
        }
        assert_eq!(hotel.desk.get("/api/v1/guests?q=nobody").await.unwrap().json()["items"], json!([]));

        let path = format!("/api/v1/guests/{guest}");
        let corrected =
            hotel.desk.if_match(1).patch(&path, &json!({ "name": "Ni Wayan Suarti", "notes": "vegan" })).await.unwrap();
        assert_eq!((corrected.status.as_u16(), corrected.etag()), (200, Some("\"2\"")), "{}", corrected.text);
        assert_eq!(
            (&corrected.json()["email"], &corrected.json()["notes"]),
            (&json!("wayan@tamu.test"), &json!("vegan"))
        );
        let line = hotel.owner.get("/api/v1/audit").await.unwrap().json()["items"][0].clone();
        let request = corrected.headers.get("x-request-id").unwrap().to_str().unwrap();
        assert_eq!((&line["action"], &line["request_id"]), (&json!("guest.change"), &json!(request)));
        assert_eq!(hotel.desk.if_match(1).patch(&path, &json!({ "phone": "1" })).await.unwrap().status, 412);
        for (wish, field) in
            [(json!({ "name": "" }), "name"), (json!({ "email": "a b@c" }), "email"), (json!({ "vip": true }), "vip")]
        {
            let refused = hotel.desk.if_match(2).patch(&path, &wish).await.unwrap();
            assert_eq!(
                (refused.status.as_u16(), &refused.json()["errors"][0]["field"]),
                (422, &json!(field)),
                "{}",
                refused.text
            );
        }
        assert_eq!(hotel.desk.get(&path).await.unwrap().json()["version"], 2);
    })
    .await;
}
