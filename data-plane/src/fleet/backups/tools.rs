//! `pg_dump`, `pg_restore` and `pg_basebackup` as processes: the server's own version, a password in their environment alone, killed when nobody waits for them.
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio_postgres::Config;

use super::passage::{Awaited, PORT, Passage};
use crate::fleet::FleetError;
use crate::progress;
use crate::tenancy::Permit;

const DUMP: &str = "pg_dump";
const RESTORE: &str = "pg_restore";
const COPY: &str = "pg_basebackup";

/// What a child may find its own helpers by.
pub(super) const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Bytes read of a dump at once.
const AT_ONCE: usize = 256 * 1024;

/// What is kept of what a program says, in bytes.
const SAID: u64 = 1_000;

/// How long a dump waits for tables that somebody changes.
const LOCK_WAIT: &str = "--lock-wait-timeout=30s";

/// Where the programs are.
#[derive(Clone, Debug)]
pub(super) struct Tools(Option<PathBuf>);

/// As whom a program signs in, and where, and its right to a connection: it comes back when the server has let go of the program.
pub(super) struct Login<'a> {
    pub(super) config: &'a Config,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
    pub(super) password: &'a [u8],
    pub(super) permit: Permit,
}

/// A dump, or a copy of a whole server, that is being made.
pub(super) struct Dumping {
    program: &'static str,
    child: Child,
    out: ChildStdout,
    said: JoinHandle<String>,
    _way: Awaited,
}

/// A dump that is being filled in.
pub(super) struct Filling {
    child: Child,
    input: Option<ChildStdin>,
    said: JoinHandle<String>,
    _way: Awaited,
}

impl Tools {
    pub(super) fn in_folder(folder: Option<PathBuf>) -> Self {
        Self(folder)
    }

    /// Begins to dump a snapshot, or one schema of it, compressed, without owners and grants.
    pub(super) fn dump(
        &self,
        login: Login<'_>,
        schema: Option<&str>,
        snapshot: &str,
        server: i32,
    ) -> Result<Dumping, FleetError> {
        let (mut command, passage) = self.command(DUMP, &login, server)?;
        command.args(["--dbname", login.database]);
        command.args(["--format=custom", "--compress=6", "--no-owner", "--no-privileges", LOCK_WAIT]);
        command.args(schema.map(|schema| format!("--schema={schema}")));
        command.args(["--no-publications", "--no-subscriptions", &format!("--snapshot={snapshot}")]);
        Dumping::begin(DUMP, command, (passage, login))
    }

    /// Begins to copy a whole server, compressed, without its WAL; it waits until that is archived.
    pub(super) fn copy(&self, login: Login<'_>, server: i32, urgent: bool) -> Result<Dumping, FleetError> {
        let (mut command, passage) = self.command(COPY, &login, server)?;
        command.args(["--pgdata=-", "--format=tar", "--wal-method=none", "--compress=client-gzip:1"]);
        command.args(["--label=hotelhub", if urgent { "--checkpoint=fast" } else { "--checkpoint=spread" }]);
        Dumping::begin(COPY, command, (passage, login))
    }

    /// Begins to fill a dump into an empty database, all of it or nothing.
    pub(super) fn fill(&self, login: Login<'_>, server: i32) -> Result<Filling, FleetError> {
        let (mut command, passage) = self.command(RESTORE, &login, server)?;
        command.args(["--dbname", login.database]);
        command.args(["--format=custom", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]);
        let mut child = command.stdin(Stdio::piped()).spawn().map_err(|error| failed(RESTORE, &error))?;
        let input = child.stdin.take();
        let said = listen(RESTORE, &mut child)?;
        Ok(Filling { child, input, said, _way: passage.open(login.config, login.permit) })
    }

    /// A program that signs in by a passage.
    fn command(&self, program: &'static str, login: &Login<'_>, server: i32) -> Result<(Command, Passage), FleetError> {
        let passage = Passage::prepare().map_err(|error| failed(program, &error))?;
        let password = String::from_utf8_lossy(login.password).into_owned();
        let mut command = Command::new(self.find(program, server / 10_000)?);
        command.env_clear().env("PATH", PATH).env("LC_ALL", "C").env("PGPASSWORD", password);
        command.env("PGSSLMODE", "disable").env("PGCONNECT_TIMEOUT", "5").env("PGAPPNAME", "hotelhub-fleet");
        command.args(["--no-password", "--host", passage.host(), "--port", PORT]);
        command.args(["--username", login.user]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        Ok((command, passage))
    }

    /// The program in the folder that was set, else in the server's own version, else in any.
    pub(super) fn find(&self, program: &'static str, major: i32) -> Result<PathBuf, FleetError> {
        let own = |folder: String| Path::new(&folder).join(program);
        let places = match &self.0 {
            Some(folder) => vec![folder.join(program)],
            None => vec![
                own(format!("/usr/lib/postgresql/{major}/bin")),
                own(format!("/usr/pgsql-{major}/bin")),
                own("/usr/local/bin".to_owned()),
                own("/usr/bin".to_owned()),
            ],
        };
        let missing =
            || failed(program, &format!("there is none for Postgres {major}; HOTELHUB_PG_PROGRAMS names its folder"));
        places.into_iter().find(|place| place.is_file()).ok_or_else(missing)
    }
}

impl Dumping {
    fn begin(
        program: &'static str,
        mut command: Command,
        (passage, login): (Passage, Login<'_>),
    ) -> Result<Self, FleetError> {
        let mut child = command.stdin(Stdio::null()).spawn().map_err(|error| failed(program, &error))?;
        let out = child.stdout.take().ok_or_else(|| failed(program, &"it has no output"))?;
        let said = listen(program, &mut child)?;
        Ok(Self { program, child, out, said, _way: passage.open(login.config, login.permit) })
    }

    /// The next bytes; nothing at their end, which is good only when [`Dumping::ended`] says so.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, FleetError> {
        let mut bytes = Vec::with_capacity(AT_ONCE);
        self.out.read_buf(&mut bytes).await.map_err(|error| failed(self.program, &error))?;
        progress::made();
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    /// Waits for its end.
    pub(super) async fn ended(mut self) -> Result<(), FleetError> {
        ended(self.program, &mut self.child, self.said).await
    }
}

impl Filling {
    /// Adds bytes. One that has ended takes no more; why, [`Filling::ended`] tells.
    pub(super) async fn push(&mut self, bytes: &[u8]) {
        if let Some(input) = &mut self.input
            && input.write_all(bytes).await.is_err()
        {
            self.input = None;
        }
        progress::made();
    }

    /// That was all of it: waits until it is filled in.
    pub(super) async fn ended(mut self) -> Result<(), FleetError> {
        self.input = None;
        ended(RESTORE, &mut self.child, self.said).await
    }
}

/// Keeps the beginning of what a program says, and hears the rest.
fn listen(program: &'static str, child: &mut Child) -> Result<JoinHandle<String>, FleetError> {
    let mut err = child.stderr.take().ok_or_else(|| failed(program, &"it says nothing"))?;
    Ok(tokio::spawn(async move {
        let mut said = Vec::new();
        let _ = (&mut err).take(SAID).read_to_end(&mut said).await;
        let _ = tokio::io::copy(&mut err, &mut tokio::io::sink()).await;
        String::from_utf8_lossy(&said).trim().replace('\n', "; ")
    }))
}

async fn ended(program: &'static str, child: &mut Child, said: JoinHandle<String>) -> Result<(), FleetError> {
    let status = child.wait().await.map_err(|error| failed(program, &error))?;
    if status.success() {
        return Ok(());
    }
    let said = said.await.unwrap_or_default();
    Err(failed(program, &if said.is_empty() { status.to_string() } else { said }))
}

fn failed(program: &'static str, why: &dyn std::fmt::Display) -> FleetError {
    FleetError::Tool { program, said: why.to_string() }
}
