//! A budget that is never exceeded and forgets no permit.
use std::time::Duration;

use prometheus::IntGauge;

use super::budget::Budget;

fn budget(limit: usize) -> Budget {
    let gauge = |name| IntGauge::new(name, "shown").unwrap();
    Budget::of(limit, gauge("open"), gauge("budget"))
}

#[test]
fn permits_are_as_many_as_the_limit_and_come_back_when_dropped() {
    let budget = budget(2);
    let (first, second) = (budget.try_take(), budget.try_take());
    assert!(first.is_some() && second.is_some());
    assert!(budget.try_take().is_none());
    drop(first);
    assert_eq!(budget.out(), 1);
    assert!(budget.try_take().is_some());
}

#[test]
fn a_smaller_limit_withdraws_what_is_out_as_it_comes_back() {
    let budget = budget(4);
    let mut out: Vec<_> = (0..4).map(|_| budget.try_take().unwrap()).collect();
    budget.set_limit(2);
    assert_eq!((budget.limit(), budget.owed()), (2, 2));
    out.pop();
    out.pop();
    assert_eq!((budget.owed(), budget.out()), (0, 2));
    assert!(budget.try_take().is_none(), "two are out and two are all there are");
    out.pop();
    assert!(budget.try_take().is_some());
}

#[test]
fn a_limit_that_grows_again_forgives_what_is_owed_first() {
    let budget = budget(4);
    let out: Vec<_> = (0..4).map(|_| budget.try_take().unwrap()).collect();
    budget.set_limit(1);
    budget.set_limit(5);
    assert_eq!(budget.owed(), 0);
    let fifth = budget.try_take();
    assert!(fifth.is_some() && budget.try_take().is_none());
    drop(out);
    assert_eq!(budget.out(), 1);
    assert_eq!((0..).map_while(|_| budget.try_take().map(std::mem::forget)).count(), 4);
}

#[tokio::test]
async fn who_waits_and_gives_up_takes_nothing_along() {
    let budget = budget(1);
    let held = budget.try_take();
    let gave_up = tokio::time::timeout(Duration::from_millis(20), budget.take()).await;
    assert!(gave_up.is_err());
    assert_eq!(budget.waiting(), 0);
    drop(held);
    assert!(tokio::time::timeout(Duration::from_secs(1), budget.take()).await.is_ok());
    assert!(budget.try_take().is_some());
}
