//! The code a guest reads out on the telephone.
use hotelhub_kernel::Entropy;

/// No 0 O, 1 I L: what looks alike is not used.
const LETTERS: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// Six characters that are not mistaken for each other; nearly 900 million codes, so a second try is rarely needed.
pub fn booking_code(entropy: &Entropy) -> String {
    let letter = |_| LETTERS.get(entropy.below(31) as usize).map_or('2', |byte| char::from(*byte));
    (0..6).map(letter).collect()
}
