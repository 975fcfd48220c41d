//! Tenancy at its limit: a thousand hotels on one server, whose databases were made before and are kept from one bench to the next.
use anyhow::Result;
use hotelhub_tests::{House, Programs, Settings, connect};

use crate::Ground;
use crate::figures::{
    budget, change, cold, lookup, memory, moving, provision, recover, restart, rollout, schema, sign_up, warm,
};
use crate::floor::Floor;
use crate::foundation::show;
use crate::town;

/// Connections while nobody is short of them.
const BUDGET: u16 = 350;

/// Databases in store while hotels sign up, made ahead of them.
const READY: u16 = 8;

/// The pool of one tenant of the Growth plan.
const POOL: i64 = 8;

/// The central database: made anew each time, for the house's other keys are.
const CENTRAL: &str = "bench_central";

/// What can be measured by itself; the first needs no house, the second one of its own.
pub(crate) const PARTS: [&str; 13] = [
    "lookup",
    "recover",
    "cold",
    "warm",
    "budget",
    "rollout",
    "move",
    "schema",
    "change",
    "restart",
    "provision",
    "sign_up",
    "memory",
];

/// What to measure.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Wish {
    #[command(flatten)]
    ground: Ground,
    #[command(flatten)]
    size: town::Size,
}

/// Measures everything, or the one part that was asked for.
pub(crate) async fn run(wish: Wish) -> Result<()> {
    let Wish { ground, size } = wish;
    let ground = ground.of(&PARTS)?;
    if ground.wants("lookup") {
        show(lookup::against_a_bare_hash(10_000)?)?;
        show(lookup::against_a_bare_hash(100_000)?)?;
        show(lookup::of_nobody()?)?;
    }
    if ground.wants("recover") {
        show(recover::one_of_a_hundred(&ground).await?)?;
    }
    if PARTS.iter().skip(2).any(|part| ground.wants(part)) {
        in_a_house(&ground, size.hotels).await?;
    }
    Ok(())
}

async fn in_a_house(ground: &Ground, hotels: usize) -> Result<()> {
    // Fifths of the town: who is asked one by one, and who all at once.
    let [at_once, cold] = [2, 3].map(|fifths| fifths * hotels / 5);
    rollout::make_good(&ground.admin_dsn, hotels, &ground.dir).await?;
    town::move_out(&ground.admin_dsn).await?;
    let mut house = house(ground).await?;
    let floor = Floor::connect(&ground.admin_dsn, &house.central_dsn(), house.cluster_key()).await?;
    town::move_in(&mut house, floor.central(), 1, hotels).await?;
    town::until_looked_through(&house).await?;
    floor.wait_until_left(&(1..=hotels).map(town::database).collect::<Vec<_>>()).await?;
    if ground.wants("cold") {
        show(cold::first_requests_of_many(&house, &floor, &(cold + 1..=hotels).collect::<Vec<_>>()).await?)?;
        show([cold::all_at_once(&house, &(at_once + 1..=cold).collect::<Vec<_>>()).await?])?;
        show(cold::two_hundred_at_once(&house, &floor, &town::slug(1), POOL).await?)?;
    }
    if ground.wants("warm") {
        let (slug, dsn) = (town::slug(1), house.tenant_dsn(&town::slug(1)).await?);
        show([warm::public_request(&house, &slug, &dsn, 97).await?])?;
    }
    if ground.wants("budget") {
        show(budget::never_exceeded(&house, &floor, hotels).await?)?;
    }
    if ground.wants("rollout") {
        show(rollout::to_every_database(&house, &floor, hotels, &ground.dir).await?)?;
    }
    if ground.wants("move") {
        show(moving::under_load(&mut house, floor.central(), &ground.dir).await?)?;
    }
    if ground.wants("schema") {
        show([schema::beside_a_database(&house, floor.central()).await?])?;
        show([schema::sign_ups(&house, floor.central()).await?])?;
        town::move_out(&ground.admin_dsn).await?;
    }
    if ground.wants("change") {
        show(change::on_three_nodes(&house, hotels).await?)?;
    }
    if ground.wants("restart") {
        show(restart::of_three_nodes(&mut house, hotels).await?)?;
    }
    if ground.wants("provision") {
        show(provision::one_a_second(&mut house, &floor, hotels).await?)?;
    }
    if ground.wants("sign_up") {
        house.keep_ready_databases(READY).await?;
        show(sign_up::ready_made(&house, &floor, 1.5).await?)?;
        show([sign_up::by_clone(&mut house, &floor, 0, 150.0).await?])?;
    }
    if ground.wants("provision") || ground.wants("sign_up") {
        // Nobody looks into hotels whose databases go; what is measured after this has a node of its own.
        house.node.stop().await?;
        town::move_out(&ground.admin_dsn).await?;
    }
    if ground.wants("memory") {
        show(memory::two_hundred_come_and_go(&mut house, &floor, hotels).await?)?;
    }
    house.stop().await
}

/// A house around the server on which the databases lie.
async fn house(ground: &Ground) -> Result<House> {
    let dir = ground.dir.join("house");
    let _ = std::fs::remove_dir_all(&dir);
    let admin = connect(&ground.admin_dsn).await?;
    admin.batch_execute(&format!("drop database if exists {CENTRAL} with (force)")).await?;
    let settings = Settings {
        programs: Programs::in_folder(ground.programs.clone()),
        dir,
        admin_dsn: ground.admin_dsn.clone(),
        redis_url: Some(ground.redis_url.clone()),
        central: CENTRAL.to_owned(),
        budget: BUDGET,
        ready_databases: 0,
    };
    House::start_with(settings, town::key(&ground.dir)?).await
}
