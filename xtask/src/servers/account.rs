//! Who private servers run as: Postgres refuses root, so root lends it an unprivileged account.
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::random;

/// Where folders go that an account cannot reach elsewhere.
const ELSEWHERE: &str = "/var/tmp";
/// How their names begin.
const PREFIX: &str = "hotelhub-";

/// The account a server is started under.
#[derive(Clone, Debug)]
pub(crate) enum Account {
    /// Whoever started this chore.
    Own,
    /// An unprivileged one, lent by root.
    Lent { uid: u32, gid: u32 },
}

impl Account {
    /// Our own unless we are root, else `postgres`, else `nobody`.
    pub(crate) fn unprivileged() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let lent = |wanted: &str| {
            let line = accounts.lines().find(|line| line.split(':').next() == Some(wanted))?;
            let mut ids = line.split(':').skip(2).map(str::parse);
            Some(Self::Lent { uid: ids.next()?.ok()?, gid: ids.next()?.ok()? })
        };
        lent("postgres").or_else(|| lent("nobody")).context("no account postgres or nobody to run Postgres as")
    }

    /// A command that runs as this account, with a plain locale and a home it may enter.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let program = program.as_ref();
        let mut command = match self {
            Self::Own => Command::new(program),
            Self::Lent { uid, gid } => {
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups").arg(program);
                command.env("HOME", "/tmp").current_dir("/");
                command
            }
        };
        command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        command
    }

    /// Gives a file or folder to this account.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Lent { uid, gid } => {
                chown(path, Some(*uid), Some(*gid)).with_context(|| format!("cannot give away {}", path.display()))
            }
        }
    }

    /// A folder of this account at `wanted`; where the account cannot get there, a link to one under `/var/tmp`.
    pub(crate) fn folder(&self, wanted: &Path) -> Result<PathBuf> {
        if let Ok(existing) = fs::canonicalize(wanted) {
            return Ok(existing);
        }
        let _ = fs::remove_file(wanted);
        if self.reaches(wanted.parent().unwrap_or(Path::new("/"))) {
            fs::create_dir_all(wanted).with_context(|| format!("cannot make {}", wanted.display()))?;
            self.own(wanted)?;
            return Ok(wanted.to_owned());
        }
        let elsewhere = Path::new(ELSEWHERE).join(format!("{PREFIX}{}", random::name()?));
        fs::create_dir(&elsewhere).with_context(|| format!("cannot make {}", elsewhere.display()))?;
        self.own(&elsewhere)?;
        std::os::unix::fs::symlink(&elsewhere, wanted)?;
        Ok(elsewhere)
    }

    fn reaches(&self, folder: &Path) -> bool {
        let _ = fs::create_dir_all(folder);
        self.command("test").arg("-x").arg(folder).status().is_ok_and(|status| status.success())
    }
}

/// Removes a folder with everything in it, and what the links of [`Account::folder`] in it point to; other links are not followed.
pub(crate) fn remove_folder(path: &Path) -> Result<()> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    let removed = if found.is_dir() {
        for entry in fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
            remove_folder(&entry?.path())?;
        }
        fs::remove_dir(path)
    } else {
        let target = fs::read_link(path).ok();
        if let Some(lent) = target.filter(|target| target.parent() == Some(Path::new(ELSEWHERE)) && is_ours(target)) {
            let _ = fs::remove_dir_all(lent);
        }
        fs::remove_file(path)
    };
    removed.with_context(|| format!("cannot remove {}", path.display()))
}

fn is_ours(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
}
