//! A program that was started here, and that can be killed in every way.
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::process::{Child, Command};

use crate::connection::{Connection, get};

/// Where programs that are started here find others.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A running program. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
    name: String,
}

impl Process {
    /// Starts a program with exactly these settings besides `PATH` and `HOME`; its output goes to `<dir>/<name>.log`.
    pub fn start(dir: &Path, name: &str, program: &Path, args: &[&str], env: &[(String, String)]) -> Result<Self> {
        let log = dir.join(format!("{name}.log"));
        let out = File::options().create(true).append(true).open(&log)?;
        let child = Command::new(program)
            .args(args)
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", dir)
            .envs(env.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, log, name: name.to_owned() })
    }

    /// Runs a program to its end and gives what it printed.
    pub async fn run(program: &Path, args: &[&str], env: &[(String, String)]) -> Result<String> {
        match Self::ended(program, args, env).await? {
            (0, printed, _) => Ok(printed),
            (_, _, complaint) => bail!("{} {args:?}: {complaint}", program.display()),
        }
    }

    /// Runs a program to its end with exactly these settings besides `PATH`: what it ended with, what it printed, and what it complained of.
    pub async fn ended(program: &Path, args: &[&str], env: &[(String, String)]) -> Result<(i32, String, String)> {
        let mut command = Command::new(program);
        command.args(args).env_clear().env("PATH", PATH).envs(env.iter().cloned()).stdin(Stdio::null());
        let output = command.output().await?;
        let code = output.status.code().context("it was killed")?;
        Ok((code, String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?))
    }

    /// Waits until `path` at this port of the loopback answers 200, or says what the program logged last.
    pub async fn until_healthy(&mut self, port: u16, path: &str) -> Result<()> {
        let request = get("health.localhost", path, None);
        for _ in 0..24_000 {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status}:\n{}", self.name, self.last_words());
            }
            if let Ok(mut connection) = Connection::open(port).await
                && connection.send(&request).await.is_ok_and(|reply| reply.status == 200)
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bail!("{} does not become healthy at {path}:\n{}", self.name, self.last_words())
    }

    /// The process id.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// `kill -9`: the program gets no chance to tidy up.
    pub async fn kill(&mut self) -> Result<()> {
        self.child.kill().await.context("cannot kill")
    }

    /// SIGTERM, then waits for the program to end by itself, and well.
    pub async fn stop(&mut self) -> Result<()> {
        self.ask_to_stop().await?;
        self.until_ended().await
    }

    /// SIGTERM.
    pub async fn ask_to_stop(&self) -> Result<()> {
        match self.child.id() {
            Some(id) => signal(id, "TERM").await,
            None => Ok(()),
        }
    }

    /// Waits for the program to end; fails when it does not, or ends badly.
    pub async fn until_ended(&mut self) -> Result<()> {
        let status = tokio::time::timeout(Duration::from_secs(120), self.child.wait())
            .await
            .with_context(|| format!("{} does not end", self.name))??;
        if !status.success() {
            bail!("{} ended with {status}:\n{}", self.name, self.last_words());
        }
        Ok(())
    }

    /// All that it has logged, also before it was started again.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The end of its log.
    pub fn last_words(&self) -> String {
        let text = self.said();
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(25)).copied().collect::<Vec<_>>().join("\n")
    }
}

/// Sends a signal, `TERM` or `KILL`, to a process that was started here.
pub async fn signal(pid: u32, name: &str) -> Result<()> {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().await?;
    anyhow::ensure!(status.success(), "cannot send {name} to {pid}");
    Ok(())
}
