//! Conversations cut anywhere, and what must not count as idle.
use proptest::prelude::*;

use super::{Frames, Wire};

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 4).unwrap();
    [&[kind], length.to_be_bytes().as_slice(), payload].concat()
}

fn startup() -> Vec<u8> {
    let payload = [0, 3, 0, 0, b'u', 0, 0];
    let length = u32::try_from(payload.len() + 4).unwrap();
    [length.to_be_bytes().as_slice(), &payload].concat()
}

/// A startup with a password, a simple query, and a prepared one of four frames and a Sync.
fn client() -> Vec<u8> {
    let frames = [frame(b'p', b"secret\0"), frame(b'Q', b"begin\0"), frame(b'P', b"s1\0select 1\0\0\0")];
    let more = [frame(b'B', b"\0s1\0"), frame(b'E', b"\0\0\0\0\0"), frame(b'S', b"")];
    [startup(), frames.concat(), more.concat()].concat()
}

/// The answers to [`client`]; a `Z` in a row's payload is no `ReadyForQuery`.
fn server() -> Vec<u8> {
    let frames = [frame(b'R', b"\0\0\0\0"), frame(b'Z', b"I"), frame(b'C', b"BEGIN\0"), frame(b'Z', b"T")];
    let more = [frame(b'D', b"ZZZZZ\0\0\0\x05I"), frame(b'C', b"SELECT 1\0"), frame(b'Z', b"I")];
    [frames.concat(), more.concat()].concat()
}

#[test]
fn a_conversation_fed_byte_by_byte_is_idle_only_where_it_is() {
    let wire = Wire::default();
    let (mut sent, mut received) = (Frames::of_client(), Frames::of_server());
    for byte in client() {
        wire.sent(&mut sent, &[byte]);
        assert!(!wire.is_idle());
    }
    let answers = server();
    let last = answers.len() - 1;
    for (place, byte) in answers.into_iter().enumerate() {
        wire.received(&mut received, &[byte]);
        assert_eq!(wire.is_idle(), place == last, "at byte {place}");
    }
}

#[test]
fn a_transaction_that_was_left_open_or_broken_is_not_idle() {
    for status in [b'T', b'E'] {
        let wire = Wire::default();
        wire.sent(&mut Frames::of_client(), &startup());
        wire.received(&mut Frames::of_server(), &frame(b'Z', &[status]));
        assert!(!wire.is_idle());
        assert!(wire.is_in_transaction());
    }
}

#[test]
fn a_frame_cut_in_two_and_an_answer_nobody_asked_for_are_not_idle() {
    let wire = Wire::default();
    let mut received = Frames::of_server();
    wire.sent(&mut Frames::of_client(), &startup());
    wire.received(&mut received, &frame(b'Z', b"I"));
    assert!(wire.is_idle());
    wire.received(&mut received, b"N\0\0");
    assert!(!wire.is_idle(), "half a notice");
    wire.received(&mut received, b"\0\x05x");
    assert!(wire.is_idle());
    wire.received(&mut received, &frame(b'Z', b"I"));
    assert!(!wire.is_idle(), "one answer too many");
}

proptest! {
    #[test]
    fn any_cut_of_the_bytes_reads_the_same(cuts in proptest::collection::vec(1_usize..40, 0..40)) {
        let wire = Wire::default();
        for (bytes, mut frames, to_server) in [(client(), Frames::of_client(), true), (server(), Frames::of_server(), false)] {
            let mut rest = bytes.as_slice();
            for cut in cuts.iter().copied().chain([usize::MAX]) {
                let (head, tail) = rest.split_at(cut.min(rest.len()));
                if to_server { wire.sent(&mut frames, head) } else { wire.received(&mut frames, head) }
                rest = tail;
            }
        }
        prop_assert!(wire.is_idle());
    }
}
