//! The hotel's own day: it ends when everybody is where they belong, and only then.
use serde_json::json;

use crate::clerk::{Stay, let_it_be, while_held};
use crate::furnished::furnish;
use crate::house::{House, in_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_ends_once_and_posts_the_night_of_everybody_in_house() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-05").await;
        let expected = Stay::booked(&hotel, "2026-07-03", "2026-07-04").await;
        let close = json!({ "business_date": "2026-07-03" });
        let early = hotel.owner.post("/api/v1/property/close-day", &close).await.unwrap();
        assert_eq!((early.status.as_u16(), early.code().as_str()), (409, "day-not-done"));
        assert_eq!((&early.json()["arrivals"], &early.json()["departures"]), (&json!(1), &json!(0)));
        expected.done("no-show", json!({})).await;
        let next = hotel.owner.post("/api/v1/property/close-day", &close).await.unwrap();
        assert_eq!((next.status.as_u16(), next.json()), (200, json!({ "business_date": "2026-07-04" })));
        let folio = stay.folio().await;
        assert_eq!((&folio["gross_idr"], &folio["lines"][0]["business_date"]), (&json!(726_000), &json!("2026-07-03")));
        let again = hotel.owner.post("/api/v1/property/close-day", &close).await.unwrap();
        assert_eq!(again.code(), "another-day");
        let tomorrow = json!({ "business_date": "2026-07-04" });
        assert_eq!(hotel.owner.post("/api/v1/property/close-day", &tomorrow).await.unwrap().code(), "day-not-over");
        assert_eq!(hotel.desk.post("/api/v1/property/close-day", &tomorrow).await.unwrap().status, 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_does_not_end_while_somebody_should_have_left() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
        let_it_be(house, "2026-07-04").await;
        let close = json!({ "business_date": "2026-07-04" });
        let refused = hotel.owner.post("/api/v1/property/close-day", &close).await.unwrap();
        assert_eq!((refused.code().as_str(), &refused.json()["departures"]), ("day-not-done", &json!(1)));
        stay.settle().await;
        stay.done("check-out", json!({})).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_chooses_its_first_day_before_its_first_room() {
    in_both(async |house: &House| {
        let owner = house.owner().await;
        let open = |day: &str| json!({ "business_date": day });
        let moved = owner.post("/api/v1/property/opening-day", &open("2026-06-20")).await.unwrap();
        assert_eq!((moved.status.as_u16(), moved.json()), (200, open("2026-06-20")));
        let ahead = owner.post("/api/v1/property/opening-day", &open("2027-01-01")).await.unwrap();
        assert_eq!((ahead.status.as_u16(), ahead.code().as_str()), (409, "day-not-over"));
        furnish(house, 1).await;
        let late = owner.post("/api/v1/property/opening-day", &open("2026-06-25")).await.unwrap();
        assert_eq!((late.status.as_u16(), late.code().as_str()), (409, "already-open"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_ends_after_whoever_is_posting_and_who_waited_for_its_end_acts_on_the_next() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let ahead = Stay::booked(&hotel, "2026-07-10", "2026-07-12").await;
        let next_day = "update properties set business_date = '2026-07-04'";
        let paid = while_held(house, &ahead.folio_rows(), next_day, ahead.pay(50_000)).await;
        assert_eq!(paid["payments"][0]["business_date"], "2026-07-04");

        let_it_be(house, "2026-07-03").await;
        let late = Stay::booked(&hotel, "2026-07-03", "2026-07-05").await;
        let row = format!("select from reservations where id = '{}'", late.reservation);
        let key = late.done("check-in", json!({ "room_id": hotel.rooms[0] }));
        while_held(house, &row, next_day, key).await;
        late.done("revert-check-in", json!({})).await;
        late.done("cancel", json!({})).await;

        let_it_be(house, "2026-07-03").await;
        let close = json!({ "business_date": "2026-07-03" });
        let ended = hotel.owner.post("/api/v1/property/close-day", &close);
        let ended = while_held(house, &ahead.folio_rows(), "", ended).await.unwrap();
        assert_eq!(ended.status, 200, "{}", ended.text);
    })
    .await;
}
