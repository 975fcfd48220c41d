//! The fleet's promises, against real Postgres (`HOTELHUB_TEST_POSTGRES`).
mod backups;
mod chores;
mod dead_server;
mod exports;
mod migrations;
pub(crate) mod moves;
mod own_server;
mod recovery;
mod schemas;
mod server;
mod share;
mod undone;

use std::collections::BTreeMap;
use std::time::Duration;

use hotelhub_kernel::{Clock, Entropy, Ids, Key, Slug, TenantId, hex, sha256};
use hotelhub_protocol::{ClusterId, Outcome, OwnerSeed, Quarters, ReadyDatabase, Task, TenantSeed};
use hotelhub_testkit::tear_down;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

use super::database::Step;
use super::{Admin, ClusterKeys, Fleet, FleetError, login_password, template};

/// One worker on the test server, and a database name of the test's own.
struct Yard {
    fleet: Fleet,
    database: String,
}

fn cluster() -> ClusterId {
    ClusterId("main".into())
}

fn key() -> Key {
    Key::new([9; 32])
}

fn server() -> Config {
    let dsn = hotelhub_testkit::env::postgres();
    dsn.parse().unwrap()
}

async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// An administrator with connections enough.
fn administrator() -> Admin {
    admin_by(ClusterKeys::of(key()))
}

fn admin_by(keys: ClusterKeys) -> Admin {
    let admin = Admin::new(&cluster(), server(), keys);
    admin.grant(10);
    admin
}

fn worker() -> Fleet {
    let clock = Clock::at("2026-07-03T18:30:00Z".parse().unwrap());
    let admins = BTreeMap::from([(cluster(), administrator())]);
    Fleet::new(admins, None, clock, Ids::counted(), Entropy::system())
}

impl Yard {
    async fn new(test: &str) -> Self {
        Self::at(format!("t_{}", &hex(&sha256(test.as_bytes()))[..32])).await
    }

    async fn at(database: String) -> Self {
        clean(&database).await;
        let fleet = worker();
        fleet.freeze_template(&cluster()).await.unwrap();
        Self { fleet, database }
    }

    fn prepare(&self) -> Task {
        let template = self.fleet.version().to_owned();
        Task::PrepareDatabase { cluster: cluster(), database: self.database.clone(), template }
    }

    fn create(&self, tenant: u128) -> Task {
        Task::CreateTenant { cluster: cluster(), database: self.database.clone(), seed: seed(tenant) }
    }

    async fn as_tenant(&self, role: &str) -> Result<Client, tokio_postgres::Error> {
        let database = Quarters::parse(&self.database).unwrap().database();
        let role = Quarters::parse(role).map_or(role, Quarters::role);
        let password = login_password(&key(), role);
        connect(server().dbname(database).user(role).password(password.expose())).await
    }

    async fn assert_seeded_once(&self) {
        let client = self.as_tenant(&self.database).await.unwrap();
        let sql =
            "select (select count(*) from house), (select count(*) from users), (select count(*) from properties),
                          (select count(*) from one_time_links), (select business_date::text from properties)";
        let row = client.query_one(sql, &[]).await.unwrap();
        let counts: [i64; 4] = [row.get(0), row.get(1), row.get(2), row.get(3)];
        assert_eq!(counts, [1; 4]);
        assert_eq!(row.get::<_, String>(4), "2026-07-04", "the hotel's first day is today in its own zone");
    }

    async fn clear(self) {
        clean(&self.database).await;
    }
}

async fn clean(database: &str) {
    let admin = connect(&server()).await.unwrap();
    tear_down(&admin, database).await.unwrap();
}

fn seed(tenant: u128) -> TenantSeed {
    let expires = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1_000_000);
    TenantSeed {
        tenant: TenantId(Uuid::from_u128(tenant)),
        slug: Slug::parse("melati").unwrap(),
        hotel: "Hotel Melati".into(),
        time_zone: "Asia/Jakarta".into(),
        owner: OwnerSeed {
            user: Uuid::from_u128(77),
            name: "Wayan Suarti".into(),
            email: "wayan@melati.example".into(),
            phone: "+62811111".into(),
            login_token_sha256: hex(&sha256(b"token")),
            login_token_expires_at: expires,
        },
    }
}

#[tokio::test]
async fn a_sign_up_killed_after_any_step_is_finished_by_the_next_worker() {
    for step in [Step::Clone, Step::Admit, Step::Seed] {
        let yard = Yard::new(&format!("killed {step:?}")).await;
        let killed = yard.fleet.carry_out_until(&yard.create(1), Some(step)).await;
        assert!(matches!(killed, Err(FleetError::Halted)), "{killed:?}");
        let template = yard.fleet.version().to_owned();
        assert_eq!(worker().carry_out(&yard.create(1)).await.unwrap(), Outcome::Done { template });
        yard.assert_seeded_once().await;
        yard.clear().await;
    }
}

#[tokio::test]
async fn a_preparation_killed_after_any_step_is_finished_by_the_next_worker() {
    for step in [Step::Clone, Step::Admit] {
        let yard = Yard::new(&format!("prepare {step:?}")).await;
        assert!(yard.fleet.carry_out_until(&yard.prepare(), Some(step)).await.is_err());
        worker().carry_out(&yard.prepare()).await.unwrap();
        assert!(yard.as_tenant(&yard.database).await.is_ok());
        worker().carry_out(&yard.create(1)).await.unwrap();
        yard.assert_seeded_once().await;
        yard.clear().await;
    }
}

#[tokio::test]
async fn the_same_order_from_two_workers_at_once_makes_one_tenant() {
    let yard = Yard::new("two workers").await;
    let (one, two, task) = (worker(), worker(), yard.create(1));
    let (first, second) = tokio::join!(one.carry_out(&task), two.carry_out(&task));
    first.unwrap();
    second.unwrap();
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    yard.assert_seeded_once().await;
    yard.clear().await;
}

#[tokio::test]
async fn a_database_that_belongs_to_somebody_is_refused_to_another() {
    let yard = Yard::new("taken").await;
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    let refused = yard.fleet.carry_out(&yard.create(2)).await.unwrap_err();
    assert!(matches!(&refused, FleetError::Taken { owner } if owner.ends_with("0001")), "{refused:?}");
    yard.assert_seeded_once().await;
    yard.clear().await;
}

#[tokio::test]
async fn a_tenants_role_enters_its_own_database_and_no_other() {
    let yard = Yard::new("own").await;
    let other = Yard::new("stranger").await;
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    other.fleet.carry_out(&other.create(2)).await.unwrap();
    let refused = yard.as_tenant(&other.database).await.err().unwrap();
    assert_eq!(refused.code().unwrap().code(), "42501");
    let mut guess = server();
    guess.dbname(&yard.database).user(&yard.database).password("guess");
    assert_eq!(connect(&guess).await.err().unwrap().code().unwrap().code(), "28P01");

    let inside = yard.as_tenant(&yard.database).await.unwrap();
    for forbidden in [
        "update house set slug = 'x'",
        "delete from schema_steps",
        "delete from audit_log",
        "create table mine (n int)",
        "create temp table mine (n int)",
    ] {
        assert_eq!(inside.batch_execute(forbidden).await.unwrap_err().code().unwrap().code(), "42501", "{forbidden}");
    }
    inside.batch_execute("insert into settings values ('a', '1', now()); delete from settings").await.unwrap();
    yard.clear().await;
    other.clear().await;
}

#[tokio::test]
async fn a_role_made_under_an_older_key_is_renewed() {
    let yard = Yard::new("renewed").await;
    let old = BTreeMap::from([(cluster(), admin_by(ClusterKeys::of(Key::new([1; 32]))))]);
    let old = Fleet::new(old, None, Clock::wall(), Ids::counted(), Entropy::system());
    old.carry_out(&yard.prepare()).await.unwrap();
    assert!(yard.as_tenant(&yard.database).await.is_err());
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    yard.assert_seeded_once().await;
    yard.clear().await;
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused_before_anything_is_made() {
    let yard = Yard::new("senseless").await;
    let wrong_name = Task::CreateTenant { cluster: cluster(), database: "t_x; drop database y".into(), seed: seed(1) };
    assert!(matches!(yard.fleet.carry_out(&wrong_name).await, Err(FleetError::BadName(_))));
    let elsewhere =
        Task::CreateTenant { cluster: ClusterId("moon".into()), database: yard.database.clone(), seed: seed(1) };
    assert!(matches!(yard.fleet.carry_out(&elsewhere).await, Err(FleetError::UnknownCluster(_))));
    let older =
        Task::PrepareDatabase { cluster: cluster(), database: yard.database.clone(), template: "0001_x".into() };
    assert!(matches!(yard.fleet.carry_out(&older).await, Err(FleetError::OtherTemplate { .. })));
    assert_eq!(yard.as_tenant(&yard.database).await.err().unwrap().code().unwrap().code(), "28P01");
    yard.clear().await;
}

#[tokio::test]
async fn a_template_is_made_once_also_by_two_workers_and_after_a_crash() {
    let admin = connect(&server()).await.unwrap();
    let name = template::name("test_frozen");
    let unfreeze = format!("update pg_database set datistemplate = false where datname in ('{name}', '{name}_making')");
    admin.batch_execute(&unfreeze).await.unwrap();
    admin.batch_execute(&format!("drop database if exists {name} with (force)")).await.unwrap();
    admin.batch_execute(&format!("drop database if exists {name}_making with (force)")).await.unwrap();
    // What a worker killed early left: half of it, under the other name.
    admin.batch_execute(&format!("create database {name}_making")).await.unwrap();

    let (one, two) = (administrator(), administrator());
    let (first, second) = tokio::join!(template::freeze(&one, "test_frozen"), template::freeze(&two, "test_frozen"));
    first.unwrap();
    second.unwrap();
    assert!(one.enter(&name).await.is_err(), "nobody enters a frozen template");
    let left = "select count(*) from pg_database where datname like 'hotel_template_test_frozen%'";
    assert_eq!(admin.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 1);

    // Killed between its new name and its freezing.
    admin.batch_execute(&format!("alter database {name} with allow_connections true is_template false")).await.unwrap();
    template::freeze(&one, "test_frozen").await.unwrap();
    assert!(one.enter(&name).await.is_err());
    admin.batch_execute(&unfreeze).await.unwrap();
    admin.batch_execute(&format!("drop database {name}")).await.unwrap();
}

fn ready(yard: &Yard) -> ReadyDatabase {
    ReadyDatabase { cluster: cluster(), database: yard.database.clone() }
}

#[tokio::test]
async fn a_tenant_is_planted_by_the_connection_that_stands_by_also_when_the_server_has_closed_it() {
    for closed in [false, true] {
        let yard = Yard::new(&format!("standing by {closed}")).await;
        yard.fleet.carry_out(&yard.prepare()).await.unwrap();
        yard.fleet.stand_by(&[ready(&yard)]).await;
        let admin = connect(&server()).await.unwrap();
        let inside = "select pid from pg_stat_activity where datname = $1";
        assert_eq!(admin.query(inside, &[&yard.database]).await.unwrap().len(), 1);
        let rehearsed = connect(server().dbname(&yard.database)).await.unwrap();
        let rows =
            "select (select count(*) from house) + (select count(*) from users) + (select count(*) from properties)";
        assert_eq!(rehearsed.query_one(rows, &[]).await.unwrap().get::<_, i64>(0), 0, "a rehearsal leaves nothing");
        if closed {
            let cut = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1";
            admin.execute(cut, &[&yard.database]).await.unwrap();
        }
        yard.fleet.carry_out(&yard.create(1)).await.unwrap();
        yard.assert_seeded_once().await;
        let refused = yard.fleet.carry_out(&yard.create(2)).await.unwrap_err();
        assert!(matches!(refused, FleetError::Taken { .. }), "{refused:?}");
        yard.clear().await;
    }
}

#[tokio::test]
async fn who_stands_by_somewhere_else_leaves_where_it_stood() {
    let (yard, other) = (Yard::new("left").await, Yard::new("taken up").await);
    yard.fleet.carry_out(&yard.prepare()).await.unwrap();
    yard.fleet.carry_out(&other.prepare()).await.unwrap();
    let before = yard.fleet.open(&cluster());
    yard.fleet.stand_by(&[ready(&yard)]).await;
    yard.fleet.stand_by(&[ready(&other)]).await;
    holds(|| yard.fleet.open(&cluster()) == before + 1).await;
    yard.fleet.stand_by(&[]).await;
    holds(|| yard.fleet.open(&cluster()) == before).await;
    yard.clear().await;
    other.clear().await;
}

async fn holds(mut true_now: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if true_now() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come true within a minute");
}

/// What a database left behind.
const LEFT_OF: &str =
    "select (select count(*) from pg_database where datname = $1) + (select count(*) from pg_roles where rolname = $1)";

#[tokio::test]
async fn a_database_nobody_was_given_is_dropped_and_a_tenants_is_not() {
    let yard = Yard::new("unwanted").await;
    let drop_it =
        Task::DropDatabase { cluster: cluster(), database: yard.database.clone(), tenant: None, source: None };
    yard.fleet.carry_out(&drop_it).await.unwrap();
    yard.fleet.carry_out(&yard.prepare()).await.unwrap();
    yard.fleet.stand_by(&[ready(&yard)]).await;
    yard.fleet.carry_out(&drop_it).await.unwrap();
    yard.fleet.carry_out(&drop_it).await.unwrap();
    let admin = connect(&server()).await.unwrap();
    assert_eq!(admin.query_one(LEFT_OF, &[&yard.database]).await.unwrap().get::<_, i64>(0), 0);
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    let refused = yard.fleet.carry_out(&drop_it).await.unwrap_err();
    assert!(matches!(&refused, FleetError::Taken { owner } if owner.ends_with("0001")), "{refused:?}");
    yard.assert_seeded_once().await;
    yard.clear().await;
}

#[tokio::test]
async fn a_deleted_tenants_database_goes_with_its_role_also_after_a_kill_in_between_and_nobody_elses() {
    let yard = Yard::new("deleted").await;
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    let Task::CreateTenant { seed, .. } = yard.create(1) else { panic!() };
    let drop_for = |tenant, source| Task::DropDatabase {
        cluster: cluster(),
        database: yard.database.clone(),
        tenant: Some(tenant),
        source,
    };
    let drop_of = |tenant| drop_for(tenant, None);
    let stranger = drop_of(TenantId(Uuid::from_u128(0xbad)));
    let refused = yard.fleet.carry_out(&stranger).await.unwrap_err();
    assert!(matches!(&refused, FleetError::Taken { owner } if *owner == seed.tenant.to_string()), "{refused:?}");
    yard.assert_seeded_once().await;
    let killed = yard.fleet.carry_out_until(&drop_of(seed.tenant), Some(Step::Drop)).await.unwrap_err();
    assert!(matches!(killed, FleetError::Halted), "{killed:?}");
    for _ in 0..2 {
        yard.fleet.carry_out(&drop_of(seed.tenant)).await.unwrap();
    }
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    let copy = drop_for(TenantId(Uuid::from_u128(0xc0b1)), Some(seed.tenant));
    yard.fleet.carry_out(&copy).await.unwrap();
    let admin = connect(&server()).await.unwrap();
    assert_eq!(admin.query_one(LEFT_OF, &[&yard.database]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn an_older_template_is_told_of_and_dropped_and_the_workers_own_stays() {
    let (admin, fleet) = (connect(&server()).await.unwrap(), worker());
    let old = "0000_0ddba11a".to_owned();
    let make = format!("create database {} is_template true allow_connections false", template::name(&old));
    let _ = admin.batch_execute(&make).await;
    fleet.freeze_template(&cluster()).await.unwrap();
    assert!(fleet.frozen()[&cluster()].contains(&old));
    fleet.carry_out(&Task::DropTemplate { cluster: cluster(), template: old.clone() }).await.unwrap();
    assert!(!fleet.frozen()[&cluster()].contains(&old));
    fleet.carry_out(&Task::DropTemplate { cluster: cluster(), template: old }).await.unwrap();
    for template in [fleet.version().to_owned(), "9999_0ddba11a".to_owned(), "0000_x; drop table y".to_owned()] {
        let refused = fleet.carry_out(&Task::DropTemplate { cluster: cluster(), template }).await.unwrap_err();
        assert!(matches!(refused, FleetError::TemplateInUse(_)), "{refused:?}");
    }
}
