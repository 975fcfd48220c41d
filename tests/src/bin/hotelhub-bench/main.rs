//! Measures the house and prints one figure a line, as JSON; `cargo xtask bench` makes the table.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]
mod compare;
mod figures;
mod floor;
mod foundation;
mod frames;
mod load;
mod report;
mod tenancy;
mod town;
mod trace;

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
    /// The figures of a thousand hotels, whose databases were made before.
    Tenancy(tenancy::Wish),
    /// Makes these databases.
    Town(town::Ground),
    /// Says which they are.
    Described(town::Size),
    /// Names the parts of a bench, one a line.
    Parts {
        /// Whose.
        #[arg(value_enum)]
        of: Bench,
    },
}

/// What is measured as a whole.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Bench {
    Foundation,
    Tenancy,
}

impl Bench {
    fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Foundation => &foundation::PARTS,
            Self::Tenancy => &tenancy::PARTS,
        }
    }
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
    #[arg(long)]
    only: Option<String>,
}

impl Ground {
    /// Refuses a part that is none of these.
    fn of(self, parts: &[&str]) -> Result<Self> {
        let known = self.only.as_deref().is_none_or(|only| parts.contains(&only));
        anyhow::ensure!(known, "--only takes one of {}", parts.join(", "));
        Ok(self)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().what {
        What::Foundation(ground) => foundation::run(ground.of(&foundation::PARTS)?).await,
        What::Tenancy(ground) => tenancy::run(ground).await,
        What::Town(ground) => town::make(ground).await,
        What::Parts { of } => {
            of.parts().iter().for_each(|part| println!("{part}"));
            Ok(())
        }
        What::Described(size) => {
            println!("{}", town::described(size));
            Ok(())
        }
    }
}
