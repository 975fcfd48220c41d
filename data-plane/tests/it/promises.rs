//! What the committed schema says of the doors is what they answer.
use reqwest::Method;

use crate::doors::{Door, NOBODY};
use crate::house::{House, schema};
use crate::lived::Lived;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_door_that_is_read_answers_what_the_schema_promises() {
    let house = House::standalone().await;
    let lived = Lived::at(&house).await;
    let mut lists = 0;
    for door in Door::all().iter().filter(|door| door.method == Method::GET && !door.path.contains("{token}")) {
        let path = door.at(|word| lived.id(word)) + &door.query(&lived.hotel.room_type);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_names_its_key_and_whoever_demands_a_version_names_it() {
    let house = House::standalone().await;
    let owner = house.owner().await;
    let mut demanding = 0;
    for door in Door::all().iter().filter(|door| door.takes_body) {
        let names = |header| schema().takes_header(&door.method.as_str().to_ascii_lowercase(), &door.path, header);
        assert_eq!(names("Idempotency-Key"), door.method == Method::POST, "{}", door.name());
        let path = door.at(|_| NOBODY.to_owned());
        let answer = owner.raw(door.method.clone(), &path, "application/json", b"{}".to_vec()).await.unwrap();
        if answer.code() == "if-match-missing" {
            assert!(names("If-Match"), "{}: {}", door.name(), answer.text);
            demanding += 1;
        }
    }
    assert!(demanding >= 18, "{demanding} doors demand a version");
}
