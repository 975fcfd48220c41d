//! What the programs say about themselves, committed and compared: the API schemas and the table of settings.
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::programs::{Programs, output};
use crate::repo;

/// The OpenAPI documents of both planes.
pub(crate) fn schemas(check: bool, programs: &Programs) -> Result<()> {
    let api = repo::root().join("docs/api");
    let control = output(Command::new(programs.control()).arg("openapi"))?;
    let node = output(Command::new(programs.node()).arg("openapi"))?;
    settle(check, &[(api.join("control-plane.json"), control), (api.join("data-plane.json"), node)], "openapi")
}

/// `docs/CONFIGURATION.md`: every setting of both programs, from their own mouths.
pub(crate) fn settings(check: bool, programs: &Programs) -> Result<()> {
    let node = output(Command::new(programs.node()).args(["config", "--markdown"]))?;
    let control = output(Command::new(programs.control()).args(["config", "--markdown"]))?;
    let text = format!(
        "# Settings\n\n<!-- Written by `cargo xtask docs`; do not edit. -->\n\nEverything is read once at start, from \
         the environment or a flag. A secret `X` may also stand in a file named by `X_FILE`.\n\n\
         ## The node (`hotelhub`)\n\n{}\n\n## The control plane (`hotelhub-control`)\n\n{}\n",
        node.trim(),
        control.trim()
    );
    settle(check, &[(repo::root().join("docs/CONFIGURATION.md"), text)], "docs")
}

/// Writes the files, or fails with those that differ.
fn settle(check: bool, files: &[(PathBuf, String)], chore: &str) -> Result<()> {
    let mut stale = Vec::new();
    for (path, text) in files {
        let text = format!("{}\n", text.trim_end());
        let name = path.strip_prefix(repo::root()).unwrap_or(path).display().to_string();
        if check {
            let committed = fs::read_to_string(path).unwrap_or_default();
            if committed != text {
                stale.push(name);
            }
            continue;
        }
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        fs::write(path, text).with_context(|| format!("cannot write {name}"))?;
        println!("  {name}");
    }
    ensure!(stale.is_empty(), "stale: {}; run cargo xtask {chore}", stale.join(", "));
    Ok(())
}
