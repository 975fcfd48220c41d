//! A private Redis: loopback only, with a password, nothing kept on disk.
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::process::Process;
use crate::stop::Stop;

/// The oldest version that will do.
const OLDEST: u32 = 7;

/// Whether this program is of a version that will do.
pub(crate) fn is_recent(program: &Path) -> bool {
    let said = Command::new(program).arg("--version").output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let version = said.split_once("v=").and_then(|(_, rest)| rest.split('.').next()?.parse::<u32>().ok());
    version.is_some_and(|version| version >= OLDEST)
}

/// A running Redis.
#[derive(Debug)]
pub(crate) struct Redis {
    pub(crate) process: Process,
    port: u16,
    password: String,
}

impl Redis {
    /// Starts it in `folder` and waits until it answers.
    pub(crate) fn start(folder: &Path, port: u16, password: &str, log: &Path, stop: &Stop) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let settings = format!(
            "port {port}\nbind 127.0.0.1\nprotected-mode yes\nrequirepass {password}\nsave \"\"\nappendonly no\n\
             dir \"{}\"\n",
            folder.display()
        );
        let file = folder.join("redis.conf");
        crate::secrets::write(&file, &settings)?;
        let mut process = Process::start("redis", Command::new("redis-server").arg(&file), log)?;
        stop.wait_for("the start of Redis", Duration::from_secs(60), || {
            process.check()?;
            Ok(answers(port, password).then_some(()))
        })?;
        Ok(Self { process, port, password: password.to_owned() })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}", self.password, self.port)
    }
}

fn answers(port: u16, password: &str) -> bool {
    let pong = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(format!("AUTH {password}\r\n").as_bytes())?;
        let mut answer = [0; 3];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"+OK")
    };
    pong().unwrap_or(false)
}
