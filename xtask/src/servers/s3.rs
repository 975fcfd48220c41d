//! A private S3 service: loopback only, with a key of its own, its bucket a folder.
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::process::Process;
use crate::stop::Stop;
use crate::{install, repo};

/// What serves it: <https://github.com/versity/versitygw>, Apache-2.0.
const PACKAGE: &str = "github.com/versity/versitygw/cmd/versitygw@v1.8.0";
const KEY_ID: &str = "hotelhub";
const BUCKET: &str = "hotelhub";

/// A running service with one empty bucket.
#[derive(Debug)]
pub(crate) struct S3 {
    pub(crate) process: Process,
    port: u16,
    secret: String,
}

/// The program on the search path, or one built once below the build folder; nothing where Go, or its registry, is not there.
pub(crate) fn find_or_fetch() -> Option<PathBuf> {
    let tools = repo::target().join("tools/bin");
    let own = tools.join("versitygw");
    let found = install::on_path("versitygw").or_else(|| own.is_file().then(|| own.clone()));
    if found.is_some() {
        return found;
    }
    let go = install::on_path("go")?;
    println!("  building an S3 service once, below {} …", tools.display());
    let mut fetch = Command::new(go);
    fetch.args(["install", PACKAGE]).env("GOBIN", &tools).env("GOFLAGS", "-mod=mod").current_dir(std::env::temp_dir());
    let fetched = fetch.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    fetched.is_ok_and(|status| status.success()).then_some(own)
}

impl S3 {
    /// Starts `program` on `folder` and waits until it listens.
    pub(crate) fn start(
        program: &Path,
        folder: &Path,
        (port, secret): (u16, &str),
        log: &Path,
        stop: &Stop,
    ) -> Result<Self> {
        let (root, notes) = (folder.join("buckets"), folder.join("notes"));
        for made in [&root.join(BUCKET), &notes] {
            fs::create_dir_all(made).with_context(|| format!("cannot make {}", made.display()))?;
        }
        let mut command = Command::new(program);
        command.env("ROOT_ACCESS_KEY_ID", KEY_ID).env("ROOT_SECRET_ACCESS_KEY", secret).arg("--quiet");
        command.args(["--port", &format!("127.0.0.1:{port}"), "posix", "--sidecar"]).arg(&notes).arg(&root);
        let mut process = Process::start("s3", &mut command, log)?;
        stop.wait_for("the start of the S3 service", Duration::from_secs(60), || {
            process.check()?;
            Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok().map(drop))
        })?;
        Ok(Self { process, port, secret: secret.to_owned() })
    }

    /// Where it is and what it is shown; its bucket is called `hotelhub`.
    pub(crate) fn url(&self) -> String {
        format!("http://{KEY_ID}:{}@127.0.0.1:{}", self.secret, self.port)
    }
}
