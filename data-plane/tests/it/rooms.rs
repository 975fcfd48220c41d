//! Rooms, their types and the counters behind them, through the front door.
use serde_json::json;

use crate::furnished::furnish;
use crate::house::{House, in_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_that_are_built_are_for_sale_for_two_years() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 5).await;
        assert_eq!(hotel.free("2026-07-03", "2026-07-05").await, 5);
        let counted = "select count(*), min(day)::text, max(day)::text, sum(physical) from inventory_days";
        let row = house.sql().await.query_one(counted, &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 730);
        assert_eq!((row.get::<_, &str>(1), row.get::<_, &str>(2)), ("2026-07-03", "2028-07-01"));
        assert_eq!(row.get::<_, i64>(3), 5 * 730);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_out_of_order_is_not_sold_and_one_that_is_needed_stays() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let room = |n: usize| format!("/api/v1/rooms/{}", hotel.rooms[n]);
        let broken = hotel.owner.if_match(1).patch(&room(0), &json!({ "service": "ooo" })).await.unwrap();
        assert_eq!((broken.status.as_u16(), broken.etag()), (200, Some("\"2\"")), "{}", broken.text);
        assert_eq!(hotel.free("2026-07-03", "2026-07-05").await, 1);

        hotel.book("confirmed", "2026-07-10", "2026-07-12").await;
        let needed = hotel.owner.if_match(1).patch(&room(1), &json!({ "service": "ooo" })).await.unwrap();
        assert_eq!((needed.status.as_u16(), needed.code().as_str()), (409, "sold-out"), "{}", needed.text);
        assert_eq!(needed.json()["conflicts"][0]["date"], "2026-07-10");
        assert_eq!(needed.json()["conflicts"].as_array().unwrap().len(), 2);

        let mended = hotel.owner.if_match(2).patch(&room(0), &json!({ "service": "ok" })).await.unwrap();
        assert_eq!(mended.status, 200, "{}", mended.text);
        assert_eq!(hotel.free("2026-07-10", "2026-07-12").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_changes_its_type_is_counted_there() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 3).await;
        let suite = hotel.owner.post("/api/v1/room-types", &json!({ "code": "ste", "name": "Suite" })).await.unwrap();
        assert_eq!(suite.json()["code"], "STE");
        let change = json!({ "room_type_id": suite.json()["id"] });
        let moved = hotel.owner.if_match(1).patch(&format!("/api/v1/rooms/{}", hotel.rooms[2]), &change).await.unwrap();
        assert_eq!(moved.status, 200, "{}", moved.text);
        let found =
            hotel.desk.get("/api/v1/availability?arrival=2026-07-03&departure=2026-07-04").await.unwrap().json();
        let free: Vec<_> =
            found["room_types"].as_array().unwrap().iter().map(|t| t["available"].as_i64().unwrap()).collect();
        assert_eq!(free, [2, 1]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_type_is_archived_once_no_room_needs_it_and_nothing_is_made_of_it_until_it_is_taken_back() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let deluxe = format!("/api/v1/room-types/{}", hotel.room_type);
        let archive = json!({ "archived": true });
        let needed = hotel.owner.if_match(1).patch(&deluxe, &archive).await.unwrap();
        assert_eq!((needed.status.as_u16(), needed.code().as_str()), (409, "type-has-rooms"), "{}", needed.text);

        let suite = hotel.owner.post("/api/v1/room-types", &json!({ "code": "STE", "name": "Suite" })).await.unwrap();
        let suite = suite.json()["id"].clone();
        let path = format!("/api/v1/room-types/{}", suite.as_str().unwrap());
        let found = async || {
            let search = "/api/v1/availability?arrival=2026-07-10&departure=2026-07-11";
            hotel.desk.get(search).await.unwrap().json()["room_types"].as_array().unwrap().len()
        };
        assert_eq!(found().await, 2);
        assert_eq!(hotel.owner.if_match(1).patch(&path, &archive).await.unwrap().json()["archived"], true);
        assert_eq!(found().await, 1);
        let rooms = json!({ "room_type_id": suite, "numbers": ["201"] });
        let room = format!("/api/v1/rooms/{}", hotel.rooms[0]);
        let moved = hotel.owner.if_match(1).patch(&room, &json!({ "room_type_id": suite })).await.unwrap();
        for refused in [hotel.owner.post("/api/v1/rooms", &rooms).await.unwrap(), moved] {
            assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["field"]), (422, &json!("room_type_id")));
        }
        assert_eq!(hotel.owner.if_match(2).patch(&path, &json!({ "archived": false })).await.unwrap().status, 200);
        assert_eq!(hotel.owner.post("/api/v1/rooms", &rooms).await.unwrap().status, 201);
        assert_eq!(found().await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_in_use_are_refused_and_nothing_is_built() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let wish = json!({ "room_type_id": hotel.room_type, "numbers": ["102", "103"] });
        let refused = hotel.owner.post("/api/v1/rooms", &wish).await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "room-number-taken"), "{}", refused.text);
        assert_eq!(refused.json()["taken"], json!(["102"]));
        let rooms = hotel.desk.get("/api/v1/rooms").await.unwrap().json();
        assert_eq!(rooms["items"].as_array().unwrap().len(), 2);
        assert_eq!(hotel.free("2026-07-03", "2026-07-04").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_house_has_is_refused_by_its_field() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let wishes = [
            ("/api/v1/room-types", json!({ "code": "", "name": "X" }), "code"),
            ("/api/v1/room-types", json!({ "code": "X", "name": " " }), "name"),
            ("/api/v1/room-types", json!({ "code": "X", "name": "X", "max_adults": 0 }), "max_adults"),
            ("/api/v1/room-types", json!({ "code": "X", "name": "X", "max_adults": 70_000 }), "max_adults"),
            ("/api/v1/room-types", json!({ "code": "X", "name": "X", "colour": "red" }), "colour"),
            ("/api/v1/rooms", json!({ "room_type_id": hotel.room_type, "numbers": [] }), "numbers"),
            ("/api/v1/rooms", json!({ "room_type_id": hotel.room_type, "numbers": ["7", "7"] }), "numbers[1]"),
            ("/api/v1/rooms", json!({ "room_type_id": hotel.plan, "numbers": ["7"] }), "room_type_id"),
            ("/api/v1/rooms", json!({ "room_type_id": "seven", "numbers": ["7"] }), "room_type_id"),
        ];
        for (path, wish, field) in wishes {
            let refused = hotel.owner.post(path, &wish).await.unwrap();
            assert_eq!(refused.status, 422, "{wish}: {}", refused.text);
            assert_eq!(refused.json()["errors"][0]["field"], field, "{wish}: {}", refused.text);
        }
        assert_eq!(hotel.desk.get("/api/v1/room-types").await.unwrap().json()["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_property_says_how_it_charges_and_keeps_its_day() {
    in_both(async |house: &House| {
        let owner = house.owner().await;
        let property = owner.get("/api/v1/property").await.unwrap();
        assert_eq!(property.json()["business_date"], "2026-07-03");
        assert_eq!((property.json()["checkin_time"].as_str(), property.etag()), (Some("14:00"), Some("\"1\"")));
        let changed =
            owner.if_match(1).patch("/api/v1/property", &json!({ "service_bp": 500, "checkin_time": "13:30" })).await;
        assert_eq!(changed.unwrap().json()["checkin_time"], "13:30");
        let stale = owner.if_match(1).patch("/api/v1/property", &json!({ "phone": "1" })).await.unwrap();
        assert_eq!((stale.status.as_u16(), stale.code().as_str()), (412, "stale"));
        let wrong = [
            (json!({ "business_date": "2026-08-01" }), "business_date"),
            (json!({ "time_zone": "Mars/Olympus" }), "time_zone"),
            (json!({ "pb1_bp": 2_001 }), "pb1_bp"),
            (json!({ "checkin_time": "25:00" }), "checkin_time"),
            (json!({ "email": "nowhere" }), "email"),
        ];
        for (wish, field) in wrong {
            let refused = owner.if_match(2).patch("/api/v1/property", &wish).await.unwrap();
            assert_eq!(
                (refused.status.as_u16(), &refused.json()["errors"][0]["field"]),
                (422, &json!(field)),
                "{}",
                refused.text
            );
        }
    })
    .await;
}
