//! Somebody is killed in the middle of a sign-up or a booking. Nothing is lost, nothing is there twice.
use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hotelhub_tests::{Connection, Hotel, House, Reply, Servers, post, until_served};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio_postgres::Client;

use crate::ground::{self, connect};

/// Who dies.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Control,
    Node,
    Postgres,
    Redis,
}

/// When, in milliseconds after the request went out: before it arrives, while it works, while it commits, after it answered.
const MOMENTS: [u64; 4] = [2, 9, 25, 70];

impl Victim {
    async fn kill(self, house: &mut House, servers: &Servers) -> Result<()> {
        match self {
            Self::Control => house.control.kill().await,
            Self::Node => house.node.kill().await,
            Self::Postgres => kill(servers.postgres_pid()).await,
            Self::Redis => kill(servers.redis_pid()).await,
        }
    }

    async fn bring_back(self, house: &mut House, servers: &mut Servers) -> Result<()> {
        match self {
            Self::Control => house.restart_control().await,
            Self::Node => house.restart_node().await,
            Self::Postgres => servers.restart("postgres").await,
            Self::Redis => servers.restart("redis").await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_ends_with_one_good_hotel_whoever_is_killed_and_whenever() -> Result<()> {
    let (mut servers, mut house) = ground::house("bad-sign-up").await?;
    let mut slugs = BTreeSet::new();
    for victim in [Victim::Control, Victim::Node, Victim::Postgres, Victim::Redis] {
        for moment in MOMENTS {
            let slug = format!("{victim:?}-{moment}").to_lowercase();
            let request = sign_up_request(&house, &slug);
            let first = send_later(house.control_port(), request.clone());
            tokio::time::sleep(Duration::from_millis(moment)).await;
            victim.kill(&mut house, &servers).await?;
            let first = first.await?;
            victim.bring_back(&mut house, &mut servers).await?;
            let again = until_answered(house.control_port(), &request, 201).await.context(slug.clone())?;
            if let Ok(first) = first.and_then(|reply| reply.json(201)) {
                ensure!(first["tenant_id"] == again["tenant_id"], "{slug}: two answers: {first} and {again}");
            }
            until_served(house.node_port(), &house.host(&slug)).await.context(slug.clone())?;
            Hotel::enter(&house, &slug, &again).await.context(slug.clone())?;
            slugs.insert(slug);
        }
    }
    let central = connect(&house.central_dsn()).await?;
    let tenants = texts(&central, "select slug from tenants").await?;
    ensure!(tenants == slugs, "tenants: {tenants:?}");
    let known = texts(&central, "select name from databases").await?;
    let there = texts(&central, r"select datname::text from pg_database where datname like 't\_%'").await?;
    ensure!(there.is_subset(&known), "databases nobody knows: {:?}", there.difference(&known));
    let live = texts(&central, "select name from databases where state = 'live'").await?;
    ensure!(live.len() == slugs.len() && live.is_subset(&there), "live: {live:?}");
    house.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_there_once_whoever_is_killed_and_whenever() -> Result<()> {
    let (mut servers, mut house) = ground::house("bad-booking").await?;
    let hotel = Hotel::open(&house, "melati").await?;
    let stock = hotel.furnish(&[30]).await?;
    let arrival = stock.business_date.saturating_add(jiff::Span::new().days(3));
    let departure = arrival.saturating_add(jiff::Span::new().days(2));
    let mut codes = BTreeSet::new();
    for victim in [Victim::Node, Victim::Postgres, Victim::Redis] {
        for moment in MOMENTS {
            let body = json!({
                "guest": {"name": "Wayan Suarti", "email": "wayan@example.com"}, "status": "confirmed",
                "reservations": [{"room_type_id": stock.room_types[0], "rate_plan_id": stock.rate_plan,
                    "arrival": arrival, "departure": departure, "adults": 2, "children": 0}]
            });
            let key = format!("{victim:?}-{moment:04}");
            let request = post(&hotel.host, "/api/v1/bookings", &key, Some(&hotel.cookie), &body.to_string());
            let first = send_later(hotel.port, request.clone());
            tokio::time::sleep(Duration::from_millis(moment)).await;
            victim.kill(&mut house, &servers).await?;
            let first = first.await?;
            victim.bring_back(&mut house, &mut servers).await?;
            let again = until_answered(hotel.port, &request, 201).await.context(key.clone())?;
            if let Ok(first) = first.and_then(|reply| reply.json(201)) {
                ensure!(first == again, "{key}: two answers: {first} and {again}");
            }
            codes.insert(again["code"].as_str().context("no code")?.to_owned());
        }
    }
    let tenant = connect(&house.tenant_dsn("melati").await?).await?;
    let kept = texts(&tenant, "select code from bookings").await?;
    ensure!(kept == codes, "answered {codes:?}, kept {kept:?}");
    let sold: Vec<i16> = tenant
        .query("select sold from inventory_days where day >= $1 and day < $2", &[&arrival, &departure])
        .await?
        .iter()
        .map(|row| row.get(0))
        .collect();
    ensure!(sold.iter().all(|&sold| usize::try_from(sold) == Ok(codes.len())), "sold: {sold:?}");
    house.stop().await
}

fn sign_up_request(house: &House, slug: &str) -> Vec<u8> {
    let host = format!("hotelhub.localhost:{}", house.control_port());
    let body = json!({
        "hotel": format!("Hotel {slug}"), "owner": "Sari Dewi", "email": format!("sari@{slug}.example"),
        "phone": "+62811000111", "rooms": 12, "slug": slug
    });
    post(&host, "/api/v1/signups", &format!("bad-day-{slug}"), None, &body.to_string())
}

fn send_later(port: u16, request: Vec<u8>) -> tokio::task::JoinHandle<Result<Reply>> {
    tokio::spawn(async move {
        let answered = async { Connection::open(port).await?.send(&request).await };
        tokio::time::timeout(Duration::from_secs(10), answered).await?
    })
}

/// Sends the same request until it is answered as expected, as a patient client does.
async fn until_answered(port: u16, request: &[u8], expected: u16) -> Result<Value> {
    let mut last = anyhow::anyhow!("never asked");
    for _ in 0..100 {
        match send_later(port, request.to_vec()).await?.and_then(|reply| reply.json(expected)) {
            Ok(body) => return Ok(body),
            Err(error) => last = error,
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Err(last.context("not answered within 20 s"))
}

async fn kill(pid: u32) -> Result<()> {
    let status = Command::new("kill").args(["-KILL", &pid.to_string()]).status().await?;
    ensure!(status.success(), "cannot kill {pid}");
    Ok(())
}

async fn texts(client: &Client, sql: &str) -> Result<BTreeSet<String>> {
    Ok(client.query(sql, &[]).await?.iter().map(|row| row.get(0)).collect())
}
