//! The node's program: reads its settings, starts, and stops when told.
use std::io::Write as _;
use std::pin::pin;
use std::process::ExitCode;

use anyhow::Context as _;
use hotelhub_data_plane::boot::{self, Sources};
use hotelhub_data_plane::config::{self, Command, Mode, Settings};
use hotelhub_data_plane::router;
use hotelhub_protocol::Role;
use hotelhub_web::{server, telemetry};

/// Requests allocate a great deal that lives for microseconds (decision 0010).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "hotelhub: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let (command, settings) = config::given()?;
    let roles: &[Role] = match command {
        Command::Config { markdown: true } => return print(&config::as_markdown()),
        Command::Config { markdown: false } => return print(&config::effective()?),
        Command::Openapi => return print(&format!("{}\n", router::schema().to_pretty_json()?)),
        Command::Migrate => return in_runtime(migrate(settings()?)),
        Command::Serve { all_in_one: true } => &[Role::Serve, Role::Work, Role::Fleet],
        Command::Serve { all_in_one: false } => &[Role::Serve],
        Command::Work => &[Role::Work],
        Command::Fleet => &[Role::Fleet],
    };
    in_runtime(serve(settings()?, roles))
}

fn in_runtime(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

async fn serve(settings: Settings, roles: &[Role]) -> anyhow::Result<()> {
    telemetry::init(settings.log_format, &settings.log)?;
    rustls::crypto::ring::default_provider().install_default().ok().context("a TLS provider was installed twice")?;
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
        () = &mut told => return Ok(()),
    };
    house.run_until(told).await;
    Ok(())
}

async fn migrate(settings: Settings) -> anyhow::Result<()> {
    let Mode::Standalone(mode) = &settings.mode else {
        anyhow::bail!(
            "`hotelhub migrate` is for APP_MODE=standalone; hotels of a control plane are migrated by `hotelhub fleet`"
        );
    };
    let report = boot::migrate(mode).await?;
    print(&format!("{} steps applied, version {}\n", report.applied.len(), report.version))
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}
