//! The envelope a node trusts: a payload and the control plane's Ed25519 signature (RFC 8032) over it.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hotelhub_kernel::Key;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A payload as the exact text that was signed. `kind` is signed with it, so that an order never passes for a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// What the payload is: `snapshot`, `deltas` or `order`.
    pub kind: String,
    /// JSON.
    pub payload: String,
    /// Standard base64 of the 64 bytes of the signature over `kind`, a NUL and `payload`.
    pub signature: String,
}

/// The control plane's signing key.
#[derive(Clone)]
pub struct FeedKey(SigningKey);

/// The key nodes verify with: public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedVerifier(VerifyingKey);

/// An envelope that the control plane did not seal, or whose content is not what it says.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum BadSignature {
    /// It is no envelope: cut short, or spoilt on the way or on the disk.
    #[error("it is no envelope: {0}")]
    Envelope(String),
    /// The signature does not fit.
    #[error("the signature does not fit")]
    Signature,
    /// It is signed, but something else than was asked for.
    #[error("the envelope holds a {0}")]
    Kind(String),
    /// It is signed, but this version cannot read it.
    #[error("the signed payload cannot be read: {0}")]
    Payload(String),
}

impl FeedKey {
    /// The signing key of a 256-bit secret.
    pub fn new(secret: &Key) -> Self {
        Self(SigningKey::from_bytes(secret.expose()))
    }

    /// What nodes are given.
    pub fn verifier(&self) -> FeedVerifier {
        FeedVerifier(self.0.verifying_key())
    }

    /// Seals a payload. Fails only for a value that is no JSON.
    pub fn sign<T: Serialize>(&self, kind: &str, value: &T) -> Result<Signed, serde_json::Error> {
        let payload = serde_json::to_string(value)?;
        let signature = self.0.sign(&message(kind, &payload));
        Ok(Signed { kind: kind.to_owned(), payload, signature: STANDARD.encode(signature.to_bytes()) })
    }
}

impl FeedVerifier {
    /// Reads a key of 32 bytes of standard base64, as settings carry it.
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = STANDARD.decode(text.trim()).ok()?.try_into().ok()?;
        VerifyingKey::from_bytes(&bytes).ok().map(Self)
    }

    /// The key as settings carry it.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0.as_bytes())
    }

    /// Reads an envelope as it came over a wire or off a disk, and opens it.
    pub fn read<T: DeserializeOwned>(&self, kind: &str, bytes: &[u8]) -> Result<(Signed, T), BadSignature> {
        let signed = serde_json::from_slice(bytes).map_err(|error| BadSignature::Envelope(error.to_string()))?;
        let value = self.open(kind, &signed)?;
        Ok((signed, value))
    }

    /// Checks the seal, then reads the payload.
    pub fn open<T: DeserializeOwned>(&self, kind: &str, signed: &Signed) -> Result<T, BadSignature> {
        let bytes: [u8; 64] = STANDARD
            .decode(&signed.signature)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(BadSignature::Signature)?;
        self.0
            .verify_strict(&message(&signed.kind, &signed.payload), &Signature::from_bytes(&bytes))
            .map_err(|_| BadSignature::Signature)?;
        if signed.kind != kind {
            return Err(BadSignature::Kind(signed.kind.clone()));
        }
        serde_json::from_str(&signed.payload).map_err(|error| BadSignature::Payload(error.to_string()))
    }
}

fn message(kind: &str, payload: &str) -> Vec<u8> {
    [kind.as_bytes(), b"\0", payload.as_bytes()].concat()
}
