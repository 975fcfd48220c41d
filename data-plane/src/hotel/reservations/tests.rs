//! The rules of stays, told without a database.
use std::collections::BTreeSet;

use hotelhub_kernel::{Entropy, Rupiah};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

use super::{Action, BadStay, Change, Night, Refusal, Slips, Status, Stay, Terms, Wish, booking_code, change};
use crate::hotel::rooms::inventory::{Counter, Moves};

const TODAY: Date = date(2026, 7, 3);
const DELUXE: Uuid = Uuid::from_u128(1);
const SUITE: Uuid = Uuid::from_u128(2);
const BAR: Uuid = Uuid::from_u128(10);
const BREAKFAST: Uuid = Uuid::from_u128(11);

fn stay(from: i32, nights: i32) -> Stay {
    let arrival = TODAY + from.days();
    Stay::new(arrival, arrival + nights.days()).unwrap()
}

fn terms(stay: Stay) -> Terms {
    Terms { stay, room_type: DELUXE, rate_plan: BAR }
}

fn agreed(terms: Terms, price: i64) -> Vec<Night> {
    let night = |day| Night { day, room_type: terms.room_type, rate_plan: terms.rate_plan, price: Rupiah(price) };
    terms.stay.days().map(night).collect()
}

#[test]
fn a_stay_has_its_nights_and_leaves_the_departure_day_free() {
    let stay = Stay::new(date(2026, 7, 3), date(2026, 7, 5)).unwrap();
    assert_eq!(stay.days().collect::<Vec<_>>(), [date(2026, 7, 3), date(2026, 7, 4)]);
    assert_eq!(stay.nights(), 2);
    assert!(stay.holds(date(2026, 7, 4)) && !stay.holds(date(2026, 7, 5)));
}

#[test]
fn dates_that_are_no_stay_are_refused_with_their_reason() {
    assert_eq!(Stay::new(TODAY, TODAY), Err(BadStay::NoNights));
    assert_eq!(Stay::new(TODAY, TODAY - 3.days()), Err(BadStay::NoNights));
    assert_eq!(Stay::new(TODAY, TODAY + 10.years()), Err(BadStay::TooLong(365)));
    assert!(Stay::new(TODAY, TODAY + 365.days()).is_ok());
    assert_eq!(Stay::new(Date::MIN, Date::MAX), Err(BadStay::NoSuchArrival));
    assert_eq!(Stay::new(date(1900, 1, 1), date(2999, 12, 31)), Err(BadStay::TooLong(365)));
    assert_eq!(stay(0, 31).within(30), Err(BadStay::TooLong(30)));
    assert_eq!(stay(-1, 2).sold_on(TODAY), Err(BadStay::InThePast(TODAY)));
    assert_eq!(stay(1_095, 1).sold_on(TODAY), Err(BadStay::TooFarAhead(TODAY + 1_095.days())));
    assert!(stay(0, 1).sold_on(TODAY).is_ok());
}

#[test]
fn a_reservation_goes_only_the_ways_a_guest_goes() {
    let ways = [
        (Status::Hold, Action::Confirm, Status::Confirmed),
        (Status::Hold, Action::Expire, Status::Expired),
        (Status::Hold, Action::Cancel, Status::Cancelled),
        (Status::Confirmed, Action::Cancel, Status::Cancelled),
        (Status::Confirmed, Action::NoShow, Status::NoShow),
        (Status::Confirmed, Action::CheckIn, Status::InHouse),
        (Status::Confirmed, Action::Amend, Status::Confirmed),
        (Status::InHouse, Action::Amend, Status::InHouse),
        (Status::InHouse, Action::CheckOut, Status::CheckedOut),
    ];
    for (from, action, to) in ways {
        assert_eq!(from.after(action), Some(to), "{from} {action}");
    }
    for ended in [Status::CheckedOut, Status::Cancelled, Status::NoShow, Status::Expired] {
        assert!(ended.allowed_actions(stay(-2, 2), TODAY, Slips::default()).is_empty(), "{ended}");
    }
    for status in Status::ALL {
        assert_eq!(Status::parse(status.as_str()), Some(status));
    }
}

#[test]
fn the_desk_is_offered_what_fits_the_day() {
    let tomorrow = Status::Confirmed.allowed_actions(stay(1, 2), TODAY, Slips::default());
    assert_eq!(tomorrow, [Action::AssignRoom, Action::Move, Action::Amend, Action::Cancel]);
    let today = Status::Confirmed.allowed_actions(stay(0, 2), TODAY, Slips::default());
    assert!(today.contains(&Action::CheckIn) && today.contains(&Action::NoShow));
    let missed = Status::Confirmed.allowed_actions(stay(-3, 2), TODAY, Slips::default());
    assert!(missed.contains(&Action::NoShow) && !missed.contains(&Action::CheckIn));
    assert_eq!(Status::Hold.allowed_actions(stay(0, 2), TODAY, Slips::default()), [Action::Confirm, Action::Cancel]);
    let in_house = Status::InHouse.allowed_actions(stay(-1, 2), TODAY, Slips::default());
    assert_eq!(in_house, [Action::AssignRoom, Action::CheckOut, Action::Move, Action::Amend]);
}

#[test]
fn slips_are_taken_back_on_their_own_day() {
    let offered = |status: Status, slips| status.allowed_actions(stay(0, 2), TODAY, slips);
    let slips = Slips { check_in: true, check_out: true };
    assert!(offered(Status::InHouse, slips).contains(&Action::RevertCheckIn));
    assert_eq!(offered(Status::CheckedOut, slips), [Action::RevertCheckOut]);
    assert_eq!(offered(Status::NoShow, slips), [Action::Reinstate]);
    assert_eq!(Status::Cancelled.allowed_actions(stay(-2, 2), TODAY, slips), [], "the last night is over");
}

#[test]
fn a_longer_stay_keeps_the_agreed_prices_and_prices_only_the_new_nights() {
    let now = terms(stay(1, 2));
    let nights = agreed(now, 500_000);
    let wish = Wish { departure: Some(TODAY + 5.days()), ..Wish::default() };
    let Change { kept, fresh, .. } = change(Status::Confirmed, now, &nights, wish, TODAY).unwrap();
    assert_eq!(kept, nights);
    assert_eq!(fresh, [TODAY + 3.days(), TODAY + 4.days()]);
}

#[test]
fn another_room_type_or_plan_is_priced_anew() {
    let now = terms(stay(1, 2));
    let wish = Wish { room_type: Some(SUITE), ..Wish::default() };
    let change = change(Status::Confirmed, now, &agreed(now, 500_000), wish, TODAY).unwrap();
    assert!(change.kept.is_empty());
    assert_eq!(change.fresh.len(), 2);
}

#[test]
fn of_a_guest_in_house_only_nights_to_come_change() {
    let now = terms(stay(-2, 4));
    let nights = agreed(now, 500_000);
    let try_it = |wish| change(Status::InHouse, now, &nights, wish, TODAY);
    let earlier = Wish { arrival: Some(TODAY), ..Wish::default() };
    assert_eq!(try_it(earlier), Err(Refusal::SleptNights));
    let gone = Wish { departure: Some(TODAY - 1.day()), ..Wish::default() };
    assert_eq!(try_it(gone), Err(Refusal::SleptNights));
    let leaves = Wish { departure: Some(TODAY), ..Wish::default() };
    assert_eq!(try_it(leaves).unwrap().kept, nights[..2]);
    let breakfast = Wish { rate_plan: Some(BREAKFAST), ..Wish::default() };
    let with_breakfast = try_it(breakfast).unwrap();
    assert_eq!(with_breakfast.kept, nights[..2]);
    assert_eq!(with_breakfast.fresh, [TODAY, TODAY + 1.day()]);
}

#[test]
fn a_confirmed_stay_does_not_move_into_the_past_and_an_ended_one_does_not_move() {
    let now = terms(stay(1, 2));
    let wish = Wish { arrival: Some(TODAY - 1.day()), ..Wish::default() };
    let refused = change(Status::Confirmed, now, &agreed(now, 1), wish, TODAY);
    assert_eq!(refused, Err(Refusal::stay("arrival", BadStay::InThePast(TODAY))));
    let over = change(Status::Cancelled, now, &agreed(now, 1), Wish::default(), TODAY);
    assert_eq!(over, Err(Refusal::NotAllowed { action: Action::Amend, status: Status::Cancelled }));
}

#[test]
fn a_booking_code_is_six_characters_nobody_mistakes() {
    let entropy = Entropy::seeded(3);
    let codes: BTreeSet<String> = (0..2_000).map(|_| booking_code(&entropy)).collect();
    assert_eq!(codes.len(), 2_000);
    assert!(codes.iter().all(|code| code.len() == 6 && !code.contains(['0', 'O', '1', 'I', 'L'])));
}

proptest! {
    #[test]
    fn any_two_dates_are_a_stay_or_a_refusal(from in -40_000_i32..40_000, to in -40_000_i32..40_000) {
        let (arrival, departure) = (TODAY + from.days(), TODAY + to.days());
        match Stay::new(arrival, departure) {
            Ok(stay) => {
                prop_assert_eq!(stay.nights(), to - from);
                prop_assert_eq!(stay.days().count(), usize::try_from(to - from).unwrap());
                prop_assert!(stay.days().all(|day| stay.holds(day)) && !stay.holds(departure));
            }
            Err(BadStay::NoNights) => prop_assert!(to <= from),
            Err(why) => prop_assert!(why == BadStay::TooLong(365) && to - from > 365),
        }
    }

    #[test]
    fn a_changed_stay_has_every_night_once_and_the_counters_follow(
        status in prop_oneof![Just(Status::Confirmed), Just(Status::InHouse)],
        from in -5_i32..5, nights in 1_i32..8,
        arrival in proptest::option::of(-5_i32..8), departure in proptest::option::of(-5_i32..16),
        suite: bool, breakfast: bool,
    ) {
        let now = terms(stay(from, nights));
        let old = agreed(now, 500_000);
        let wish = Wish {
            arrival: arrival.map(|days| TODAY + days.days()),
            departure: departure.map(|days| TODAY + days.days()),
            room_type: suite.then_some(SUITE),
            rate_plan: breakfast.then_some(BREAKFAST),
        };
        let Ok(Change { terms, kept, fresh }) = change(status, now, &old, wish, TODAY) else { return Ok(()) };
        let mut days: Vec<Date> = kept.iter().map(|night| night.day).chain(fresh.iter().copied()).collect();
        days.sort();
        prop_assert_eq!(days, terms.stay.days().collect::<Vec<_>>());
        prop_assert!(kept.iter().all(|night| old.contains(night)));
        let mut moves = Moves::default();
        let after = kept.iter().map(|night| (night.room_type, night.day)).chain(fresh.iter().map(|day| (terms.room_type, *day)));
        old.iter().for_each(|night| moves.add(Counter::Sold, night.room_type, night.day, -1));
        after.for_each(|(room_type, day)| moves.add(Counter::Sold, room_type, day, 1));
        prop_assert!(moves.iter().all(|(_, _, held, sold)| held == 0 && sold.abs() == 1));
        prop_assert_eq!(moves.iter().map(|(.., sold)| i32::from(sold)).sum::<i32>(), terms.stay.nights() - nights);
        if status == Status::InHouse {
            // Who stayed on past the departure has slept nights that were not sold yet.
            prop_assert!(moves.iter().all(|(_, day, ..)| day >= TODAY || day >= now.stay.departure()));
        }
    }
}
