//! One hotel brought to a point in time out of a base backup of a server with a hundred, while the others are asked for their pages.
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, Result, bail, ensure};
use hotelhub_testkit::{dsn_in, env};
use hotelhub_tests::{Connection, House, Process, Programs, Servers, Settings, connect, patiently};
use serde_json::Value;

use crate::Ground;
use crate::report::Figure;
use crate::town;

/// Hotels on the server; the first is the one that is brought back.
const HOTELS: usize = 100;

/// Seconds that either may take.
const MOST: f64 = 300.0;

/// Guests in the base backup, and those who came later, of whom only the WAL knows.
const EARLY: Range<i32> = 0..3_000;
const LATE: Range<i32> = 3_000..4_000;

const CHECK_IN: &str = "
    insert into guests (id, name, created_at, updated_at)
    select gen_random_uuid(), 'Tamu ' || n, now(), now() from generate_series($1::int, $2::int) n";

/// The server's clock between what was and what comes, as the command takes it.
const INSTANT: &str =
    "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from pg_sleep(0.05)";

/// How often one of the others is asked.
const EACH: Duration = Duration::from_millis(20);

/// Copies the server, deletes everything in one hotel and has it brought back, by the commands that staff use.
pub(crate) async fn one_of_a_hundred(ground: &Ground) -> Result<Vec<Figure>> {
    let dir = ground.dir.join("recover");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir)?;
    let mut servers = Servers::start(&env::xtask(), &dir.join("servers"), true).await?;
    let mut house = house(ground, &servers, &dir).await?;
    // Before there is anything on it: a server that is started anew reads every file it has.
    let _ground = house.archive_wal(&mut servers).await?;
    let (size, admin_dsn) = (town::Size { hotels: HOTELS }, servers.admin_dsn().to_owned());
    town::make(town::Ground { size, dir: dir.clone(), admin_dsn }).await?;
    let central = connect(&house.central_dsn()).await?;
    town::move_in(&mut house, &central, 1, HOTELS).await?;

    let slug = town::slug(1);
    check_in(&house, &slug, EARLY).await?;
    let copied = copy(&house).await?;
    check_in(&house, &slug, LATE).await?;
    let inside = connect(&house.tenant_dsn(&slug).await?).await?;
    let at: String = inside.query_one(INSTANT, &[]).await?.get(0);
    inside.query_one(INSTANT, &[]).await?;
    inside.batch_execute("delete from guests").await?;

    let began = Instant::now();
    let (restored, failed) = {
        let restore = ["tenants", "restore", &slug, "--at", &at, "--confirm", &slug];
        let bringing = staff(&house, &restore);
        tokio::pin!(bringing);
        beside(&house, bringing).await?
    };
    let recovered = began.elapsed().as_secs_f64();
    let inside = connect(&house.tenant_dsn(&slug).await?).await?;
    let guests: i64 = inside.query_one("select count(*) from guests", &[]).await?.get(0);
    ensure!(guests == i64::from(LATE.end), "{guests} guests came back: {restored}");
    house.stop().await?;
    Ok(vec![
        Figure::at_most("base backup of a server with 100 hotels", copied, "s", MOST, "<= 300 s"),
        Figure::at_most("one hotel of 100 brought to a point in time", recovered, "s", MOST, "<= 300 s"),
        Figure::exact("failed requests of the other 99 meanwhile", failed, "", failed == 0.0, "0"),
    ])
}

async fn house(ground: &Ground, servers: &Servers, dir: &std::path::Path) -> Result<House> {
    let settings = Settings {
        programs: Programs::in_folder(ground.programs.clone()),
        dir: dir.join("house"),
        admin_dsn: servers.admin_dsn().to_owned(),
        redis_url: Some(servers.redis_url().to_owned()),
        central: "central".to_owned(),
        budget: 60,
        ready_databases: 0,
    };
    House::start_with(settings, town::key(dir)?).await
}

async fn check_in(house: &House, slug: &str, guests: Range<i32>) -> Result<()> {
    let inside = connect(&dsn_in(&house.settings().admin_dsn, &house.database_of(slug).await?)).await?;
    inside.execute(CHECK_IN, &[&guests.start, &(guests.end - 1)]).await?;
    Ok(())
}

/// Has staff's own command do something to its end: what came of it, or the complaint.
async fn staff(house: &House, args: &[&str]) -> Result<Result<Value, String>> {
    let env = [
        ("HOTELHUB_CONTROL_URL".to_owned(), house.control_url_by_address()),
        ("HOTELHUB_STAFF_TOKEN".to_owned(), house.mint_token("super_admin").await?),
    ];
    let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
    match Process::ended(&house.settings().programs.path("hotelhub-control"), &args, &env).await? {
        (0, said, _) => Ok(Ok(serde_json::from_str(&said)?)),
        (_, _, complaint) => Ok(Err(complaint)),
    }
}

/// Copies the server, as soon as the worker sees that it archives its WAL and has taken the copy that is due; seconds that took.
async fn copy(house: &House) -> Result<f64> {
    let copied = patiently(600, "the server is copied", async || {
        match staff(house, &["fleet", "base-backup", "jkt-1"]).await? {
            Ok(copied) => Ok(Some(copied)),
            Err(said) if said.contains("not-archiving") || said.contains("base-backup-open") => Ok(None),
            Err(said) => bail!(said),
        }
    });
    let took = copied.await?.get("took_ms").and_then(Value::as_f64).context("no time")?;
    Ok(took / 1_000.0)
}

/// Asks the other hotels for their public page, one after another, until the work beside is done; how many did not answer as ever.
async fn beside(
    house: &House,
    mut work: impl Future<Output = Result<Result<Value, String>>> + Unpin,
) -> Result<(Value, f64)> {
    let mut node = Connection::open(house.node_port()).await?;
    let (mut asked, mut failed) = (0_usize, 0.0);
    loop {
        tokio::select! {
            done = &mut work => return Ok((done?.map_err(Error::msg)?, failed)),
            () = tokio::time::sleep(EACH) => {}
        }
        let number = 2 + asked % (HOTELS - 1);
        asked += 1;
        if node.send(&town::public(house, number)).await?.status != 200 {
            failed += 1.0;
        }
    }
}
