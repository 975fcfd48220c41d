//! Licences, sources, banned libraries and known holes, judged by cargo-deny against deny.toml.
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::{install, repo};

/// The version that is fetched where there is none.
const VERSION: &str = "0.20.2";

/// Fails on what deny.toml refuses; gives what could not be judged here, each with its reason.
pub(crate) fn check() -> Result<Vec<String>> {
    let Some(program) = find_or_fetch()? else {
        return Ok(vec!["licences, sources, bans and known holes: cargo-deny could not be fetched".to_owned()]);
    };
    judge(&program, &["--locked", "check", "licenses", "bans", "sources"])?;
    if let Err(reason) = fetch_advisories(&program) {
        return Ok(vec![format!("known holes in libraries: no database of advisories: {reason}")]);
    }
    judge(&program, &["--locked", "check", "--disable-fetch", "advisories"])?;
    Ok(Vec::new())
}

/// The program on the search path, or one built below the build folder, which is what only tests need.
fn find_or_fetch() -> Result<Option<PathBuf>> {
    let tools = repo::target().join("tools");
    let own = tools.join("bin/cargo-deny");
    let found = install::on_path("cargo-deny").or_else(|| own.is_file().then(|| own.clone()));
    if found.is_some() {
        return Ok(found);
    }
    println!("  building cargo-deny {VERSION} once, below {} (about two minutes) …", tools.display());
    let mut cargo = Command::new(repo::cargo());
    cargo.args(["install", "cargo-deny", "--quiet", "--locked", "--version", VERSION, "--root"]).arg(&tools);
    // Its own folder for objects: a target of ours would mix two worlds of flags.
    cargo.env_remove("CARGO_TARGET_DIR").current_dir(repo::root()).stdin(Stdio::null());
    Ok(cargo.status().context("cannot run cargo install")?.success().then_some(own))
}

fn judge(program: &Path, arguments: &[&str]) -> Result<()> {
    let mut deny = command(program, arguments);
    ensure!(deny.status().context("cannot run cargo-deny")?.success(), "cargo-deny {} failed", arguments.join(" "));
    Ok(())
}

/// Brings the database of advisories up to date; the refusal is what git said last.
fn fetch_advisories(program: &Path) -> Result<(), String> {
    let output = command(program, &["fetch", "db"]).output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let last = || said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("cargo-deny does not say why");
    if output.status.success() { Ok(()) } else { Err(last().trim().to_owned()) }
}

fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(repo::root()).stdin(Stdio::null());
    command
}
