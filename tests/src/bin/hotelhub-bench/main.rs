//! Measures the house and prints one figure a line, as JSON; `cargo xtask bench` makes the table.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]
mod compare;
mod figures;
mod floor;
mod foundation;
mod frames;
mod load;
mod report;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Allocations are counted where a figure promises none.
#[global_allocator]
static ALLOCATIONS: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

#[derive(Parser)]
#[command(name = "hotelhub-bench", about = "Measures the house; started by cargo xtask bench")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The figures of the foundation.
    Foundation(Ground),
}

/// What a bench stands on.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Ground {
    /// Where logs and state go.
    #[arg(long, env = "HOTELHUB_BENCH_DIR")]
    dir: PathBuf,
    /// Where the release programs lie.
    #[arg(long, env = "HOTELHUB_BIN_DIR")]
    programs: PathBuf,
    /// The superuser of a durable Postgres server.
    #[arg(long, env = "HOTELHUB_TEST_POSTGRES", hide_env_values = true)]
    admin_dsn: String,
    /// A Redis server.
    #[arg(long, env = "HOTELHUB_TEST_REDIS", hide_env_values = true)]
    redis_url: String,
    /// Only the figures of this part.
    #[arg(long, value_parser = foundation::PARTS)]
    only: Option<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().what {
        What::Foundation(ground) => foundation::run(ground).await,
    }
}
