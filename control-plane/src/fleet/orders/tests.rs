//! Failing orders come back later and later, and then no more.
use hotelhub_kernel::Entropy;
use jiff::Timestamp;

use super::{ATTEMPTS, after_failure};

#[test]
fn a_failed_order_waits_longer_each_time_and_the_eighth_failure_is_the_last() {
    let (now, dice) = (Timestamp::UNIX_EPOCH, Entropy::seeded(1));
    for failures in 1..ATTEMPTS {
        let wait = after_failure(failures, now, &dice).unwrap().duration_since(now).as_millis();
        let longest = 500 << (failures - 1);
        assert!((longest / 2..=longest).contains(&wait), "{wait} ms after {failures}");
    }
    assert_eq!(after_failure(ATTEMPTS, now, &dice), None);
}
