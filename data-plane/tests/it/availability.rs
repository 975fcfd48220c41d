//! The search, through the front door.
use serde_json::{Value, json};

use crate::furnished::{furnish, id};
use crate::house::{House, in_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_sees_what_is_free_and_what_it_costs_with_service_and_tax() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 3).await;
        let found =
            house.guest().get("/api/v1/availability?arrival=2026-07-05&departure=2026-07-07&adults=2").await.unwrap();
        assert_eq!(found.status, 200, "{}", found.text);
        let found = found.json();
        assert_eq!((&found["nights"], &found["room_types"][0]["available"]), (&json!(2), &json!(3)));
        let offer = &found["room_types"][0]["offers"][0];
        assert_eq!(offer["rate_plan_id"], json!(hotel.plan));
        assert_eq!(offer["nights"][1], json!({ "date": "2026-07-06", "price_idr": 500_000 }));
        let total = json!({ "net_idr": 1_000_000, "service_idr": 100_000, "pb1_idr": 110_000, "gross_idr": 1_210_000 });
        assert_eq!(offer["total"], total);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_the_house_is_not_shown_to_guests() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let secret = json!({ "code": "STAFF", "name": "Karyawan", "public": false });
        let secret = hotel.owner.post("/api/v1/rate-plans", &secret).await.unwrap().json();
        let prices =
            json!({ "room_type_id": hotel.room_type, "from": "2026-07-03", "to": "2026-08-03", "price_idr": 100_000 });
        assert_eq!(hotel.price(&id(&secret), &prices).await.status, 200);
        let search = "/api/v1/availability?arrival=2026-07-05&departure=2026-07-06";
        let offers = |found: Value| found["room_types"][0]["offers"].as_array().unwrap().len();
        assert_eq!(offers(hotel.desk.get(search).await.unwrap().json()), 2);
        assert_eq!(offers(house.guest().get(search).await.unwrap().json()), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_nights_short_stays_and_large_parties_get_no_offer() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let set = async |from: &str, to: &str, more: (&str, Value)| {
            let mut prices = json!({ "room_type_id": hotel.room_type, "from": from, "to": to, "price_idr": 1 });
            prices[more.0] = more.1;
            assert_eq!(hotel.price(&hotel.plan, &prices).await.status, 200);
        };
        set("2026-07-10", "2026-07-11", ("closed", json!(true))).await;
        set("2026-07-20", "2026-07-21", ("min_nights", json!(3))).await;
        let offers = async |query: &str| {
            let found = house.guest().get(&format!("/api/v1/availability?{query}")).await.unwrap().json();
            found["room_types"].as_array().unwrap().iter().map(|t| t["offers"].as_array().unwrap().len()).sum::<usize>()
        };
        assert_eq!(offers("arrival=2026-07-09&departure=2026-07-11").await, 0);
        assert_eq!(offers("arrival=2026-07-11&departure=2026-07-13").await, 1);
        assert_eq!(offers("arrival=2026-07-19&departure=2026-07-21").await, 0);
        assert_eq!(offers("arrival=2026-07-19&departure=2026-07-22").await, 1);
        assert_eq!(offers("arrival=2026-07-11&departure=2026-07-12&adults=3").await, 0);
        assert_eq!(offers("arrival=2026-07-11&departure=2026-07-12&adults=1&children=2").await, 1);
        // Beyond the last price there is nothing to sell, beyond the counters the rooms are still there.
        assert_eq!(offers("arrival=2027-06-30&departure=2027-07-02").await, 0);
        assert_eq!(hotel.free("2028-12-01", "2028-12-02").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dates_that_are_no_stay_are_refused_with_their_reason() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let refused = [
            ("arrival=2026-07-05&departure=2026-07-05", "no-nights"),
            ("arrival=2026-07-05&departure=2026-07-01", "no-nights"),
            ("arrival=2026-07-05&departure=2036-07-05", "stay-too-long"),
            ("arrival=2026-07-05&departure=2026-08-05", "stay-too-long"),
            ("arrival=2026-07-02&departure=2026-07-05", "arrival-in-the-past"),
            ("arrival=2999-07-02&departure=2999-07-05", "too-far-ahead"),
            ("arrival=-009999-01-01&departure=-009999-01-02", "no-such-year"),
            ("arrival=2026-07-05&departure=2026-07-06&adults=0", "invalid-field"),
            ("arrival=2026-07-05&departure=2026-07-06&adults=-2", "invalid-field"),
        ];
        for (query, code) in refused {
            let answer = house.guest().get(&format!("/api/v1/availability?{query}")).await.unwrap();
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, code), "{query}: {}", answer.text);
            assert!(answer.json()["errors"][0]["field"].is_string(), "{}", answer.text);
        }
        for query in
            ["", "arrival=2026-07-05", "arrival=today&departure=tomorrow", "arrival=2026-02-30&departure=2026-03-01"]
        {
            let answer = house.guest().get(&format!("/api/v1/availability?{query}")).await.unwrap();
            assert_eq!(answer.status, 422, "{query}: {}", answer.text);
        }
        // The desk may sell a month and more.
        let long = hotel.desk.get("/api/v1/availability?arrival=2026-07-05&departure=2026-08-05").await.unwrap();
        assert_eq!(long.status, 200, "{}", long.text);
    })
    .await;
}
