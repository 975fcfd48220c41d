//! Is this process well: the hotels' databases, Redis, what it must keep, and what waits or was given up.
//!
//! A database is asked through its tenant's own pool, so that looking never opens more than the budget allows.
use std::path::Path;

use anyhow::Context as _;
use futures_util::future::join_all;
use hotelhub_protocol::{Cluster, ClusterId};
use hotelhub_web::health::{self, Checks, Finding, Health, Standing};
use tokio::net::TcpStream;

use crate::config::{Mode, Saas};
use crate::node::Node;
use crate::tenancy::Tenant;

const ANSWERS: &str = "select 1";

const STANDING: &str = "
    select current_setting('transaction_read_only') = 'off' as writable,
           (select count(*) from jobs where state in ('queued', 'running')) as pending,
           (select count(*) from jobs where state = 'failed') as failed";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[ANSWERS, STANDING];

/// How this process is looked at. A node serves once it knows its hotels: a database, Redis or a disk that is away is the affair of
/// those who need it. A standalone house serves while its one database answers.
pub fn health(node: &Node) -> Health {
    let (looked_at, ready) = (node.clone(), node.clone());
    let checks = move || {
        let node = looked_at.clone();
        async move {
            match &node.settings.mode {
                Mode::Standalone(_) => Checks::of_one_database(standing(&node), node.redis.clone()).await,
                Mode::Saas(mode) => of_node(&node, mode).await,
            }
        }
    };
    let ready = move || {
        let node = ready.clone();
        async move {
            match &node.settings.mode {
                Mode::Standalone(_) => Finding::within(standing(&node)).await,
                Mode::Saas(_) if node.directory.is_filled() => Finding::ok(),
                Mode::Saas(_) => Finding::Ill("no routing table yet".to_owned()),
            }
        }
    };
    Health::new(env!("CARGO_PKG_VERSION"), &node.clock, checks, ready)
}

/// What the database of one hotel by itself says: it keeps everything, jobs and files alike.
async fn standing(node: &Node) -> anyhow::Result<Standing> {
    let entry = node.directory.all().into_iter().next().context("the house has no hotel")?;
    let tenant = Tenant::by_id(node, entry.route.tenant).context("the house has no hotel")?;
    let row = tenant.connect().await?.query_one(STANDING, &[]).await?;
    Ok(Standing { writable: row.get("writable"), pending: row.get("pending"), failed: row.get("failed") })
}

/// A node keeps the routing table on its disk; of the hotels' jobs it knows those it was told of.
async fn of_node(node: &Node, mode: &Saas) -> Checks {
    let storage = keeps_the_table(node, &mode.state_dir);
    let (database, redis, storage) = tokio::join!(servers(node), health::redis(node.redis.clone()), storage);
    Checks {
        database,
        redis,
        storage,
        queue_pending: Finding::Well(node.tally.pending().into()),
        queue_failed: Finding::Well(node.tally.failed().into()),
        license: Finding::not_needed(),
    }
}

/// Every Postgres server of the hotels; those that are not well by name.
async fn servers(node: &Node) -> Finding {
    let looks = node.directory.clusters().into_iter().map(async |cluster| {
        let finding = Finding::within(answers(node, &cluster)).await;
        (cluster.id, finding)
    });
    let mut ill: Vec<String> = join_all(looks).await.into_iter().filter_map(said).collect();
    ill.sort_unstable();
    if ill.is_empty() { Finding::ok() } else { Finding::Ill(ill.join(", ")) }
}

fn said((cluster, finding): (ClusterId, Finding)) -> Option<String> {
    match finding {
        Finding::Well(_) => None,
        Finding::Ill(why) => Some(format!("{}: {why}", cluster.0)),
    }
}

/// Whether a server answers one of its hotels; one that has none yet, whether it listens.
async fn answers(node: &Node, cluster: &Cluster) -> anyhow::Result<()> {
    let hotels = node.directory.all();
    let mut here = hotels.iter().filter(|entry| entry.route.placement.cluster == cluster.id);
    match here.find_map(|entry| Tenant::by_id(node, entry.route.tenant)) {
        Some(tenant) => {
            tenant.connect().await?.query_one(ANSWERS, &[]).await?;
        }
        None => {
            TcpStream::connect((cluster.host.as_str(), cluster.port)).await?;
        }
    }
    Ok(())
}

/// The routing table can be written to disk, and the one that was offered last is lived by.
async fn keeps_the_table(node: &Node, folder: &Path) -> Finding {
    match node.refusals.standing() {
        Some(reason) => Finding::Ill(format!("routing table refused: {reason}")),
        None => Finding::within(write_something(folder)).await,
    }
}

async fn write_something(folder: &Path) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    tokio::fs::write(&folder.join("writable"), "yes").await
}
