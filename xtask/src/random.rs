//! Secrets for private servers, from the kernel's generator.
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::secrets;

fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).context("no randomness")?;
    Ok(bytes)
}

/// 32 random bytes in base64, as the settings want a key.
pub(crate) fn key() -> Result<String> {
    Ok(STANDARD.encode(bytes::<32>()?))
}

/// 144 random bits that may stand in an address.
pub(crate) fn password() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<18>()?))
}

/// The password that a file holds; made and written there the first time.
pub(crate) fn kept_password(file: &Path) -> Result<String> {
    if let Ok(password) = fs::read_to_string(file) {
        return Ok(password);
    }
    let password = password()?;
    secrets::write(file, &password)?;
    Ok(password)
}

/// A short random name for a folder or a request.
pub(crate) fn name() -> Result<String> {
    Ok(bytes::<8>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}
