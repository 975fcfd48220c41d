//! A hotel signs up while somebody dies.
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context as _, Error, Result, ensure};
use hotelhub_tests::{Connection, Hotel, House, Servers, connect, get, sign_up_request, until_served};

use super::{Victim, Wish, one_letter_each, strikes, texts};
use crate::ground;

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_ends_with_one_good_hotel_whoever_is_killed_and_whenever() -> Result<()> {
    let (mut servers, mut house) = ground::house("bad-sign-up").await?;
    let mut slugs = BTreeSet::new();
    for (victim, moment) in strikes() {
        let slug = format!("{victim:?}-{moment}").to_lowercase();
        let (port, host) = (house.node_port(), house.host(&slug));
        let signed_up = tokio::select! {
            half = half_made(port, &host, &slug) => Err(half),
            done = signed_up(&slug, (victim, moment), &mut house, &mut servers) => done,
        };
        signed_up.context(slug.clone())?;
        slugs.insert(slug);
    }
    let central = connect(&house.central_dsn()).await?;
    let tenants = texts(&central, "select slug from tenants").await?;
    ensure!(tenants == slugs, "tenants: {tenants:?}");
    let known = texts(&central, "select name from databases").await?;
    let there = texts(&central, r"select datname::text from pg_database where datname like 't\_%'").await?;
    ensure!(there.is_subset(&known), "databases nobody knows: {:?}", there.difference(&known));
    let live = texts(&central, "select name from databases where state = 'live'").await?;
    ensure!(live.len() == slugs.len() && live.is_subset(&there), "live: {live:?}");
    one_letter_each(&house, &central, slugs.iter().map(|slug| format!("sari@{slug}.example"))).await?;
    house.stop().await
}

async fn signed_up(
    slug: &str,
    (victim, moment): (Victim, u64),
    house: &mut House,
    servers: &mut Servers,
) -> Result<()> {
    let (port, request) = (house.control_port(), sign_up_request(house, slug));
    let wish = Wish { from: Ipv4Addr::LOCALHOST, port, request, answer: 201 };
    let signed_up = victim.struck_after(moment, &wish, house, servers).await?;
    until_served(house.node_port(), &house.host(slug)).await?;
    Hotel::enter(house, slug, &signed_up).await?;
    Ok(())
}

/// Asks the hotel's host without rest: there is no such hotel, it is not to be had now, or all of it is there. Answers what was
/// seen besides.
async fn half_made(port: u16, host: &str, slug: &str) -> Error {
    loop {
        if let Err(half) = whole_or_nothing(port, host, slug).await {
            return half;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn whole_or_nothing(port: u16, host: &str, slug: &str) -> Result<()> {
    let Some((200, told)) = answered(port, host, "/api/v1/public/property").await? else { return Ok(()) };
    ensure!(told.contains(&format!("Hotel {slug}")), "another hotel: {told}");
    for path in ["/login", "/book"] {
        let answer = answered(port, host, path).await?;
        ensure!(!matches!(answer, Some((404, _))), "a hotel without {path}");
    }
    Ok(())
}

/// The answer's status and text, if somebody is there to answer.
async fn answered(port: u16, host: &str, path: &str) -> Result<Option<(u16, String)>> {
    let Ok(mut node) = Connection::open(port).await else { return Ok(None) };
    let Ok(reply) = node.send(&get(host, path, None)).await else { return Ok(None) };
    let told = String::from_utf8_lossy(&reply.body).into_owned();
    ensure!([200, 404, 503].contains(&reply.status), "{path} answers {}: {told}", reply.status);
    Ok(Some((reply.status, told)))
}
