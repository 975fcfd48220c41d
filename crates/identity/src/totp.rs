//! The second factor: codes of an authenticator app (RFC 6238, SHA-1, six digits, thirty seconds).
use hotelhub_kernel::{Entropy, Secret};
use jiff::Timestamp;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, TOTP};

/// The length of a step, in seconds.
const STEP: i64 = 30;
/// The bytes of a secret: what RFC 4226 recommends.
const SECRET: usize = 20;

/// An authenticator's shared secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totp(Secret<[u8; SECRET]>);

impl Totp {
    /// A fresh secret.
    pub fn new(entropy: &Entropy) -> Self {
        Self(Secret::new(entropy.bytes()))
    }

    /// Takes up a secret that a database kept; nothing unless it has 20 bytes.
    pub fn kept(secret: &[u8]) -> Option<Self> {
        secret.try_into().ok().map(|bytes| Self(Secret::new(bytes)))
    }

    /// The secret's bytes, for the database.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// The secret in base32, for who types it by hand.
    pub fn expose_base32(&self) -> String {
        self.totp(None, "").get_secret_base32()
    }

    /// The `otpauth://` address an app reads, under the name of the house and of the account.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        self.totp(Some(issuer.replace(':', " ")), &account.replace(':', " ")).get_url()
    }

    /// [`Totp::uri`] as a QR code: an `<svg>` element without script or style, black on white in light and dark pages alike.
    pub fn qr_svg(&self, issuer: &str, account: &str) -> Option<String> {
        let code = QrCode::with_error_correction_level(self.uri(issuer, account), EcLevel::M).ok()?;
        let svg = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
        svg.find("<svg").and_then(|start| svg.get(start..)).map(str::to_owned)
    }

    /// The step a code is good for, if that is the current one or one beside it and later than `last_step`, the last one used.
    /// Whoever keeps the answer as the new `last_step` accepts no code twice.
    pub fn accepts(&self, code: &str, now: Timestamp, last_step: Option<i64>) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let current = now.as_second().div_euclid(STEP);
        let fits = |step: &i64| bool::from(self.code_of(*step).as_bytes().ct_eq(code.as_bytes()));
        (current - 1..=current + 1).filter(|step| last_step.is_none_or(|last| *step > last)).find(fits)
    }

    /// The code an app shows at `now`.
    pub fn code_at(&self, now: Timestamp) -> String {
        self.code_of(now.as_second().div_euclid(STEP))
    }

    fn code_of(&self, step: i64) -> String {
        self.totp(None, "").generate(u64::try_from(step.saturating_mul(STEP)).unwrap_or(0))
    }

    fn totp(&self, issuer: Option<String>, account: &str) -> TOTP {
        TOTP::new_unchecked(
            Algorithm::SHA1,
            6,
            1,
            STEP.unsigned_abs(),
            self.0.expose().to_vec(),
            issuer,
            account.to_owned(),
        )
    }
}
