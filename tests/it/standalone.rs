//! A person with a database, a program and a browser: nothing else is needed to have a hotel.
use anyhow::{Result, ensure};
use hotelhub_testkit::env;
use hotelhub_tests::{Connection, Servers, get};
use tokio_postgres::Client;

use crate::alone::Alone;
use crate::browser::Driver;

const OWNER: &str = "ratna@melati.example";
const PASSWORD: &str = "kopi pagi di teras";

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_a_database_and_a_browser_has_a_hotel() -> Result<()> {
    let dir = env::folder().join("alone-servers");
    let servers = Servers::start(&env::xtask(), &dir, false).await?;
    let mut house = Alone::start(&servers, "alone", &[]).await?;
    let founded = whose(&house.sql().await?).await?;
    house.process.stop().await?;
    house.start_again().await?;
    ensure!(whose(&house.sql().await?).await? == founded, "another owner, secret or house after a restart");

    let links = house.links();
    let [first, second] = &links[..] else { anyhow::bail!("a link per start: {links:?}") };
    ensure!(status(&house, first).await? == 410, "the link of the start before still opens");
    let driver = Driver::start(&dir).await?;
    let owner = driver.open(&dir, "owner", (1280, 900)).await?;
    owner.enter(second, PASSWORD).await?;
    let home = format!("http://{}", house.host());
    owner.goto(&format!("{home}/desk")).await?;
    owner.see("#arrivals").await?;

    house.process.stop().await?;
    house.start_again().await?;
    ensure!(house.links().len() == 2, "the owner has a password: no more links");
    owner.goto(&format!("{home}/desk")).await?;
    owner.see("#arrivals").await?;
    owner.goto(&format!("{home}/account")).await?;
    owner.fill("#email", OWNER).await?;
    owner.fill("#email-proof", PASSWORD).await?;
    owner.press("form[action='/account/email'] button", "form[action='/account/confirm-email']").await?;
    ensure!(owner.text("main").await?.contains(OWNER), "the account shows the new address");
    owner.close().await?;
    driver.stop().await?;
    house.process.stop().await
}

/// Whose house it is, who owns it, and what its sessions derive from.
async fn whose(sql: &Client) -> Result<(String, String, String)> {
    let found = "select h.tenant_id::text, u.id::text, s.value::text
                   from house h, users u, settings s where s.name = 'node.secret'";
    let row = sql.query_one(found, &[]).await?;
    Ok((row.get(0), row.get(1), row.get(2)))
}

async fn status(house: &Alone, link: &str) -> Result<u16> {
    let host = house.host();
    let path = link.trim_start_matches("http://").trim_start_matches(&host);
    Ok(Connection::open(house.port).await?.send(&get(&host, path, None)).await?.status)
}
