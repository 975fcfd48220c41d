//! A hotel leaves with all it has in one file and goes on elsewhere; what is no such file is sent away.
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use hotelhub_data_plane::boot;
use hotelhub_export::{Check, Contents, Event, MANIFEST, Packing, Unpacking};
use hotelhub_kernel::{Entropy, hex};
use hotelhub_testkit::{Scratch, env};
use serde_json::json;
use tokio_postgres::Client;

use crate::clerk::Stay;
use crate::house::{House, sources, standalone};
use crate::lived::Lived;

/// Tables that go with a hotel. A new table is named here, or in `STAY` of the exports.
const GOING: [&str; 19] = [
    "audit_log",
    "bookings",
    "charge_codes",
    "folio_lines",
    "folios",
    "guests",
    "inventory_days",
    "number_series",
    "payments",
    "properties",
    "rate_days",
    "rate_plans",
    "reservation_nights",
    "reservations",
    "room_assignments",
    "room_types",
    "rooms",
    "settings",
    "users",
];

/// An entry of an export: its name, its bytes, its rows.
type Entry = (String, Vec<u8>, Option<u64>);

/// A folder that goes when the test does.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("hotelhub-it-{}", hex(&Entropy::system().bytes::<8>())));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.file(name), bytes).unwrap();
        self.file(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn empty() -> Scratch {
    Scratch::create(&env::postgres(), None).await.unwrap()
}

/// What a table holds that goes along.
async fn held(sql: &Client, table: &str) -> (i64, String) {
    let (what, rows) = match table {
        "audit_log" => ("t::text", "action <> 'tenant.import'"),
        "settings" => ("t::text", "name <> 'node.secret'"),
        "users" => ("t.id::text || t.email || t.name || t.roles::text", "true"),
        _ => ("t::text", "true"),
    };
    let ask = format!(
        "select count(*), coalesce(md5(string_agg({what}, ';' order by {what})), '') from {table} t where {rows}"
    );
    let row = sql.query_one(&ask, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

async fn tables(sql: &Client) -> Vec<String> {
    let tables = "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'";
    sql.query(tables, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_leaves_in_a_file_and_goes_on_elsewhere_with_its_guests_and_its_money() {
    let old = House::standalone().await;
    let lived = Lived::at(&old).await;
    let expected = Stay::booked(&lived.hotel, "2026-07-03", "2026-07-06").await;
    let (folder, (sources, _)) = (Folder::new(), sources());
    let (file, key) = (folder.file("melati.zip"), folder.write("passphrase", "kopi pagi di teras\n"));
    let exported = boot::export(&old.alone(), &file, Some(&key), &sources).await.unwrap();
    let names: BTreeSet<&str> =
        exported.parts.iter().filter(|part| part.rows.is_some()).map(|part| &*part.name).collect();
    let going: Vec<String> = GOING.iter().map(|table| format!("data/{table}.csv")).collect();
    assert_eq!(names, going.iter().map(String::as_str).collect(), "a new table is named in GOING, or stays");
    assert!(boot::export(&old.alone(), &file, None, &sources).await.is_err(), "a file that is there is left alone");

    let scratch = empty().await;
    let there = standalone(scratch.dsn());
    boot::import(&there, &file, Some(&key), true, &sources).await.unwrap();
    let (was, is) = (old.sql().await, scratch.connect().await.unwrap());
    assert!(tables(&is).await.is_empty(), "a dry run leaves the database as it is");
    boot::import(&there, &file, Some(&key), false, &sources).await.unwrap();
    for table in GOING {
        assert_eq!(held(&was, table).await, held(&is, table).await, "{table}");
    }
    let secrets = "select count(*) from users where password_hash is not null or totp_secret is not null";
    assert_eq!(is.query_one(secrets, &[]).await.unwrap().get::<_, i64>(0), 0);
    let again = boot::import(&there, &file, Some(&key), false, &sources).await.unwrap_err();
    assert!(again.to_string().contains("holds a hotel already"), "{again:#}");

    let new = House::standing_on(scratch).await;
    assert_ne!(new.tenant, old.tenant, "another house");
    let stay = Stay { desk: new.desk().await, reservation: expected.reservation };
    stay.done("check-in", json!({ "room_id": lived.hotel.rooms[1] })).await;
    let folio = stay.desk.get(&format!("/api/v1/folios/{}", lived.id("folios"))).await.unwrap().json();
    assert_eq!(folio, old.desk().await.get(&format!("/api/v1/folios/{}", lived.id("folios"))).await.unwrap().json());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_fails_leaves_no_file_and_one_that_is_made_is_its_owners_alone() {
    let house = House::standalone().await;
    let (folder, (sources, _)) = (Folder::new(), sources());
    boot::export(&house.alone(), &folder.file("whole.zip"), None, &sources).await.unwrap();
    assert_eq!(std::fs::metadata(folder.file("whole.zip")).unwrap().permissions().mode() & 0o777, 0o600);
    house.sql().await.batch_execute("alter table properties rename to estates").await.unwrap();
    boot::export(&house.alone(), &folder.file("half.zip"), None, &sources).await.unwrap_err();
    let left: Vec<_> = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["whole.zip"]);
}

/// The entries of an export, and what it says of itself.
fn unpacked(file: &Path) -> (Contents, Vec<Entry>) {
    let bytes = std::fs::read(file).unwrap();
    let mut check = Check::default();
    check.feed(&bytes).unwrap();
    let manifest = check.finish().unwrap();
    let (mut unpacking, mut entries) = (Unpacking::new(manifest.clone()), Vec::<Entry>::new());
    unpacking.feed(&bytes);
    loop {
        match unpacking.step().unwrap() {
            Event::Begins(name) => entries.push((name, Vec::new(), unpacking.part().and_then(|part| part.rows))),
            Event::Bytes(bytes) => entries.last_mut().unwrap().1.extend(bytes),
            Event::Over => break,
            Event::Ends => {}
            Event::Hungry => unpacking.feed_no_more(),
        }
    }
    entries.retain(|(name, ..)| name != MANIFEST);
    (manifest.contents, entries)
}

/// An export whose manifest fits whatever is in it.
fn packed(contents: &Contents, entries: &[Entry]) -> Vec<u8> {
    let (mut packing, mut out) = (Packing::new(contents.clone()), Vec::new());
    for (name, bytes, rows) in entries {
        out.extend(packing.begin(name).unwrap());
        out.extend(packing.push(bytes).unwrap());
        out.extend(packing.end(*rows).unwrap());
    }
    out.extend(packing.finish().unwrap().1);
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stranger_made_up_is_refused_and_leaves_nothing_behind() {
    let old = House::standalone().await;
    Lived::at(&old).await;
    let (folder, (sources, _)) = (Folder::new(), sources());
    let good = folder.file("good.zip");
    boot::export(&old.alone(), &good, None, &sources).await.unwrap();
    let (contents, entries) = unpacked(&good);
    let at = |entries: &[Entry], table: &str| {
        entries.iter().position(|(name, ..)| *name == format!("data/{table}.csv")).unwrap()
    };
    let edited = |table: &str, edit: &dyn Fn(&str) -> String, told: Option<u64>| {
        let mut entries = entries.clone();
        let place = at(&entries, table);
        let entry = &mut entries[place];
        entry.1 = edit(std::str::from_utf8(&entry.1).unwrap()).into_bytes();
        entry.2 = told.or(entry.2);
        packed(&contents, &entries)
    };
    let with = |entry: Entry| packed(&contents, &[entries.clone(), vec![entry]].concat());
    let without = |table: &str| {
        let mut entries = entries.clone();
        entries.remove(at(&entries, table));
        packed(&contents, &entries)
    };
    let of_schema = |schema: &str| packed(&Contents { schema: schema.to_owned(), ..contents.clone() }, &entries);
    let scratch = empty().await;
    let there = standalone(scratch.dsn());
    for (hostile, reason) in [
        (with(("dump.sql".to_owned(), b"drop table guests;".to_vec(), None)), "no table that is taken in"),
        (with(("data/jobs.csv".to_owned(), b"id\n".to_vec(), Some(0))), "no table that is taken in"),
        (with(("data/sessions.csv".to_owned(), b"id\n".to_vec(), Some(0))), "no table that is taken in"),
        (with(("data/pg_authid.csv".to_owned(), b"oid\n".to_vec(), Some(0))), "no table that is taken in"),
        (without("payments"), "lacks the table payments"),
        (edited("guests", &|text| text.replacen("id,", "id,password,", 1), None), "other columns"),
        (edited("guests", &|text| text.replacen("id,", "(select 1),", 1), None), "other columns"),
        (edited("guests", &|_| String::new(), None), "other columns"),
        (edited("guests", &ToOwned::to_owned, Some(9)), "its manifest says"),
        (edited("guests", &|text| format!("{}\n", text.lines().next().unwrap()), Some(0)), "breaks a rule"),
        (edited("payments", &|text| text.replacen(",45000,", ",0,", 1), None), "breaks a rule"),
        (edited("guests", &|text| format!("{text}{}\n", text.lines().last().unwrap()), None), "breaks a rule"),
        (
            edited("settings", &|text| format!("{text}node.secret,\"\"\"x\"\"\",2026-07-03 02:00:00+00\n"), Some(1)),
            "never taken in",
        ),
        (of_schema("9999_00000000"), "newer version"),
        (of_schema("0020_00000000"), "no version of this program had"),
        (b"PK".to_vec(), "cut off"),
    ] {
        let file = folder.write("hostile.zip", hostile);
        let refused = boot::import(&there, &file, None, false, &sources).await.expect_err(reason);
        assert!(format!("{refused:#}").contains(reason), "{reason}: {refused:#}");
        let sql = scratch.connect().await.unwrap();
        for table in tables(&sql).await.iter().filter(|table| ["house", "guests", "users"].contains(&table.as_str())) {
            assert_eq!(held_by(&sql, table).await, 0, "{reason} left something in {table}");
        }
    }
    boot::import(&there, &good, None, false, &sources).await.unwrap();
}

async fn held_by(sql: &Client, table: &str) -> i64 {
    sql.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_of_an_older_schema_is_brought_up_to_date_on_its_way_in() {
    let (folder, (sources, _)) = (Folder::new(), sources());
    let (was, is) = (empty().await, empty().await);
    let mut client = was.connect().await.unwrap();
    hotelhub_tenant_migrations::migrate_until(&mut client, hotelhub_tenant_migrations::Product::Hotel, 18)
        .await
        .unwrap();
    client.batch_execute(AN_OLD_HOTEL).await.unwrap();
    let file = folder.file("old.zip");
    let exported = boot::export(&standalone(was.dsn()), &file, None, &sources).await.unwrap();
    assert!(exported.contents.schema.starts_with("0018_"), "{}", exported.contents.schema);
    boot::import(&standalone(is.dsn()), &file, None, false, &sources).await.unwrap();
    let new = House::standing_on(is).await;
    let types = new.owner().await.get("/api/v1/room-types").await.unwrap().json();
    assert_eq!((&types["items"][0]["code"], &types["items"][0]["archived"]), (&json!("DLX"), &json!(false)));
}

const AN_OLD_HOTEL: &str = "
    insert into house (tenant_id, slug, product, created_at) values (gen_random_uuid(), 'lama', 'hotel', now());
    insert into properties (id, name, time_zone, business_date, created_at, updated_at)
    values ('00000000-0000-7000-8000-000000000001', 'Hotel Lama', 'Asia/Jakarta', '2026-07-03', now(), now());
    insert into room_types (id, property_id, code, name, created_at, updated_at)
    values ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'DLX', 'Deluxe', now(), now());
    insert into users (id, email, name, roles, created_at, updated_at)
    values (gen_random_uuid(), 'ratna@hotel.test', 'Ratna Sari', '{owner}', now(), now())";
