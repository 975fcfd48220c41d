//! The rules of the public doors.
use jiff::civil::date;

use super::model::{cancellable, free_until};
use crate::hotel::reservations::Status;

#[test]
fn giving_up_is_free_until_so_many_days_before_the_arrival() {
    let arrival = date(2026, 7, 10);
    assert_eq!(free_until(arrival, 0), arrival);
    assert_eq!(free_until(arrival, 3), date(2026, 7, 7));
    let on = |today| cancellable(Status::Confirmed, free_until(arrival, 3), today, "021 555");
    assert!(on(date(2026, 7, 1)).is_ok());
    assert!(on(date(2026, 7, 7)).is_ok());
    let refused = on(date(2026, 7, 8)).unwrap_err();
    assert_eq!(refused.code(), "cancellation-fee");
    assert_eq!(refused.extra("phone").and_then(|phone| phone.as_str()), Some("021 555"));
}

#[test]
fn what_is_only_held_is_given_up_for_nothing() {
    assert!(cancellable(Status::Hold, date(2026, 7, 1), date(2026, 7, 9), "").is_ok());
}
