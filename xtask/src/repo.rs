//! Where the repository lies and which cargo builds it.
use std::path::{Path, PathBuf};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The folder cargo builds into.
pub(crate) fn target() -> PathBuf {
    environment("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo this chore was started by.
pub(crate) fn cargo() -> String {
    environment("CARGO").unwrap_or_else(|| "cargo".to_owned())
}

/// A variable of this process's environment, if it is set to something.
#[expect(clippy::disallowed_methods, reason = "chores take no settings of the product; this is their one look around")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
