//! An export sealed with a passphrase: Argon2id (RFC 9106, its second recommended choice: 64 MiB, three passes, four lanes) makes the key, the vault's
//! stream (ChaCha20-Poly1305 in pieces that count) seals.
use argon2::{Algorithm, Argon2, Params, Version};
use hotelhub_kernel::{Entropy, Key, Secret};
use hotelhub_vault::{Opener, Sealer};

use crate::Refused;

const MAGIC: &[u8] = b"HotelHub sealed export 1\n";
const SALT: usize = 16;
const PROOF: usize = 16;
const HEAD: usize = MAGIC.len() + SALT + PROOF;

const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;

/// Whether a file that begins so is sealed.
pub fn is_sealed(beginning: &[u8]) -> bool {
    beginning.starts_with(MAGIC)
}

/// Seals what is pushed.
pub struct Sealing(Sealer);

impl Sealing {
    /// Under a passphrase, with a salt of its own; and what stands before the sealed bytes.
    pub fn begin(passphrase: &Secret<String>, entropy: &Entropy) -> (Self, Vec<u8>) {
        let salt: [u8; SALT] = entropy.bytes();
        let key = key(passphrase, &salt);
        let head = [MAGIC, &salt, &proof(&key)].concat();
        (Self(Sealer::new(&key.derive("export-data"), &head)), head)
    }

    /// Takes plain bytes on; what is sealed by now.
    ///
    /// # Errors
    /// After 256 TiB.
    pub fn push(&mut self, plain: &[u8]) -> Result<Vec<u8>, Refused> {
        self.0.push(plain).map_err(|_| Refused::Unsealed)
    }

    /// The last bytes.
    ///
    /// # Errors
    /// After 256 TiB.
    pub fn finish(self) -> Result<Vec<u8>, Refused> {
        self.0.finish().map_err(|_| Refused::Unsealed)
    }
}

/// Opens what is pushed.
pub struct Opening {
    passphrase: Secret<String>,
    head: Vec<u8>,
    opener: Option<Opener>,
}

impl Opening {
    /// With this passphrase.
    pub fn new(passphrase: Secret<String>) -> Self {
        Self { passphrase, head: Vec::new(), opener: None }
    }

    /// Takes sealed bytes on; the plain ones that are vouched for by now.
    ///
    /// # Errors
    /// When it is another passphrase, or the bytes are not those that were sealed.
    pub fn push(&mut self, mut sealed: &[u8]) -> Result<Vec<u8>, Refused> {
        if self.opener.is_none() {
            let (head, rest) = sealed.split_at(sealed.len().min(HEAD - self.head.len()));
            self.head.extend_from_slice(head);
            sealed = rest;
            if self.head.len() < HEAD {
                return Ok(Vec::new());
            }
            self.opener = Some(self.open()?);
        }
        match &mut self.opener {
            Some(opener) => opener.push(sealed).map_err(|_| Refused::Unsealed),
            None => Ok(Vec::new()),
        }
    }

    /// There is no more: the last plain bytes.
    ///
    /// # Errors
    /// When the end is not there.
    pub fn finish(self) -> Result<Vec<u8>, Refused> {
        self.opener.ok_or(Refused::CutOff)?.finish().map_err(|_| Refused::Unsealed)
    }

    fn open(&self) -> Result<Opener, Refused> {
        let salted = self.head.strip_prefix(MAGIC).ok_or(Refused::Open)?;
        let (salt, told) = salted.split_first_chunk::<SALT>().ok_or(Refused::CutOff)?;
        let key = key(&self.passphrase, salt);
        if !key.derive("export-proof").verifies(b"", told) {
            return Err(Refused::Passphrase);
        }
        Ok(Opener::new(&key.derive("export-data"), &self.head))
    }
}

fn key(passphrase: &Secret<String>, salt: &[u8; SALT]) -> Key {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).expect("the recommended parameters are in range");
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose().as_bytes(), salt, &mut key)
        .expect("argon2id takes any passphrase below 4 GiB with a 16-byte salt");
    Key::new(key)
}

/// What tells another passphrase from a damaged file.
fn proof(key: &Key) -> [u8; PROOF] {
    let proof = key.derive("export-proof").mac(b"");
    proof.first_chunk().copied().unwrap_or_default()
}
