//! The stock is filled a few at a time.
use super::{Stock, plan};

#[test]
fn an_empty_stock_is_filled_two_at_a_time() {
    assert_eq!(plan(Stock { ready: 0, preparing: 0, room: 100 }, 4), 2);
    assert_eq!(plan(Stock { ready: 0, preparing: 2, room: 100 }, 4), 0);
    assert_eq!(plan(Stock { ready: 1, preparing: 1, room: 100 }, 4), 1);
}

#[test]
fn a_full_stock_and_a_full_server_get_nothing() {
    assert_eq!(plan(Stock { ready: 4, preparing: 0, room: 100 }, 4), 0);
    assert_eq!(plan(Stock { ready: 9, preparing: 0, room: 100 }, 4), 0);
    assert_eq!(plan(Stock { ready: 0, preparing: 0, room: 0 }, 4), 0);
    assert_eq!(plan(Stock { ready: 3, preparing: 0, room: 100 }, 4), 1);
}
