//! One hard budget per Postgres server: bounded waits, evictions, and a cold hotel that everybody wants at once.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use futures_util::future::join_all;
use hotelhub_data_plane::tenancy::Tenant;
use hotelhub_protocol::{ReadyDatabase, Role, Share};
use hotelhub_web::Kind;

use super::{WHO, both, counted, pid, settles_at, tenant_of};
use crate::house::{House, cluster};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_a_cold_hotel_are_all_served_by_its_few_connections() {
    let house = House::saas_with(4, |_| {}).await;
    let (melati, _) = both(&house).await;
    let asking = (0..200).map(|_| async {
        let conn = melati.connect().await?;
        Ok::<i32, hotelhub_web::AppError>(conn.query_one(WHO, &[]).await?.get(0))
    });
    let answers = join_all(asking).await;
    assert!(answers.iter().all(Result::is_ok), "{:?}", answers.iter().find(|answer| answer.is_err()));
    assert!(counted(&house.node, "hotelhub_pool_opens_total") <= 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_budget_means_a_bounded_wait_and_then_a_refusal() {
    let house = House::saas_with(4, |settings| {
        settings.pool.budget = 2;
        settings.pool.wait = Duration::from_secs(2);
    })
    .await;
    let (melati, kenanga) = both(&house).await;
    let first = melati.connect().await.unwrap();
    let second = melati.connect().await.unwrap();
    let refused = kenanga.connect().await.err().expect("there is no room");
    assert_eq!((refused.kind(), refused.code()), (Kind::Unavailable, "busy"));
    assert_eq!(house.node.pools.open_connections(), 2);

    drop(first);
    pid(&kenanga).await;
    assert_eq!(counted(&house.node, "hotelhub_pool_evictions_total"), 1, "an idle connection made room");
    assert!(house.node.pools.open_connections() <= 2);
    drop(second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn room_is_made_by_the_hotel_that_is_asked_for_least_and_not_by_the_one_that_was_asked_longest_ago() {
    let three = [("melati", "Hotel Melati"), ("kenanga", "Villa Kenanga"), ("mawar", "Losmen Mawar")];
    let house = House::saas_of(&three, &[Role::Serve], 4, |settings| settings.pool.budget = 2).await;
    let (melati, kenanga) = both(&house).await;
    let mawar = tenant_of(&house.node, &house.hotels[2]).await;
    let often = pid(&melati).await;
    for _ in 0..20 {
        pid(&melati).await;
    }
    pid(&kenanga).await;
    pid(&mawar).await;
    assert_eq!(pid(&melati).await, often);
    assert_eq!(counted(&house.node, "hotelhub_pool_opens_total"), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_large_budget_a_little_stays_free_at_the_cost_of_who_is_seldom_asked_for() {
    let house = House::saas_with(16, |settings| settings.pool.budget = 32).await;
    let (melati, kenanga) = both(&house).await;
    let all_at_once = async |tenant: &Tenant| {
        drop(join_all((0..16).map(|_| async { tenant.connect().await.unwrap() })).await);
    };
    all_at_once(&melati).await;
    all_at_once(&kenanga).await;
    settles_at(&house, 30).await;
    assert_eq!(counted(&house.node, "hotelhub_pool_evictions_total"), 2);
    for _ in 0..300 {
        tokio::join!(pid(&melati), pid(&kenanga));
    }
    all_at_once(&melati).await;
    all_at_once(&kenanga).await;
    assert_eq!(counted(&house.node, "hotelhub_pool_evictions_total"), 2, "both are asked for often: nothing is closed");
    assert_eq!(house.node.pools.open_connections(), 32);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_finds_the_budget_full_is_told_when_to_come_back() {
    let house = House::saas_with(4, |settings| {
        settings.pool.budget = 2;
        settings.pool.wait = Duration::from_secs(2);
    })
    .await;
    let (melati, _) = both(&house).await;
    let held = [melati.connect().await.unwrap(), melati.connect().await.unwrap()];
    let visitor = house.hotels[1].stranger();
    let door = visitor.get("/api/v1/public/property").await.unwrap();
    assert_eq!((door.status.as_u16(), door.code().as_str()), (503, "busy"), "{}", door.text);
    let page = visitor.page("/book").await.unwrap();
    assert_eq!(page.status, 503, "{}", page.text);
    assert!(page.text.starts_with("<!doctype html>") && !page.text.contains("panicked"), "{}", page.text);
    for answer in [&door, &page] {
        let seconds = answer.headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
        assert!(seconds.is_some_and(|seconds| seconds > 0), "{:?}", answer.headers);
    }
    drop(held);
    assert_eq!(visitor.get("/api/v1/public/property").await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_is_served_when_another_hotel_gives_back() {
    let house = House::saas_with(2, |settings| settings.pool.budget = 2).await;
    let (melati, kenanga) = both(&house).await;
    let busy = async |tenant: &hotelhub_data_plane::tenancy::Tenant| {
        join_all((0..60).map(|_| async { pid(tenant).await })).await
    };
    tokio::join!(busy(&melati), busy(&kenanga));
    assert!(house.node.pools.open_connections() <= 2);
    assert_eq!(counted(&house.node, "hotelhub_pool_refusals_total"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_three_hundred_requests_of_one_hotel_another_is_served_next() {
    let house = House::saas_with(300, |settings| {
        settings.pool.budget = 2;
        settings.pool.wait = Duration::from_secs(60);
    })
    .await;
    let (melati, kenanga) = both(&house).await;
    let served = AtomicUsize::new(0);
    let flood = join_all((0..300).map(|_| async {
        melati.connect().await.unwrap().query_one("select pg_sleep(0.02)", &[]).await.unwrap();
        served.fetch_add(1, Ordering::SeqCst);
    }));
    let other = async {
        while served.load(Ordering::SeqCst) < 4 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        pid(&kenanga).await;
        served.load(Ordering::SeqCst)
    };
    let (_, before_the_other) = tokio::join!(flood, other);
    assert!(before_the_other < 150, "{before_the_other} of 300 were served first");
    assert!(counted(&house.node, "hotelhub_pool_opens_total") < 50, "a flood alone keeps its connections");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_stops_asking_leaves_the_only_connection_to_others_in_turn() {
    let house = House::saas_with(4, |settings| settings.pool.budget = 1).await;
    let (melati, kenanga) = both(&house).await;
    let enough = Arc::new(AtomicBool::new(false));
    let flood: Vec<_> = (0..8)
        .map(|_| {
            let (melati, enough) = (melati.clone(), enough.clone());
            tokio::spawn(async move {
                while !enough.load(Ordering::SeqCst) {
                    pid(&melati).await;
                }
            })
        })
        .collect();
    for _ in 0..5 {
        pid(&kenanga).await;
    }
    enough.store(true, Ordering::SeqCst);
    for guest in flood {
        guest.await.unwrap();
    }
    assert_eq!(counted(&house.node, "hotelhub_pool_refusals_total"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_just_when_a_connection_came_back_for_him_leaves_its_place_to_another_hotel() {
    let house = House::saas_as(&[Role::Serve], 2, |settings| settings.pool.wait = Duration::from_secs(20)).await;
    house.node.pools.grant(&[Share { cluster: cluster(), role: Role::Serve, connections: 2 }]);
    let (melati, kenanga) = both(&house).await;
    let (held, _other) = (melati.connect().await.unwrap(), kenanga.connect().await.unwrap());
    let (mut gives_up, mut waits) = (Box::pin(melati.connect()), Box::pin(kenanga.connect()));
    let mut nobody = Context::from_waker(Waker::noop());
    assert!(gives_up.as_mut().poll(&mut nobody).is_pending() && waits.as_mut().poll(&mut nobody).is_pending());
    drop(held);
    drop(gives_up);
    assert!(waits.await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_connection_is_being_closed_already_no_second_one_is_for_the_same_place() {
    let three = [("melati", "Hotel Melati"), ("kenanga", "Villa Kenanga"), ("mawar", "Losmen Mawar")];
    let house = House::saas_of(&three, &[Role::Serve], 4, |settings| settings.pool.budget = 2).await;
    let (melati, kenanga) = both(&house).await;
    let mawar = tenant_of(&house.node, &house.hotels[2]).await;
    tokio::join!(pid(&melati), pid(&kenanga));
    let mut nobody = Context::from_waker(Waker::noop());
    // One gives up while the connection that was closed for him is leaving, and the next comes.
    let _ = Box::pin(mawar.connect()).as_mut().poll(&mut nobody);
    pid(&mawar).await;
    assert_eq!(counted(&house.node, "hotelhub_pool_evictions_total"), 1);
    settles_at(&house, 2).await;
    assert_eq!(house.node.pools.open_connections(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_smaller_share_is_lived_by_as_connections_come_back() {
    let house = House::saas_with(4, |_| {}).await;
    let (melati, _) = both(&house).await;
    let held = join_all((0..4).map(|_| async { melati.connect().await.unwrap() })).await;
    let share = |connections| Share { cluster: cluster(), role: Role::Serve, connections };
    house.node.pools.grant(&[share(1)]);
    drop(held);
    settles_at(&house, 1).await;
    pid(&melati).await;
    assert_eq!(house.node.pools.open_connections(), 1);
    assert_eq!(counted(&house.node, "hotelhub_pool_opens_total"), 4, "the one there may be was kept");
    house.node.pools.grant(&[share(3)]);
    let held = join_all((0..3).map(|_| async { melati.connect().await.unwrap() })).await;
    assert_eq!(house.node.pools.open_connections(), 3);
    drop(held);
    assert!(house.node.pools.load().iter().any(|load| load.holding.contains(&share(3))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_hotel_gives_its_connections_up() {
    let house = House::saas_with(4, |settings| settings.pool.idle = Duration::from_millis(200)).await;
    let (melati, kenanga) = both(&house).await;
    let (first, _) = (pid(&melati).await, pid(&kenanga).await);
    settles_at(&house, 0).await;
    assert_ne!(pid(&melati).await, first, "and opens a new one when somebody asks");
}

const ASKED_FIRST: &str = "select slug from house";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_opened_ahead_is_the_first_its_tenant_is_lent_and_the_first_to_go_when_others_need_it() {
    let house = House::saas_with(4, |settings| settings.pool.budget = 1).await;
    let (melati, kenanga) = both(&house).await;
    let pools = &house.node.pools;
    let ready = |tenant: &Tenant| {
        let placement = &tenant.route().placement;
        ReadyDatabase { cluster: placement.cluster.clone(), database: placement.quarters() }
    };
    pools.open_ahead(&[ready(&melati)], &[&[ASKED_FIRST]]).await;
    assert_eq!(pools.open_connections(), 1);
    pools.open_ahead_also(&ready(&kenanga), &[]).await;
    assert_eq!(pools.open_connections(), 1, "nothing is opened ahead over the budget");
    let prepared = "select count(*) from pg_prepared_statements where statement = $1";
    let prepared: i64 = melati.connect().await.unwrap().query_one(prepared, &[&ASKED_FIRST]).await.unwrap().get(0);
    assert_eq!(prepared, 1, "it knows what it is asked first");
    assert_eq!((pools.open_connections(), counted(&house.node, "hotelhub_pool_opens_total")), (1, 0));

    pid(&kenanga).await;
    settles_at(&house, 1).await;
    melati.connect().await.unwrap();
    pools.open_ahead(&[], &[]).await;
    settles_at(&house, 1).await;
}
