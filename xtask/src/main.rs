//! Chores of the house: the demo, the proof, the bench, and what is generated. Names none of our crates: it starts programs and speaks HTTP.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to the one who started it")]
mod bench;
mod demo;
mod deny;
mod generated;
mod group;
mod install;
mod layers;
mod lend;
mod ports;
mod programs;
mod progress;
mod random;
mod repo;
mod scratch;
mod secrets;
mod servers;
mod sqlx;
mod stop;
mod test;
mod torture;
mod visitor;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::programs::Programs;
use crate::scratch::Scratch;
use crate::stop::Stop;

/// Chores of HotelHub.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Both planes on private servers with two hotels to look at; --check proves the whole story.
    Demo(demo::Wish),
    /// Proves everything: format, lints, layers, generated files, all tests. Ends with `N passed, N failed`.
    Test(test::Wish),
    /// Measures against a durable Postgres and prints figures with their baselines and the load.
    Bench(bench::Wish),
    /// Torments a node and looks at its every answer; with a guard taken down, something must be found. Or takes the control plane away.
    #[command(subcommand)]
    Torture(torture::Wish),
    /// Lends a private Postgres and Redis to the program that starts this, until its standard input ends.
    Servers(lend::Wish),
    /// Checks which package names which, and what a file inside a plane reaches.
    Layers,
    /// Writes the committed cache of the control plane's statements.
    Sqlx(Check),
    /// Writes the API schemas of both planes to docs/api.
    Openapi(Check),
    /// Writes docs/CONFIGURATION.md from what the programs say of their settings.
    Docs(Check),
}

#[derive(clap::Args)]
struct Check {
    /// Writes nothing; fails where the committed files are stale.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    match run(Cli::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> Result<()> {
    match chore {
        Chore::Demo(wish) => demo::run(&wish, &Stop::on_signals()?),
        Chore::Test(wish) => test::run(&wish, &Stop::on_signals()?),
        Chore::Bench(wish) => bench::run(&wish, &Stop::on_signals()?),
        Chore::Torture(wish) => torture::run(wish, &Stop::on_signals()?),
        Chore::Servers(wish) => lend::run(wish, &Stop::on_signals()?),
        Chore::Layers => layers::check().inspect(|()| println!("the layers hold")),
        Chore::Sqlx(Check { check }) => {
            install::ensure_all(install::SERVERS)?;
            sqlx::run(check, &Scratch::start("sqlx", 20, &Stop::on_signals()?)?)
        }
        Chore::Openapi(Check { check }) => generated::schemas(check, &Programs::build()?),
        Chore::Docs(Check { check }) => generated::settings(check, &Programs::build()?),
    }
}
