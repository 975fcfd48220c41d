//! Which part of a file is meant, and how much of one is done.
use super::model::{Refusal, from_byte, percent};

#[test]
fn a_file_goes_on_at_a_byte_it_has_and_nowhere_else() {
    for (range, from) in [(None, Ok(0)), (Some("bytes=0-"), Ok(0)), (Some("bytes=99-"), Ok(99))] {
        assert_eq!(from_byte(range, 100), from);
    }
    assert_eq!(from_byte(Some("bytes=98784247808-"), 128 << 30), Ok(92 << 30));
    for range in ["bytes=100-", "bytes=-5", "bytes=1-5", "bytes=1-,3-", "lines=1-", "bytes=x-", ""] {
        assert_eq!(from_byte(Some(range), 100), Err(Refusal::NoSuchPart), "{range}");
    }
}

#[test]
fn what_is_done_is_told_in_hundredths_that_never_run_ahead() {
    for (done, all, told) in [(0, 3, 0), (1, 3, 33), (2, 3, 66), (3, 3, 100), (0, 0, 100), (9, 3, 100), (-1, 3, 0)] {
        assert_eq!(percent(done, all), told, "{done} of {all}");
    }
    assert_eq!(percent(i64::MAX, i64::MAX), 100);
}
