//! The way of a program to its server.
use prometheus::IntGauge;

use super::*;
use crate::tenancy::Budget;

fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[kind], &length.to_be_bytes()[..], body].concat()
}

#[test]
fn the_key_of_a_backend_is_found_however_the_bytes_are_cut() {
    let key = [0, 0, 1, 2, 9, 8, 7, 6];
    let said = [frame(b'R', &[0; 4]), frame(b'S', b"TimeZone\0UTC\0"), frame(b'K', &key), frame(b'Z', b"I")].concat();
    for size in 1..=said.len() {
        let mut greeting = Greeting::default();
        let found: Vec<_> = said.chunks(size).filter_map(|bytes| greeting.read(bytes)).collect();
        assert_eq!(found, [key.to_vec()], "in pieces of {size}");
    }
}

#[test]
fn what_a_server_says_that_lets_nobody_in_has_no_key_and_is_not_kept() {
    for said in [frame(b'Z', b"I"), frame(b'E', &vec![b'x'; LONGEST_GREETING]), b"HTTP/1.1 400 Bad Request".to_vec()] {
        let mut greeting = Greeting::default();
        assert_eq!(greeting.read(&said), None);
        assert_eq!(greeting.read(&frame(b'K', &[1; 8])), None);
        assert!(greeting.unread.is_empty());
    }
}

#[tokio::test]
async fn the_permit_of_a_program_that_never_came_comes_back() {
    let gauge = |name: &str| IntGauge::new(name, "of a test").unwrap();
    let budget = Budget::of(1, gauge("out"), gauge("budget"));
    let passage = Passage::prepare().unwrap();
    let awaited = passage.open(&Config::new(), budget.try_take(None).unwrap());
    tokio::task::yield_now().await;
    assert_eq!(budget.out(), 1);
    drop(awaited);
    while budget.out() > 0 {
        tokio::task::yield_now().await;
    }
}
