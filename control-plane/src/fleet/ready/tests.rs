//! How much is kept, and how fast it comes and goes.
use jiff::{SignedDuration, Timestamp};

use super::{Arrivals, Drop, Stock, Strain, UNSETTLED, may_drop, plan, wanted};

const NOON: Timestamp = Timestamp::constant(1_782_900_000, 0);

fn a_few(stock: Stock, wanted: u32) -> u32 {
    plan(stock, wanted, None, NOON)
}

fn strain(syncing: bool, unsettled: u32, newest_secs_ago: i64) -> Strain {
    Strain { syncing, unsettled, newest: Some(NOON - SignedDuration::from_secs(newest_secs_ago)) }
}

#[test]
fn an_empty_stock_is_filled_two_at_a_time() {
    assert_eq!(a_few(Stock { ready: 0, preparing: 0, room: 100 }, 4), 2);
    assert_eq!(a_few(Stock { ready: 0, preparing: 2, room: 100 }, 4), 0);
    assert_eq!(a_few(Stock { ready: 1, preparing: 1, room: 100 }, 4), 1);
}

#[test]
fn a_full_stock_and_a_full_server_get_nothing() {
    assert_eq!(a_few(Stock { ready: 4, preparing: 0, room: 100 }, 4), 0);
    assert_eq!(a_few(Stock { ready: 9, preparing: 0, room: 100 }, 4), 0);
    assert_eq!(a_few(Stock { ready: 0, preparing: 0, room: 0 }, 4), 0);
    assert_eq!(a_few(Stock { ready: 3, preparing: 0, room: 100 }, 4), 1);
}

#[test]
fn the_stock_grows_with_the_pace_at_which_hotels_come_and_shrinks_again() {
    let stock = |ten_minutes, hour| wanted(4, Arrivals { ten_minutes, hour });
    assert_eq!(stock(0, 0), 4, "what is always kept");
    assert_eq!(stock(1, 6), 4, "a hotel in ten minutes is no crowd");
    assert_eq!(stock(60, 60), 7, "three in half a minute, and twice their spread");
    assert_eq!(stock(0, 360), 7, "the hour counts where the last minutes were quiet");
    assert_eq!(stock(600, 600), 32, "no more than eight times what is always kept");
    assert_eq!(wanted(0, Arrivals { ten_minutes: 600, hour: 600 }), 0, "no stock at all where none is wished");
}

#[test]
fn a_disk_that_falls_behind_gets_one_database_a_second_and_none_while_it_syncs() {
    let empty = Stock { ready: 0, preparing: 0, room: 100 };
    let making = Stock { preparing: 1, ..empty };
    let ordered = |stock, strain| plan(stock, 4, Some(strain), NOON);
    assert_eq!(ordered(empty, strain(false, UNSETTLED - 1, 0)), 2);
    assert_eq!(ordered(empty, strain(false, UNSETTLED, 0)), 0);
    assert_eq!(ordered(empty, strain(false, UNSETTLED, 1)), 1);
    assert_eq!(ordered(making, strain(false, UNSETTLED, 1)), 0, "one at a time");
    assert_eq!(ordered(empty, strain(true, 0, 60)), 0);
}

#[test]
fn a_drop_waits_for_a_calm_disk_and_for_a_rest_after_the_last_one() {
    let calm = strain(false, 0, 60);
    let ago = |seconds| NOON - SignedDuration::from_secs(seconds);
    let last = |over, took| Some(Drop { over: ago(over), took: SignedDuration::from_secs(took) });
    assert!(may_drop(calm, ago(60), None, NOON));
    assert!(!may_drop(strain(true, 0, 60), ago(60), None, NOON));
    assert!(!may_drop(calm, ago(60), last(26, 3), NOON), "three seconds' work is followed by twenty-seven of rest");
    assert!(may_drop(calm, ago(60), last(27, 3), NOON));
    assert!(!may_drop(strain(false, UNSETTLED, 60), ago(3_599), None, NOON));
    assert!(may_drop(strain(false, UNSETTLED, 60), ago(3_600), None, NOON), "no server is left full for ever");
}
