//! Files that only their owner reads.
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};

/// Writes `text` as a whole into a file of mode 600: a reader sees the old text or the new one.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let fresh = path.with_extension("fresh");
    let _ = fs::remove_file(&fresh);
    let written = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&fresh, path)
    };
    written().with_context(|| format!("cannot write {}", path.display()))
}
