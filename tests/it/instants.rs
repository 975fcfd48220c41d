//! A clerk deleted too much: the hotel is as it was a minute before, and the one beside it notices nothing.
use anyhow::{Result, ensure};
use hotelhub_tests::{Hotel, connect, patiently, until_served};

use crate::ground::house;
use crate::life::Script;

const GUESTS: &str = "
    insert into guests (id, name, created_at, updated_at)
    select gen_random_uuid(), 'Tamu ' || n, now(), now() from generate_series(1, $1::int) n";
const INSTANT: &str =
    "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from pg_sleep(0.05)";

/// Copies the server, as soon as the worker sees that it archives its WAL and has taken the copy that is due.
async fn copied(admin: &Script<'_>) -> Result<()> {
    patiently(180, "the server is copied", async || {
        let (code, said) = admin.fleet(&["base-backup", "jkt-1"]).await?;
        let soon = said.contains("not-archiving") || said.contains("base-backup-open");
        ensure!(code == 0 && said.contains("instants from") || soon, "{code} {said}");
        Ok((code == 0).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hotel_is_brought_back_to_the_minute_before_a_clerk_deleted_everything() -> Result<()> {
    let (mut servers, mut house) = house("instants").await?;
    let admin = Script::new(&house, "super_admin").await?;
    Hotel::open(&house, "melati").await?;
    Hotel::open(&house, "mawar").await?;
    let (code, said) = admin.fleet(&["base-backup", "jkt-1"]).await?;
    ensure!(code == 4 && said.contains("archive_command"), "staff are told what to set: {code} {said}");
    let _ground = house.archive_wal(&mut servers).await?;

    let admin = Script::new(&house, "super_admin").await?;
    let (melati, mawar) = (connect(&house.tenant_dsn("melati").await?).await?, house.tenant_dsn("mawar").await?);
    let mawar = connect(&mawar).await?;
    melati.execute(GUESTS, &[&30]).await?;
    copied(&admin).await?;
    melati.execute(GUESTS, &[&12]).await?;
    let at: String = melati.query_one(INSTANT, &[]).await?.get(0);
    melati.query_one(INSTANT, &[]).await?;
    melati.execute("delete from guests", &[]).await?;
    mawar.execute(GUESTS, &[&7]).await?;

    let (code, said) =
        admin.says(&["restore", "melati", "--at", "2001-01-01T00:00:00Z", "--confirm", "melati"]).await?;
    ensure!(code == 4 && said.contains("no-base-backup"), "{code} {said}");
    let restored = admin.does(&["restore", "melati", "--at", &at, "--confirm", "melati"]).await?;
    ensure!(restored["state"] == "done" && restored["undo_until"].is_string(), "{restored}");
    until_served(house.node_port(), &house.host("melati")).await?;
    let guests = "select count(*) from guests";
    let melati = connect(&house.tenant_dsn("melati").await?).await?;
    let found: [i64; 2] = [melati.query_one(guests, &[]).await?.get(0), mawar.query_one(guests, &[]).await?.get(0)];
    ensure!(found == [42, 7], "{found:?}");

    let copied = admin.does(&["restore", "melati", "--at", &at, "--copy-as", "melati-uji"]).await?;
    ensure!(copied["state"] == "done", "{copied}");
    until_served(house.node_port(), &house.host("melati-uji")).await?;
    let (code, table) = admin.says(&["backups", "melati"]).await?;
    ensure!(code == 0 && table.contains("instant"), "{table}");
    house.stop().await
}
