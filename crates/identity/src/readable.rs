//! Random text that people copy by hand.
use hotelhub_kernel::Entropy;

/// Letters and digits that nobody mistakes for one another; 32 of them.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstvwxyz0123456789";
/// The letters of a text: 80 bits, too many to try even for who has its hash.
pub(crate) const LENGTH: usize = 16;

/// Sixteen random letters in groups of four: `7k2m-xw9q-…`.
pub(crate) fn readable(entropy: &Entropy) -> String {
    let random: [u8; LENGTH] = entropy.bytes();
    let mut text = String::with_capacity(LENGTH + LENGTH / 4);
    for (i, byte) in random.iter().enumerate() {
        if i > 0 && i.is_multiple_of(4) {
            text.push('-');
        }
        text.push(LETTERS.get(usize::from(byte & 31)).map_or('0', |letter| char::from(*letter)));
    }
    text
}
