//! A hotel moved between two servers while its guests book: how long nobody's booking was acknowledged, and whether one was lost.
use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hotelhub_testkit::{dsn_of, env};
use hotelhub_tests::{Booked, Bookers, Hotel, House, Process, Servers, connect, patiently};
use serde_json::Value;
use tokio_postgres::Client;

use crate::compare::{median, percentile};
use crate::report::Figure;

const SLUG: &str = "pindahan";

/// Moves, there and back.
const MOVES: usize = 6;

/// People who book all the while.
const PEOPLE: usize = 4;

/// Rooms of each type: for three hundred nights they are more than four people book in a quarter of an hour.
const ROOMS: [u32; 4] = [500; 4];

/// Bytes of rows that the hotel has beside what every hotel has.
const BYTES: i64 = 15_000_000;

/// How long it is looked before each move how long the pauses are without one.
const BEFORE: Duration = Duration::from_secs(2);

const FILL: &str = "
    insert into guests (id, name, created_at, updated_at)
    select gen_random_uuid(), 'Tamu ' || md5(n::text), now(), now() from generate_series(1, 20000) n";
const FILLED: &str = "
    select sum(pg_total_relation_size(oid))::bigint from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'";
const HOME: &str =
    "select d.cluster_id, d.name from databases d join tenants t on t.id = d.tenant_id where t.slug = $1";
const TEMPLATED: &str = "
    select count(*) from nodes n, jsonb_array_elements(n.load->'clusters') c, clusters k
     where c->>'cluster' = 'jkt-2' and c->>'template' is not null and k.id = 'jkt-2' and k.template is not null";

/// Where the hotel's databases may lie.
struct Both<'a> {
    first: &'a str,
    second: Servers,
}

impl Both<'_> {
    fn dsn(&self, cluster: &str, database: &str) -> String {
        dsn_of(if cluster == "jkt-2" { self.second.admin_dsn() } else { self.first }, database)
    }
}

/// Moves a hotel of fifteen megabytes there and back. The baseline of a pause is the longest without a move.
pub(crate) async fn under_load(house: &mut House, central: &Client, dir: &std::path::Path) -> Result<Vec<Figure>> {
    let first = house.settings().admin_dsn.clone();
    let beside = dir.join("second");
    let _ = std::fs::remove_dir_all(&beside);
    let servers = Both { first: &first, second: Servers::start(&env::xtask(), &beside, true).await? };
    house.add_cluster("jkt-2", servers.second.admin_dsn(), &[]).await?;
    patiently(120, "the second server is ready", async || {
        Ok((central.query_one(TEMPLATED, &[]).await?.get::<_, i64>(0) > 0).then_some(()))
    })
    .await?;
    let hotel = Hotel::open(house, SLUG).await?;
    let stock = hotel.furnish(&ROOMS).await?;
    fill(&servers, central).await?;
    let token = house.mint_token("dev_ops").await?;
    let env = [
        ("HOTELHUB_CONTROL_URL".to_owned(), house.control_url_by_address()),
        ("HOTELHUB_STAFF_TOKEN".to_owned(), token),
    ];
    let (mut pauses, mut usual, mut held, mut acknowledged) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for number in 0..MOVES {
        let (from, _) = home(central).await?;
        let to = if from == "jkt-1" { "jkt-2" } else { "jkt-1" };
        let before = Bookers::begin(&hotel, &stock, PEOPLE, &format!("before-{number}"));
        tokio::time::sleep(BEFORE).await;
        let before = before.end().await?;
        usual.push(longest_pause(&before)?);
        let during = Bookers::begin(&hotel, &stock, PEOPLE, &format!("during-{number}"));
        let program = house.settings().programs.path("hotelhub-control");
        let moved: Value = serde_json::from_str(
            &Process::run(&program, &["tenants", "move", SLUG, "--to", to, "--json"], &env).await?,
        )?;
        let during = during.end().await?;
        held.push(moved.get("held_ms").and_then(Value::as_f64).context("not switched")?);
        pauses.push(longest_pause(&during)?);
        acknowledged.extend(before.into_iter().chain(during).map(|booked| booked.id));
    }
    let lost = lost(&servers, central, &acknowledged).await?;
    clean_up(&servers, central).await?;
    #[expect(clippy::cast_precision_loss, reason = "some thousand bookings")]
    let (lost, count) = (lost as f64, acknowledged.len() as f64);
    Ok(vec![
        Figure::at_most("move of 15 MB under load: pause of writes, p50", median(&pauses), "ms", 1_500.0, "<= 1.5 s")
            .beside(median(&usual)),
        Figure::at_most("the same, the longest", percentile(&pauses, 100), "ms", 1_500.0, "<= 1.5 s")
            .beside(percentile(&usual, 100)),
        Figure::at_most("the same: writers held by the worker, p50", median(&held), "ms", 1_500.0, "<= 1.5 s"),
        Figure::exact("the same: acknowledged bookings lost", lost, "bookings", lost == 0.0, "0").beside(count),
    ])
}

/// The longest time in milliseconds between two acknowledgements, whoever's they were.
fn longest_pause(booked: &[Booked]) -> Result<f64> {
    ensure!(booked.len() > 1, "nobody booked");
    let gaps = booked.windows(2).filter_map(|pair| match pair {
        [one, next] => Some(next.at.duration_since(one.at).as_secs_f64() * 1_000.0),
        _ => None,
    });
    Ok(gaps.fold(0.0, f64::max))
}

async fn home(central: &Client) -> Result<(String, String)> {
    let row = central.query_one(HOME, &[&SLUG]).await?;
    Ok((row.get(0), row.get(1)))
}

async fn fill(servers: &Both<'_>, central: &Client) -> Result<()> {
    let (cluster, database) = home(central).await?;
    let inside = connect(&servers.dsn(&cluster, &database)).await?;
    let before: i64 = inside.query_one(FILLED, &[]).await?.get(0);
    while inside.query_one(FILLED, &[]).await?.get::<_, i64>(0) - before < BYTES {
        inside.batch_execute(FILL).await?;
    }
    Ok(inside.batch_execute("vacuum analyze").await?)
}

/// Acknowledged bookings that are not where the hotel lives now, or are there twice.
async fn lost(servers: &Both<'_>, central: &Client, acknowledged: &[String]) -> Result<usize> {
    let (cluster, database) = home(central).await?;
    let inside = connect(&servers.dsn(&cluster, &database)).await?;
    let rows = inside.query("select id::text from bookings", &[]).await?;
    let there: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let missing = acknowledged.iter().filter(|id| !there.contains(*id)).count();
    Ok(missing + there.len().abs_diff(acknowledged.len()))
}

/// The first server is kept for the next bench: the hotel's databases there go. The second is gone with this part: nobody is put there who
/// comes after it.
async fn clean_up(servers: &Both<'_>, central: &Client) -> Result<()> {
    let moved = "select name from databases where cluster_id = 'jkt-1' and state <> 'dropped'
                    and (name in (select source_database from moves union select target_database from moves))";
    central.batch_execute("update clusters set state = 'closed' where id = 'jkt-2'").await?;
    let admin = connect(servers.first).await?;
    for row in central.query(moved, &[]).await? {
        let name: String = row.get(0);
        admin.batch_execute(&format!("drop database if exists {name} with (force)")).await?;
        admin.batch_execute(&format!("drop role if exists {name}")).await?;
    }
    Ok(())
}
