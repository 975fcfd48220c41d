//! Several nodes on one Postgres server: together they never have more connections to it than its budget, whoever comes and goes.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hotelhub_tests::{Connection, Hotel, Watch, get, patiently};
use tokio::task::JoinSet;

use crate::ground;

/// So few that on every node hotels close one another's connections all the time.
const BUDGET: u16 = 20;
const HOTELS: usize = 12;
const CALLERS: usize = 24;
/// How often at least the server is looked at between two turns of events.
const LOOKS: usize = 150;

/// What the server has open for anybody but the central database and whoever looks.
const SEEN: &str = "select count(*) from pg_stat_activity
    where backend_type = 'client backend' and datname <> current_database() and pid <> pg_backend_pid()";

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_in_a_flood_never_have_more_connections_than_the_budget() -> Result<()> {
    let (_servers, mut house) = ground::house_within("shares", BUDGET).await?;
    let mut hotels = Vec::new();
    for number in 0..HOTELS {
        hotels.push(Hotel::open(&house, &format!("hotel-{number}")).await?.host);
    }
    let watch = Watch::begin(&house.central_dsn(), SEEN).await?;
    let mut flood = Flood::default();
    flood.on(house.node_port(), &hotels);
    lasts(&watch).await?;
    // Both come to a server whose budget is given away: what they get, the first must let go of.
    let mut second = house.another_node("node-2", "serve").await?;
    flood.on(second.ports[0], &hotels);
    let third = house.another_node("node-3", "serve").await?;
    flood.on(third.ports[0], &hotels);
    for name in ["node-1", "node-2", "node-3"] {
        house.until_granted(name).await?;
    }
    lasts(&watch).await?;
    // Nobody divides any more: each keeps its own.
    house.control.kill().await?;
    lasts(&watch).await?;
    house.restart_control().await?;
    // One is cut off in the middle of everything, and its share stays its own.
    second.process.kill().await?;
    lasts(&watch).await?;
    let answered = flood.ends().await?;
    let (most, samples) = watch.ends().await?;
    ensure!(most <= BUDGET.into(), "{most} connections of {BUDGET} in one of {samples} samples");
    ensure!(most >= i64::from(BUDGET) / 2, "no flood: {most} at most in {samples} samples");
    ensure!(answered > 100, "only {answered} requests were answered");
    drop(third);
    house.stop().await
}

/// Lets things go on for a while, and until it was looked often enough at how they go.
async fn lasts(watch: &Watch) -> Result<()> {
    let looked = watch.samples();
    tokio::time::sleep(Duration::from_secs(3)).await;
    patiently(60, "the next looks at the server", async || Ok((watch.samples() >= looked + LOOKS).then_some(()))).await
}

/// So many that something is reserved for the first three nodes, each.
const ROOMY: u16 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn nodes_without_a_disk_that_nobody_hears_have_their_reserve_beside_what_is_given_away_and_no_more() -> Result<()>
{
    let (_servers, mut house) = ground::house_within("lonely", ROOMY).await?;
    let mut hotels = Vec::new();
    for number in 0..HOTELS {
        hotels.push(Hotel::open(&house, &format!("hotel-{number}")).await?.host);
    }
    let papers = [house.enrol("node-2", "serve").await?, house.enrol("node-3", "serve").await?];
    for papers in &papers {
        house.until_reserved(papers).await?;
    }
    // Half of the web's part is reserved: there is nothing for one more.
    let late = house.enrol("node-4", "serve").await?;
    house.until_granted("node-1").await?;
    house.control.kill().await?;
    let watch = Watch::begin(&house.central_dsn(), SEEN).await?;
    let mut flood = Flood::default();
    flood.on(house.node_port(), &hotels);
    lasts(&watch).await?;
    let (second, third) = (house.start_beside(&papers[0]).await?, house.start_beside(&papers[1]).await?);
    let fourth = house.start_beside(&late).await?;
    let mut lonely = [Flood::default(), Flood::default()];
    for (flood, node) in lonely.iter_mut().zip([&second, &third]) {
        flood.on(node.ports[0], &hotels);
    }
    let mut without = Flood::default();
    without.on(fourth.ports[0], &hotels);
    // Longer than it takes to see that nobody hears.
    for _ in 0..3 {
        lasts(&watch).await?;
    }
    ensure!(without.ends().await? == 0, "a node served by connections that nobody gave it");
    // Those who lived by their reserve have shares again, while all of it goes on.
    house.restart_control().await?;
    for name in ["node-1", "node-2", "node-3", "node-4"] {
        house.until_granted(name).await?;
    }
    lasts(&watch).await?;
    for flood in lonely {
        let answered = flood.ends().await?;
        ensure!(answered > 100, "a lonely node answered only {answered} requests");
    }
    let answered = flood.ends().await?;
    let (most, samples) = watch.ends().await?;
    ensure!(most <= ROOMY.into(), "{most} connections of {ROOMY} in one of {samples} samples");
    ensure!(most >= i64::from(ROOMY) / 2, "no flood: {most} at most in {samples} samples");
    ensure!(answered > 100, "only {answered} requests were answered");
    drop((second, third, fourth));
    house.stop().await
}

/// Callers who ask every hotel in turn, as fast as they are answered.
#[derive(Default)]
struct Flood {
    enough: Arc<AtomicBool>,
    callers: JoinSet<usize>,
}

impl Flood {
    fn on(&mut self, port: u16, hotels: &[String]) {
        for first in 0..CALLERS {
            let requests = hotels.iter().map(|host| get(host, "/api/v1/public/property", None));
            let mut requests: Vec<_> = requests.collect();
            requests.rotate_left(first % HOTELS);
            let enough = self.enough.clone();
            self.callers.spawn(async move { calls(port, &requests, &enough).await });
        }
    }

    /// How many were answered 200.
    async fn ends(self) -> Result<usize> {
        self.enough.store(true, Ordering::SeqCst);
        Ok(self.callers.join_all().await.iter().sum())
    }
}

/// How often the caller was answered 200 before it was enough, or the node was gone.
async fn calls(port: u16, requests: &[Vec<u8>], enough: &AtomicBool) -> usize {
    let mut answered = 0;
    let Ok(mut node) = Connection::open(port).await.context("nobody listens") else { return answered };
    for request in requests.iter().cycle() {
        if enough.load(Ordering::SeqCst) {
            break;
        }
        let Ok(reply) = node.send(request).await else { break };
        answered += usize::from(reply.status == 200);
    }
    answered
}
