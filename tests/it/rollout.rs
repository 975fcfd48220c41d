//! A new schema reaches every hotel while its guests are served.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, ensure};
use hotelhub_tests::{Connection, Hotel, connect, get, patiently};
use serde_json::json;

use crate::ground;

const HOTELS: [&str; 3] = ["melati", "kenanga", "anggrek"];

#[tokio::test(flavor = "multi_thread")]
async fn every_hotel_is_migrated_while_it_is_served() -> Result<()> {
    let (_servers, house) = ground::house("rollout").await?;
    let mut hotels = Vec::new();
    for slug in HOTELS {
        hotels.push(Hotel::open(&house, slug).await?);
    }
    let central = connect(&house.central_dsn()).await?;
    central.batch_execute("update databases set template = '0001_00000000' where state = 'live'").await?;
    let through = Arc::new(AtomicBool::new(false));
    let guests: Vec<_> = hotels.iter().map(|hotel| tokio::spawn(ask_on(hotel.clone(), through.clone()))).collect();

    let staff = ground::administrator(&house).await?;
    let begun = staff.post("/api/v1/rollouts", &json!({})).await?.json();
    ensure!(begun["waves"] == json!([1, 1, 1, 0]), "{begun}");
    let place = format!("/api/v1/rollouts/{}", begun["id"].as_str().context("nothing was begun")?);
    let seen = patiently(30, "the rollout is through", async || {
        let seen = staff.get(&place).await?.json();
        Ok((seen["state"] != "running").then_some(seen))
    })
    .await?;
    ensure!((&seen["state"], &seen["done"]) == (&json!("done"), &json!(3)), "{seen}");

    through.store(true, Ordering::Release);
    for guest in guests {
        ensure!(guest.await?? > 0, "nobody asked meanwhile");
    }
    let moved = "select count(*) from databases where state = 'live' and generation = 2 and template = $1";
    let target = begun["target"].as_str();
    ensure!(central.query_one(moved, &[&target]).await?.get::<_, i64>(0) == 3, "each has its new version");
    let again = staff.post("/api/v1/rollouts", &json!({})).await?.json();
    ensure!(again["databases"] == 0, "{again}");
    house.stop().await
}

/// Reads the property again and again until it is over; how often. Every answer is good.
async fn ask_on(hotel: Hotel, over: Arc<AtomicBool>) -> Result<usize> {
    let mut node = Connection::open(hotel.port).await?;
    let question = get(&hotel.host, "/api/v1/property", Some(&hotel.cookie));
    let mut asked = 0;
    while !over.load(Ordering::Acquire) {
        node.send(&question).await?.json(200)?;
        asked += 1;
    }
    Ok(asked)
}
