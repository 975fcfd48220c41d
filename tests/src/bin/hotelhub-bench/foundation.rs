//! The foundation's figures, in the order in which they disturb each other least.
use anyhow::{Context as _, Result};
use hotelhub_testkit::Scratch;
use hotelhub_tests::{Hotel, House, Programs, Settings};

use crate::Ground;
use crate::figures::{cold, last_rooms, lookup, memory, search, sign_up, standalone, warm};
use crate::floor::Floor;
use crate::report::Figure;
use crate::town;

/// Connections the server may see from the node.
const BUDGET: u16 = 120;

/// The pool of one tenant of the Growth plan.
const POOL: i64 = 8;

/// Databases in store, made ahead of their hotels.
const READY: u16 = 8;

/// Hotels that are warm while the node is weighed.
const WARM: usize = 50;

/// What can be measured by itself; the first three need no house.
pub(crate) const PARTS: [&str; 9] =
    ["lookup", "standalone", "wire", "warm", "search", "last_rooms", "sign_up", "cold", "memory"];

/// Measures everything, or the one part that was asked for.
pub(crate) async fn run(ground: Ground) -> Result<()> {
    let wanted = |part: &str| ground.wants(part);
    if wanted("lookup") {
        show(lookup::against_a_bare_hash(10_000)?)?;
    }
    let programs = Programs::in_folder(ground.programs.clone());
    if wanted("standalone") || wanted("wire") {
        let database = Scratch::create(&ground.admin_dsn, None).await?;
        show(standalone::start_and_rest(&programs, &ground.dir, &database.dsn()).await?)?;
        let database = Scratch::create(&ground.admin_dsn, None).await?;
        show(warm::wire(&programs, &ground.dir, &ground.admin_dsn.parse()?, &database.dsn()).await?)?;
    }
    if PARTS.iter().skip(3).any(|part| wanted(part)) {
        in_a_house(&ground, programs, &wanted).await?;
    }
    Ok(())
}

async fn in_a_house(ground: &Ground, programs: Programs, wanted: &impl Fn(&str) -> bool) -> Result<()> {
    let central = format!("bench_central_{}", std::process::id());
    let mut house = House::start(Settings {
        programs,
        dir: ground.dir.join("house"),
        admin_dsn: ground.admin_dsn.clone(),
        redis_url: Some(ground.redis_url.clone()),
        central,
        budget: BUDGET,
        ready_databases: READY,
    })
    .await?;
    let floor = Floor::connect(&ground.admin_dsn, &house.central_dsn(), house.cluster_key()).await?;
    floor.wait_for_ready_databases(READY.into()).await?;
    let melati = Hotel::open(&house, "melati").await?;
    let stock = melati.furnish(&[20, 12, 10]).await?;
    if wanted("warm") {
        let dsn = house.tenant_dsn("melati").await?;
        show([warm::public_request(&house, "melati", &dsn, 95).await?])?;
    }
    if wanted("search") {
        show([search::availability(&melati, &stock).await?])?;
    }
    if wanted("last_rooms") {
        show([last_rooms::ten_for_two_hundred(&melati, &stock, 2).await?])?;
    }
    if wanted("sign_up") {
        show(sign_up::ready_made(&house, &floor, 2.0).await?)?;
        show([sign_up::by_clone(&mut house, &floor, READY, 250.0).await?])?;
    }
    if wanted("cold") || wanted("memory") {
        let slugs = cold::strangers(&house, &floor, 2 * WARM + 1).await?;
        house.node.stop().await?;
        house.restart_node().await?;
        town::until_looked_through(&house).await?;
        cold::until_left(&house, &floor, &slugs).await?;
        let (last, slugs) = slugs.split_last().context("no hotel signed up")?;
        let (warm, untouched) = slugs.split_at(WARM);
        show([cold::first_request(&house, &floor, warm, untouched).await?])?;
        show(cold::two_hundred_at_once(&house, &floor, last, POOL).await?)?;
        show([memory::ten_thousand_known(&mut house, &floor, warm).await?])?;
    }
    house.stop().await
}

pub(crate) fn show(figures: impl IntoIterator<Item = Figure>) -> Result<()> {
    for figure in figures {
        println!("{}", serde_json::to_string(&figure)?);
    }
    Ok(())
}
