//! What every browser has to fetch stays small.
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Bytes of one script at most.
const LARGEST: u64 = 8 * 1024;

#[test]
fn no_script_is_larger_than_eight_kilobytes() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no workspace")?;
    let mut scripts = 0;
    for folder in [root.to_owned(), root.join("crates")] {
        for package in folder.read_dir()? {
            let Ok(assets) = package?.path().join("assets").read_dir() else { continue };
            for asset in assets {
                let asset = asset?;
                if asset.path().extension().is_some_and(|kind| kind == "js") {
                    let size = asset.metadata()?.len();
                    ensure!(size <= LARGEST, "{} has {size} bytes", asset.path().display());
                    scripts += 1;
                }
            }
        }
    }
    ensure!(scripts >= 5, "{scripts} scripts were found");
    Ok(())
}
