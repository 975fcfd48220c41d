//! The node's program: reads its settings, starts, and stops when told.
use std::io::Write as _;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;

use anyhow::Context as _;
use hotelhub_data_plane::boot::{self, Sources};
use hotelhub_data_plane::config::{self, Backups, Command, Mode, Settings, Standalone, Wal};
use hotelhub_data_plane::fleet::archiving;
use hotelhub_data_plane::router;
use hotelhub_export::Manifest;
use hotelhub_protocol::Role;
use hotelhub_web::{server, telemetry};

/// Requests allocate a great deal that lives for microseconds (decision 0010).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if config::is_fetch() {
        // A panic ends with a number that Postgres takes for a file that is not there.
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            told(panic);
            std::process::exit(config::TROUBLE.into())
        }));
    }
    match run() {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "hotelhub: {error:#}");
            if config::is_fetch() { ExitCode::from(config::TROUBLE) } else { ExitCode::FAILURE }
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    rustls::crypto::ring::default_provider().install_default().ok().context("a TLS provider was installed twice")?;
    let (command, given) = config::given()?;
    let roles: &[Role] = match command {
        Command::Config { markdown: true } => return print(&config::as_markdown()),
        Command::Config { markdown: false } => return print(&config::effective()?),
        Command::Openapi => return print(&format!("{}\n", router::schema().to_pretty_json()?)),
        Command::Wal(asked) => return wal(asked, &given.backups()?),
        Command::Migrate => return in_runtime(migrate(given.settings()?)),
        Command::Export { file, passphrase_file } => {
            return in_runtime(export(given.settings()?, file, passphrase_file));
        }
        Command::Import { file, passphrase_file, dry_run } => {
            return in_runtime(import(given.settings()?, file, passphrase_file, dry_run));
        }
        Command::Serve { all_in_one: true } => &[Role::Serve, Role::Work, Role::Fleet],
        Command::Serve { all_in_one: false } => &[Role::Serve],
        Command::Work => &[Role::Work],
        Command::Fleet => &[Role::Fleet],
    };
    in_runtime(serve(given.settings()?, roles))
}

/// Postgres hears by the code how a file fared: 1 is a file that is not there.
fn wal(asked: Wal, backups: &Backups) -> anyhow::Result<ExitCode> {
    in_runtime(async {
        Ok(match asked {
            Wal::Keep { cluster, path, name } => {
                archiving::keep(backups, &cluster, (&path, &name)).await?;
                ExitCode::SUCCESS
            }
            Wal::Fetch { cluster, name, path } if archiving::fetch(backups, &cluster, (&path, &name)).await? => {
                ExitCode::SUCCESS
            }
            Wal::Fetch { .. } => ExitCode::FAILURE,
        })
    })
}

fn in_runtime(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

async fn serve(settings: Settings, roles: &[Role]) -> anyhow::Result<ExitCode> {
    telemetry::init(settings.log_format, &settings.log)?;
    let roles = match &settings.mode {
        Mode::Standalone(_) if roles.contains(&Role::Serve) => &[Role::Serve, Role::Work],
        Mode::Standalone(_) => anyhow::bail!(
            "`hotelhub work` and `hotelhub fleet` are for nodes of a control plane; with APP_MODE=standalone `hotelhub serve` does all there is"
        ),
        Mode::Saas(_) => roles,
    };
    let mut told = pin!(server::stop_signal());
    let house = tokio::select! {
        house = boot::start(settings, roles, Sources::real()) => house?,
        () = &mut told => return Ok(ExitCode::SUCCESS),
    };
    house.run_until(told).await;
    Ok(ExitCode::SUCCESS)
}

async fn migrate(settings: Settings) -> anyhow::Result<ExitCode> {
    let Mode::Standalone(mode) = &settings.mode else {
        anyhow::bail!(
            "`hotelhub migrate` is for APP_MODE=standalone; hotels of a control plane are migrated by `hotelhub fleet`"
        );
    };
    let report = boot::migrate(mode).await?;
    print(&format!("{} steps applied, version {}\n", report.applied.len(), report.version))
}

async fn export(settings: Settings, file: PathBuf, passphrase: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let mode = standalone(&settings, "export")?;
    let manifest = boot::export(mode, &file, passphrase.as_deref(), &Sources::real()).await?;
    print(&format!("{}: exported {}\n", file.display(), told(&manifest)))
}

async fn import(
    settings: Settings,
    file: PathBuf,
    passphrase: Option<PathBuf>,
    dry_run: bool,
) -> anyhow::Result<ExitCode> {
    let mode = standalone(&settings, "import")?;
    let manifest = boot::import(mode, &file, passphrase.as_deref(), dry_run, &Sources::real()).await?;
    let said = if dry_run { "would import" } else { "imported" };
    print(&format!("{}: {said} {}\n", file.display(), told(&manifest)))
}

/// What an export holds, in one line.
fn told(manifest: &Manifest) -> String {
    let contents = &manifest.contents;
    let (hotel, schema, rows, bytes) = (&contents.hotel, &contents.schema, manifest.rows(), manifest.bytes());
    let tables = manifest.parts.iter().filter(|part| part.rows.is_some()).count();
    format!(
        "{} ({}) as of {}: {rows} rows in {tables} tables, {bytes} bytes, schema {schema}",
        hotel.name, hotel.slug, contents.taken_at
    )
}

fn standalone<'a>(settings: &'a Settings, command: &str) -> anyhow::Result<&'a Standalone> {
    match &settings.mode {
        Mode::Standalone(mode) => Ok(mode),
        Mode::Saas(_) => anyhow::bail!(
            "`hotelhub {command}` is for APP_MODE=standalone; for a hotel of a control plane `hotelhub-control tenants {command}` does it"
        ),
    }
}

fn print(text: &str) -> anyhow::Result<ExitCode> {
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
