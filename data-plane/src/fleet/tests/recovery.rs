//! One hotel brought to a point in time out of a base backup of its server, by the programs of Postgres and the node's own.
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use hotelhub_kernel::{Clock, Entropy, Ids, Key, Slug, TenantId};
use hotelhub_protocol::{BackedUp, BaseTaken, Outcome, Recovery, Restoration, Restored, Task};
use hotelhub_store::Store;
use hotelhub_vault::Shelf;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Client;
use uuid::Uuid;

use super::super::database::Step;
use super::super::{Admin, Archive, ClusterKeys, Fleet, FleetError};
use super::own_server::{OwnServer, store_key};
use super::{cluster, key, seed};

pub(super) const MELATI: TenantId = TenantId(Uuid::from_u128(1));
const BASE: Uuid = Uuid::from_u128(0xba5e);
const BACKUP: Uuid = Uuid::from_u128(0xb);

const AT_HOME: &str = "t_00000000000000000000000000000001";
const NEXT_DOOR: &str = "t_00000000000000000000000000000002";
/// A database that hotels share, and two of them.
const HOSTEL: &str = "s_00000000000000000000000000000009";
const SHARED: &str = "s_00000000000000000000000000000009.t_00000000000000000000000000000004";
const ROOM_MATE: &str = "s_00000000000000000000000000000009.t_00000000000000000000000000000005";
const RESTORED: &str = "t_00000000000000000000000000000003";

/// Two hotels on a server whose WAL is archived.
pub(super) struct Street {
    pub(super) server: OwnServer,
    pub(super) fleet: Fleet,
    base: BaseTaken,
}

fn fleet(server: &OwnServer, sealed_with: Key) -> Fleet {
    let (entropy, clock) = (Entropy::system(), Clock::wall());
    let admin = Admin::new(&cluster(), server.config(), ClusterKeys::of(key()));
    admin.grant(10);
    let archive = Archive::new(Shelf::new(Store::Folder(server.store()), sealed_with, entropy.clone()), None);
    let archive = archive.recovering_in(server.room());
    Fleet::new(BTreeMap::from([(cluster(), admin)]), Some(archive), clock, Ids::counted(), entropy)
}

impl Street {
    /// Melati has 300 guests in the base backup, and a hundred more after it.
    pub(super) async fn new() -> Self {
        let server = OwnServer::start().await;
        let fleet = fleet(&server, store_key());
        fleet.freeze_template(&cluster()).await.unwrap();
        for (database, tenant) in [(AT_HOME, 1), (NEXT_DOOR, 2)] {
            let task = Task::CreateTenant { cluster: cluster(), database: database.to_owned(), seed: seed(tenant) };
            fleet.carry_out(&task).await.unwrap();
        }
        guests(&server.enter(AT_HOME).await, 0..300).await;
        let take = Task::TakeBase { cluster: cluster(), base: BASE, urgent: true };
        let Outcome::BaseTaken(base) = fleet.carry_out(&take).await.unwrap() else { panic!() };
        guests(&server.enter(AT_HOME).await, 300..400).await;
        Self { server, fleet, base }
    }

    pub(super) fn recovery(&self, at: Timestamp) -> Recovery {
        let sha256 = self.base.sha256.clone();
        Recovery {
            base: BASE,
            sha256,
            at,
            of: AT_HOME.to_owned(),
            tenant: MELATI,
            backup: BACKUP,
            timeline: None,
            store_alone: false,
        }
    }

    async fn moves_in(&self, database: &str, tenant: u128) {
        let task = Task::CreateTenant { cluster: cluster(), database: database.to_owned(), seed: seed(tenant) };
        self.fleet.carry_out(&task).await.unwrap();
    }

    /// Inside Melati's database.
    pub(super) async fn enter_home(&self) -> Client {
        self.server.enter(AT_HOME).await
    }

    /// Inside the schema of a hotel that shares its database.
    async fn enter_shared(&self, database: &str) -> Client {
        let (_, schema) = database.split_once('.').unwrap();
        let inside = self.server.enter(HOSTEL).await;
        inside.batch_execute(&format!("set search_path = {schema}")).await.unwrap();
        inside
    }

    fn task(recovery: Recovery) -> Task {
        Task::RecoverTenant { cluster: cluster(), recovery }
    }

    pub(super) async fn recover(&self, recovery: Recovery) -> Result<BackedUp, FleetError> {
        match self.fleet.carry_out(&Self::task(recovery)).await? {
            Outcome::BackedUp(taken) => Ok(taken),
            other => panic!("{other:?}"),
        }
    }

    /// Fills what was recovered into a database of its own; what its guests are then.
    pub(super) async fn restore(&self, taken: &BackedUp, tenant: TenantId) -> (Restored, i64) {
        let restoration = Restoration {
            backup: BACKUP,
            source: tenant,
            sha256: taken.sha256.clone(),
            tenant,
            slug: Slug::parse("melati").unwrap(),
            drill: false,
        };
        let task = Task::RestoreTenant { cluster: cluster(), database: RESTORED.to_owned(), restoration };
        let Outcome::Restored(restored) = self.fleet.carry_out(&task).await.unwrap() else { panic!() };
        (restored, count(&self.server.enter(RESTORED).await).await)
    }

    /// Why an instant is refused. Nothing stays of the attempt.
    pub(super) async fn refusal(&self, fleet: &Fleet, recovery: Recovery) -> String {
        let refused = fleet.carry_out(&Self::task(recovery)).await.unwrap_err();
        assert!(refused.is_final(), "{refused:?}");
        assert_eq!(self.sides(), Vec::<PathBuf>::new());
        assert!(!self.server.store().join(MELATI.to_string()).exists(), "there is no backup");
        refused.reason()
    }

    /// The folders of servers beside.
    pub(super) fn sides(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.server.room()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

async fn guests(inside: &Client, numbers: Range<i32>) {
    let insert = "insert into guests (id, name, created_at, updated_at)
                  select gen_random_uuid(), 'Tamu ' || n, now(), now() from generate_series($1::int, $2) n";
    inside.execute(insert, &[&numbers.start, &(numbers.end - 1)]).await.unwrap();
}

pub(super) async fn count(inside: &Client) -> i64 {
    inside.query_one("select count(*) from guests", &[]).await.unwrap().get(0)
}

/// The server's clock between what was and what comes.
pub(super) async fn instant(inside: &Client) -> Timestamp {
    inside.query_one("select clock_timestamp() from pg_sleep(0.02)", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_hotel_comes_back_as_it_was_before_a_clerk_deleted_everything_and_the_one_next_door_stays() {
    let street = Street::new().await;
    let (home, next_door) = (street.server.enter(AT_HOME).await, street.server.enter(NEXT_DOOR).await);
    let at = instant(&home).await;
    instant(&home).await;
    assert_eq!(home.execute("delete from guests", &[]).await.unwrap(), 400);
    guests(&next_door, 0..5).await;
    let taken = street.recover(street.recovery(at)).await.unwrap();
    assert_eq!(taken.taken_at, at, "it shows the instant that was asked for");
    assert_eq!(street.sides(), Vec::<PathBuf>::new(), "the server beside is gone");
    guests(&next_door, 5..7).await;
    let (restored, found) = street.restore(&taken, MELATI).await;
    assert_eq!((restored.rows, found), (taken.rows, 400));
    assert_eq!((count(&home).await, count(&next_door).await), (0, 7), "neither was touched");
}

#[tokio::test]
async fn a_hotel_that_shares_a_database_comes_back_alone_into_one_of_its_own() {
    let street = Street::new().await;
    for (database, tenant, found) in [(SHARED, 4, 0..40), (ROOM_MATE, 5, 0..9)] {
        street.moves_in(database, tenant).await;
        guests(&street.enter_shared(database).await, found).await;
    }
    let (inside, room_mate) = (street.enter_shared(SHARED).await, street.enter_shared(ROOM_MATE).await);
    let at = instant(&inside).await;
    instant(&inside).await;
    inside.execute("delete from guests", &[]).await.unwrap();
    let kenanga = TenantId(Uuid::from_u128(4));
    let wanted = Recovery { of: SHARED.to_owned(), tenant: kenanga, ..street.recovery(at) };
    let taken = street.recover(wanted).await.unwrap();
    assert_eq!(street.restore(&taken, kenanga).await.1, 40);
    let schemas = "select string_agg(nspname, ' ') from pg_namespace where nspname ~ '^t_'";
    let strangers: Option<String> = street.server.enter(RESTORED).await.query_one(schemas, &[]).await.unwrap().get(0);
    assert_eq!(strangers, None, "nobody else came along");
    assert_eq!((count(&inside).await, count(&room_mate).await), (0, 9), "neither was touched");
}

#[tokio::test]
async fn a_worker_killed_in_the_middle_leaves_a_server_that_the_next_one_clears() {
    let street = Street::new().await;
    let home = street.server.enter(AT_HOME).await;
    let at = instant(&home).await;
    for step in [Step::Unpack, Step::Rewind, Step::Copy] {
        let killed = street.fleet.carry_out_until(&Street::task(street.recovery(at)), Some(step)).await;
        assert!(matches!(killed, Err(FleetError::Halted)), "{killed:?}");
        assert_eq!(street.sides().len(), 1, "one is left, and those before are cleared");
    }
    let left = std::fs::read_to_string(street.sides()[0].join("data/postmaster.pid")).unwrap();
    let process = PathBuf::from("/proc").join(left.lines().next().unwrap()).join("cmdline");
    assert!(!std::fs::read(&process).unwrap().is_empty(), "its server lives on");
    fleet(&street.server, store_key()).clear_leftovers().await;
    assert_eq!(street.sides(), Vec::<PathBuf>::new());
    assert!(std::fs::read(&process).is_ok_and(|line| line.is_empty()), "nobody but this test keeps its number");
    let taken = street.recover(street.recovery(at)).await.unwrap();
    assert_eq!(street.restore(&taken, MELATI).await.1, 400);
}

#[tokio::test]
async fn an_instant_that_cannot_be_reached_is_refused_with_the_reason_and_nothing_is_changed() {
    let street = Street::new().await;
    let home = street.server.enter(AT_HOME).await;
    let at = instant(&home).await;
    let early = street.base.began_at - SignedDuration::from_secs(1);
    let early = street.refusal(&street.fleet, street.recovery(early)).await;
    assert!(early.contains("when the base backup was whole"), "{early}");
    let late = street.refusal(&street.fleet, street.recovery(at + SignedDuration::from_hours(1))).await;
    assert!(late.contains("before configured recovery target"), "{late}");
    let wrong_key = street.refusal(&fleet(&street.server, Key::new([6; 32])), street.recovery(at)).await;
    assert!(wrong_key.contains("was sealed under the key"), "{wrong_key}");
    let other = Recovery { sha256: "0".repeat(64), ..street.recovery(at) };
    let other = street.refusal(&street.fleet, other).await;
    assert!(other.contains("not the one that was taken"), "{other}");
    let elsewhere = Recovery { of: RESTORED.to_owned(), ..street.recovery(at) };
    let elsewhere = street.refusal(&street.fleet, elsewhere).await;
    assert!(elsewhere.contains("was not on this server"), "{elsewhere}");
    let theirs = Recovery { of: NEXT_DOOR.to_owned(), ..street.recovery(at) };
    let theirs = street.refusal(&street.fleet, theirs).await;
    assert!(theirs.contains("belonged to"), "{theirs}");

    let file = street.server.kept().into_iter().find(|file| file.file_name().unwrap() > street.base.to_wal.as_str());
    let file = file.unwrap();
    let good = std::fs::read(&file).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    std::fs::write(&file, flipped).unwrap();
    let spoilt = street.refusal(&street.fleet, street.recovery(at)).await;
    assert!(spoilt.contains("spoilt"), "{spoilt}");
    assert!(spoilt.contains(file.file_name().unwrap().to_str().unwrap()), "it says which: {spoilt}");
    std::fs::remove_file(&file).unwrap();
    let missing = street.refusal(&street.fleet, street.recovery(at)).await;
    assert!(missing.contains("on is not in the store"), "{missing}");
    std::fs::write(&file, good).unwrap();
    let mut of_the_base = street.server.kept();
    of_the_base.retain(|file| file.file_name().unwrap() <= street.base.to_wal.as_str());
    let of_the_base: Vec<_> = of_the_base.iter().map(|file| (file, std::fs::read(file).unwrap())).collect();
    of_the_base.iter().for_each(|(file, _)| std::fs::remove_file(file).unwrap());
    let from_the_first = street.refusal(&street.fleet, street.recovery(at)).await;
    assert!(from_the_first.contains("on is not in the store"), "{from_the_first}");
    of_the_base.iter().for_each(|(file, bytes)| std::fs::write(file, bytes).unwrap());
    let taken = street.recover(street.recovery(at)).await.unwrap();
    assert_eq!(street.restore(&taken, MELATI).await.1, 400);
}

#[tokio::test]
async fn a_server_hears_by_a_number_how_a_file_of_its_wal_fared() {
    let street = Street::new().await;
    let folder = &street.server.folder;
    let name = "0000000900000000000000AA";
    let (file, copy) = (folder.join("wal-file"), folder.join("wal-copy"));
    let (path, copied) = (file.to_str().unwrap(), copy.to_str().unwrap());
    let bytes = [[7; 300_000].as_slice(), &[0; 700_000]].concat();
    let wal = |words: &[&str]| street.server.wal(store_key(), words);
    std::fs::write(&file, &bytes).unwrap();
    assert_eq!(wal(&["fetch", name, copied]), Some(1), "it was never kept");
    assert_eq!(wal(&["keep", path, name]), Some(0));
    assert_eq!(wal(&["keep", path, name]), Some(0), "the same again is fine");
    assert_eq!(wal(&["fetch", name, copied]), Some(0));
    assert_eq!(std::fs::read(&copy).unwrap(), bytes);
    std::fs::write(&file, [&bytes[..], &[0]].concat()).unwrap();
    assert_eq!(wal(&["keep", path, name]), Some(1), "another file of this name is not taken");
    assert_eq!(street.server.wal(Key::new([6; 32]), &["fetch", name, copied]), Some(200), "another key");
    assert_eq!(wal(&["fetch", "00000001000000000000000/", copied]), Some(200), "no name of a file of WAL");
    assert_eq!(wal(&["fetch", "--of", name, copied]), Some(200), "a word that is not understood");
    let kept = street.server.store().join("servers/main/wal").join(name);
    assert!(std::fs::metadata(&kept).unwrap().len() < 400_000, "zeros at its end take no room");

    let first = street.base.from_wal.clone();
    let before = street.server.kept().len();
    let prune = Task::PruneBases { cluster: cluster(), bases: vec![], first_wal: Some(first.clone()) };
    for _ in 0..2 {
        assert_eq!(street.fleet.carry_out(&prune).await.unwrap(), Outcome::Pruned);
    }
    let kept = street.server.kept();
    assert!(kept.len() < before && kept.iter().all(|file| file.file_name().unwrap() >= first.as_str()), "{kept:?}");
    let prune = Task::PruneBases { cluster: cluster(), bases: vec![BASE], first_wal: None };
    street.fleet.carry_out(&prune).await.unwrap();
    let at = instant(&street.server.enter(AT_HOME).await).await;
    let gone = street.recover(street.recovery(at)).await.unwrap_err();
    assert!(gone.reason().contains("there is no"), "{gone:?}");
}
