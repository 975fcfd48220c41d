//! Which timelines lead to an instant.
use super::*;

#[test]
fn the_timelines_that_are_tried_begin_with_the_base_backups_own() {
    let history = "1\t0/3000000\tno recovery target specified\n\n2\t0/5000000\tbefore 2026-07-03 14:04:00+07\n";
    assert_eq!(from_on(1, 3, history), [1, 2, 3]);
    assert_eq!(from_on(2, 3, history), [2, 3]);
    assert_eq!(from_on(7, 3, history), [7], "the server went back behind it");
    let missed = "recovery ended before configured recovery target was reached".to_owned();
    assert!(ends_before(&FleetError::Unrecoverable(missed)));
    assert!(!ends_before(&FleetError::Unrecoverable("the disk is full".to_owned())));
}
