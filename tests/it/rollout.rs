//! A new schema reaches every hotel while its guests are served.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, ensure};
use hotelhub_tests::{Connection, Hotel, connect, get};
use serde_json::{Value, json};

use crate::ground;
use crate::life::Script;

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

    let script = Script::new(&house, "dev_ops").await?;
    let (code, dry) = script.fleet(&["migrate", "--dry-run"]).await?;
    ensure!(code == 0 && dry.contains("would bring 3 hotels") && dry.contains("[1,1,1,0]"), "{code} {dry}");
    let (code, seen) = script.fleet(&["migrate", "--json"]).await?;
    let seen: Value = serde_json::from_str(&seen).with_context(|| format!("{code} {seen}"))?;
    ensure!((&seen["state"], &seen["done"]) == (&json!("done"), &json!(3)), "{seen}");

    through.store(true, Ordering::Release);
    for guest in guests {
        ensure!(guest.await?? > 0, "nobody asked meanwhile");
    }
    let moved = "select count(*) from databases where state = 'live' and generation = 2 and template = $1";
    let target = seen["target"].as_str();
    ensure!(central.query_one(moved, &[&target]).await?.get::<_, i64>(0) == 3, "each has its new version");
    let (code, again) = script.fleet(&["migrate"]).await?;
    ensure!(code == 0 && again.starts_with("nothing to do"), "{code} {again}");
    let (code, status) = script.fleet(&["status"]).await?;
    ensure!(code == 0 && status.contains("done; 3 of 3 hotels done, 0 failed"), "{code} {status}");
    let (code, refusal) = script.fleet(&["halt"]).await?;
    ensure!(code == 3, "nothing runs: {code} {refusal}");
    let (code, refusal) = Script::new(&house, "support").await?.fleet(&["migrate"]).await?;
    ensure!(code == 4, "support may look only: {code} {refusal}");
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
