//! What was committed is seen by the next search, on every node and whole.
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use hotelhub_data_plane::tenancy::Tenant;
use hotelhub_protocol::{Change, Delta, Deltas};
use jiff::civil::date;
use tokio::task::JoinSet;

use super::search;
use crate::furnished::furnish;
use crate::house::House;
use crate::tenancy::tenant_of;

/// Two nights, in two chunks of the calendar.
const NIGHTS: [jiff::civil::Date; 3] = [date(2026, 8, 6), date(2026, 8, 7), date(2026, 8, 8)];

/// How often the hotel changes.
const CHANGES: i64 = 600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_through_one_node_is_seen_by_the_very_next_search_on_another() {
    let house = House::standalone().await;
    let other = house.beside().await;
    let hotel = furnish(&house, 8).await;
    let there = other.guest();
    let free = async || {
        let path = "/api/v1/availability?arrival=2026-08-11&departure=2026-08-13";
        there.get(path).await.unwrap().json()["room_types"][0]["available"].as_i64().unwrap()
    };
    assert_eq!(free().await, 8);
    for left in (0..8).rev() {
        hotel.book("confirmed", "2026-08-12", "2026-08-14").await;
        assert_eq!(free().await, left);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_search_is_older_than_a_commit_that_was_acknowledged_before_it_and_none_is_torn() {
    let house = House::standalone().await;
    let other = house.beside().await;
    furnish(&house, 1).await;
    let db = house.sql().await;
    db.batch_execute("update inventory_days set physical = 30000").await.unwrap();
    let (started, acknowledged) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(-1)));
    let mut searchers = JoinSet::new();
    for node in [&house, &other, &house, &other, &house, &other] {
        let tenant = tenant_of(&node.node, &node.hotels[0]).await;
        searchers.spawn(watch(tenant, started.clone(), acknowledged.clone()));
    }
    for n in 0..=CHANGES {
        started.store(n, Ordering::SeqCst);
        let change = format!(
            "begin;
             update inventory_days set sold = {n} where day in ('2026-08-06', '2026-08-07');
             update rate_days set price_idr = {n} where day in ('2026-08-06', '2026-08-07');
             commit"
        );
        db.batch_execute(&change).await.unwrap();
        acknowledged.store(n, Ordering::SeqCst);
        if n % 7 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        }
    }
    let searched: Vec<i64> = searchers.join_all().await;
    assert!(searched.iter().sum::<i64>() > 50, "{searched:?}");
}

/// Searches until the last change was seen; answers how often.
async fn watch(tenant: Tenant, started: Arc<AtomicI64>, acknowledged: Arc<AtomicI64>) -> i64 {
    let mut searches = 0;
    let mut last = -1;
    while last < CHANGES {
        let before = acknowledged.load(Ordering::SeqCst);
        let found = search(&tenant, NIGHTS[0], NIGHTS[2]).await.unwrap();
        let after = started.load(Ordering::SeqCst);
        let kind = &found.room_types[0];
        let sold = i64::from(30_000 - kind.available);
        let prices: Vec<i64> = kind.offers[0].nights.iter().map(|night| night.price.0).collect();
        if before >= 0 {
            assert_eq!(prices, [sold, sold], "rooms and prices of two moments");
            assert!(before <= sold && sold <= after, "{before} was acknowledged, {after} begun, {sold} seen");
            assert!(sold >= last, "{sold} seen after {last}");
            last = sold;
        }
        searches += 1;
    }
    searches
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_restored_to_an_earlier_day_does_not_meet_its_later_calendar() {
    let house = House::saas().await;
    let hotel = furnish(&house, 3).await;
    let tenant = tenant_of(&house.node, &house.hotels[0]).await;
    let database = tenant.route().placement.database.clone();
    let restored = format!("{database}_r");
    let admin = house.admin().await;
    let cut = format!("select pg_terminate_backend(pid, 2000) from pg_stat_activity where datname = '{database}'");
    admin.batch_execute(&cut).await.unwrap();
    admin.batch_execute(&format!("create database {restored} template {database}")).await.unwrap();
    hotel.book("confirmed", "2026-08-11", "2026-08-13").await;
    assert_eq!(hotel.free("2026-08-11", "2026-08-13").await, 2);

    let mut route = tenant.route().clone();
    route.placement.database.clone_from(&restored);
    route.placement.generation += 1;
    let since = house.node.directory.version();
    let deltas = vec![Delta { version: since + 1, change: Change::Route(Box::new(route)) }];
    house.node.directory.apply_deltas(Deltas { since, deltas });
    assert_eq!(hotel.free("2026-08-11", "2026-08-13").await, 3);
    hotel.book("confirmed", "2026-08-11", "2026-08-13").await;
    assert_eq!(hotel.free("2026-08-11", "2026-08-13").await, 2);
    admin.batch_execute(&format!("drop database {restored} with (force)")).await.unwrap();
}
