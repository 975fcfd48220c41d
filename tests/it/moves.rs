//! A hotel moves to another server while its guests book, and a server is emptied.
use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hotelhub_testkit::{dsn_of, env};
use hotelhub_tests::{Bookers, Connection, Hotel, House, Servers, connect, get, patiently, signal};
use serde_json::{Value, json};

use crate::ground;
use crate::life::Script;

const BOOKINGS: &str = "select id::text from bookings";
const LINKS: &str = "select (select count(*) from pg_replication_slots) + (select count(*) from pg_subscription)
                          + (select count(*) from pg_roles where rolname like 'move\\_%')";
const HOME: &str =
    "select d.cluster_id, d.name from databases d join tenants t on t.id = d.tenant_id where t.slug = $1";

/// A house with a second server, `jkt-2`.
async fn two_servers(name: &str) -> Result<(Servers, Servers, House)> {
    let (first, mut house) = ground::house(name).await?;
    let second = second_server(name).await?;
    house.add_cluster("jkt-2", second.admin_dsn(), &[]).await?;
    until_reachable(&house).await?;
    Ok((first, second, house))
}

async fn second_server(name: &str) -> Result<Servers> {
    Servers::start(&env::xtask(), &env::folder().join(name).join("second"), true).await
}

/// Waits until the control plane has heard that the worker has its template on both servers.
async fn until_reachable(house: &House) -> Result<()> {
    let central = connect(&house.central_dsn()).await?;
    let known = "select count(*) from nodes n, jsonb_array_elements(n.load->'clusters') c
                  where c->>'template' is not null";
    let told = "select count(*) from clusters where template is not null";
    patiently(120, "both servers are ready", async || {
        let both: [i64; 2] = [central.query_one(known, &[]).await?.get(0), central.query_one(told, &[]).await?.get(0)];
        Ok((both == [2, 2]).then_some(()))
    })
    .await
}

/// Where a hotel lives: the cluster, and the way into its database.
async fn home(house: &House, (first, second): (&Servers, &Servers), slug: &str) -> Result<(String, String)> {
    let central = connect(&house.central_dsn()).await?;
    let row = central.query_one(HOME, &[&slug]).await?;
    let (cluster, database): (String, String) = (row.get(0), row.get(1));
    let server = if cluster == "jkt-2" { second } else { first };
    Ok((cluster, dsn_of(server.admin_dsn(), &database)))
}

/// Everything that was acknowledged is there, once; and nothing else.
async fn holds_exactly(dsn: &str, acknowledged: &[String]) -> Result<()> {
    let inside = connect(dsn).await?;
    let there: BTreeSet<String> = inside.query(BOOKINGS, &[]).await?.iter().map(|row| row.get(0)).collect();
    let wanted: BTreeSet<String> = acknowledged.iter().cloned().collect();
    ensure!(wanted.len() == acknowledged.len(), "one booking was acknowledged twice");
    ensure!(there == wanted, "{} acknowledged, {} there", wanted.len(), there.len());
    Ok(())
}

/// Nothing of a move is left on either server.
async fn nothing_links<const N: usize>(servers: [&Servers; N]) -> Result<()> {
    for server in servers {
        let left: i64 = connect(server.admin_dsn()).await?.query_one(LINKS, &[]).await?.get(0);
        ensure!(left == 0, "{left} slots, subscriptions or roles are left");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hotel_moves_while_its_guests_book_and_every_booking_is_there_once() -> Result<()> {
    let (first, second, house) = two_servers("moves").await?;
    let servers = (&first, &second);
    let hotel = Hotel::open(&house, "melati").await?;
    let stock = hotel.furnish(&[400]).await?;
    let (from, _) = home(&house, servers, "melati").await?;
    let to = if from == "jkt-1" { "jkt-2" } else { "jkt-1" };
    let script = Script::new(&house, "dev_ops").await?;

    let (code, dry) = script.tenants(&["move", "melati", "--to", to, "--dry-run"]).await?;
    ensure!(code == 0 && dry.contains("would be") && dry.contains("Nothing was changed"), "{code} {dry}");
    for (args, wanted, word) in [
        (["move", "melati", "--to", &from], 4, "there-already"),
        (["move", "melati", "--to", "nowhere"], 3, "no such cluster"),
        (["move", "kenanga", "--to", to], 3, "kenanga"),
    ] {
        let (code, said) = script.tenants(&args).await?;
        ensure!(code == wanted && said.contains(word), "{args:?}: {code} {said}");
    }
    let (code, said) = Script::new(&house, "support").await?.tenants(&["move", "melati", "--to", to]).await?;
    ensure!(code == 4 && said.contains("not-permitted"), "{code} {said}");

    let bookers = Bookers::begin(&hotel, &stock, 3, "move");
    let (code, moved) = script.tenants(&["move", "melati", "--to", to, "--json"]).await?;
    ensure!(code == 0, "{code} {moved}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let booked = bookers.end().await?;
    let moved: Value = serde_json::from_str(&moved).with_context(|| moved.clone())?;
    ensure!(moved["state"] == "done" && moved["held_ms"].is_i64(), "{moved}");
    let (now, dsn) = home(&house, servers, "melati").await?;
    ensure!(now == to, "it lives on {now}");
    ensure!(!booked.is_empty(), "nobody booked");
    let ids: Vec<String> = booked.into_iter().map(|booked| booked.id).collect();
    holds_exactly(&dsn, &ids).await?;
    nothing_links([&first, &second]).await?;
    let last = ids.last().context("no booking")?;
    ensure!(hotel.get(&format!("/api/v1/bookings/{last}")).await?["id"] == json!(last));
    house.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hotel_that_shares_a_database_gets_one_of_its_own_while_its_guests_book() -> Result<()> {
    let (server, house) = ground::house("promoted").await?;
    let central = connect(&house.central_dsn()).await?;
    central.batch_execute("update plans set placed_in = 'schema'").await?;
    let hotel = Hotel::open(&house, "melati").await?;
    Hotel::open(&house, "kenanga").await?;
    let stock = hotel.furnish(&[400]).await?;
    let quarters = async || -> Result<String> { Ok(central.query_one(HOME, &[&"melati"]).await?.get(1)) };
    ensure!(quarters().await?.contains('.'), "it has a database of its own already");

    let script = Script::new(&house, "dev_ops").await?;
    let bookers = Bookers::begin(&hotel, &stock, 3, "promote");
    let (code, moved) = script.tenants(&["promote", "melati", "--json"]).await?;
    ensure!(code == 0, "{code} {moved}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let booked = bookers.end().await?;
    let now = quarters().await?;
    ensure!(!now.contains('.'), "it lies in {now}");
    ensure!(!booked.is_empty(), "nobody booked");
    let ids: Vec<String> = booked.into_iter().map(|booked| booked.id).collect();
    holds_exactly(&dsn_of(server.admin_dsn(), &now), &ids).await?;
    nothing_links([&server]).await?;
    let (code, said) = script.tenants(&["promote", "melati"]).await?;
    ensure!(code == 4 && said.contains("there-already"), "{code} {said}");
    let request = get(&house.host("kenanga"), "/api/v1/public/property", None);
    Connection::open(house.node_port()).await?.send(&request).await?.json(200)?;
    house.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_survives_its_worker_and_its_control_plane_and_one_whose_target_is_away_is_given_up() -> Result<()> {
    let (first, mut house) = ground::house("moves-killed").await?;
    let hotel = Hotel::open(&house, "melati").await?;
    let stock = hotel.furnish(&[30]).await?;
    let mut second = second_server("moves-killed").await?;
    house.add_cluster("jkt-2", second.admin_dsn(), &[]).await?;
    until_reachable(&house).await?;
    let booked = async |key: &str| {
        let booking = stock.booking("Made Astika", stock.room(0, 3, 1));
        let booked = hotel.post("/api/v1/bookings", key, &booking).await?;
        Ok::<_, anyhow::Error>(booked["id"].as_str().context("no id")?.to_owned())
    };
    let mut acknowledged = vec![booked("before-everything").await?];

    signal(second.postgres_pid(), "KILL").await?;
    let script = Script::new(&house, "dev_ops").await?;
    let (code, said) = script.tenants(&["move", "melati", "--to", "jkt-2", "--detach"]).await?;
    ensure!(code == 0, "{code} {said}");
    let (code, said) = script.tenants(&["move", "melati", "--give-up"]).await?;
    ensure!(code == 0 && said.contains("undoing"), "{code} {said}");
    acknowledged.push(booked("while-it-is-away").await?);
    second.restart("postgres").await?;
    over(&house, "given_up").await?;
    nothing_links([&first, &second]).await?;

    let central = connect(&house.central_dsn()).await?;
    for (state, to) in [("copying", "jkt-2"), ("switching", "jkt-1"), ("clearing", "jkt-2")] {
        acknowledged.push(booked(&format!("before-{state}")).await?);
        let script = Script::new(&house, "dev_ops").await?;
        let (code, said) = script.tenants(&["move", "melati", "--to", to, "--detach"]).await?;
        ensure!(code == 0, "{code} {said}");
        let reached = async || -> Result<Option<()>> {
            let row = central.query_one("select state from moves order by id desc limit 1", &[]).await?;
            Ok([state, "clearing", "done"].contains(&row.get::<_, &str>(0)).then_some(()))
        };
        patiently(120, state, reached).await?;
        house.node.kill().await?;
        house.control.kill().await?;
        house.restart_control().await?;
        house.restart_node().await?;
        over(&house, "done").await?;
        let (now, dsn) = home(&house, (&first, &second), "melati").await?;
        ensure!(now == to, "{state}: it lives on {now}");
        holds_exactly(&dsn, &acknowledged).await?;
        nothing_links([&first, &second]).await?;
    }
    acknowledged.push(booked("after-everything").await?);
    house.stop().await
}

/// Waits until the latest move ended so.
async fn over(house: &House, wanted: &str) -> Result<()> {
    patiently(300, &format!("the move is {wanted}"), async || {
        let central = connect(&house.central_dsn()).await?;
        let row = central.query_one("select state, reason from moves order by id desc limit 1", &[]).await?;
        let (state, reason): (String, Option<String>) = (row.get(0), row.get(1));
        ensure!(state == wanted || !["done", "given_up"].contains(&state.as_str()), "{state}: {reason:?}");
        Ok((state == wanted).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_emptied_while_its_hotels_are_served_and_hotels_go_where_their_tier_is() -> Result<()> {
    let (first, mut house) = ground::house("drained").await?;
    let slugs = ["melati", "kenanga", "anggrek"];
    for slug in slugs {
        Hotel::open(&house, slug).await?;
    }
    let second = second_server("drained").await?;
    house.add_cluster("jkt-2", second.admin_dsn(), &["--tier", "shared"]).await?;
    until_reachable(&house).await?;
    let script = Script::new(&house, "dev_ops").await?;
    let (code, dry) = script.fleet(&["drain", "jkt-1", "--dry-run"]).await?;
    ensure!(code == 0 && dry.contains("would move 3 hotels"), "{code} {dry}");
    let (code, drained) = script.fleet(&["drain", "jkt-1", "--json"]).await?;
    ensure!(code == 0, "{code} {drained}");
    for slug in slugs {
        ensure!(home(&house, (&first, &second), slug).await?.0 == "jkt-2", "{slug} stayed");
        let request = get(&house.host(slug), "/api/v1/public/property", None);
        Connection::open(house.node_port()).await?.send(&request).await?.json(200)?;
    }
    Hotel::open(&house, "cempaka").await?;
    ensure!(home(&house, (&first, &second), "cempaka").await?.0 == "jkt-2", "a cluster that is emptied takes nobody");
    let (code, said) = script.fleet(&["drain", "jkt-2"]).await?;
    ensure!(code == 4 && said.contains("no other cluster has room"), "{code} {said}");
    house.stop().await
}
