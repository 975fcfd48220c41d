//! The product's own programs, built once and started by path.
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::repo;

/// Where the programs of a development build lie.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Builds the three programs in one go.
    pub(crate) fn build() -> Result<Self> {
        let packages = ["hotelhub-data-plane", "hotelhub-control-plane", "hotelhub-testkit"];
        Self::build_packages(packages.map(|package| ["-p", package]).as_flattened())
    }

    /// Builds every program of the workspace, with the features that its tests are built with, so that nothing is built twice.
    pub(crate) fn build_workspace() -> Result<Self> {
        Self::build_packages(&["--workspace"])
    }

    /// Builds what measures and torments the house, and the programs it starts, with full optimisation.
    pub(crate) fn build_optimised() -> Result<Self> {
        let packages = ["hotelhub-tests", "hotelhub-data-plane", "hotelhub-control-plane", "hotelhub-testkit"];
        println!("  building with full optimisation …");
        build(&[&["--release", "--quiet", "--bins"], packages.map(|package| ["-p", package]).as_flattened()].concat())?;
        Ok(Self { folder: repo::target().join("release") })
    }

    fn build_packages(packages: &[&str]) -> Result<Self> {
        build(&[packages, &["--bins"]].concat())?;
        Ok(Self { folder: repo::target().join("debug") })
    }

    pub(crate) fn folder(&self) -> &PathBuf {
        &self.folder
    }

    pub(crate) fn node(&self) -> PathBuf {
        self.folder.join("hotelhub")
    }

    pub(crate) fn control(&self) -> PathBuf {
        self.folder.join("hotelhub-control")
    }

    pub(crate) fn bench(&self) -> PathBuf {
        self.folder.join("hotelhub-bench")
    }

    pub(crate) fn torture(&self) -> PathBuf {
        self.folder.join("hotelhub-torture")
    }

    pub(crate) fn standins(&self) -> PathBuf {
        self.folder.join("hotelhub-standins")
    }
}

/// Runs `cargo build`. SQL is checked against the committed cache.
pub(crate) fn build(arguments: &[&str]) -> Result<()> {
    let mut cargo = Command::new(repo::cargo());
    cargo.arg("build").args(arguments).current_dir(repo::root()).env("SQLX_OFFLINE", "true");
    ensure!(cargo.status().context("cannot run cargo build")?.success(), "the programs do not build");
    Ok(())
}

/// Runs a program to its end and answers what it printed; fails with what it complained about.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot run {name}"))?;
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{name} {}: {}", arguments.join(" "), said.trim());
    String::from_utf8(output.stdout).with_context(|| format!("{name} printed something else than text"))
}
