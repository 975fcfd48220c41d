//! Bodies that no honest client sends, at each door that takes one.
use hotelhub_testkit::{Answer, Hostile};
use serde_json::{Value, json};

use crate::doors::{Door, everything};
use crate::furnished::furnish;
use crate::house::in_both;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hostile_body_changes_anything_and_each_is_a_problem() {
    in_both(async |house| {
        let hotel = furnish(house, 2).await;
        let (reservation, ..) = crate::furnished::first(&hotel.book("confirmed", "2026-07-10", "2026-07-12").await);
        let before = everything(house).await;
        let id_of = |word: &str| match word {
            "reservations" => reservation.clone(),
            "rooms" => hotel.rooms[0].clone(),
            "room-types" => hotel.room_type.clone(),
            "rate-plans" => hotel.plan.clone(),
            _ => crate::doors::NOBODY.to_owned(),
        };
        let mut wrong = Vec::new();
        let owner = hotel.owner.if_match(1);
        for door in Door::all().iter().filter(|door| door.takes_body) {
            for hostile in Hostile::all() {
                wrong.extend(hostile.thrown(&owner, &door.method, &door.at(id_of)).await.unwrap());
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(everything(house).await, before, "nothing has changed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_or_price_that_no_hotel_means_is_refused_by_its_field() {
    in_both(async |house| {
        let hotel = furnish(house, 2).await;
        let before = everything(house).await;
        let room = |arrival: &str, departure: &str| hotel.wish("confirmed", arrival, departure, 1);
        let with = |field: &str, value: Value| {
            let mut wish = room("2026-07-10", "2026-07-12");
            wish["reservations"][0][field] = value;
            wish
        };
        let stays = [
            (room("2026-07-12", "2026-07-10"), "departure"),
            (room("2026-07-10", "2026-07-10"), "departure"),
            (room("2026-07-10", "2036-07-10"), "departure"),
            (room("2026-02-30", "2026-03-02"), "arrival"),
            (with("adults", json!(-1)), "adults"),
            (with("adults", json!(2.5)), "adults"),
            (with("nights", json!(-2)), "nights"),
        ];
        for (wish, field) in stays {
            let answer = hotel.desk.post("/api/v1/bookings", &wish).await.unwrap();
            names(&answer, field, &wish);
        }
        let door = format!("/api/v1/rate-plans/{}/prices", hotel.plan);
        let price = |idr: Value| json!({ "room_type_id": hotel.room_type, "from": "2026-08-01", "to": "2026-08-02", "price_idr": idr });
        let too_large: Value = serde_json::from_str("9223372036854775808").unwrap();
        for idr in [json!(-1), json!(500_000.5), json!("500000"), json!(i64::MAX), too_large] {
            let answer = hotel.owner.if_match(2).put(&door, &price(idr.clone())).await.unwrap();
            names(&answer, "price_idr", &idr);
        }
        assert_eq!(everything(house).await, before, "nothing has changed");
    })
    .await;
}

fn names(answer: &Answer, field: &str, sent: &Value) {
    assert!((400..500).contains(&answer.status.as_u16()), "{sent}: {} {}", answer.status, answer.text);
    let errors = answer.json()["errors"].to_string();
    assert!(errors.contains(field), "{sent}: no word of {field} in {}", answer.text);
}
