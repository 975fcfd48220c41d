//! Why another timeline is tried.
use super::*;

#[test]
fn the_next_timeline_is_tried_where_one_has_nothing_after_the_instant() {
    let missed = "recovery ended before configured recovery target was reached".to_owned();
    assert!(ends_before(&FleetError::Unrecoverable(missed)));
    assert!(!ends_before(&FleetError::Unrecoverable("the disk is full".to_owned())));
}
