//! Many ask, few read: and whoever leaves, fails or is cut off takes nobody along.
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use hotelhub_web::Kind;
use jiff::civil::date;

use super::hotels::Dice;
use super::search;
use crate::furnished::furnish;
use crate::house::House;
use crate::tenancy::{counted, tenant_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_wait_are_answered_by_one_reading() {
    let house = House::saas_with(1, |_| {}).await;
    furnish(&house, 3).await;
    let tenant = tenant_of(&house.node, &house.hotels[0]).await;
    let held = tenant.connect().await.unwrap();
    let before = counted(&house.node, "hotelhub_calendar_readings_total");
    let asking = join_all((1..=40).map(|day| search(&tenant, date(2026, 8, 1), date(2026, 8, 1 + day % 30 + 1))));
    let giving_back = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(held);
    };
    let (found, ()) = tokio::join!(asking, giving_back);
    assert!(found.iter().all(|found| found.as_ref().is_ok_and(|found| found.room_types[0].available == 3)));
    assert_eq!(counted(&house.node, "hotelhub_calendar_readings_total") - before, 1);
    let loads = counted(&house.node, "hotelhub_calendar_loads_total");
    search(&tenant, date(2026, 8, 2), date(2026, 8, 3)).await.unwrap();
    assert_eq!(counted(&house.node, "hotelhub_calendar_loads_total"), loads, "nothing changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_at_any_moment_takes_nobody_along() {
    let house = House::saas_with(2, |_| {}).await;
    furnish(&house, 3).await;
    let tenant = tenant_of(&house.node, &house.hotels[0]).await;
    let db = house.sql().await;
    let mut dice = Dice::of(7);
    for _ in 0..150 {
        db.batch_execute("update inventory_days set held = 1 - held where day = '2026-08-05'").await.unwrap();
        let asked = || search(&tenant, date(2026, 8, 1), date(2026, 8, 15));
        let leaving: Vec<_> = (0..6).map(|_| Duration::from_micros(dice.throw(3_000))).collect();
        let leaving = join_all(leaving.into_iter().map(|patience| tokio::time::timeout(patience, asked())));
        let (_, stayed) = tokio::join!(biased; leaving, join_all((0..3).map(|_| asked())));
        assert!(stayed.iter().all(Result::is_ok), "{stayed:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_no_connection_to_be_had_all_are_refused_in_time_and_the_next_is_served() {
    let house = House::saas_with(1, |settings| settings.pool.wait = Duration::from_secs(1)).await;
    furnish(&house, 3).await;
    let tenant = tenant_of(&house.node, &house.hotels[0]).await;
    let held = tenant.connect().await.unwrap();
    let asked = || search(&tenant, date(2026, 8, 1), date(2026, 8, 3));
    for refused in join_all((0..20).map(|_| asked())).await {
        let refused = refused.expect_err("the only connection is lent");
        assert_eq!((refused.kind(), refused.code()), (Kind::Unavailable, "busy"));
    }
    let path = "/api/v1/availability?arrival=2026-08-01&departure=2026-08-03";
    let answer = house.guest().get(path).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.headers["retry-after"].to_str().unwrap()), (503, "1"));
    drop(held);
    assert_eq!(asked().await.unwrap().room_types[0].available, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_that_is_cut_off_fails_for_those_who_waited_and_for_nobody_after() {
    let house = House::saas_with(1, |_| {}).await;
    furnish(&house, 3).await;
    let tenant = tenant_of(&house.node, &house.hotels[0]).await;
    let asked = || search(&tenant, date(2026, 8, 1), date(2026, 8, 3));
    asked().await.unwrap();
    let (db, lock) = (house.sql().await, house.sql().await);
    let cut = "select pg_terminate_backend(pid, 2000) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid() and query like '%availability_version%'";
    db.batch_execute(&format!("{cut} and state = 'idle'")).await.unwrap();
    asked().await.expect("a connection that was closed while nobody used it is replaced");

    lock.batch_execute("begin; lock table availability_version in access exclusive mode").await.unwrap();
    let over = AtomicBool::new(false);
    let cutting = async {
        while !over.load(Ordering::Relaxed) {
            db.query(&format!("{cut} and wait_event_type = 'Lock'"), &[]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let asking = async {
        let refused = join_all((0..10).map(|_| asked())).await;
        over.store(true, Ordering::Relaxed);
        refused
    };
    let both = async { tokio::join!(asking, cutting) };
    let (refused, ()) = tokio::time::timeout(Duration::from_secs(60), both).await.expect("nobody waits for ever");
    lock.batch_execute("rollback").await.unwrap();
    for refused in refused {
        assert_eq!(refused.expect_err("it was cut off each time").kind(), Kind::Unavailable);
    }
    assert_eq!(asked().await.unwrap().room_types[0].available, 3);
}
