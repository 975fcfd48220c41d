//! Failing orders come back later and later, and then no more.
use hotelhub_kernel::Entropy;
use jiff::Timestamp;

use super::{ATTEMPTS, after_failure};

#[test]
fn a_failed_order_waits_longer_each_time_and_the_eighth_failure_is_the_last() {
    let (now, dice) = (Timestamp::UNIX_EPOCH, Entropy::seeded(1));
    let waits: Vec<i128> =
        (1..ATTEMPTS).map(|n| after_failure(n, now, &dice).unwrap().duration_since(now).as_millis()).collect();
    assert!(waits.windows(2).all(|pair| pair[0] < pair[1] * 2), "{waits:?}");
    assert!(waits[0] >= 250 && waits[0] <= 500, "{waits:?}");
    assert_eq!(after_failure(ATTEMPTS, now, &dice), None);
}
