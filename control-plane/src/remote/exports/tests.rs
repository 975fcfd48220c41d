//! How long the pieces are that a file is sent in.
use super::{PIECE, piece_of};

const GIB: u64 = 1024 * 1024 * 1024;

#[test]
fn the_longest_export_is_sent_in_no_more_pieces_than_are_taken() {
    assert_eq!([0, 1, GIB, 35 * GIB].map(piece_of), [PIECE; 4]);
    for length in [36 * GIB, 71 * GIB, 100 * GIB, 128 * GIB, 129 * GIB] {
        let piece = piece_of(length) as u64;
        assert!(length.div_ceil(piece) <= 10_000 && piece <= 16 * 1024 * 1024, "{length} in pieces of {piece}");
    }
}
