//! Chores of the house: the demo, the proof, the bench, and what is generated. Names none of our crates: it starts programs and speaks HTTP.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to the one who started it")]
mod layers;
mod repo;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Chores of HotelHub.
#[derive(Parser)]
#[command(name = "cargo xtask", version, about)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Checks which package names which, and what a file inside a plane reaches.
    Layers,
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
        Chore::Layers => layers::check().inspect(|()| println!("the layers hold")),
    }
}
