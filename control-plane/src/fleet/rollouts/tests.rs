//! Which database goes when, and when it is enough.
use super::model::{Tally, is_too_much, wave_of_each, waves};

#[test]
fn one_hotel_goes_first_then_a_twentieth_then_a_quarter() {
    assert_eq!(waves(0), [0, 0, 0, 0]);
    assert_eq!(waves(1), [1, 0, 0, 0]);
    assert_eq!(waves(3), [1, 1, 1, 0]);
    assert_eq!(waves(100), [1, 5, 25, 69]);
    assert_eq!(waves(1_000), [1, 50, 250, 699]);
    assert!((0..500).all(|count| waves(count).iter().sum::<usize>() == count));
    assert_eq!(wave_of_each(5).collect::<Vec<_>>(), [0, 1, 2, 2, 3]);
}

#[test]
fn the_first_hotel_may_not_fail_and_few_of_the_rest() {
    let tally = |first_failed, tried, failed| Tally { first_failed, tried, failed };
    assert!(is_too_much(tally(1, 1, 1), 10_000));
    assert!(!is_too_much(tally(0, 2, 1), 500), "one of the first few");
    assert!(is_too_much(tally(0, 3, 2), 500));
    assert!(!is_too_much(tally(0, 1_000, 50), 500));
    assert!(is_too_much(tally(0, 1_000, 51), 500));
    assert!(is_too_much(tally(0, 30, 1), 0));
    assert!(!is_too_much(tally(0, 0, 0), 0));
}
