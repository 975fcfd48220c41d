//! The committed cache of the control plane's statements: written against a scratch database, or compared with what that would write.
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};

use crate::repo;
use crate::scratch::Scratch;

const DATABASE: &str = "statements";

/// Writes the cache anew, or fails where it differs from what the statements say.
pub(crate) fn run(check: bool, scratch: &Scratch) -> Result<()> {
    let committed = repo::root().join("control-plane/.sqlx");
    let fresh = scratch.folder().join("sqlx");
    fs::create_dir_all(&fresh)?;
    scratch.postgres().sql("postgres", &format!("create database {DATABASE}"))?;
    for file in migrations()? {
        scratch.postgres().run_file(DATABASE, &file)?;
    }
    compile(&scratch.postgres().dsn(DATABASE), &fresh)?;
    scratch.postgres().sql("postgres", &format!("drop database {DATABASE} with (force)"))?;
    match check {
        true => compare(&read(&committed)?, &read(&fresh)?),
        false => replace(&committed, &fresh),
    }
}

/// The central schema's files in their order.
fn migrations() -> Result<Vec<PathBuf>> {
    let root = repo::root().join("central-migrations");
    let folder = Some(root.join("migrations")).filter(|folder| folder.is_dir()).unwrap_or(root);
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    Ok(files)
}

/// Checks the control plane with the macros asking `dsn` and writing into `cache`.
fn compile(dsn: &str, cache: &Path) -> Result<()> {
    let library = File::options().append(true).open(repo::root().join("control-plane/src/lib.rs"))?;
    let before = library.metadata()?.modified()?;
    library.set_modified(now())?;
    let status = Command::new(repo::cargo())
        .args(["check", "--quiet", "-p", "hotelhub-control-plane", "--lib"])
        .current_dir(repo::root())
        .env("CENTRAL_DATABASE_URL", dsn)
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", cache)
        .status();
    library.set_modified(before)?;
    ensure!(
        status.context("cannot run cargo check")?.success(),
        "the control plane does not compile against its schema"
    );
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a file's time is the wall's")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            files.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(files)
}

fn compare(committed: &BTreeMap<String, String>, fresh: &BTreeMap<String, String>) -> Result<()> {
    let missing = fresh.keys().filter(|name| !committed.contains_key(*name)).count();
    let left_over = committed.keys().filter(|name| !fresh.contains_key(*name)).count();
    let changed = fresh.iter().filter(|(name, text)| committed.get(*name).is_some_and(|old| old != *text)).count();
    if missing + left_over + changed > 0 {
        bail!(
            "control-plane/.sqlx is stale: {missing} missing, {left_over} left over, {changed} changed; \
             run cargo xtask sqlx"
        );
    }
    Ok(())
}

fn replace(committed: &Path, fresh: &Path) -> Result<()> {
    let files = read(fresh)?;
    let _ = fs::remove_dir_all(committed);
    if !files.is_empty() {
        fs::create_dir_all(committed)?;
    }
    for (name, text) in &files {
        fs::write(committed.join(name), text)?;
    }
    println!("  {} statements in control-plane/.sqlx", files.len());
    Ok(())
}
