//! A new schema reaches every hotel while its guests are served.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, ensure};
use hotelhub_tenant_migrations::{Product, needed};
use hotelhub_tests::{Connection, Hotel, Stock, connect, get};
use serde_json::{Value, json};

use crate::ground;
use crate::life::Script;

const HOTELS: [&str; 3] = ["melati", "kenanga", "anggrek"];

#[tokio::test(flavor = "multi_thread")]
async fn every_hotel_is_migrated_while_it_is_served() -> Result<()> {
    let (_servers, house) = ground::house("rollout").await?;
    let mut hotels = Vec::new();
    let central = connect(&house.central_dsn()).await?;
    for slug in HOTELS {
        hotels.push(Hotel::open(&house, slug).await?);
        // Whoever comes after the first shares a database.
        central.batch_execute("update plans set placed_in = 'schema'").await?;
    }
    let shared = "select count(shared_database), count(distinct shared_database) from databases where state = 'live'";
    let shared = central.query_one(shared, &[]).await?;
    ensure!((shared.get::<_, i64>(0), shared.get::<_, i64>(1)) == (2, 1), "{shared:?}");
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

/// What the newest step made, taken back.
const UNMAKE: &str = "drop index reservations_open";

#[tokio::test(flavor = "multi_thread")]
async fn a_hotel_whose_migration_fails_stays_on_its_version_and_is_served_as_before() -> Result<()> {
    let (_servers, house) = ground::house("rollout-stays").await?;
    let central = connect(&house.central_dsn()).await?;
    central.batch_execute("update plans set placed_in = 'schema'").await?;
    let hotel = Hotel::open(&house, "melati").await?;
    let stock = hotel.furnish(&[3]).await?;
    let inside = connect(&house.tenant_dsn("melati").await?).await?;
    let steps = "select max(number) from schema_steps";
    let newest: i32 = inside.query_one(steps, &[]).await?.get(0);
    let older = needed(Product::Hotel);
    ensure!(newest > older, "no step is left that this program does without");
    inside.batch_execute(UNMAKE).await?;
    inside.execute("delete from schema_steps where number > $1", &[&older]).await?;
    let behind = format!("{older:04}_00000000");
    central.execute("update databases set template = $1 where state = 'live'", &[&behind]).await?;
    // Somebody who writes and does not end: the step waits for its lock in vain.
    inside.batch_execute("begin; lock table reservations in row exclusive mode").await?;

    let script = Script::new(&house, "dev_ops").await?;
    let (code, said) = script.fleet(&["migrate"]).await?;
    ensure!(code != 0 && said.contains("halted"), "{code} {said}");
    let (_, status) = script.fleet(&["status"]).await?;
    ensure!(status.contains("0 of 1 hotels done, 1 failed") && status.contains("lock timeout"), "{status}");
    let left = "select template, generation from databases where state = 'live'";
    let left = central.query_one(left, &[]).await?;
    ensure!((left.get::<_, &str>(0), left.get::<_, i32>(1)) == (&behind, 1), "{left:?}");
    lives(&hotel, &stock, "before").await?;

    inside.batch_execute("rollback").await?;
    let (code, said) = script.fleet(&["resume"]).await?;
    ensure!(code == 0 && said.contains("1 of 1 hotels done, 0 failed"), "{code} {said}");
    ensure!(inside.query_one(steps, &[]).await?.get::<_, i32>(0) == newest);
    lives(&hotel, &stock, "after").await?;
    house.stop().await
}

/// A guest books, and the desk sees it where it looks.
async fn lives(hotel: &Hotel, stock: &Stock, when: &str) -> Result<()> {
    let booking = stock.booking(&format!("Tamu {when}"), stock.room(0, 1, 1));
    hotel.post("/api/v1/bookings", &format!("booking-{when}"), &booking).await?;
    for path in ["/api/v1/front-desk", "/api/v1/reservations", "/api/v1/room-types", "/api/v1/rate-plans"] {
        hotel.get(path).await?;
    }
    let guests = hotel.get("/api/v1/guests").await?;
    ensure!(guests.to_string().contains(&format!("Tamu {when}")), "{guests}");
    Ok(())
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
