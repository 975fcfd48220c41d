//! Torments a node that has many hotels and few connections, and looks at every byte it answers: what is one hotel's is never seen at
//! another. And takes a house's control plane away. Started by `cargo xtask torture`.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]
mod books;
mod dice;
mod guesthouse;
mod inheritance;
mod leaks;
mod owners;
mod passages;
mod planes;
mod proxy;
mod run;
mod sign;
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
    /// Takes the control plane and the central database away, and starts nodes again meanwhile.
    Planes(planes::Wish),
    /// Names the guards that can be taken down, one a line.
    Guards,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().what {
        What::Leaks(wish) => leaks::run(wish).await,
        What::Planes(wish) => planes::run(wish).await,
        What::Guards => {
            Guard::ALL.iter().for_each(|guard| println!("{}", guard.name()));
            Ok(())
        }
    }
}
