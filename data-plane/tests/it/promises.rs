//! What the committed schema says of the doors is what they answer.
use reqwest::Method;

use crate::doors::Door;
use crate::house::House;
use crate::lived::Lived;

/// What a door must be asked besides.
fn query(door: &str, hotel: &Lived) -> String {
    let nights = |from: &str, to: &str| format!("?{from}=2026-07-10&{to}=2026-07-12");
    match door {
        "/api/v1/availability" => nights("arrival", "departure"),
        "/api/v1/rate-plans/{id}/prices" => format!("{}&room_type_id={}", nights("from", "to"), hotel.hotel.room_type),
        _ => String::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_door_that_is_read_answers_what_the_schema_promises() {
    let house = House::standalone().await;
    let lived = Lived::at(&house).await;
    let mut lists = 0;
    for door in Door::all().iter().filter(|door| door.method == Method::GET && !door.path.contains("{token}")) {
        let path = format!("{}{}", door.at(|word| lived.id(word)), query(&door.path, &lived));
        // The visitor holds the answer against the schema.
        let answer = lived.hotel.owner.get(&path).await.unwrap();
        assert_eq!(answer.status, 200, "{}: {}", door.name(), answer.text);
        let body = answer.json();
        if let Some(rows) = body["items"].as_array().or(body.as_array()) {
            assert!(!rows.is_empty(), "{} shows nothing that could be compared", door.name());
            lists += 1;
        }
    }
    assert!(lists >= 9, "{lists} lists");
}
