//! How a tenant's login role proves itself: a derived password, and what Postgres keeps of it.
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use hotelhub_kernel::{Entropy, Key, Secret, sha256};
use sha2::Sha256;

/// Stretching protects what people think up. These passwords are 256 bits of a MAC, and each round would cost every connect.
const ITERATIONS: u32 = 1;

/// The password of a login role: whoever holds the cluster's key can work it out, so nobody has to keep or send it.
pub fn login_password(cluster: &Key, role: &str) -> Secret<String> {
    Secret::new(URL_SAFE_NO_PAD.encode(cluster.mac(format!("database-password:{role}").as_bytes())))
}

/// What `create role … password` takes instead of the password (RFC 5803), so that the server neither sees it nor hashes it.
pub(super) fn scram_verifier(password: &Secret<String>, entropy: &Entropy) -> String {
    let salt: [u8; 16] = entropy.bytes();
    let mut first =
        Hmac::<Sha256>::new_from_slice(password.expose().as_bytes()).expect("HMAC takes a key of any length");
    first.update(&salt);
    first.update(&FIRST_BLOCK);
    let salted = Key::new(first.finalize().into_bytes().into());
    let stored = sha256(&salted.mac(b"Client Key"));
    let server = salted.mac(b"Server Key");
    let encoded = |bytes: &[u8]| STANDARD.encode(bytes);
    format!("SCRAM-SHA-256${ITERATIONS}:{}${}:{}", encoded(&salt), encoded(&stored), encoded(&server))
}

/// The number of PBKDF2's one block.
const FIRST_BLOCK: [u8; 4] = 1_u32.to_be_bytes();
