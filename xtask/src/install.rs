//! Programs a chore needs: found, or installed where we are root on Debian, or named in one line to run.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::repo;
use crate::servers::{postgres, redis};

/// A program and the Debian package it comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Postgres,
    Redis,
    Compiler,
    Chromium,
    ChromeDriver,
}

/// What private servers and a build need.
pub(crate) const SERVERS: &[Need] = &[Need::Postgres, Need::Redis, Need::Compiler];
/// What tests need besides.
pub(crate) const BROWSER: &[Need] = &[Need::Chromium, Need::ChromeDriver];

impl Need {
    fn is_met(self) -> bool {
        match self {
            Self::Postgres => postgres::find().is_some(),
            Self::Redis => on_path("redis-server").is_some_and(|program| redis::is_recent(&program)),
            Self::Compiler => on_path("cc").is_some(),
            Self::Chromium => on_path("chromium").is_some(),
            Self::ChromeDriver => on_path("chromedriver").is_some(),
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Redis => "redis-server",
            Self::Compiler => "build-essential",
            Self::Chromium => "chromium",
            Self::ChromeDriver => "chromium-driver",
        }
    }
}

/// Where a program lies on the search path.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = repo::environment("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Makes sure everything is there; fails with the one line to run when it is not for us to install it.
pub(crate) fn ensure_all(needs: &[Need]) -> Result<()> {
    let packages: Vec<&str> = needs.iter().filter(|need| !need.is_met()).map(|need| need.package()).collect();
    if packages.is_empty() {
        return Ok(());
    }
    if !rustix::process::geteuid().is_root() {
        bail!("something is missing; run this and try again:\n\n  {}\n", line_to_run(&packages));
    }
    ensure!(on_path("apt-get").is_some(), "please install: {}", packages.join(" "));
    println!("  installing {} …", packages.join(" "));
    install(&packages)?;
    let still: Vec<&str> = needs.iter().filter(|need| !need.is_met()).map(|need| need.package()).collect();
    ensure!(still.is_empty(), "installed, and still not found: {}", still.join(" "));
    Ok(())
}

/// One line that installs the packages, neither makes a cluster nor starts a service of Debian's own, and leaves none of its files behind.
fn line_to_run(packages: &[&str]) -> String {
    // Debian asks the second file before it starts a service (invoke-rc.d(8)); 101 forbids it. One that was there before is left alone.
    let switched_off = "c=/etc/postgresql-common/createcluster.d/hotelhub.conf; p=/usr/sbin/policy-rc.d; \
                        trap \"rm -f $c\" EXIT; mkdir -p ${c%/*}; echo create_main_cluster = false > $c; \
                        [ -e $p ] || { trap \"rm -f $c $p\" EXIT; printf \"#!/bin/sh\\nexit 101\\n\" > $p; chmod 755 $p; }";
    let install = "apt-get update && apt-get install -y --no-install-recommends";
    format!("sudo sh -c '{switched_off}; {install} {}'", packages.join(" "))
}

fn install(packages: &[&str]) -> Result<()> {
    fs::create_dir_all("/etc/postgresql-common/createcluster.d").context("cannot write below /etc")?;
    let _no_cluster =
        Guard::put("/etc/postgresql-common/createcluster.d/hotelhub.conf", "create_main_cluster = false\n", 0o644)?;
    let _no_services = Guard::put("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)?;
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}

fn apt(arguments: &[&str]) -> Result<()> {
    let output = Command::new("apt-get").args(["-q"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive").output();
    let output = output.context("cannot run apt-get")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "apt-get {}: {}", arguments.join(" "), said.trim());
    Ok(())
}

/// A file that stands only while something is installed; one that was there before is left alone.
struct Guard(Option<PathBuf>);

impl Guard {
    fn put(path: &str, text: &str, mode: u32) -> Result<Self> {
        use std::os::unix::fs::PermissionsExt;
        if Path::new(path).exists() {
            return Ok(Self(None));
        }
        fs::write(path, text).with_context(|| format!("cannot write {path}"))?;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        Ok(Self(Some(PathBuf::from(path))))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::line_to_run;

    #[test]
    fn the_line_for_those_who_are_not_root_starts_nothing_of_debians_own() {
        let line = line_to_run(&["postgresql", "redis-server"]);
        assert_eq!(
            line,
            "sudo sh -c 'c=/etc/postgresql-common/createcluster.d/hotelhub.conf; p=/usr/sbin/policy-rc.d; \
             trap \"rm -f $c\" EXIT; mkdir -p ${c%/*}; echo create_main_cluster = false > $c; \
             [ -e $p ] || { trap \"rm -f $c $p\" EXIT; printf \"#!/bin/sh\\nexit 101\\n\" > $p; chmod 755 $p; }; \
             apt-get update && apt-get install -y --no-install-recommends postgresql redis-server'"
        );
    }
}
