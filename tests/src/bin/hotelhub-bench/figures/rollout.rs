//! Columns and an index for every database, by the product's own rollout.
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use hotelhub_testkit::dsn_of;
use hotelhub_tests::{House, Process, Watch, connect};

use crate::floor::Floor;
use crate::report::Figure;
use crate::town;

/// The step before those that are taken back, and the last of them: they add two indexes, two columns and a trigger.
const STEPS: [u16; 2] = [17, 21];

/// Takes the steps 18 to 21 back.
const TAKE_BACK: &str = "
    set synchronous_commit = off;
    begin;
    alter table room_types drop column archived;
    alter table rate_plans drop column archived;
    drop trigger rate_plan_adds_to_availability on rate_plans;
    drop trigger rate_plan_changes_availability on rate_plans;
    create constraint trigger rate_plan_changes_availability after insert or update or delete on rate_plans
        deferrable initially deferred for each row when (is_first_change('house'))
        execute function draw_availability_token('house');
    drop index letters_withheld;
    drop index reservations_open;
    delete from schema_steps where number > 17;
    commit";

/// Lets the control plane know what is true then of the databases up to this one.
const BEHIND: &str = "update databases set template = '0017_before' where state = 'live' and name <= $1";

/// What the fleet role has open on the server.
const SEEN: &str = "select count(*) from pg_stat_activity where application_name = 'hotelhub-fleet'";

/// Databases from which the steps are taken back at once.
const AT_ONCE: usize = 6;

/// Connections to tenants' databases since the server started.
const SESSIONS: &str = "select coalesce(sum(sessions), 0)::bigint from pg_stat_database where datname ^@ 't_'";

/// Lies beside the databases that are kept, for as long as steps may be missing in them.
const UNDER_WAY: &str = "steps-taken-back";

/// Does again what a bench took back that was broken off.
pub(crate) async fn make_good(admin_dsn: &str, hotels: usize, kept: &Path) -> Result<()> {
    let note = kept.join(UNDER_WAY);
    if note.exists() {
        each_database(hotels, |number| step(admin_dsn, number)).await?;
        fs::remove_file(note)?;
    }
    Ok(())
}

/// The rollout beside the bare steps on the same databases, and a deploy that has nothing to do.
pub(crate) async fn to_every_database(house: &House, floor: &Floor, hotels: usize, kept: &Path) -> Result<Vec<Figure>> {
    let newest = town::version();
    ensure!(
        newest.starts_with(&format!("{:04}_", STEPS[1])),
        "the newest step is that of {newest}: figures/rollout.rs must know how it is taken back"
    );
    let admin_dsn = &house.settings().admin_dsn;
    let note = kept.join(UNDER_WAY);
    fs::write(&note, "")?;
    each_database(hotels, |number| take_back(admin_dsn, number)).await?;
    let begun = Instant::now();
    each_database(hotels, |number| step(admin_dsn, number)).await?;
    let bare = begun.elapsed().as_secs_f64();
    each_database(hotels, |number| take_back(admin_dsn, number)).await?;
    floor.central().execute(BEHIND, &[&town::database(hotels)]).await?;

    let script = Script::new(house).await?;
    let watch = Watch::begin(&house.central_dsn(), SEEN).await?;
    let begun = Instant::now();
    let said = script.migrate().await?;
    let took = begun.elapsed().as_secs_f64();
    let (most, _) = watch.ends().await?;
    let done = format!("\"done\":{hotels}");
    ensure!(said.replace(' ', "").contains(&done), "not all were migrated: {said}");
    fs::remove_file(note)?;

    let before: i64 = floor.central().query_one(SESSIONS, &[]).await?.get(0);
    let begun = Instant::now();
    script.migrate().await?;
    let idle = begun.elapsed().as_secs_f64();
    let opened = floor.central().query_one(SESSIONS, &[]).await?.get::<_, i64>(0) - before;
    #[expect(clippy::cast_precision_loss, reason = "a handful of connections")]
    let (most, opened) = (most as f64, opened as f64);
    Ok(vec![
        Figure::at_most(format!("{hotels} databases: add columns and indexes"), took, "s", 20.0, "<= 20 s")
            .beside(bare),
        Figure::at_most("the same: connections of the fleet role", most, "backends", 8.0, "<= 8"),
        Figure::at_most("a deploy with nothing to do", idle, "s", 1.0, "<= 1 s"),
        Figure::exact("the same: tenants' databases opened", opened, "backends", opened == 0.0, "0"),
    ])
}

/// Does something to each of the databases, some at once.
async fn each_database<F: Future<Output = Result<()>>>(hotels: usize, done: impl Fn(usize) -> F) -> Result<()> {
    stream::iter(1..=hotels).map(done).buffer_unordered(AT_ONCE).try_collect().await
}

async fn take_back(admin_dsn: &str, number: usize) -> Result<()> {
    let inside = connect(&dsn_of(admin_dsn, &town::database(number))).await?;
    Ok(inside.batch_execute(TAKE_BACK).await?)
}

/// The bare steps on a connection of their own.
async fn step(admin_dsn: &str, number: usize) -> Result<()> {
    let mut inside = connect(&dsn_of(admin_dsn, &town::database(number))).await?;
    town::bring_up_to_date(&mut inside).await
}

/// Staff with a terminal.
struct Script<'a> {
    house: &'a House,
    env: [(String, String); 2],
}

impl<'a> Script<'a> {
    async fn new(house: &'a House) -> Result<Self> {
        let [url, token] = [house.control_url_by_address(), house.mint_token("dev_ops").await?];
        let env = [("HOTELHUB_CONTROL_URL".to_owned(), url), ("HOTELHUB_STAFF_TOKEN".to_owned(), token)];
        Ok(Self { house, env })
    }

    /// Rolls the newest schema out and waits for the end.
    async fn migrate(&self) -> Result<String> {
        let program = self.house.settings().programs.path("hotelhub-control");
        Process::run(&program, &["fleet", "migrate", "--json"], &self.env).await
    }
}
