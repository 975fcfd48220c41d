//! The calendar against the statement: the same bytes, for any hotel, stay and party, whatever happened a moment ago.
use hotelhub_data_plane::hotel::availability::{Party, Seen};
use hotelhub_data_plane::hotel::reservations::Stay;
use hotelhub_testkit::Visitor;
use tokio_postgres::Client;

use super::hotels::{CHANGES, Dice, build};
use super::statement;
use crate::house::House;

/// Who looks, and through whose eyes.
struct Eyes {
    visitor: Visitor,
    seen: Seen,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_answers_what_the_statement_answers_after_every_change_on_every_node() {
    let house = House::standalone().await;
    let other = house.beside().await;
    let (db, mut dice) = (house.sql().await, Dice::of(42));
    let mut eyes = Vec::new();
    for hotel in [&house.hotels[0], &other.hotels[0]] {
        eyes.push(Eyes { visitor: hotel.desk().await, seen: Seen::ByStaff });
        eyes.push(Eyes { visitor: hotel.guest(), seen: Seen::ByPublic });
    }
    let (mut found, mut refused) = (0, 0);
    for seed in 0..25 {
        build(&db, seed).await;
        for _ in 0..12 {
            db.batch_execute(dice.pick(CHANGES)).await.unwrap();
            for _ in 0..3 {
                let eyes = &eyes[usize::try_from(dice.throw(4)).unwrap()];
                if compare(&db, &mut dice, eyes).await { found += 1 } else { refused += 1 }
            }
        }
    }
    assert!(found > 600 && refused > 100, "{found} were found and {refused} refused");
}

/// Searches once and compares; false when the stay is refused.
async fn compare(db: &Client, dice: &mut Dice, eyes: &Eyes) -> bool {
    let (arrival, departure) = dice.stay();
    let (adults, children) = (1 + dice.throw(3), dice.throw(3));
    let path =
        format!("/api/v1/availability?arrival={arrival}&departure={departure}&adults={adults}&children={children}");
    let answer = eyes.visitor.get(&path).await.unwrap();
    let party = Party { adults: i16::try_from(adults).unwrap(), children: i16::try_from(children).unwrap() };
    let Ok(stay) = Stay::new(arrival, departure) else { panic!("{arrival} to {departure} is no stay") };
    match statement::answer(db, stay, party, eyes.seen).await {
        Some(expected) => {
            assert_eq!(answer.text, expected, "{path} as {:?}", eyes.seen);
            true
        }
        None => {
            assert_eq!(answer.status, 422, "{path} as {:?}: {}", eyes.seen, answer.text);
            false
        }
    }
}
