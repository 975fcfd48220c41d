//! What is away is named by `/health`, on both planes and by a hotel alone; who can go on without it stays ready, and goes on.
use anyhow::{Context as _, Result, ensure};
use hotelhub_tests::{Connection, Hotel, Stock, get, patiently, signal};
use serde_json::Value;

use crate::alone::Alone;
use crate::ground;

/// The contract of the requirements, in the order of the alphabet.
const KEYS: [&str; 6] = ["database", "license", "queue_failed", "queue_pending", "redis", "storage"];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_away_is_named_and_who_can_go_on_without_it_goes_on() -> Result<()> {
    let (mut servers, mut house) = ground::house("health").await?;
    let redis = [("HOTELHUB_REDIS_URL", servers.redis_url().to_owned())];
    let mut alone = Alone::start(&servers, "health-alone", &redis).await?;
    let hotels = [Hotel::open(&house, "melati").await?, alone.owner().await?];
    let stocks = [hotels[0].furnish(&[3]).await?, hotels[1].furnish(&[3]).await?];
    let (control, node, alone_at) = (house.control_port(), house.node_port(), alone.port);
    for port in [control, node, alone_at] {
        let checks = until(port, 200).await?;
        ensure!(checks["redis"] == "ok" && checks["storage"] == "ok" && checks["license"] == "not-needed", "{checks}");
        ensure!(checks["queue_pending"].is_u64() && checks["queue_failed"] == 0, "{checks}");
    }

    signal(servers.redis_pid(), "KILL").await?;
    house.node.stop().await?;
    house.restart_node().await?;
    alone.process.stop().await?;
    alone.start_again().await?;
    for port in [control, node, alone_at] {
        ensure!(ill(&until(port, 503).await?) == ["redis"], "only Redis is away at {port}");
        ensure!(status(port, "/readyz").await? == 200, "{port} serves without Redis");
    }
    for (hotel, stock) in hotels.iter().zip(&stocks) {
        book(hotel, stock, "without-redis").await?;
    }
    servers.restart("redis").await?;
    for port in [control, node, alone_at] {
        until(port, 200).await?;
    }

    signal(servers.postgres_pid(), "KILL").await?;
    let central = until(control, 503).await?;
    ensure!(ill(&central) == ["database", "queue_failed", "queue_pending", "storage"], "{central}");
    let hotels_server = until(node, 503).await?;
    ensure!(ill(&hotels_server) == ["database"], "{hotels_server}");
    ensure!(hotels_server["database"].as_str().is_some_and(|word| word.starts_with("jkt-1: ")), "{hotels_server}");
    let own = until(alone_at, 503).await?;
    ensure!(ill(&own) == ["database", "queue_failed", "queue_pending", "storage"], "{own}");
    ensure!(status(node, "/readyz").await? == 200, "a node serves what it can");
    for port in [control, alone_at] {
        ensure!(status(port, "/readyz").await? == 503, "{port} serves nothing without its database");
    }
    servers.restart("postgres").await?;
    for port in [control, node, alone_at] {
        until(port, 200).await?;
    }
    for (hotel, stock) in hotels.iter().zip(&stocks) {
        book(hotel, stock, "after-it-all").await?;
    }
    alone.process.stop().await?;
    house.stop().await
}

/// Asks `/health` until it answers so; the checks, once the answer has the shape of the contract.
async fn until(port: u16, wanted: u16) -> Result<Value> {
    let request = get("health.localhost", "/health", None);
    let mut last = String::new();
    let answer = patiently(60, "the health asked for", async || {
        let reply = Connection::open(port).await?.send(&request).await?;
        last = String::from_utf8_lossy(&reply.body).into_owned();
        Ok((reply.status == wanted).then_some(reply))
    });
    let answer = answer.await.with_context(|| format!("{port} does not answer {wanted}: {last}"))?.json(wanted)?;
    shaped(answer, if wanted == 200 { "ok" } else { "failing" })
}

fn shaped(mut answer: Value, word: &str) -> Result<Value> {
    let keys = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let outer = ["checks", "status", "timestamp", "uptime_seconds", "version"];
    ensure!(keys(&answer) == outer && keys(&answer["checks"]) == KEYS, "{answer}");
    ensure!(answer["status"] == word && answer["uptime_seconds"].is_i64(), "{answer}");
    let timestamp = answer["timestamp"].as_str().context("no timestamp")?;
    ensure!(timestamp.len() == "2026-04-28T10:00:00+07:00".len() && timestamp.ends_with("+07:00"), "{timestamp}");
    Ok(answer["checks"].take())
}

/// The checks that are neither a number nor a good word.
fn ill(checks: &Value) -> Vec<&str> {
    let well = |finding: &Value| finding.is_number() || finding == "ok" || finding == "not-needed";
    KEYS.into_iter().filter(|key| !well(&checks[*key])).collect()
}

async fn status(port: u16, path: &str) -> Result<u16> {
    Ok(Connection::open(port).await?.send(&get("health.localhost", path, None)).await?.status)
}

async fn book(hotel: &Hotel, stock: &Stock, key: &str) -> Result<Value> {
    let wish = stock.booking("Wayan Suarti", stock.room(0, 0, 1));
    hotel.post("/api/v1/bookings", key, &wish).await.context(hotel.host.clone())
}
