//! The fleet's part of a server's connections, and what counts against it.
use std::time::Duration;

use hotelhub_protocol::{Role, Share, Task};
use tokio_util::sync::CancellationToken;

use super::super::{Admin, ClusterKeys};
use super::backups::{BACKUP, Cellar, MELATI};
use super::{Yard, administrator, cluster, connect, holds, key, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fleet_never_has_more_connections_than_its_share() {
    let yards = [Yard::new("share 1").await, Yard::new("share 2").await, Yard::new("share 3").await];
    let fleet = yards[0].fleet.clone();
    let share = |connections| Share { cluster: cluster(), role: Role::Fleet, connections };
    fleet.grant(&[share(2)]);
    holds(|| fleet.open(&cluster()) <= 2).await;
    let (done, watched) = (CancellationToken::new(), fleet.clone());
    let most = tokio::spawn({
        let done = done.clone();
        async move {
            let mut most = 0;
            while !done.is_cancelled() {
                most = most.max(watched.open(&cluster()));
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            most
        }
    });
    let [first, second, third] = yards.each_ref().map(|yard| yard.create(1));
    let all = tokio::join!(fleet.carry_out(&first), fleet.carry_out(&second), fleet.carry_out(&third));
    done.cancel();
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok(), "{all:?}");
    assert_eq!(most.await.unwrap(), 2);
    fleet.grant(&[share(0)]);
    holds(|| fleet.open(&cluster()) == 0).await;
    let none = tokio::time::timeout(Duration::from_millis(200), fleet.carry_out(&yards[0].create(1))).await;
    assert!(none.is_err() && fleet.open(&cluster()) == 0, "without a share it waits");
    for yard in yards {
        yard.assert_seeded_once().await;
        yard.clear().await;
    }
}

#[test]
fn a_server_that_is_gone_without_a_word_is_noticed_within_minutes_where_its_address_says_nothing_else() {
    let idle = |address: &str| {
        let admin = Admin::new(&cluster(), address.parse().unwrap(), ClusterKeys::of(key()));
        admin.config().get_keepalives_idle()
    };
    assert_eq!(idle("host=db user=postgres"), Duration::from_secs(60));
    assert_eq!(idle("host=db user=postgres keepalives_idle=7"), Duration::from_secs(7));
}

#[tokio::test]
async fn a_connection_counts_until_the_server_has_let_go_of_it() {
    let yard = Yard::new("counted").await;
    yard.fleet.carry_out(&yard.prepare()).await.unwrap();
    let (admin, watch) = (administrator(), connect(&server()).await.unwrap());
    let inside = admin.enter(&yard.database).await.unwrap();
    // A backend with so much to put away takes its time to end.
    let many =
        "do $$ begin for n in 1..300 loop execute format('create temp table away_%s (n int)', n); end loop; end $$";
    inside.batch_execute(many).await.unwrap();
    drop(inside);
    holds(|| admin.open() == 0).await;
    let there = "select count(*) from pg_stat_activity where datname = $1";
    assert_eq!(watch.query_one(there, &[&yard.database]).await.unwrap().get::<_, i64>(0), 0);
    yard.clear().await;
}

#[tokio::test]
async fn a_backup_that_nobody_waits_for_any_more_counts_until_the_server_has_let_go_of_its_program() {
    let cellar = Cellar::of("counts until it is gone").await;
    let (watch, mut at_home) = (connect(&server()).await.unwrap(), server());
    let in_the_way = connect(at_home.dbname(&cellar.yard.database)).await.unwrap();
    // The program asks for it, what is summed before does not. A backend that waits for a lock hears of nobody's end.
    in_the_way.batch_execute("begin; lock table pg_catalog.pg_transform in access exclusive mode").await.unwrap();
    let task = Task::BackUpTenant {
        cluster: cluster(),
        database: cellar.yard.database.clone(),
        tenant: MELATI,
        backup: BACKUP,
    };
    let fleet = cellar.fleet.clone();
    let backing_up = tokio::spawn(async move { fleet.carry_out(&task).await.map(drop) });
    let count = async |which: &str| -> u32 {
        let count = format!(
            "select count(*)::int from pg_stat_activity where datname = $1 and application_name = 'hotelhub-fleet' {which}"
        );
        let counted: i32 = watch.query_one(&count, &[&cellar.yard.database]).await.unwrap().get(0);
        u32::try_from(counted).unwrap()
    };
    while count("and wait_event_type = 'Lock'").await == 0 {
        assert!(!backing_up.is_finished(), "it does not wait");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    backing_up.abort();
    assert!(backing_up.await.unwrap_err().is_cancelled());
    loop {
        let open = cellar.fleet.open(&cluster());
        let there = count("").await;
        assert!(open >= there, "{there} are there, {open} count");
        if there == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    holds(|| cellar.fleet.open(&cluster()) == 0).await;
    drop(in_the_way);
    cellar.back_up().await.unwrap();
    holds(|| cellar.fleet.open(&cluster()) == 0).await;
    cellar.clear().await;
}
