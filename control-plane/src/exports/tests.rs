//! Which part of a file is meant.
use super::model::{Refusal, from_byte};

#[test]
fn a_file_goes_on_at_a_byte_it_has_and_nowhere_else() {
    for (range, from) in [(None, Ok(0)), (Some("bytes=0-"), Ok(0)), (Some("bytes=99-"), Ok(99))] {
        assert_eq!(from_byte(range, 100), from);
    }
    for range in ["bytes=100-", "bytes=-5", "bytes=1-5", "bytes=1-,3-", "lines=1-", "bytes=x-", ""] {
        assert_eq!(from_byte(Some(range), 100), Err(Refusal::NoSuchPart), "{range}");
    }
}
