//! Chores at a hotel's tables while it is served.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{Chore, MoveStep, Outcome, Placement, Task};
use uuid::Uuid;

use super::super::{Fleet, FleetError};
use super::moves::Removal;
use super::{Yard, cluster, connect, server};

const MELATI: TenantId = TenantId(Uuid::from_u128(1));

async fn found(yard: &Yard, tenant: TenantId, chore: Chore) -> Result<Vec<String>, FleetError> {
    let place = Placement::at(cluster(), &yard.database, 1).unwrap();
    found_at(&yard.fleet, &place, (tenant, chore)).await
}

async fn found_at(
    fleet: &Fleet,
    place: &Placement,
    (tenant, chore): (TenantId, Chore),
) -> Result<Vec<String>, FleetError> {
    let (cluster, database) = (place.cluster.clone(), place.quarters());
    match fleet.carry_out(&Task::TendTenant { cluster, database, tenant, chore }).await? {
        Outcome::Tended(told) => Ok(told.found),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_hotel_in_order_has_nothing_found_in_it_and_one_that_is_not_is_told_what() {
    let yard = Yard::new("chores").await;
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    for chore in Chore::ALL {
        assert_eq!(found(&yard, MELATI, chore).await.unwrap(), Vec::<String>::new(), "{chore:?}");
    }
    let mut inside = server();
    let inside = connect(inside.dbname(&yard.database)).await.unwrap();
    let break_it = "
        insert into idempotency_keys (key, scope, request_hash, created_at) values ('12345678', 'a', 'b', now());
        insert into room_types (id, property_id, code, name, created_at, updated_at)
        select gen_random_uuid(), id, 'DLX', 'Deluxe', now(), now() from properties;
        insert into inventory_days (room_type_id, day, physical, sold) select id, '2026-07-03', 2, 1 from room_types;
        update pg_index set indisvalid = false where indexrelid = 'guests_by_email'::regclass";
    inside.batch_execute(break_it).await.unwrap();
    assert_eq!(
        found(&yard, MELATI, Chore::Check).await.unwrap(),
        [
            "1 nights of a room type are counted otherwise than reservations have them",
            "1 changes were kept in half",
            "the index guests_by_email is not valid"
        ]
    );
    yard.clear().await;
}

#[tokio::test]
async fn what_a_rebuilding_left_that_was_broken_off_goes_with_the_next() {
    for yard in [Yard::new("left by a rebuilding").await, Yard::shared("left in a schema by a rebuilding").await] {
        yard.fleet.carry_out(&yard.create(1)).await.unwrap();
        let inside = yard.in_schema().await;
        let leave = "
            create index guests_by_email_ccnew on guests (email);
            create index guests_by_email_ccold2 on guests (email);
            update pg_index set indisvalid = false
             where indexrelid in ('guests_by_email_ccnew'::regclass, 'guests_by_email_ccold2'::regclass)";
        inside.batch_execute(leave).await.unwrap();
        assert_eq!(found(&yard, MELATI, Chore::Check).await.unwrap().len(), 2);
        found(&yard, MELATI, Chore::Reindex).await.unwrap();
        assert_eq!(found(&yard, MELATI, Chore::Check).await.unwrap(), Vec::<String>::new());
        yard.clear().await;
    }
}

#[tokio::test]
async fn a_rebuilding_that_is_stopped_leaves_nothing_beside_the_index() {
    let yard = Yard::new("stopped rebuilding").await;
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    let writes = yard.in_schema().await;
    let write =
        "insert into guests (id, name, created_at, updated_at) values (gen_random_uuid(), 'Made', now(), now())";
    writes.batch_execute(&format!("begin; {write}")).await.unwrap();
    let watch = connect(&server()).await.unwrap();
    let stop = async {
        let waits = "
            select count(pg_cancel_backend(pid)) from pg_stat_activity
             where datname = $1 and query like 'reindex table concurrently guests%' and wait_event_type = 'Lock'";
        while watch.query_one(waits, &[&yard.database]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        writes.batch_execute("rollback").await.unwrap();
    };
    let (stopped, ()) = tokio::join!(found(&yard, MELATI, Chore::Reindex), stop);
    assert!(matches!(stopped, Err(FleetError::Database { .. })), "{stopped:?}");
    assert_eq!(found(&yard, MELATI, Chore::Check).await.unwrap(), Vec::<String>::new());
    yard.clear().await;
}

#[tokio::test]
async fn the_index_behind_an_exclusion_is_rebuilt_too_and_what_is_not_is_told() {
    for yard in [Yard::new("exclusions").await, Yard::shared("exclusions in a schema").await] {
        yard.fleet.carry_out(&yard.create(1)).await.unwrap();
        let inside = yard.in_schema().await;
        let files = async || -> Vec<u32> {
            let files = "select c.relfilenode from pg_index i join pg_class c on c.oid = i.indexrelid
                          where i.indrelid = 'room_assignments'::regclass order by c.relname";
            inside.query(files, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
        };
        let before = files().await;
        assert_eq!(found(&yard, MELATI, Chore::Reindex).await.unwrap(), Vec::<String>::new());
        let after = files().await;
        assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{before:?} {after:?}");

        let leave = "
            create function slow(n int) returns int immutable language plpgsql as
                'begin perform pg_catalog.pg_sleep(0.6); return n; end';
            create table minibars (n int primary key);
            insert into minibars values (1), (2);
            alter table minibars add constraint minibars_slow exclude ((slow(n)) with =);
            update pg_index set indisvalid = false where indexrelid = 'guests_by_email'::regclass";
        inside.batch_execute(leave).await.unwrap();
        assert_eq!(
            found(&yard, MELATI, Chore::Reindex).await.unwrap(),
            [
                "the index guests_by_email was not rebuilt: it is not valid",
                "the index minibars_slow was not rebuilt: its table could not be locked, or would have been for more than 1s"
            ]
        );
        yard.clear().await;
    }
}

#[tokio::test]
async fn another_tenants_house_is_not_tended() {
    let yard = Yard::new("chores elsewhere").await;
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    let refused = found(&yard, TenantId(Uuid::from_u128(2)), Chore::Vacuum).await.unwrap_err();
    assert!(matches!(refused, FleetError::Taken { .. }), "{refused:?}");
    yard.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_done_at_a_database_that_the_tenant_has_left_or_does_not_live_in_yet() {
    for removal in [Removal::of("chores").await, Removal::out_of_a_schema("chores").await] {
        let (source, target) = (removal.moving.source.clone(), removal.moving.target.clone());
        let tend = async |place: &Placement, chore: Chore| found_at(&removal.fleet, place, (MELATI, chore)).await;
        removal.step(MoveStep::Copy).await.unwrap();
        assert_eq!(tend(&source, Chore::Analyze).await.unwrap(), Vec::<String>::new(), "it is served from there");
        removal.step(MoveStep::Switch).await.unwrap();
        for (place, chore) in [&source, &target].into_iter().flat_map(|place| Chore::ALL.map(|chore| (place, chore))) {
            let refused = tend(place, chore).await.unwrap_err();
            assert!(matches!(refused, FleetError::ShutOut), "{chore:?} at {place:?}: {refused:?}");
        }
        removal.step(MoveStep::Clear).await.unwrap();
        for chore in Chore::ALL {
            let refused = tend(&source, chore).await.unwrap_err();
            assert!(matches!(refused, FleetError::ShutOut) && !refused.is_final(), "{chore:?}: {refused:?}");
            assert_eq!(tend(&target, chore).await.unwrap(), Vec::<String>::new(), "{chore:?}");
        }
        removal.clear().await;
    }
}
