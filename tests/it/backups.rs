//! A hotel's data lost and found again: backed up, restored, undone, copied and drilled from the command line, on real servers.
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use hotelhub_tests::{Connection, Hotel, House, Stock, connect, get, patiently};
use serde_json::Value;

use crate::ground::house;
use crate::life::Script;

/// How many bookings the hotel with this name has now.
async fn bookings(house: &House, slug: &str) -> Result<i64> {
    let inside = connect(&house.tenant_dsn(slug).await?).await?;
    Ok(inside.query_one("select count(*) from bookings", &[]).await?.get(0))
}

/// What a door of the hotel answers to its owner's session.
async fn status(house: &House, hotel: &Hotel, path: &str) -> Result<u16> {
    let request = get(&hotel.host, path, Some(&hotel.cookie));
    Ok(Connection::open(house.node_port()).await?.send(&request).await?.status)
}

async fn becomes(house: &House, hotel: &Hotel, path: &str, wanted: u16) -> Result<()> {
    let told = format!("{path} answers {wanted}");
    patiently(60, &told, async || Ok((status(house, hotel, path).await? == wanted).then_some(()))).await
}

async fn book(hotel: &Hotel, stock: &Stock, guests: std::ops::Range<i32>) -> Result<()> {
    for n in guests {
        let booking = stock.booking(&format!("Tamu {n}"), stock.room(0, n, 1));
        hotel.post("/api/v1/bookings", &format!("booking-{n}"), &booking).await?;
    }
    Ok(())
}

/// The files of a backup in the store, the data before the manifest.
fn files_of(house: &House, backup: &Value) -> Result<Vec<PathBuf>> {
    let id = |member: &str| backup[member].as_str().map(str::to_owned).context("no id");
    let place = house.settings().dir.join("backups").join(id("tenant_id")?).join(id("id")?);
    let mut files: Vec<_> = std::fs::read_dir(place)?.filter_map(|file| Some(file.ok()?.path())).collect();
    files.sort();
    Ok(files)
}

/// The data of a backup as they lie in the store.
fn data_of(house: &House, backup: &Value) -> Result<PathBuf> {
    files_of(house, backup)?.into_iter().find(|path| named(path).starts_with("data-")).context("no data")
}

fn named(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// Enough that writing it into a backup takes a while.
const MANY_GUESTS: &str = "
    insert into guests (id, name, created_at, updated_at)
    select gen_random_uuid(), 'Tamu ' || md5(n::text), now(), now() from generate_series(1, 100000) n";

const PUBLIC: &str = "/api/v1/public/property";

#[tokio::test(flavor = "multi_thread")]
async fn a_hotel_that_lost_its_guests_gets_them_back_and_may_change_its_mind() -> Result<()> {
    let (_servers, house) = house("backups").await?;
    let hotel = Hotel::open(&house, "melati").await?;
    let stock = hotel.furnish(&[2]).await?;
    book(&hotel, &stock, 1..4).await?;
    let admin = Script::new(&house, "super_admin").await?;

    let (code, dry) = admin.says(&["backup", "melati", "--dry-run"]).await?;
    ensure!(code == 0 && dry.contains("would be: backup") && dry.contains("Nothing was changed"), "{code} {dry}");
    let backup = admin.does(&["backup", "melati"]).await?;
    ensure!(backup["state"] == "done" && backup["rows"].as_i64() > Some(10), "{backup}");
    book(&hotel, &stock, 4..6).await?;
    let drilled = admin.does(&["drill", "melati"]).await?;
    ensure!(drilled["state"] == "done" && drilled["rows"] == backup["rows"], "{drilled}");
    ensure!(bookings(&house, "melati").await? == 5, "a drill touches nothing");

    let restored = admin.does(&["restore", "melati", "--confirm", "melati"]).await?;
    ensure!(restored["state"] == "done" && restored["undo_until"].is_string(), "{restored}");
    becomes(&house, &hotel, PUBLIC, 200).await?;
    ensure!(bookings(&house, "melati").await? == 3, "what it was when it was backed up");
    becomes(&house, &hotel, "/api/v1/property", 401).await?;
    let undone = admin.does(&["undo-restore", "melati"]).await?;
    ensure!(undone["state"] == "undone", "{undone}");
    becomes(&house, &hotel, "/api/v1/property", 200).await?;
    ensure!(bookings(&house, "melati").await? == 5, "what it was before");

    let copied = admin.does(&["restore", "melati", "--copy-as", "melati-uji"]).await?;
    ensure!(copied["state"] == "done", "{copied}");
    hotelhub_tests::until_served(house.node_port(), &house.host("melati-uji")).await?;
    ensure!(bookings(&house, "melati-uji").await? == 3 && bookings(&house, "melati").await? == 5);
    let (code, table) = admin.says(&["backups", "melati"]).await?;
    ensure!(code == 0 && table.contains("asked") && table.contains("done"), "{table}");
    house.stop().await
}

/// A node is killed while it writes a backup, and takes it when it has come back.
async fn killed_in_the_middle(house: &mut House) -> Result<()> {
    let inside = connect(&house.tenant_dsn("melati").await?).await?;
    inside.batch_execute(MANY_GUESTS).await?;
    let begun = Script::new(house, "super_admin").await?.does(&["backup", "melati", "--detach"]).await?;
    patiently(60, "a half of it lies in the store", async || {
        let files = files_of(house, &begun).unwrap_or_default();
        Ok(files.iter().any(|path| named(path).ends_with(".unfinished")).then_some(()))
    })
    .await?;
    house.node.kill().await?;
    let left = files_of(house, &begun)?;
    ensure!(left.len() == 1 && named(&left[0]).ends_with(".unfinished"), "it was killed too late: {left:?}");
    house.restart_node().await?;
    let admin = Script::new(house, "super_admin").await?;
    patiently(120, "the node that came back takes it", async || {
        let backups = admin.does(&["backups", "melati"]).await?;
        Ok(backups.as_array().is_some_and(|all| all.iter().all(|one| one["state"] == "done")).then_some(()))
    })
    .await?;
    let whole = files_of(house, &begun)?;
    ensure!(
        whole.len() == 2 && named(&whole[0]).starts_with("data-") && named(&whole[1]) == "manifest",
        "nothing is left of the half: {whole:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoilt_backup_is_refused_and_a_node_that_dies_leaves_no_half_of_one() -> Result<()> {
    let (_servers, mut house) = house("backups-spoilt").await?;
    let hotel = Hotel::open(&house, "melati").await?;
    let stock = hotel.furnish(&[2]).await?;
    book(&hotel, &stock, 1..3).await?;
    let admin = Script::new(&house, "super_admin").await?;
    let backup = admin.does(&["backup", "melati"]).await?;
    let (path, before) = (data_of(&house, &backup)?, house.database_of("melati").await?);
    let good = std::fs::read(&path)?;
    let mut flipped = good.clone();
    let middle = good.len() / 2;
    flipped[middle] ^= 1;
    for spoilt in [&flipped[..], &good[..middle]] {
        std::fs::write(&path, spoilt)?;
        let (code, said) = admin.says(&["restore", "melati", "--confirm", "melati"]).await?;
        ensure!(code == 4 && said.contains("spoilt"), "{code} {said}");
        becomes(&house, &hotel, "/api/v1/property", 200).await?;
        ensure!(bookings(&house, "melati").await? == 2 && house.database_of("melati").await? == before);
    }
    std::fs::write(&path, &good)?;
    let support = Script::new(&house, "support").await?;
    for (script, args, wanted, word) in [
        (&admin, &["restore", "melati"][..], 2, "--confirm"),
        (&admin, &["backup", "kenanga"], 3, "kenanga"),
        (&admin, &["restore", "melati", "--confirm", "mawar"], 4, "other-name"),
        (&admin, &["restore", "melati", "--copy-as", "melati"], 4, "slug-taken"),
        (&admin, &["undo-restore", "melati"], 3, "melati"),
        (&support, &["restore", "melati", "--confirm", "melati"], 4, "not-permitted"),
    ] {
        let (code, said) = script.says(args).await?;
        ensure!(code == wanted && said.contains(word), "{args:?}: wanted {wanted} {word}, got {code} {said}");
    }

    killed_in_the_middle(&mut house).await?;
    let admin = Script::new(&house, "super_admin").await?;
    let restored = admin.does(&["restore", "melati", "--confirm", "melati"]).await?;
    ensure!(restored["state"] == "done" && bookings(&house, "melati").await? == 2, "{restored}");
    house.stop().await
}
