//! The routing table changes under the node: databases move, hotels go, and nobody is served from the wrong house.
use std::pin::pin;
use std::time::Duration;

use hotelhub_data_plane::tenancy::{Applied, Business, Tenant};
use hotelhub_protocol::{Change, Delta, Deltas, Route, TenantStatus};
use hotelhub_web::Kind;

use super::{WHO, both, counted, pid, settles_at};
use crate::house::House;

pub(crate) fn change(house: &House, change: Change) {
    let since = house.node.directory.version();
    let deltas = Deltas { since, deltas: vec![Delta { version: since + 1, change }] };
    assert_eq!(house.node.directory.apply_deltas(deltas), Applied::Done);
}

pub(crate) fn route(tenant: &Tenant, change: impl FnOnce(&mut Route)) -> Change {
    let mut route = tenant.route().clone();
    change(&mut route);
    Change::Route(Box::new(route))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_another_house_is_never_served_from() {
    let house = House::saas().await;
    let (melati, kenanga) = both(&house).await;
    let wrong = kenanga.route().placement.clone();
    change(&house, route(&melati, |route| route.placement = wrong));
    let (melati, _) = both(&house).await;
    let refused = melati.connect().await.err().expect("it is not Melati's house");
    assert_eq!(refused.kind(), Kind::Unavailable);
    assert_eq!(counted(&house.node, "hotelhub_pool_strangers_total"), 1);
    settles_at(&house, 0).await;
    pid(&kenanga).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_generation_means_a_new_pool_and_an_equal_one_the_same() {
    let house = House::saas_with(1, |_| {}).await;
    let (melati, _) = both(&house).await;
    let first = pid(&melati).await;
    change(&house, route(&melati, |route| route.name = "Hotel Melati Indah".to_owned()));
    let (melati, _) = both(&house).await;
    assert_eq!((pid(&melati).await, melati.name()), (first, "Hotel Melati Indah"));
    change(&house, route(&melati, |route| route.placement.generation += 1));
    let next = pid(&melati).await;
    assert_ne!(next, first, "who was resolved before the move is served at the new place");
    let (moved, _) = both(&house).await;
    assert_eq!(pid(&moved).await, next);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_a_connection_while_the_hotel_moves_is_served_at_the_new_place() {
    let house = House::saas_with(1, |settings| settings.pool.budget = 1).await;
    let (melati, kenanga) = both(&house).await;
    let held = kenanga.connect().await.unwrap();
    let mut waits = pin!(melati.connect());
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut waits).await.is_err(), "the budget is full");
    change(&house, route(&melati, |route| route.placement.generation += 1));
    drop(held);
    let conn = waits.await.unwrap();
    let served: i32 = conn.query_one(WHO, &[]).await.unwrap().get(0);
    drop(conn);
    let (moved, _) = both(&house).await;
    assert_eq!(pid(&moved).await, served);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_that_is_gone_is_nobody_and_its_connections_are_closed() {
    let house = House::saas().await;
    let (melati, _) = both(&house).await;
    let held = melati.connect().await.unwrap();
    change(&house, Change::Gone { tenant: melati.id() });
    assert_eq!(house.stranger().get("/api/v1/session").await.unwrap().status, 404);
    assert!(melati.connect().await.is_err());
    drop(held);
    settles_at(&house, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_in_arrears_refuses_new_business_and_one_that_left_refuses_all() {
    let house = House::saas().await;
    let (melati, _) = both(&house).await;
    assert!(melati.may_begin(Business::BookingByGuest).is_ok());
    change(&house, route(&melati, |route| route.status = TenantStatus::Suspended));
    let (melati, _) = both(&house).await;
    assert_eq!(melati.may_begin(Business::BookingByGuest).unwrap_err().code(), "suspended");
    assert_eq!(melati.may_begin(Business::Rates).unwrap_err().code(), "hotel-suspended");
    change(&house, route(&melati, |route| route.status = TenantStatus::Churned));
    let answer = house.stranger().get("/api/v1/session").await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (410, "stopped"));
}
