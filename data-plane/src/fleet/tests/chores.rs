//! Chores at a hotel's tables while it is served.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{Chore, Outcome, Task};
use uuid::Uuid;

use super::super::FleetError;
use super::{Yard, cluster, connect, server};

const MELATI: TenantId = TenantId(Uuid::from_u128(1));

async fn found(yard: &Yard, tenant: TenantId, chore: Chore) -> Result<Vec<String>, FleetError> {
    let (cluster, database) = (cluster(), yard.database.clone());
    match yard.fleet.carry_out(&Task::TendTenant { cluster, database, tenant, chore }).await? {
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
async fn another_tenants_house_is_not_tended() {
    let yard = Yard::new("chores elsewhere").await;
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    let refused = found(&yard, TenantId(Uuid::from_u128(2)), Chore::Vacuum).await.unwrap_err();
    assert!(matches!(refused, FleetError::Taken { .. }), "{refused:?}");
    yard.clear().await;
}
