//! Changing and giving up what was booked.
use serde_json::json;

use super::differences;
use crate::clerk::while_held;
use crate::furnished::{first, furnish, id, up_to_date};
use crate::house::{House, in_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_stay_keeps_agreed_nights_and_its_counters_follow() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let (reservation, version) = first(&hotel.book("confirmed", "2026-07-13", "2026-07-15").await);
        let dearer =
            json!({ "room_type_id": hotel.room_type, "from": "2026-07-03", "to": "2026-08-01", "price_idr": 900_000 });
        assert_eq!(hotel.price(&hotel.plan, &dearer).await.status, 200);
        let longer = hotel.amend(&reservation, version, json!({ "departure": "2026-07-16", "adults": 1 })).await;
        assert_eq!(longer.status, 200, "{}", longer.text);
        let prices: Vec<_> =
            longer.json()["nights"].as_array().unwrap().iter().map(|n| n["price_idr"].as_i64().unwrap()).collect();
        assert_eq!(prices, [500_000, 500_000, 900_000]);
        assert_eq!(
            (hotel.free("2026-07-15", "2026-07-16").await, hotel.free("2026-07-16", "2026-07-17").await),
            (0, 1)
        );
        let moved =
            hotel.amend(&reservation, version + 1, json!({ "arrival": "2026-07-14", "departure": "2026-07-17" })).await;
        assert_eq!(moved.status, 200, "{}", moved.text);
        assert_eq!(
            (hotel.free("2026-07-13", "2026-07-14").await, hotel.free("2026-07-16", "2026-07-17").await),
            (1, 0)
        );
        hotel.book("confirmed", "2026-07-17", "2026-07-18").await;
        let full = hotel.amend(&reservation, version + 2, json!({ "departure": "2026-07-19" })).await;
        assert_eq!((full.status.as_u16(), full.code().as_str()), (409, "sold-out"), "{}", full.text);
        assert_eq!(full.json()["conflicts"][0]["date"], "2026-07-17");
        let unchanged = hotel.desk.get(&format!("/api/v1/reservations/{reservation}")).await.unwrap().json();
        assert_eq!((&unchanged["departure"], &unchanged["version"]), (&json!("2026-07-17"), &json!(version + 2)));
        assert_eq!(differences(house).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_keeps_what_was_sold_when_the_room_type_is_made_smaller() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let (reservation, version) = first(&hotel.book("confirmed", "2026-07-13", "2026-07-16").await);
        let kind = format!("/api/v1/room-types/{}", hotel.room_type);
        let smaller = up_to_date(&hotel.owner, &kind).await.patch(&kind, &json!({ "max_adults": 1 })).await.unwrap();
        assert_eq!(smaller.status, 200, "{}", smaller.text);
        let same = json!({ "notes": "Lantai atas", "departure": "2026-07-15", "adults": 2 });
        let shorter = hotel.amend(&reservation, version, same).await;
        assert_eq!(shorter.status, 200, "{}", shorter.text);
        let more = hotel.amend(&reservation, version + 1, json!({ "children": 1 })).await;
        assert_eq!((more.status.as_u16(), &more.json()["errors"][0]["field"]), (422, &json!("adults")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_confirms_a_booking_leaves_it_to_whoever_is_changing_one_of_its_rooms() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let held = hotel.book("hold", "2026-07-10", "2026-07-12").await;
        let path = format!("/api/v1/bookings/{}/confirm", id(&held));
        let row = format!("select from reservations where id = '{}'", first(&held).0);
        let touch = format!("update bookings set version = version where id = '{}'", id(&held));
        let clerk = hotel.desk.if_match(held["version"].as_i64().unwrap());
        let confirmed = while_held(house, &row, &touch, clerk.post(&path, &json!({}))).await.unwrap();
        assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_up_is_free_again_and_at_most_reinstated() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let (reservation, version) = first(&hotel.book("confirmed", "2026-07-10", "2026-07-12").await);
        let early = hotel.act(&reservation, version, "no-show").await;
        assert_eq!((early.status.as_u16(), early.code().as_str()), (409, "not-allowed-now"), "{}", early.text);
        let (tried, stands) = (&early.json()["action"], &early.json()["reservation_status"]);
        assert_eq!((tried, stands), (&json!("no-show"), &json!("confirmed")));
        let cancelled = hotel.act(&reservation, version, "cancel").await;
        assert_eq!(
            (cancelled.status.as_u16(), &cancelled.json()["status"]),
            (200, &json!("cancelled")),
            "{}",
            cancelled.text
        );
        assert_eq!(cancelled.json()["allowed_actions"], json!(["reinstate"]));
        assert_eq!(hotel.free("2026-07-10", "2026-07-12").await, 1);
        for verb in ["cancel", "no-show"] {
            assert_eq!(hotel.act(&reservation, version + 1, verb).await.status, 409);
        }
        assert_eq!(hotel.amend(&reservation, version + 1, json!({ "departure": "2026-07-13" })).await.status, 409);

        let (tonight, version) = first(&hotel.book("confirmed", "2026-07-03", "2026-07-05").await);
        let missed = hotel.act(&tonight, version, "no-show").await;
        assert_eq!((missed.status.as_u16(), &missed.json()["status"]), (200, &json!("no_show")), "{}", missed.text);
        assert_eq!(hotel.free("2026-07-03", "2026-07-05").await, 1);
    })
    .await;
}
