//! A hotel's data written into the exchange, and an exported hotel taken out of it.
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use hotelhub_kernel::{Clock, Entropy, Ids, Key, Slug, TenantId, hex, sha256};
use hotelhub_protocol::{Arrival, BackedUp, Outcome, Quarters, Restored, Task};
use hotelhub_store::Store;
use hotelhub_vault::{Place, Shelf};
use tokio_postgres::Client;
use uuid::Uuid;

use super::super::database::Step;
use super::super::{Fleet, FleetError, login_password};
use super::{Yard, administrator, clean, cluster, connect, key, server};
use crate::exports::Inlet;
use crate::progress::Progress;

const MELATI: TenantId = TenantId(Uuid::from_u128(1));
const KENANGA: TenantId = TenantId(Uuid::from_u128(2));
const EXPORT: Uuid = Uuid::from_u128(0xe);
const IMPORT: Uuid = Uuid::from_u128(0x1);

/// A hotel with guests, an exchange, and a name for a database to come into.
struct Quay {
    yard: Yard,
    fleet: Fleet,
    shelf: Shelf,
    folder: PathBuf,
    other: String,
}

impl Quay {
    async fn of(test: &str) -> Self {
        Self::at(Yard::new(test).await).await
    }

    /// The same, with the hotel and whoever comes in schemas of one database.
    async fn shared(test: &str) -> Self {
        let name = hex(&sha256(test.as_bytes()));
        Self::at(Yard::at(format!("s_{}.t_{}", &name[..32], &name[32..])).await).await
    }

    async fn at(yard: Yard) -> Self {
        let (all_but_one, last) = yard.database.split_at(yard.database.len() - 1);
        let other = format!("{all_but_one}{}", if last == "f" { 'e' } else { 'f' });
        clean(&other).await;
        yard.fleet.carry_out(&yard.create(1)).await.unwrap();
        let folder = std::env::temp_dir().join(format!("hotelhub-quay-{}", hex(&Entropy::system().bytes::<8>())));
        std::fs::create_dir_all(&folder).unwrap();
        let shelf = Shelf::new(Store::Folder(folder.clone()), Key::new([6; 32]), Entropy::system());
        let clock = Clock::at("2026-07-03T18:30:00Z".parse().unwrap());
        let admins = BTreeMap::from([(cluster(), administrator())]);
        let fleet = Fleet::new(admins, None, clock, Ids::counted(), Entropy::system());
        let quay = Self { fleet: fleet.exchanging(Some(shelf.clone())), yard, shelf, folder, other };
        let inside = quay.yard.as_tenant(&quay.yard.database).await.unwrap();
        let guests = "insert into guests (id, name, notes, created_at, updated_at)
                      select gen_random_uuid(), 'Tamu ' || n, repeat(md5(n::text), 40), now(), now() from generate_series(1, 900) n";
        inside.batch_execute(guests).await.unwrap();
        quay
    }

    async fn export(&self, tenant: TenantId) -> Result<BackedUp, FleetError> {
        let (cluster, database) = (cluster(), self.yard.database.clone());
        match self.fleet.carry_out(&Task::ExportTenant { cluster, database, tenant, export: EXPORT }).await? {
            Outcome::Exported(told) => Ok(told),
            other => panic!("{other:?}"),
        }
    }

    /// The exported file.
    async fn file(&self) -> Vec<u8> {
        let place = Place { tenant: MELATI, backup: EXPORT };
        let (mut inlet, mut file) = (Inlet::shelf(self.shelf.clone(), VecDeque::from([place])), Vec::new());
        while let Some(bytes) = inlet.next().await.unwrap() {
            file.extend(bytes);
        }
        file
    }

    /// A file as it comes in, in pieces of this length.
    async fn arrival(&self, file: &[u8], piece: usize) -> Task {
        let mut pieces = Vec::new();
        for (number, bytes) in (0x100..).zip(file.chunks(piece)) {
            let id = Uuid::from_u128(number);
            let place = Place { tenant: TenantId(IMPORT), backup: id };
            let mut taking = self.shelf.take(place).await.unwrap();
            taking.push(bytes).await.unwrap();
            let digest = taking.finish().await.unwrap();
            self.shelf.vouch_for_file(place, &digest, (self.fleet.0.clock.now(), "")).await.unwrap();
            pieces.push(id);
        }
        let arrival = Arrival { import: IMPORT, pieces, tenant: KENANGA, slug: Slug::parse("kenanga").unwrap() };
        Task::ImportTenant { cluster: cluster(), database: self.other.clone(), arrival }
    }

    async fn import(&self, arrival: &Task) -> Result<Restored, FleetError> {
        match self.fleet.carry_out(arrival).await? {
            Outcome::Imported(told) => Ok(told),
            other => panic!("{other:?}"),
        }
    }

    /// Into the database that was filled, as its tenant comes in.
    async fn enter(&self) -> Result<Client, tokio_postgres::Error> {
        let mut config = server();
        let place = Quarters::parse(&self.other).unwrap();
        let password = login_password(&key(), place.role());
        config.dbname(place.database()).user(place.role()).password(password.expose());
        connect(&config).await
    }

    async fn is_there(&self) -> bool {
        let place = Quarters::parse(&self.other).unwrap();
        let (find, name) = match place {
            Quarters::Database(alone) => ("select from pg_database where datname = $1", alone),
            Quarters::Schema { schema, .. } => ("select from pg_namespace where nspname = $1", schema),
        };
        let mut config = server();
        if let Quarters::Schema { database, .. } = place {
            config.dbname(database);
        }
        connect(&config).await.unwrap().query_opt(find, &[&name]).await.unwrap().is_some()
    }

    async fn clear(self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        clean(&self.other).await;
        self.yard.clear().await;
    }
}

/// A booking of two rooms that are held for a quarter of an hour, in a hotel with guests.
const HOLD: &str = "
    with t as (
        insert into room_types (id, property_id, code, name, created_at, updated_at)
        select gen_random_uuid(), id, 'DLX', 'Deluxe', now(), now() from properties returning id),
    r as (
        insert into rate_plans (id, property_id, code, name, created_at, updated_at)
        select gen_random_uuid(), id, 'BAR', 'Best', now(), now() from properties returning id),
    b as (
        insert into bookings (id, property_id, code, booker_id, source, created_on, created_at, updated_at)
        select gen_random_uuid(), p.id, 'HELD', (select id from guests limit 1), 'web', current_date, now(), now() from properties p
        returning id, property_id, booker_id)
    insert into reservations (id, booking_id, property_id, room_type_id, rate_plan_id, guest_id, arrival, departure, adults, status,
                              hold_until, created_at, updated_at)
    select gen_random_uuid(), b.id, b.property_id, t.id, r.id, b.booker_id, date '2026-07-10', date '2026-07-11', 2, 'hold',
           timestamptz '2026-07-03 18:45:00Z', now(), now()
      from b, t, r, generate_series(1, 2)";

/// What the guests of a database are.
async fn guests(inside: &Client) -> (i64, String) {
    let ask = "select count(*), md5(string_agg(t::text, ';' order by t::text)) from guests t";
    let row = inside.query_one(ask, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn a_hotel_goes_through_the_exchange_and_comes_in_as_another_house() {
    there_and_back(Quay::of("through the exchange").await).await;
}

#[tokio::test]
async fn a_hotel_goes_from_one_schema_of_a_shared_database_to_another() {
    there_and_back(Quay::shared("through the exchange").await).await;
}

async fn there_and_back(quay: Quay) {
    let exported = quay.export(MELATI).await.unwrap();
    assert_eq!(exported.schema, quay.fleet.version());
    let file = quay.file().await;
    assert_eq!(file.len() as u64, exported.stored_bytes);
    let arrival = quay.arrival(&file, 10_000).await;
    let imported = quay.import(&arrival).await.unwrap();
    assert_eq!((imported.rows, imported.template.as_str()), (exported.rows, quay.fleet.version()));
    let (was, is) = (quay.yard.as_tenant(&quay.yard.database).await.unwrap(), quay.enter().await.unwrap());
    assert_eq!((guests(&was).await.0, guests(&was).await), (900, guests(&is).await));
    let house: (Uuid, String) = {
        let row = is.query_one("select tenant_id, slug from house", &[]).await.unwrap();
        (row.get(0), row.get(1))
    };
    assert_eq!(house, (KENANGA.0, "kenanga".to_owned()));
    let next = "insert into audit_log (at, actor_kind, action, subject_kind) values (now(), 'system', 'x', 'y') returning seq > 1";
    assert!(is.query_one(next, &[]).await.unwrap().get::<_, bool>(0), "what counts goes on behind what came in");
    let forbidden = is.batch_execute("delete from schema_steps").await.unwrap_err();
    assert_eq!(forbidden.code().unwrap().code(), "42501", "its role may do what it may do anywhere");
    drop(is);
    quay.import(&arrival).await.unwrap();
    quay.clear().await;
}

#[tokio::test]
async fn rooms_that_were_held_when_a_hotel_left_are_let_go_of_where_it_comes_in() {
    let quay = Quay::of("held rooms").await;
    quay.yard.as_tenant(&quay.yard.database).await.unwrap().batch_execute(HOLD).await.unwrap();
    quay.export(MELATI).await.unwrap();
    quay.import(&quay.arrival(&quay.file().await, 1 << 20).await).await.unwrap();
    let due =
        "select string_agg(name || ' ' || state || ' ' || (due_at = '2026-07-03 18:45:00Z')::text, ', ') from jobs";
    let due: String = quay.enter().await.unwrap().query_one(due, &[]).await.unwrap().get(0);
    assert_eq!(due, "release-expired-holds queued true", "once for the booking, when its time is over");
    quay.clear().await;
}

#[tokio::test]
async fn an_export_says_how_far_it_is_of_all_that_its_snapshot_holds() {
    let quay = Quay::of("how far").await;
    let progress = Progress::begun();
    let exported = Box::pin(progress.of(quay.export(MELATI))).await.unwrap();
    let far = progress.how_far().unwrap();
    assert!(far.tables > 1 && far.rows > 900, "{far:?}");
    assert_eq!((far.tables_done, far.rows_done, far.rows), (far.tables, far.rows, exported.rows));
    assert_eq!(far.bytes, exported.stored_bytes);
    quay.clear().await;
}

#[tokio::test]
async fn what_killed_attempts_left_of_an_export_goes_with_the_next() {
    let quay = Quay::of("killed on leaving").await;
    let (cluster, database) = (cluster(), quay.yard.database.clone());
    let task = Task::ExportTenant { cluster, database, tenant: MELATI, export: EXPORT };
    for _ in 0..2 {
        let killed = quay.fleet.carry_out_until(&task, Some(Step::Copy)).await;
        assert!(matches!(killed, Err(FleetError::Halted)), "{killed:?}");
    }
    quay.export(MELATI).await.unwrap();
    let left = Store::Folder(quay.folder.clone()).names(Place { tenant: MELATI, backup: EXPORT }).await.unwrap();
    assert_eq!(left.len(), 2, "the data and the manifest: {left:?}");
    quay.clear().await;
}

#[tokio::test]
async fn another_tenants_house_is_not_exported() {
    let quay = Quay::of("another house").await;
    let refused = quay.export(KENANGA).await.unwrap_err();
    assert!(matches!(refused, FleetError::Taken { .. }), "{refused:?}");
    assert!(quay.shelf.manifest(Place { tenant: KENANGA, backup: EXPORT }).await.is_err(), "nobody vouches for it");
    quay.clear().await;
}

#[tokio::test]
async fn a_file_that_is_damaged_is_refused_for_good_and_leaves_no_database() {
    for quay in [Quay::of("damaged on the way").await, Quay::shared("damaged on the way").await] {
        is_refused_where_it_is_damaged(quay).await;
    }
}

async fn is_refused_where_it_is_damaged(quay: Quay) {
    quay.export(MELATI).await.unwrap();
    let file = quay.file().await;
    for place in [10, file.len() / 2, file.len() - 30] {
        let mut damaged = file.clone();
        damaged[place] ^= 0x10;
        let refused = quay.import(&quay.arrival(&damaged, 1 << 20).await).await.unwrap_err();
        assert!(refused.is_final() && !quay.is_there().await, "a byte at {place}: {}", refused.reason());
    }
    let cut = quay.import(&quay.arrival(&file[..file.len() - 1], 1 << 20).await).await.unwrap_err();
    assert!(cut.is_final() && !quay.is_there().await, "{}", cut.reason());
    quay.clear().await;
}

#[tokio::test]
async fn an_import_killed_before_anybody_was_let_in_is_done_anew() {
    for quay in [Quay::of("killed on arrival").await, Quay::shared("killed on arrival").await] {
        is_done_anew_where_it_was_killed(quay).await;
    }
}

async fn is_done_anew_where_it_was_killed(quay: Quay) {
    let exported = quay.export(MELATI).await.unwrap();
    let arrival = quay.arrival(&quay.file().await, 1 << 20).await;
    let killed = quay.fleet.carry_out_until(&arrival, Some(Step::Refill)).await;
    assert!(matches!(killed, Err(FleetError::Halted)) && quay.enter().await.is_err(), "{killed:?}");
    assert_eq!(quay.import(&arrival).await.unwrap().rows, exported.rows);
    quay.enter().await.unwrap();
    quay.clear().await;
}
