//! `hotelhub-control`: reads the command line and does what it says.
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{CommandFactory as _, Parser as _};
use hotelhub_control_plane::cli::{Cli, Command};
use hotelhub_control_plane::config::Flags;
use hotelhub_control_plane::{commands, remote, router, serve};
use hotelhub_kernel::{Clock, Entropy};
use hotelhub_web::telemetry;

/// Requests allocate a great deal that lives for microseconds (decision 0010).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let failure = error.downcast_ref::<remote::Failure>();
            let _ = match failure {
                Some(remote::Failure::Unwell(told)) => writeln!(std::io::stdout(), "{told}"),
                _ => writeln!(std::io::stderr(), "hotelhub-control: {error:#}"),
            };
            failure.map_or(ExitCode::FAILURE, remote::Failure::exit_code)
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    // Whoever dials with TLS asks the process which provider to use; a second install would be the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match cli.command {
        Command::Serve { flags, work } => {
            let app = app(flags)?;
            serve::serve(app, work).await
        }
        Command::Work { flags } => serve::work(app(flags)?).await,
        Command::Migrate { database } => {
            let ran = commands::migrate(&database).await?;
            print(&format!("{ran} migrations ran; the central database is up to date."))
        }
        Command::Config { flags: _, markdown: true } => print(&commands::settings_table(&mut Cli::command())),
        Command::Config { flags, markdown: false } => print(&commands::settings_shown(&flags.settings()?)),
        Command::Openapi => print(&router::schema().to_pretty_json().context("the schema is no JSON")?),
        Command::Admin(admin) => print(&commands::admin(admin).await?),
        Command::Node(node) => print(&commands::node(node).await?),
        Command::Cluster(cluster) => print(&commands::cluster(cluster).await?),
        Command::Plan(plan) => print(&commands::plan(plan).await?),
        Command::Token(token) => print(&commands::token(token).await?),
        Command::Tenants(asked) => print(&remote::tenants(asked).await?),
        Command::Fleet(asked) => print(&remote::fleet(asked).await?),
    }
}

fn app(flags: Box<Flags>) -> Result<hotelhub_control_plane::App> {
    let settings = flags.settings()?;
    telemetry::init(settings.log.log_format, &settings.log.log)?;
    hotelhub_control_plane::App::new(settings, Clock::wall(), Entropy::system())
}

fn print(text: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{}", text.trim_end()).context("standard output is closed")
}
