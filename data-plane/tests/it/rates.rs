//! Rate plans and prices, through the front door.
use serde_json::json;

use crate::furnished::{first, furnish, up_to_date};
use crate::house::{House, in_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_prices_is_set_at_once_and_weekends_cost_more() {
    in_both(async |house: &House| {
    let hotel = furnish(house, 1).await;
    let path = format!("/api/v1/rate-plans/{}/prices", hotel.plan);
    let range = format!("{path}?room_type_id={}&from=2026-07-02&to=2026-07-06", hotel.room_type);
    let week = hotel.desk.get(&range).await.unwrap().json();
    let prices: Vec<_> =
        week["items"].as_array().unwrap().iter().map(|day| day["price_idr"].as_i64().unwrap()).collect();
    // Thursday, Friday, Saturday, Sunday.
    assert_eq!(prices, [500_000, 600_000, 600_000, 500_000]);

    let again = json!({ "room_type_id": hotel.room_type, "from": "2026-07-03", "to": "2026-07-04", "price_idr": 0, "min_nights": 2 });
    assert_eq!(hotel.price(&hotel.plan, &again).await.json()["nights"], 1);
    let friday = &hotel.desk.get(&range).await.unwrap().json()["items"][1];
    assert_eq!((friday["price_idr"].as_i64(), friday["min_nights"].as_i64()), (Some(0), Some(2)));

        let fridays = json!({ "room_type_id": hotel.room_type, "from": "2026-07-01", "to": "2026-08-01", "price_idr": 700_000, "weekdays": [5] });
        assert_eq!(hotel.price(&hotel.plan, &fridays).await.json()["nights"], 5);
        let week = hotel.desk.get(&range).await.unwrap().json();
        let prices: Vec<_> = week["items"].as_array().unwrap().iter().map(|day| day["price_idr"].clone()).collect();
        assert_eq!(prices, [500_000, 700_000, 600_000, 500_000]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_that_are_no_rupiah_are_refused_by_their_field() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let path = format!("/api/v1/rate-plans/{}/prices", hotel.plan);
        let good = json!({ "room_type_id": hotel.room_type, "from": "2026-07-03", "to": "2026-07-04", "price_idr": 1 });
        let wrong = [
            ("price_idr", json!(1.5)),
            ("price_idr", json!("500000")),
            ("price_idr", json!(-1)),
            ("price_idr", json!(1_000_000_001)),
            ("price_idr", json!(99_999_999_999_999_999_999_999_f64)),
            ("weekend_price_idr", json!(i64::MAX)),
            ("to", json!("2026-07-03")),
            ("to", json!("2036-07-03")),
            ("to", json!("2026-02-30")),
            ("from", json!("0001-01-01")),
            ("min_nights", json!(31)),
            ("room_type_id", json!(hotel.plan)),
            ("weekdays", json!([0])),
            ("discount", json!(1)),
        ];
        for (field, value) in wrong {
            let mut wish = good.clone();
            wish[field] = value.clone();
            let refused = hotel.owner.if_match(2).put(&path, &wish).await.unwrap();
            assert_eq!(refused.status, 422, "{field} {value}: {}", refused.text);
            assert_eq!(refused.json()["errors"][0]["field"], field, "{}", refused.text);
        }
        let range = format!("{path}?room_type_id={}&from=2026-07-03&to=2026-07-04", hotel.room_type);
        assert_eq!(hotel.desk.get(&range).await.unwrap().json()["items"][0]["price_idr"], 600_000);
        let nowhere = format!("/api/v1/rate-plans/{}/prices", hotel.room_type);
        assert_eq!(hotel.owner.if_match(2).put(&nowhere, &good).await.unwrap().status, 404);
        assert_eq!(hotel.desk.if_match(2).put(&path, &good).await.unwrap().status, 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_plan_is_archived_once_nobody_is_to_come_under_it_and_taken_back() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let path = format!("/api/v1/rate-plans/{}", hotel.plan);
        let archived = async |archived: bool| {
            let owner = up_to_date(&hotel.owner, &path).await;
            owner.patch(&path, &json!({ "archived": archived })).await.unwrap()
        };
        let offers = async || {
            let search = "/api/v1/availability?arrival=2026-07-10&departure=2026-07-11";
            hotel.desk.get(search).await.unwrap().json()["room_types"][0]["offers"].as_array().unwrap().len()
        };
        let (reservation, version) = first(&hotel.book("confirmed", "2026-07-10", "2026-07-12").await);
        let needed = archived(true).await;
        assert_eq!((needed.status.as_u16(), needed.code().as_str()), (409, "stays-to-come"), "{}", needed.text);
        assert_eq!(hotel.act(&reservation, version, "cancel").await.status, 200);
        assert_eq!(offers().await, 1);

        assert_eq!(archived(true).await.json()["archived"], true);
        assert_eq!(offers().await, 0);
        let refused = hotel.try_book("confirmed", "2026-07-10", "2026-07-12").await;
        assert_eq!(refused.json()["errors"][0]["field"], "reservations[0].rate_plan_id", "{}", refused.text);
        assert_eq!(archived(false).await.status, 200);
        assert_eq!(offers().await, 1);
        hotel.book("confirmed", "2026-07-10", "2026-07-12").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_that_changes_leaves_the_rest_of_the_calendar_as_it_was_read() {
    let house = House::standalone().await;
    let hotel = furnish(&house, 1).await;
    let sql = house.sql().await;
    let versions = async || {
        let row = sql.query_one("select house::text, prices::text from availability_version", &[]).await.unwrap();
        (row.get::<_, String>(0), row.get::<_, String>(1))
    };
    let before = versions().await;
    let prices = json!({ "room_type_id": hotel.room_type, "from": "2026-07-03", "to": "2026-07-04", "price_idr": 1 });
    assert_eq!(hotel.price(&hotel.plan, &prices).await.status, 200);
    let after = versions().await;
    assert_eq!(before.0, after.0, "the plan's version is nothing that a search reads");
    assert_ne!(before.1, after.1);
    let path = format!("/api/v1/rate-plans/{}", hotel.plan);
    let hidden = up_to_date(&hotel.owner, &path).await.patch(&path, &json!({ "public": false })).await.unwrap();
    assert_eq!(hidden.status, 200, "{}", hidden.text);
    assert_ne!(after.0, versions().await.0);
}
