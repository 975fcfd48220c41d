//! The shape of the house, checked: which package may name which, and what a file inside a plane may reach.
mod arrows;
mod sources;
#[cfg(test)]
mod tests;
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::repo;

/// Fails with every edge and every reach that the design does not allow.
pub(crate) fn check() -> Result<()> {
    let mut wrong = arrows::wrong_edges(&metadata()?);
    for plane in ["control-plane", "data-plane"] {
        let src = repo::root().join(plane).join("src");
        for file in rust_files(&src)? {
            let name = file.strip_prefix(&src)?.to_string_lossy().into_owned();
            let source = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            wrong.extend(sources::wrong_source(&name, &source).into_iter().map(|line| format!("{plane}/src/{line}")));
        }
    }
    ensure!(wrong.is_empty(), "the layers do not hold:\n  {}", wrong.join("\n  "));
    Ok(())
}

fn metadata() -> Result<arrows::Metadata> {
    let output = Command::new(repo::cargo())
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(repo::root())
        .output()
        .context("cannot run cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("cargo metadata answered something else")
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
