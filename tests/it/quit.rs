//! A hotel leaves with its data in one file: to another name, to a machine of its own, and back.
use std::path::PathBuf;

use anyhow::{Result, ensure};
use hotelhub_testkit::{dsn_of, env};
use hotelhub_tests::{Hotel, Process, connect};
use serde_json::json;

use crate::ground::house;
use crate::life::{Script, becomes};

/// What a hotel holds that matters to its guests and its books.
const HELD: &str = "
    select (select count(*) from guests), (select count(*) from reservations), (select count(*) from room_assignments),
           (select coalesce(sum(price_idr), 0)::bigint from reservation_nights), (select coalesce(sum(sold), 0)::bigint from inventory_days),
           (select md5(string_agg(t::text, ';' order by t::text)) from rate_days t)";

async fn held(dsn: &str) -> Result<(Vec<i64>, String)> {
    let row = connect(dsn).await?.query_one(HELD, &[]).await?;
    Ok(((0..5).map(|n| row.get(n)).collect(), row.get(5)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hotel_leaves_in_a_file_for_another_name_for_a_machine_of_its_own_and_comes_back() -> Result<()> {
    let (servers, mut house) = house("quit").await?;
    house.exchange().await?;
    let hotel = Hotel::open(&house, "melati").await?;
    let stock = hotel.furnish(&[3]).await?;
    for guest in ["Wayan", "Made"] {
        hotel
            .post("/api/v1/bookings", &format!("booking-of-{guest}"), &stock.booking(guest, stock.room(0, 1, 2)))
            .await?;
    }
    let was = held(&house.tenant_dsn("melati").await?).await?;
    let folder = env::folder().join("quit");
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let (file, key) = (path("melati.zip"), path("passphrase"));
    std::fs::write(&key, "kopi pagi di teras\n")?;

    let script = Script::new(&house, "super_admin").await?;
    let sealed = ["--passphrase-file", &key];
    let exported = script.does(&["export", "melati", "--out", &file, sealed[0], sealed[1]]).await?;
    ensure!(exported["state"] == "done", "{exported}");
    ensure!(std::fs::read(&file)?.starts_with(b"HotelHub sealed export"), "the file is sealed");
    let taken = script.says(&["import", &file, "--slug", "melati", sealed[0], sealed[1]]).await?;
    ensure!(taken.0 == 4 && taken.1.contains("slug-taken"), "{taken:?}");
    let shut = script.says(&["import", &file, "--slug", "kenanga"]).await?;
    ensure!(shut.0 == 4 && shut.1.contains("passphrase"), "{shut:?}");
    let dry = script.says(&["import", &file, "--slug", "kenanga", "--dry-run", sealed[0], sealed[1]]).await?;
    ensure!(dry.0 == 0 && dry.1.contains("Nothing was changed"), "{dry:?}");
    let imported = script.does(&["import", &file, "--slug", "kenanga", sealed[0], sealed[1]]).await?;
    ensure!(imported["state"] == "done", "{imported}");
    becomes(&house, "kenanga", 200).await?;
    ensure!(held(&house.tenant_dsn("kenanga").await?).await? == was, "kenanga holds something else");

    connect(servers.admin_dsn()).await?.batch_execute("create database mandiri").await?;
    let dsn = dsn_of(servers.admin_dsn(), "mandiri");
    let alone = [("APP_MODE", "standalone"), ("DATABASE_URL", dsn.as_str())];
    let alone: Vec<_> = alone.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let program: PathBuf = env::programs().join("hotelhub");
    Process::run(&program, &["import", &file, sealed[0], sealed[1]], &alone).await?;
    ensure!(held(&dsn).await? == was, "the house of its own holds something else");
    let back = path("mandiri.zip");
    Process::run(&program, &["export", &back], &alone).await?;
    script.does(&["import", &back, "--slug", "mawar", "--phone", "+62811000111"]).await?;
    becomes(&house, "mawar", 200).await?;
    ensure!(held(&house.tenant_dsn("mawar").await?).await? == was, "mawar holds something else");

    let well = script.says(&["run", "--all", "--", "check"]).await?;
    ensure!(well.0 == 0 && well.1.contains("3 of 3 hotels"), "{well:?}");
    connect(&house.tenant_dsn("mawar").await?).await?.batch_execute("update inventory_days set sold = 0").await?;
    let found = script.says(&["run", "--all", "--", "check"]).await?;
    ensure!(found.0 == 6 && found.1.starts_with("mawar: ") && found.1.contains("found in 1"), "{found:?}");
    for chore in ["analyze", "vacuum", "reindex"] {
        let tended = script.says(&["run", "kenanga", "--", chore]).await?;
        ensure!(tended.0 == 0, "{tended:?}");
    }

    std::fs::write(path("other.zip"), json!({ "no": "export" }).to_string())?;
    let no = script.says(&["import", &path("other.zip"), "--slug", "cempaka"]).await?;
    ensure!(no.0 == 4 && no.1.contains("no export"), "{no:?}");
    house.stop().await
}
