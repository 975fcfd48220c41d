//! A hotel's data moved while its people write: nothing acknowledged is lost, whatever is killed, and an undone move was never there.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hotelhub_kernel::{Clock, Entropy, Ids, Key, TenantId};
use hotelhub_protocol::{ClusterId, MoveStep, Moved, Moving, Outcome, Placement, Quarters, Task};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config};
use uuid::Uuid;

use super::super::database::Step;
use super::super::{Admin, ClusterKeys, Fleet, FleetError, login_password};
use super::{Yard, administrator, clean, cluster, connect, server};

const LINKS: &str = "
    select (select count(*) from pg_replication_slots where database = $1 or slot_name = $2)
         + (select count(*) from pg_subscription where subname = $2) + (select count(*) from pg_roles where rolname = $2)";
const LEFT: &str =
    "select (select count(*) from pg_database where datname = $1) + (select count(*) from pg_roles where rolname = $1)";

/// The server once more, as another one: what matters is told by names.
pub(super) fn other() -> ClusterId {
    ClusterId("other".into())
}

pub(super) fn other_key() -> Key {
    Key::new([8; 32])
}

fn mover() -> Fleet {
    mover_to(server())
}

pub(super) fn mover_to(target: Config) -> Fleet {
    mover_between(administrator(), target)
}

pub(super) fn mover_between(here: Admin, target: Config) -> Fleet {
    let there = Admin::new(&other(), target, ClusterKeys::of(other_key()));
    there.grant(10);
    let admins = BTreeMap::from([(cluster(), here), (other(), there)]);
    let clock = Clock::at("2026-07-03T18:30:00Z".parse().unwrap());
    Fleet::new(admins, None, clock, Ids::counted(), Entropy::system())
}

/// A server that is away.
pub(super) fn nowhere() -> Config {
    "host=127.0.0.1 port=1 user=postgres dbname=postgres".parse().unwrap()
}

/// A hotel with guests, and where it is to go.
pub(crate) struct Removal {
    pub(super) yard: Yard,
    pub(crate) fleet: Fleet,
    pub(super) moving: Moving,
}

impl Removal {
    pub(crate) async fn of(test: &str) -> Self {
        Self::from(Yard::new(&format!("move {test}")).await).await
    }

    /// One that leaves a database that it shares.
    pub(super) async fn out_of_a_schema(test: &str) -> Self {
        Self::from(Yard::shared(&format!("move out of a schema {test}")).await).await
    }

    async fn from(yard: Yard) -> Self {
        yard.fleet.carry_out(&yard.create(1)).await.unwrap();
        let role = Quarters::parse(&yard.database).unwrap().role();
        let to = format!("{}{}", &role[..33], if role.ends_with('f') { 'e' } else { 'f' });
        let moving = Moving {
            tenant: TenantId(Uuid::from_u128(1)),
            source: Placement::at(cluster(), &yard.database, 1).unwrap(),
            target: Placement::at(other(), &to, 2).unwrap(),
        };
        let removal = Self { yard, fleet: mover(), moving };
        removal.step(MoveStep::Undo).await.unwrap();
        removal
    }

    pub(crate) fn task(&self, step: MoveStep) -> Task {
        Task::MoveTenant { step, moving: self.moving.clone() }
    }

    pub(crate) async fn step(&self, step: MoveStep) -> Result<Moved, FleetError> {
        match self.fleet.carry_out(&self.task(step)).await? {
            Outcome::Moved(moved) => Ok(moved),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn killed(&self, step: MoveStep, at: Step) {
        let killed = self.fleet.carry_out_until(&self.task(step), Some(at)).await;
        assert!(matches!(killed, Err(FleetError::Halted)), "{step:?} {at:?}: {killed:?}");
    }

    pub(crate) async fn at_source(&self) -> Client {
        self.yard.as_tenant(&self.yard.database).await.unwrap()
    }

    pub(crate) async fn at_target(&self) -> Result<Client, tokio_postgres::Error> {
        let role = &self.moving.target.role;
        let password = login_password(&other_key(), role);
        connect(server().dbname(&self.moving.target.database).user(role).password(password.expose())).await
    }

    /// What links the two ends, or could hold the server's log.
    pub(super) async fn links(&self) -> i64 {
        let database = &self.moving.source.database;
        let admin = connect(server().dbname(database)).await.unwrap();
        let link = format!("move_{}", &self.moving.target.database[2..]);
        let published: i64 = admin.query_one("select count(*) from pg_publication", &[]).await.unwrap().get(0);
        published + admin.query_one(LINKS, &[database, &link]).await.unwrap().get::<_, i64>(0)
    }

    pub(super) async fn assert_untouched(&self) {
        assert_eq!(self.links().await, 0);
        let admin = connect(&server()).await.unwrap();
        assert_eq!(admin.query_one(LEFT, &[&self.moving.target.database]).await.unwrap().get::<_, i64>(0), 0);
        write(&self.at_source().await, "after").await.unwrap();
    }

    pub(crate) async fn clear(self) {
        clean(&self.moving.target.database).await;
        self.yard.clear().await;
    }
}

pub(crate) async fn write(at: &Client, name: &str) -> Result<Uuid, tokio_postgres::Error> {
    let insert = "insert into guests (id, name, created_at, updated_at)
                  values (gen_random_uuid(), $1, now(), now()) returning id";
    Ok(at.query_one(insert, &[&name]).await?.get(0))
}

pub(super) async fn guests(at: &Client) -> BTreeSet<Uuid> {
    at.query("select id from guests", &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Writes guests until it is refused; those that were acknowledged.
fn write_on(at: Client, over: Arc<AtomicBool>) -> JoinHandle<BTreeSet<Uuid>> {
    tokio::spawn(async move {
        let mut acknowledged = BTreeSet::new();
        while !over.load(Ordering::Acquire) {
            match write(&at, "Wayan").await {
                Ok(id) => drop(acknowledged.insert(id)),
                Err(error) => {
                    assert_eq!(error.code().map(|code| code.code()), Some("42501"), "{error:?}");
                    break;
                }
            }
        }
        acknowledged
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_that_is_written_to_all_the_while_is_moved_and_nothing_acknowledged_is_lost() {
    let removal = Removal::of("written").await;
    let over = Arc::new(AtomicBool::new(false));
    let writers =
        [write_on(removal.at_source().await, over.clone()), write_on(removal.at_source().await, over.clone())];
    assert!(matches!(removal.step(MoveStep::Copy).await.unwrap(), Moved::Copied { .. }));
    let switched = removal.step(MoveStep::Switch).await.unwrap();
    assert!(
        matches!(&switched, Moved::Switched { template, .. } if template == removal.fleet.version()),
        "{switched:?}"
    );
    let mut acknowledged = BTreeSet::new();
    for writer in writers {
        let written = writer.await.unwrap();
        assert!(!written.is_empty(), "nobody wrote meanwhile");
        acknowledged.extend(written);
    }
    let (source, target) = (removal.at_source().await, removal.at_target().await.unwrap());
    assert_eq!(write(&source, "late").await.unwrap_err().code().unwrap().code(), "42501");
    assert_eq!(guests(&source).await, acknowledged, "readers are served at the source until nobody is");
    assert_eq!(guests(&target).await, acknowledged);

    removal.step(MoveStep::Clear).await.unwrap();
    assert_eq!(removal.links().await, 0);
    assert!(removal.yard.as_tenant(&removal.yard.database).await.is_err(), "nobody enters what is kept");
    write(&target, "first").await.unwrap();
    let refused = removal.step(MoveStep::Undo).await.unwrap_err();
    assert!(refused.is_final() && refused.reason().contains("lived in"), "{refused:?}");
    write(&target, "second").await.unwrap();
    let note = "insert into audit_log (at, actor_kind, action, subject_kind, subject_id)
                values (now(), 'system', 'tenant.move', 'tenant', gen_random_uuid()) returning seq";
    assert_eq!(target.query_one(note, &[]).await.unwrap().get::<_, i64>(0), 2, "numbers go on");
    removal.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_leaves_the_database_it_shares_while_it_is_written_to_and_its_neighbour_stays() {
    let removal = Removal::out_of_a_schema("leaving").await;
    let neighbour = removal.yard.beside(removal.yard.another());
    neighbour.fleet.carry_out(&neighbour.create(2)).await.unwrap();
    let at_neighbour = neighbour.as_tenant(&neighbour.database).await.unwrap();
    let stranger = write(&at_neighbour, "Made").await.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let writer = write_on(removal.at_source().await, over.clone());
    removal.step(MoveStep::Copy).await.unwrap();
    assert!(matches!(removal.step(MoveStep::Switch).await.unwrap(), Moved::Switched { .. }));
    let acknowledged = writer.await.unwrap();
    removal.step(MoveStep::Clear).await.unwrap();

    let target = removal.at_target().await.unwrap();
    assert!(!acknowledged.is_empty() && !acknowledged.contains(&stranger));
    assert_eq!(guests(&target).await, acknowledged, "its own guests, and nobody else's");
    write(&target, "first").await.unwrap();
    assert_eq!(removal.links().await, 0);
    assert!(removal.yard.as_tenant(&removal.yard.database).await.is_err(), "nobody enters what is kept");
    write(&at_neighbour, "still there").await.unwrap();
    drop((target, at_neighbour));
    clean(&neighbour.database).await;
    removal.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_killed_after_any_step_is_finished_by_the_next_worker() {
    use MoveStep::{Clear, Copy, Switch};
    use Step::{Hold, Link, PassOn, Seal, Subscribe, Unlink};
    let steps = [
        (Copy, Step::Clone),
        (Copy, Link),
        (Copy, Subscribe),
        (Switch, Hold),
        (Switch, Seal),
        (Clear, PassOn),
        (Clear, Unlink),
    ];
    for mut removal in [Removal::of("killed").await, Removal::out_of_a_schema("killed").await] {
        let guest = write(&removal.at_source().await, "Wayan").await.unwrap();
        for step in [Copy, Switch, Clear] {
            for (_, at) in steps.iter().filter(|(of, _)| *of == step) {
                removal.killed(step, *at).await;
                removal.fleet = mover();
            }
            removal.step(step).await.unwrap();
            removal.step(step).await.unwrap();
        }
        assert_eq!(removal.links().await, 0);
        assert!(guests(&removal.at_target().await.unwrap()).await.contains(&guest));
        removal.clear().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_undone_before_the_switch_is_told_was_never_there() {
    use MoveStep::{Copy, Switch, Undo};
    use Step::{Hold, Link, Seal, Subscribe, Unlink};
    for (before, step, at) in [
        (None, Copy, Step::Clone),
        (None, Copy, Link),
        (None, Copy, Subscribe),
        (Some(Copy), Switch, Hold),
        (Some(Copy), Switch, Seal),
    ] {
        let removal = Removal::of(&format!("undone {at:?}")).await;
        if let Some(before) = before {
            removal.step(before).await.unwrap();
        }
        removal.killed(step, at).await;
        removal.killed(Undo, Unlink).await;
        write(&removal.at_source().await, "while it is undone").await.unwrap();
        assert_eq!(mover().carry_out(&removal.task(Undo)).await.unwrap(), Outcome::Moved(Moved::Undone));
        removal.assert_untouched().await;
        removal.clear().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_copied_faithfully_is_refused_and_the_hotel_is_served_on() {
    for (spoil, why) in [
        ("select lo_create(0)", "large objects"),
        ("create unlogged table fleeting (n int primary key)", "not logged"),
        ("create table keyless (n int)", "no key"),
        ("delete from schema_steps where number = (select max(number) from schema_steps)", "behind"),
    ] {
        let removal = Removal::of(why).await;
        let admin = connect(server().dbname(&removal.yard.database)).await.unwrap();
        admin.batch_execute(spoil).await.unwrap();
        let refused = removal.step(MoveStep::Copy).await.unwrap_err();
        assert!(refused.is_final() && refused.reason().contains(why), "{refused:?}");
        removal.step(MoveStep::Undo).await.unwrap();
        removal.assert_untouched().await;
        removal.clear().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_slot_or_a_row_that_differs_ends_the_move_and_not_the_hotel() {
    let removal = Removal::of("lost").await;
    removal.step(MoveStep::Copy).await.unwrap();
    let target = connect(server().dbname(&removal.moving.target.database)).await.unwrap();
    write(&target, "a stranger").await.unwrap();
    let differs = removal.step(MoveStep::Switch).await.unwrap_err();
    assert!(matches!(&differs, FleetError::CopyDiffers(table) if table == "guests"), "{differs:?}");
    write(&removal.at_source().await, "let go").await.unwrap();

    let admin = connect(&server()).await.unwrap();
    let drop_it = "select pg_terminate_backend(active_pid) from pg_replication_slots where database = $1";
    let dropped = "select count(pg_drop_replication_slot(slot_name)) from pg_replication_slots where database = $1";
    while admin.query_one(dropped, &[&removal.yard.database]).await.is_err() {
        admin.query(drop_it, &[&removal.yard.database]).await.unwrap();
    }
    for step in [MoveStep::Copy, MoveStep::Switch] {
        let lost = removal.step(step).await.unwrap_err();
        assert!(matches!(lost, FleetError::SlotLost), "{lost:?}");
    }
    removal.step(MoveStep::Undo).await.unwrap();
    drop(target);
    removal.assert_untouched().await;
    removal.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_that_fails_after_one_that_was_killed_lets_the_writers_in_again() {
    let removal = Removal::of("failed after killed").await;
    removal.step(MoveStep::Copy).await.unwrap();
    removal.killed(MoveStep::Switch, Step::Seal).await;
    let source = removal.at_source().await;
    assert_eq!(write(&source, "shut out").await.unwrap_err().code().unwrap().code(), "42501");
    let admin = connect(&server()).await.unwrap();
    let unmark = format!("comment on database {} is null", removal.moving.target.database);
    admin.batch_execute(&unmark).await.unwrap();
    let failed = removal.step(MoveStep::Switch).await.unwrap_err();
    assert!(matches!(failed, FleetError::CannotMove(_)), "{failed:?}");
    write(&source, "let in").await.unwrap();
    let mark = format!(
        "comment on database {} is '{} moves here from {}'",
        removal.moving.target.database,
        removal.moving.tenant,
        removal.moving.source.quarters()
    );
    admin.batch_execute(&mark).await.unwrap();
    assert!(matches!(removal.step(MoveStep::Switch).await.unwrap(), Moved::Switched { .. }));
    removal.step(MoveStep::Clear).await.unwrap();
    removal.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_are_let_in_at_one_end_only_whoever_asks_first() {
    for removal in [Removal::of("turns").await, Removal::out_of_a_schema("turns").await] {
        removal.step(MoveStep::Copy).await.unwrap();
        assert!(!removal.fleet.take_back(&removal.moving).await.unwrap(), "nobody is shut out");
        removal.step(MoveStep::Switch).await.unwrap();
        let (source, target) = (removal.at_source().await, removal.at_target().await.unwrap());
        for end in [&source, &target] {
            assert_eq!(write(end, "between").await.unwrap_err().code().unwrap().code(), "42501");
        }
        assert!(removal.fleet.take_all_back(&cluster(), &removal.moving.source.database).await.unwrap());
        let late = write(&source, "where it was").await.unwrap();
        assert_eq!(removal.step(MoveStep::Clear).await.unwrap(), Moved::Reopened);
        removal.fleet.pass_on(&removal.moving).await.unwrap();
        assert!(write(&target, "at both").await.is_err());

        removal.step(MoveStep::Switch).await.unwrap();
        removal.fleet.pass_on(&removal.moving).await.unwrap();
        assert!(!removal.fleet.take_back(&removal.moving).await.unwrap(), "it is the target's turn");
        write(&target, "where it is").await.unwrap();
        assert!(write(&source, "at both").await.is_err());
        let note = "insert into audit_log (at, actor_kind, action, subject_kind) values (now(), 'system', 'x', 'y')";
        target.batch_execute(note).await.unwrap();
        let again = removal.step(MoveStep::Switch).await.unwrap();
        assert!(matches!(again, Moved::Switched { rows, .. } if rows > 0), "{again:?}");
        target.batch_execute(note).await.expect("its numbers go on, and its tables are where they were");
        assert!(guests(&target).await.contains(&late));
        removal.step(MoveStep::Clear).await.unwrap();
        removal.clear().await;
    }
}
