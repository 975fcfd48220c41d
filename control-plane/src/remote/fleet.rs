//! `hotelhub-control fleet …`: hotels' databases brought to the newest schema from the command line, and what is amiss on their servers.
use std::io::Write as _;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};

use super::client::{Client, Failure, Reach};
use super::shown::text;
use super::{EXIT_CODES, backups, moves, shown};
use crate::vendor::escaped;

/// How often a rollout that is followed is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// The schema of hotels' databases, brought up to date through the API of a running control plane.
#[derive(Subcommand, Debug)]
#[command(after_help = EXIT_CODES)]
pub enum Fleet {
    /// Brings every hotel that is behind to the newest schema, wave by wave, and follows until it is through. Upgrade the nodes with the
    /// role fleet first; those that serve follow afterwards.
    #[command(after_help = EXIT_CODES)]
    Migrate {
        /// How the control plane is reached.
        #[command(flatten)]
        reach: Reach,
        /// Only this hotel, by its name in its address; may be said several times.
        #[arg(long = "tenant")]
        tenants: Vec<String>,
        /// Only hotels of this plan.
        #[arg(long)]
        plan: Option<String>,
        /// Only databases on this cluster.
        #[arg(long)]
        cluster: Option<String>,
        /// The part of the databases tried that may fail before it stops by itself, in percent.
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=100))]
        tolerate: u8,
        /// Returns as soon as it has begun.
        #[arg(long)]
        detach: bool,
        /// Says what would be done, and begins nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Shows the latest rollout: its waves, what failed and what took longest.
    #[command(after_help = EXIT_CODES)]
    Status {
        /// How the control plane is reached.
        #[command(flatten)]
        reach: Reach,
    },
    /// Lists databases and roles that lie on a server and should not, or should and do not, and says what to do about each.
    #[command(after_help = EXIT_CODES)]
    Strays {
        /// How the control plane is reached.
        #[command(flatten)]
        reach: Reach,
        /// Has this one dropped. A database that is somebody's house is not: the work order fails and says whose it is.
        #[arg(long, value_name = "NAME")]
        drop: Option<String>,
    },
    /// Empties a cluster: it takes no new hotels, and those it has move to others, a few at a time, while they are served. It stops where
    /// one cannot be moved; said again, it goes on.
    #[command(after_help = EXIT_CODES)]
    Drain {
        /// How the control plane is reached.
        #[command(flatten)]
        reach: Reach,
        /// The cluster's name.
        cluster: String,
        /// Returns as soon as it has begun.
        #[arg(long)]
        detach: bool,
        /// Says what would be done, and begins nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Copies a whole cluster now, and waits until the copy is whole: any instant from then on can be made of it for one hotel. It is done
    /// each day besides, where a worker sees that the cluster archives its WAL.
    #[command(after_help = EXIT_CODES)]
    BaseBackup {
        /// How the control plane is reached.
        #[command(flatten)]
        reach: Reach,
        /// Which.
        cluster: String,
        /// Returns as soon as it is ordered.
        #[arg(long)]
        detach: bool,
        /// Says what would be, and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Lists a cluster's base backups, the newest first.
    #[command(after_help = EXIT_CODES)]
    BaseBackups {
        /// How the control plane is reached.
        #[command(flatten)]
        reach: Reach,
        /// Whose.
        cluster: String,
    },
    /// Halts the rollout that runs: what is under way ends, nothing else is begun.
    #[command(after_help = EXIT_CODES)]
    Halt {
        /// How the control plane is reached.
        #[command(flatten)]
        reach: Reach,
    },
    /// Goes on with the rollout that is halted: what failed is tried again.
    #[command(after_help = EXIT_CODES)]
    Resume {
        /// How the control plane is reached.
        #[command(flatten)]
        reach: Reach,
        /// Returns as soon as it goes on.
        #[arg(long)]
        detach: bool,
    },
}

/// Does what was asked and says how it went.
pub async fn fleet(asked: Fleet) -> Result<String, Failure> {
    match asked {
        Fleet::Migrate { reach, tenants, plan, cluster, tolerate, detach, dry_run } => {
            let tenants = Some(tenants).filter(|tenants| !tenants.is_empty());
            let wish = json!({ "tenants": tenants, "plan": plan, "cluster": cluster, "tolerated_percent": tolerate,
                "dry_run": dry_run });
            migrate(&reach, &wish, detach).await
        }
        Fleet::Status { reach } => {
            let client = Client::new(&reach)?;
            let rollout = client.get(&door(&latest(&client, None).await?)).await?;
            Ok(reach.told(&rollout, shown::rollout))
        }
        Fleet::Strays { reach, drop } => {
            let client = Client::new(&reach)?;
            if let Some(name) = drop {
                client.post(&format!("/api/v1/strays/{}/drop", escaped(&name)), &json!({})).await?;
            }
            Ok(reach.told(&client.get("/api/v1/strays").await?, shown::strays))
        }
        Fleet::Drain { reach, cluster, detach, dry_run } => moves::drain(&reach, &cluster, detach, dry_run).await,
        Fleet::BaseBackup { reach, cluster, detach, dry_run } => backups::copy(&reach, &cluster, detach, dry_run).await,
        Fleet::BaseBackups { reach, cluster } => backups::copies(&reach, &cluster).await,
        Fleet::Halt { reach } => {
            let client = Client::new(&reach)?;
            let door = door(&latest(&client, Some("running")).await?);
            client.post(&format!("{door}/halt"), &json!({})).await?;
            Ok(reach.told(&client.get(&door).await?, shown::progress))
        }
        Fleet::Resume { reach, detach } => {
            let client = Client::new(&reach)?;
            let door = door(&latest(&client, Some("halted")).await?);
            client.post(&format!("{door}/resume"), &json!({})).await?;
            ended(&reach, &client, &door, detach).await
        }
    }
}

async fn migrate(reach: &Reach, wish: &Value, detach: bool) -> Result<String, Failure> {
    let client = Client::new(reach)?;
    let planned = client.post("/api/v1/rollouts", wish).await?;
    match planned.get("id").and_then(Value::as_str) {
        Some(_) => ended(reach, &client, &door(&planned), detach).await,
        None => Ok(reach.told(&planned, shown::planned)),
    }
}

/// Follows a rollout to its end, unless somebody only wanted it to go on. One that is halted has not done what was asked.
async fn ended(reach: &Reach, client: &Client, door: &str, detach: bool) -> Result<String, Failure> {
    let mut said = String::new();
    loop {
        let rollout = client.get(door).await?;
        let now = shown::progress(&rollout);
        if text(&rollout, "state") == "halted" && !detach {
            return Err(Failure::Refused { code: "halted".to_owned(), detail: now });
        }
        if text(&rollout, "state") != "running" || detach {
            return Ok(reach.told(&rollout, shown::progress));
        }
        if now != said && !reach.json {
            let _ = writeln!(std::io::stderr(), "{now}");
            said = now;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The latest rollout, or the latest in a state.
async fn latest(client: &Client, state: Option<&str>) -> Result<Value, Failure> {
    let page = client.get("/api/v1/rollouts").await?;
    let mut found = page.get("items").and_then(Value::as_array).into_iter().flatten();
    let latest = found.find(|rollout| state.is_none_or(|state| text(rollout, "state") == state));
    let none = || {
        Failure::NotFound(format!("there is no rollout{}", state.map(|s| format!(" that is {s}")).unwrap_or_default()))
    };
    latest.cloned().ok_or_else(none)
}

fn door(rollout: &Value) -> String {
    format!("/api/v1/rollouts/{}", text(rollout, "id"))
}
