//! A node that knows ten thousand hotels and serves fifty.
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use hotelhub_tests::{Connection, House, get};

use super::standalone::resident_mib;
use crate::floor::Floor;
use crate::load::throughput;
use crate::report::Figure;

/// Tenants that are known and nothing is read of.
const STRANGERS: usize = 10_000;

/// Their rows in the central database, with a route each.
const MOVE_IN: &str = "
    with made as (
        select gen_random_uuid() as id, 'bayangan-' || n as slug, n from generate_series(1, $1::int) n
    ), tenant as (
        insert into tenants (id, slug, name, status, status_since, owner_name, owner_email, owner_phone, time_zone, created_at)
        select id, slug, 'Hotel ' || slug, 'trial', now(), 'Sari', 'sari@' || slug || '.example', '+628', 'Asia/Jakarta', now()
          from made
    ), domain as (
        insert into domains (host, tenant_id, kind, created_at)
        select slug || '.hotelhub.localhost', id, 'slug', now() from made
    ), subscription as (
        insert into subscriptions (id, tenant_id, plan_id, price_id, state, rooms, anchor_on, trial_ends_at, created_at)
        select gen_random_uuid(), id, 'growth', (select id from plan_prices where plan_id = 'growth' limit 1),
               'trialing', 42, current_date, now() + interval '14 days', now()
          from made
    )
    insert into databases (name, cluster_id, state, template, tenant_id, created_at)
    select 't_' || replace(id::text, '-', ''), 'jkt-1', 'live', 'none', id, now() from made";

/// Moves the feed on and forgets its changes, so that every node takes the whole table anew.
const FORGET: &str = "
    with head as (update routes_head set version = version + 1000 returning version)
    delete from routes_feed";

/// Inserts the strangers, starts the node anew, warms the given hotels, and weighs the process.
pub(crate) async fn ten_thousand_known(house: &mut House, floor: &Floor, warm: &[String]) -> Result<Figure> {
    floor.central().execute(MOVE_IN, &[&i32::try_from(STRANGERS)?]).await?;
    floor.central().batch_execute(FORGET).await?;
    house.node.stop().await?;
    house.restart_node().await?;
    until_all_are_known(house).await?;
    for slug in warm {
        let request = get(&house.host(slug), "/api/v1/public/property", None);
        throughput(house.node_port(), &request, 2, Duration::from_millis(100)).await?;
    }
    let resident = resident_mib(house.node.id().context("the node ended")?)?;
    Ok(Figure::at_most("resident with 10,000 tenants known, 50 warm", resident, "MiB", 120.0, "<= 120 MiB"))
}

/// The node starts by the table on its disk, which has none of them, and takes the new one when it hears the control plane.
async fn until_all_are_known(house: &House) -> Result<()> {
    let mut known = 0;
    for _ in 0..60 {
        known = count_known(house).await?;
        if known == STRANGERS {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    bail!("the node knows {known} of {STRANGERS} hotels")
}

/// Asks each of them for a door that is nowhere: who is known has no such door, who is not has no hotel.
async fn count_known(house: &House) -> Result<usize> {
    let mut node = Connection::open(house.node_port()).await?;
    let mut known = 0;
    for n in 1..=STRANGERS {
        let reply = node.send(&get(&house.host(&format!("bayangan-{n}")), "/api/v1/nowhere", None)).await?.json(404)?;
        known += usize::from(reply["code"] == "not-found");
    }
    Ok(known)
}
