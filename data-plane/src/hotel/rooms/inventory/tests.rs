//! Collecting moves, told without a database.
use jiff::civil::date;
use uuid::Uuid;

use super::{Counter, Moves};

#[test]
fn what_is_given_back_and_taken_again_on_one_night_does_not_move() {
    let (deluxe, night) = (Uuid::from_u128(1), date(2026, 7, 3));
    let mut moves = Moves::default();
    moves.add(Counter::Held, deluxe, night, -1);
    moves.add(Counter::Held, deluxe, night, 1);
    assert!(moves.is_empty());
    moves.add(Counter::Sold, deluxe, night, 2);
    assert_eq!(moves.iter().collect::<Vec<_>>(), [(deluxe, night, 0, 2)]);
}

#[test]
fn nights_are_locked_by_type_and_then_by_day() {
    let mut moves = Moves::default();
    for (room_type, day) in [(2, 5), (1, 9), (2, 4), (1, 8)] {
        moves.add(Counter::Sold, Uuid::from_u128(room_type), date(2026, 7, day), 1);
    }
    let order: Vec<_> = moves.iter().map(|(room_type, day, ..)| (room_type.as_u128(), day.day())).collect();
    assert_eq!(order, [(1, 8), (1, 9), (2, 4), (2, 5)]);
}
