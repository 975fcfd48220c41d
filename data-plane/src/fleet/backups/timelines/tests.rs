//! Which timelines lead to an instant, and which instants belong to two.
use super::*;

/// A standby was promoted at 0/3000000, and the server taken back to an earlier time at 0/5000000.
const HISTORY: &str = "1\t0/3000000\tno recovery target specified\n\n2\t0/5000000\tbefore 2026-07-03 14:04:00+07\n";

fn in_order(base: u32, history: &str) -> Vec<u32> {
    Timelines::read(base, 3, history).in_order().collect()
}

#[test]
fn the_timelines_that_are_tried_begin_with_the_base_backups_own() {
    assert_eq!(in_order(1, HISTORY), [1, 2, 3]);
    assert_eq!(in_order(2, HISTORY), [2, 3]);
    assert_eq!(in_order(7, HISTORY), [7], "the server went back behind it");
    assert_eq!(in_order(3, ""), [3]);
}

#[test]
fn an_instant_after_a_standby_was_promoted_belongs_to_two_timelines_where_the_first_went_on() {
    let timelines = Timelines::read(1, 3, HISTORY);
    assert!(timelines.must_be_one((1, 0x0300_0000)).is_ok(), "both have what was written before");
    let refused = timelines.must_be_one((1, 0x0300_0001)).unwrap_err();
    assert!(refused.is_final() && refused.reason().contains("1 went on after 2 was promoted"), "{refused:?}");
    assert!(refused.reason().contains("--timeline"), "staff are told what to say: {refused:?}");
    assert!(timelines.must_be_one((1, 1 << 32)).is_err());
    assert!(timelines.must_be_one((2, 0x0600_0000)).is_ok(), "what was lived until it was taken back");
    assert!(timelines.must_be_one((3, 0x0600_0000)).is_ok());
    assert!(Timelines::only(1).must_be_one((1, 0x0600_0000)).is_ok(), "somebody chose");
}

#[test]
fn of_a_server_that_cannot_be_asked_timelines_that_are_no_one_line_are_refused() {
    let timelines = Timelines::read(2, 3, HISTORY);
    assert!(timelines.must_be_all_of(&[1, 2, 3].into()).is_ok(), "what was before the base backup is none of it");
    let refused = timelines.must_be_all_of(&[1, 2, 3, 4].into()).unwrap_err();
    assert!(refused.is_final() && refused.reason().contains("2, 3, 4"), "{refused:?}");
    assert!(Timelines::read(7, 9, HISTORY).must_be_all_of(&[7, 9].into()).is_err());
}

#[test]
fn where_a_timeline_was_left_stands_in_the_last_line_of_a_history() {
    assert_eq!(last_left(HISTORY), Some((2, 0x0500_0000)));
    assert_eq!(last_left("3\t1F/A0\tbefore 2026-07-03 14:04:00+07"), Some((3, 0x1f_0000_00a0)));
    assert_eq!((last_left(""), last_left("one\ttwo\tthree")), (None, None));
    assert_eq!((of_file("0000000A00000000000000AA").unwrap(), of_file("wal").is_err()), (10, true));
}
