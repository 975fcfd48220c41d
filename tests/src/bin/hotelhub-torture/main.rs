//! Torments a node that has many hotels and few connections, and looks at every byte it answers: what is one hotel's is never seen at
//! another. Started by `cargo xtask torture`.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]
mod books;
mod dice;
mod guesthouse;
mod inheritance;
mod leaks;
mod owners;
mod passages;
mod proxy;
mod run;
mod town;
mod visit;
mod visitor;
mod visits;
mod weather;

use anyhow::Result;
use clap::{Parser, Subcommand};
use hotelhub_data_plane::tenancy::Guard;

#[derive(Parser)]
#[command(name = "hotelhub-torture", about = "Torments the house; started by cargo xtask torture")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Looks for one hotel's bytes at another.
    Leaks(leaks::Wish),
    /// Names the guards that can be taken down, one a line.
    Guards,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().what {
        What::Leaks(wish) => leaks::run(wish).await,
        What::Guards => {
            Guard::ALL.iter().for_each(|guard| println!("{}", guard.name()));
            Ok(())
        }
    }
}
