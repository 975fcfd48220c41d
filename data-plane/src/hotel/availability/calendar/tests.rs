//! The arithmetic of chunks, nights and prices, told without a database.
use std::collections::BTreeMap;

use hotelhub_kernel::{BasisPoints, Rupiah};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

use super::chunks::{NIGHTS, Part, parts};
use super::house::{House, RatePlan, RoomType};
use super::nights::{Fewest, Nights};
use super::prices::{PricedNights, Prices};
use super::{Calendar, Loaded, Version};
use crate::hotel::availability::{Party, Seen};
use crate::hotel::reservations::{BadStay, Stay};
use crate::hotel::taxes::TaxRule;

const TODAY: Date = date(2026, 7, 3);
const TYPE: Uuid = Uuid::from_u128(7);
const PLAN: Uuid = Uuid::from_u128(8);
const PARTY: Party = Party { adults: 2, children: 0 };

fn version(house: u128, nights: u128, prices: u128) -> Version {
    let token = Uuid::from_u128;
    Version { house: token(house), nights: token(nights), prices: token(prices) }
}

/// A stay that begins so many days after today.
fn stay(after: i32, nights: i32) -> Stay {
    let arrival = TODAY + after.days();
    Stay::new(arrival, arrival + nights.days()).unwrap()
}

/// A house with one type of four rooms and one plan.
fn house() -> House {
    let (code, name, description) = ("A".to_owned(), "A".to_owned(), String::new());
    let kind = RoomType { id: TYPE, code, name, description, max_adults: 2, max_children: 1, rooms: 4 };
    let (code, name) = ("B".to_owned(), "B".to_owned());
    let plan = RatePlan { id: PLAN, code, name, breakfast: true, free_cancellation_days: 1, public: true };
    let none = BasisPoints(0);
    let rule = TaxRule { service: none, pb1: none, pb1_base_includes_service: true, prices_include_tax: false };
    House { business_date: TODAY, rule, room_types: vec![kind], rate_plans: vec![plan] }
}

/// Every place of a chunk.
fn places() -> Vec<i16> {
    (0..64).collect()
}

/// A calendar in which every night of a stay has so many rooms free and costs so much.
fn calendar(stay: Stay, free: i32, price: i32) -> Calendar {
    let now = version(1, 1, 1);
    let mut calendar = Calendar::of(now, house());
    let (mut nights, mut prices) = (BTreeMap::new(), BTreeMap::new());
    for part in parts(stay) {
        let (mut of_chunk, mut cost) = (Nights::default(), Prices::default());
        of_chunk.put(TYPE, &places(), &[free; NIGHTS]);
        let (closed, min_nights) = (&[false; NIGHTS], &[1; NIGHTS]);
        cost.put(PLAN, TYPE, &PricedNights { places: &places(), prices: &[price; NIGHTS], closed, min_nights });
        nights.insert(part.chunk, of_chunk);
        prices.insert(part.chunk, cost);
    }
    assert!(calendar.take(Loaded { version: now, nights, prices }));
    calendar
}

proptest! {
    #[test]
    fn the_parts_of_a_stay_are_its_nights_once_each_and_in_order(after in -40_000_i32..300_000, nights in 1_i32..=365) {
        let stay = stay(after, nights);
        let epoch = date(1970, 1, 1);
        let day = |part: &Part, place: usize| {
            epoch + (i64::from(part.chunk) * 64 + i64::try_from(place).unwrap()).days()
        };
        let found: Vec<Date> =
            parts(stay).flat_map(|part| part.places.clone().map(move |place| day(&part, place))).collect();
        prop_assert_eq!(found, stay.days().collect::<Vec<_>>());
        prop_assert!(parts(stay).count() <= 7);
    }
}

#[test]
fn the_fewest_rooms_of_a_stay_decide_and_an_uncounted_night_is_no_room() {
    let mut nights = Nights::default();
    nights.put(Uuid::from_u128(9), &[0], &[1]);
    nights.put(TYPE, &[3, 5, 4], &[7, 2, 0]);
    assert_eq!(nights.fewest(TYPE, 3..4), Fewest { free: Some(7), all_counted: true });
    assert_eq!(nights.fewest(TYPE, 3..6), Fewest { free: Some(0), all_counted: true });
    assert_eq!(nights.fewest(TYPE, 5..7), Fewest { free: Some(2), all_counted: false });
    assert_eq!(nights.fewest(TYPE, 6..64), Fewest { free: None, all_counted: false });
    assert_eq!(nights.fewest(PLAN, 0..64), Fewest { free: None, all_counted: false });
    let more = Fewest { free: Some(1), all_counted: true };
    assert_eq!(nights.fewest(TYPE, 5..7).and(more), Fewest { free: Some(1), all_counted: false });
    assert_eq!(Fewest::OF_NONE.and(more), more);
}

#[test]
fn a_night_without_price_closed_or_for_longer_stays_spoils_the_offer() {
    let mut prices = Prices::default();
    let (closed, min_nights) = (&[false, true, false, false], &[1, 1, 3, 30]);
    prices.put(
        PLAN,
        TYPE,
        &PricedNights { places: &[0, 1, 2, 3], prices: &[10, 11, 12, 1_000_000_000], closed, min_nights },
    );
    let cost = |places, stay| prices.of(PLAN, TYPE, places, stay).map(|found| found.map(|it| it.0).collect::<Vec<_>>());
    assert_eq!(cost(0..1, 1), Some(vec![10]));
    assert_eq!(cost(0..2, 2), None, "a closed night");
    assert_eq!(cost(2..3, 2), None, "too short");
    assert_eq!(cost(2..4, 30), Some(vec![12, 1_000_000_000]));
    assert_eq!(cost(3..5, 365), None, "a night without a price");
    assert!(prices.of(TYPE, PLAN, 0..1, 1).is_none());
}

#[test]
fn a_stay_across_chunks_is_added_up_over_all_of_them() {
    let long = stay(20, 200);
    let found = calendar(long, 3, 500_000).offers(long, PARTY, Seen::ByStaff).unwrap();
    let kind = &found.room_types[0];
    assert_eq!((kind.available, kind.offers[0].nights.len()), (3, 200));
    assert_eq!(kind.offers[0].total.gross, Rupiah(100_000_000));
    assert!(kind.offers[0].nights.iter().map(|night| night.date).eq(long.days()));
}

#[test]
fn a_full_type_has_no_offer_and_a_large_party_no_type() {
    let short = stay(0, 1);
    let full = calendar(short, 0, 1).offers(short, PARTY, Seen::ByPublic).unwrap();
    assert_eq!((full.room_types[0].available, full.room_types[0].offers.len()), (0, 0));
    let four = Party { adults: 2, children: 2 };
    assert!(calendar(short, 1, 1).offers(short, four, Seen::ByPublic).unwrap().room_types.is_empty());
}

#[test]
fn a_stay_that_is_not_sold_is_refused_and_needs_no_night() {
    let calendar = Calendar::of(version(1, 1, 1), house());
    let (past, far) = (stay(-1, 1), stay(1_095, 1));
    assert!(calendar.lacking([past, far]).is_nothing());
    assert_eq!(calendar.offers(past, PARTY, Seen::ByStaff), Err(BadStay::InThePast(TODAY)));
    assert!(matches!(calendar.offers(far, PARTY, Seen::ByStaff), Err(BadStay::TooFarAhead(_))));
    assert_eq!(calendar.lacking([stay(1_094, 1)]).nights.len(), 1);
}

#[test]
fn another_version_takes_away_what_is_of_the_one_before_and_nothing_else() {
    let short = stay(10, 1);
    let fresh = || calendar(short, 1, 1);
    let lacks = |calendar: &Calendar| {
        let lacking = calendar.lacking([short]);
        (lacking.nights.len(), lacking.prices.len())
    };
    assert_eq!(lacks(&fresh()), (0, 0));
    for (next, lacking) in [(version(1, 1, 1), (0, 0)), (version(1, 2, 1), (1, 0)), (version(1, 1, 2), (0, 1))] {
        let mut calendar = fresh();
        assert!(calendar.turn_to(next) && calendar.is_of(next));
        assert_eq!(lacks(&calendar), lacking);
    }
    assert!(!fresh().turn_to(version(2, 1, 1)), "another house is another calendar");
}

#[test]
fn a_calendar_is_narrowed_to_the_stays_that_are_asked_for() {
    let whole = calendar(stay(0, 365), 1, 1);
    let narrow = whole.narrowed_to([stay(5, 1)]);
    assert!(narrow.lacking([stay(5, 1)]).is_nothing());
    assert!(narrow.bytes() * 4 < whole.bytes());
}
