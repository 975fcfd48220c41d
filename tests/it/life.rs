//! A hotel's life led from the command line: `hotelhub-control tenants …` against a running house.
use anyhow::{Context as _, Result, ensure};
use hotelhub_tests::{Connection, Hotel, House, Process, connect, get, patiently};
use serde_json::{Value, json};

use crate::ground::house;
use crate::story_in_a_browser::link_in;

/// What a hotel is, and how a script asks and changes it.
pub(crate) struct Script<'a> {
    house: &'a House,
    env: Vec<(String, String)>,
}

impl<'a> Script<'a> {
    pub(crate) async fn new(house: &'a House, role: &str) -> Result<Self> {
        let token = house.mint_token(role).await?;
        Ok(Self { house, env: Self::env(&house.control_url_by_address(), &token) })
    }

    fn env(url: &str, token: &str) -> Vec<(String, String)> {
        [("HOTELHUB_CONTROL_URL", url), ("HOTELHUB_STAFF_TOKEN", token)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec()
    }

    fn program(house: &House) -> std::path::PathBuf {
        house.settings().programs.path("hotelhub-control")
    }

    /// Says something and tells what it ended with and what was printed.
    pub(crate) async fn says(&self, args: &[&str]) -> Result<(i32, String)> {
        self.command("tenants", args).await
    }

    /// The same, for other stories.
    pub(crate) async fn tenants(&self, args: &[&str]) -> Result<(i32, String)> {
        self.says(args).await
    }

    /// The same of the fleet.
    pub(crate) async fn fleet(&self, args: &[&str]) -> Result<(i32, String)> {
        self.command("fleet", args).await
    }

    async fn command(&self, subject: &str, args: &[&str]) -> Result<(i32, String)> {
        let args: Vec<&str> = std::iter::once(subject).chain(args.iter().copied()).collect();
        let (code, out, err) = Process::ended(&Self::program(self.house), &args, &self.env).await?;
        Ok((code, if [0, 6].contains(&code) { out } else { err }))
    }

    /// Says something that is done, and reads the JSON it prints.
    pub(crate) async fn does(&self, args: &[&str]) -> Result<Value> {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        let (code, said) = self.says(&args).await?;
        ensure!(code == 0, "{args:?}: {code} {said}");
        Ok(serde_json::from_str(&said)?)
    }
}

/// What the hotel's public door answers.
async fn status(house: &House, slug: &str) -> Result<u16> {
    let request = get(&house.host(slug), "/api/v1/public/property", None);
    Ok(Connection::open(house.node_port()).await?.send(&request).await?.status)
}

pub(crate) async fn becomes(house: &House, slug: &str, wanted: u16) -> Result<()> {
    patiently(
        60,
        &format!("{slug} answers {wanted}"),
        async || Ok((status(house, slug).await? == wanted).then_some(())),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_closes_and_opens_suspends_and_resumes_and_each_end_has_its_code() -> Result<()> {
    let (_servers, house) = house("life-script").await?;
    Hotel::open(&house, "melati").await?;
    let support = Script::new(&house, "support").await?;

    let (code, table) = support.says(&["list"]).await?;
    ensure!(code == 0 && table.contains("melati") && table.contains("trial"), "{table}");
    ensure!(support.does(&["show", "melati"]).await?["slug"] == "melati");

    let until = ["--until", "2099-01-01T00:00:00Z"];
    let close = ["maintenance", "melati", "--text", "Pindah server", until[0], until[1]];
    let (code, dry) = support.says(&[&close[..], &["--dry-run"]].concat()).await?;
    ensure!(code == 0 && dry.contains("would be: melati: trial") && dry.contains("Nothing was changed"), "{dry}");
    ensure!(status(&house, "melati").await? == 200);
    ensure!(support.does(&close).await?["maintenance"]["text"] == "Pindah server");
    becomes(&house, "melati", 503).await?;
    support.does(&["maintenance", "melati", "--off"]).await?;
    becomes(&house, "melati", 200).await?;
    ensure!(support.does(&["suspend", "melati", "--reason", "Tagihan Juli"]).await?["status"] == "suspended");
    ensure!(support.does(&["resume", "melati"]).await?["status"] == "trial");

    let nowhere = Script { house: &house, env: Script::env("http://127.0.0.1:1", "hhs_x") };
    let stranger = Script { house: &house, env: Script::env(&house.control_url_by_address(), "hhs_x") };
    let tokenless = Script { house: &house, env: Vec::new() };
    let delete = ["delete", "melati", "--reason", "Hotel dijual", "--confirm", "melati"];
    for (script, args, wanted, word) in [
        (&support, &["suspend", "melati"][..], 2, "--reason"),
        (&tokenless, &["list"], 2, "HOTELHUB_STAFF_TOKEN"),
        (&support, &["show", "kenanga"], 3, "kenanga"),
        (&support, &delete, 4, "not-permitted"),
        (&stranger, &["list"], 4, "not-signed-in"),
        (&nowhere, &["list"], 5, "cannot be reached"),
    ] {
        let (code, said) = script.says(args).await?;
        ensure!(code == wanted && said.contains(word), "{args:?}: wanted {wanted} {word}, got {code} {said}");
    }
    let (_, help, _) = Process::ended(&Script::program(&house), &["tenants", "delete", "--help"], &[]).await?;
    ensure!(help.contains("Exit codes: 0 done, 2 wrong usage, 3 not found, 4 refused, 5"), "{help}");
    house.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_hotel_is_unreachable_comes_back_whole_and_once_dropped_leaves_nothing_to_its_names_next_owner()
-> Result<()> {
    let (_servers, mut house) = house("life-delete").await?;
    let old = Hotel::open(&house, "melati").await?;
    let stock = old.furnish(&[2]).await?;
    let booked =
        old.post("/api/v1/bookings", "an-old-key", &stock.booking("Wayan Suarti", stock.room(0, 1, 1))).await?;
    let booking = booked["id"].as_str().context("no id")?.to_owned();
    let (old_database, delete) =
        (house.database_of("melati").await?, ["--reason", "Hotel dijual", "--confirm", "melati"]);

    let admin = Script::new(&house, "super_admin").await?;
    admin.does(&[&["delete", "melati"], &delete[..]].concat()).await?;
    becomes(&house, "melati", 404).await?;
    let (code, again) = admin.says(&["resume", "melati"]).await?;
    ensure!(code == 4 && again.contains("tenant-deleted"), "{code} {again}");
    house.node.kill().await?;
    house.restart_node().await?;
    let admin = Script::new(&house, "super_admin").await?;
    ensure!(status(&house, "melati").await? == 404, "a node that starts anew does not know it either");
    admin.does(&["undelete", "melati"]).await?;
    becomes(&house, "melati", 200).await?;
    ensure!(
        old.get(&format!("/api/v1/bookings/{booking}")).await?["id"] == booking.as_str(),
        "everything is as it was"
    );

    house.set_control("HOTELHUB_TENANT_GRACE_DAYS", "0").await?;
    let admin = Script::new(&house, "super_admin").await?;
    let old_id = admin.does(&["delete", "melati", delete[0], delete[1], delete[2], delete[3]]).await?["id"].clone();
    patiently(120, "the name is free", async || {
        Ok(admin.does(&["show", "melati"]).await?["released_at"].is_string().then_some(()))
    })
    .await?;
    let server = hotelhub_tests::connect(&house.settings().admin_dsn).await?;
    let left = "select (select count(*) from pg_database where datname = $1) + (select count(*) from pg_roles where rolname = $1)";
    ensure!(
        server.query_one(left, &[&old_database]).await?.get::<_, i64>(0) == 0,
        "nothing of it is left on the server"
    );

    let new = Hotel::open(&house, "melati").await?;
    ensure!(admin.does(&["show", "melati"]).await?["id"] != old_id, "another hotel");
    let mut node = Connection::open(house.node_port()).await?;
    let with_old_cookie = get(&old.host, "/api/v1/property", Some(&old.cookie));
    ensure!(node.send(&with_old_cookie).await?.status == 401, "an old session is worth nothing");
    let old_booking = get(&new.host, &format!("/api/v1/bookings/{booking}"), Some(&new.cookie));
    ensure!(node.send(&old_booking).await?.status == 404, "an old id leads nowhere");
    let stock = new.furnish(&[1]).await?;
    let booked = new.post("/api/v1/bookings", "an-old-key", &stock.booking("Made Astika", stock.room(0, 1, 1))).await?;
    ensure!(booked["id"].is_string() && booked["id"] != json!(booking), "an old key answers nothing old");
    house.stop().await
}

/// How a script signs a hotel up, with something more said of it.
fn create<'a>(slug: &'a str, email: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let who = ["create", slug, "--name", "Hotel Melati", "--owner", "Sari Dewi", "--email", email];
    [&who[..], &["--phone", "+62811000111"], more].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_sign_hotels_up_where_their_plan_would_not_put_them_and_the_owners_letter_lets_them_in() -> Result<()> {
    let (_servers, house) = house("life-create").await?;
    let central = connect(&house.central_dsn()).await?;
    let support = Script::new(&house, "support").await?;
    let dry = create("melati", "sari@melati.example", &["--rooms", "42", "--in", "schema", "--dry-run"]);
    let (code, dry) = support.says(&dry).await?;
    ensure!(
        code == 0 && dry.contains("would be: melati: trial") && dry.contains("Nothing was changed"),
        "{code} {dry}"
    );
    ensure!(dry.contains("on jkt-1, a schema of a shared database"), "{dry}");
    ensure!(support.says(&["show", "melati"]).await?.0 == 3, "it is there");

    for (slug, plan, chosen) in [("melati", "database", "schema"), ("mawar", "schema", "database")] {
        central.execute("update plans set placed_in = $1 where id = 'growth'", &[&plan]).await?;
        let owner = format!("sari@{slug}.example");
        let made = support.does(&create(slug, &owner, &["--rooms", "42", "--in", chosen, "--on", "jkt-1"])).await?;
        let home = &made["database"];
        ensure!((&home["state"], &home["cluster"]) == (&json!("live"), &json!("jkt-1")), "{made}");
        let shares = home["name"].as_str().context("no name")?.contains('.');
        ensure!(shares == (chosen == "schema"), "{slug} lies in {home}");
        becomes(&house, slug, 200).await?;
        let link = link_in(&house.letters(&owner, 1).await?, "/login/link/")?;
        let hotel = Hotel::by_link(house.node_port(), house.host(slug), &link).await?;
        let stock = hotel.furnish(&[2]).await?;
        hotel.post("/api/v1/bookings", "a-booking", &stock.booking("Wayan Suarti", stock.room(0, 1, 1))).await?;
    }

    let dev_ops = Script::new(&house, "dev_ops").await?;
    for (script, slug, more, wanted, word) in [
        (&support, "kenanga", &["--in", "schema"][..], 2, "--rooms"),
        (&support, "kenanga", &["--rooms", "42", "--in", "cellar"], 2, "it is `database` or `schema`"),
        (&support, "kenanga", &["--rooms", "42", "--on", "nowhere"], 3, "no such cluster"),
        (&support, "kenanga", &["--rooms", "200", "--in", "schema"], 4, "plan-lies-alone"),
        (&support, "kenanga", &["--rooms", "0"], 4, "rooms: 1 to 5000"),
        (&support, "melati", &["--rooms", "42"], 4, "slug-taken"),
        (&dev_ops, "kenanga", &["--rooms", "42"], 4, "not-permitted"),
    ] {
        let (code, said) = script.says(&create(slug, "sari@kenanga.example", more)).await?;
        ensure!(code == wanted && said.contains(word), "{more:?}: wanted {wanted} {word}, got {code} {said}");
    }
    house.stop().await
}
