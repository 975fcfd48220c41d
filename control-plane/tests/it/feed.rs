//! The routing table, whole and in changes.
use futures_util::future::join_all;
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{Change, Role};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;

use crate::office::Office;

#[tokio::test]
async fn fifty_sign_ups_at_once_make_a_feed_without_a_gap() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Serve, Role::Fleet]).await;
    let start = node.snapshot().await.version;
    let slugs: Vec<String> = (1..=50).map(|n| format!("hotel-{n}")).collect();
    let signed_up = join_all(slugs.iter().map(|slug| office.sign_up(slug))).await;
    assert!(signed_up.iter().all(|answer| answer.status == StatusCode::CREATED));
    let workers = (0..5).map(async |_| {
        while let Some(order) = node.lease(0).await {
            assert_eq!(node.done(&order).await.status, StatusCode::NO_CONTENT);
        }
    });
    let follower = async {
        let (mut since, mut seen) = (start, Vec::new());
        while seen.len() < 50 {
            let deltas = node.deltas(since, 5_000).await.unwrap().expect("a change within five seconds");
            assert_eq!(deltas.since, since);
            for delta in deltas.deltas {
                since += 1;
                assert_eq!(delta.version, since, "no gap, no overtaking");
                let Change::Route(route) = delta.change else { panic!("{:?}", delta.change) };
                seen.push(route.slug.to_string());
            }
        }
        (since, seen)
    };
    let ((version, mut seen), _) = tokio::join!(follower, join_all(workers));
    seen.sort();
    let mut wanted = slugs.clone();
    wanted.sort();
    assert_eq!(seen, wanted);
    let snapshot = node.snapshot().await;
    assert_eq!((snapshot.version, snapshot.routes.len()), (version, 50));
}

#[tokio::test]
async fn a_version_that_is_not_or_not_any_more_known_is_gone() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Serve]).await;
    office.add_cluster("jkt-22", 100, 10).await;
    office.add_cluster("jkt-333", 100, 10).await;
    let version = node.snapshot().await.version;
    assert_eq!(version, 3);
    assert_eq!(node.deltas(version, 0).await, Ok(None));
    assert_eq!(node.deltas(version + 1, 0).await, Err(StatusCode::GONE));
    assert_eq!(node.deltas(0, 0).await.unwrap().unwrap().deltas.len(), 3);
    office.scratch.connect().await.unwrap().execute("delete from routes_feed where version <= 2", &[]).await.unwrap();
    assert_eq!(node.deltas(1, 0).await, Err(StatusCode::GONE));
    assert_eq!(node.deltas(2, 0).await.unwrap().unwrap().deltas.len(), 1);
}

#[tokio::test]
async fn a_node_that_waits_is_woken_by_the_change() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Serve, Role::Fleet]).await;
    let version = node.snapshot().await.version;
    let waiting = tokio::spawn({
        let node = node.clone();
        async move { node.deltas(version, 20_000).await }
    });
    office.sign_up("melati").await;
    let order = node.lease(0).await.unwrap();
    node.done(&order).await;
    let deltas = waiting.await.unwrap().unwrap().expect("a change");
    assert_eq!(deltas.deltas[0].version, version + 1);
}

#[tokio::test]
async fn a_change_of_which_nobody_was_woken_is_heard_when_the_wait_is_over() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Serve]).await;
    office.add_cluster("jkt-22", 100, 10).await;
    let version = node.snapshot().await.version;
    let waiting = tokio::spawn({
        let node = node.clone();
        async move { node.deltas(version, 2_000).await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    // Another process of the plane made a change, and its NOTIFY was lost.
    let unheard = "
        with head as (update routes_head set version = version + 1 returning version)
        insert into routes_feed (version, change, at)
        select head.version, feed.change, feed.at from head, routes_feed feed limit 1";
    office.scratch.connect().await.unwrap().execute(unheard, &[]).await.unwrap();
    let deltas = waiting.await.unwrap().unwrap().expect("a change");
    assert_eq!(deltas.deltas[0].version, version + 1);
}

#[tokio::test]
async fn a_snapshot_says_how_many_hotels_have_left_and_is_dated_anew_when_it_is_old() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Serve, Role::Fleet]).await;
    for slug in ["melati", "kenanga"] {
        office.sign_up(slug).await;
        node.done(&node.lease(0).await.unwrap()).await;
    }
    let before = node.snapshot().await;
    assert_eq!((before.routes.len(), before.departed), (2, 0));
    let sari = office.staff(StaffRole::Support).await;
    let tenant = before.routes[0].tenant;
    let closed = "update databases set state = 'claimed' where tenant_id = $1";
    office.scratch.connect().await.unwrap().execute(closed, &[&tenant.0]).await.unwrap();
    let suspend = format!("/api/v1/tenants/{tenant}/suspend");
    let answer = sari.post(&suspend, &json!({ "reason": "Pindah rumah" })).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let after = node.snapshot().await;
    assert_eq!((after.routes.len(), after.departed), (1, 1));
    office.clock.advance(SignedDuration::from_mins(11));
    let later = node.snapshot().await;
    assert_eq!((later.version, later.taken_at), (after.version, office.clock.now()));
}

#[tokio::test]
async fn a_hotel_that_cannot_be_read_has_not_left() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Serve, Role::Fleet]).await;
    office.sign_up("melati").await;
    node.done(&node.lease(0).await.unwrap()).await;
    let before = node.snapshot().await;
    let sari = office.staff(StaffRole::Support).await;
    let sql = office.scratch.connect().await.unwrap();
    sql.batch_execute("update domains set host = 'melati..test'").await.unwrap();

    let suspend = format!("/api/v1/tenants/{}/suspend", before.routes[0].tenant);
    let answer = sari.post(&suspend, &json!({ "reason": "Belum bayar" })).await.unwrap();
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.text);
    assert_eq!(node.deltas(before.version, 0).await, Ok(None), "nothing was published");
    office.clock.advance(SignedDuration::from_mins(11));
    assert_eq!(node.ask_for_snapshot().await.status, StatusCode::INTERNAL_SERVER_ERROR, "no table without it is made");

    sql.batch_execute("update domains set host = 'melati.test'").await.unwrap();
    let after = node.snapshot().await;
    assert_eq!((after.version, after.departed, after.routes.len()), (before.version, 0, 1));
}

#[tokio::test]
async fn the_feed_is_for_nodes_alone_and_holds_no_secret() {
    let office = Office::open().await;
    let stranger = office.visitor().get("/node/v1/routes/snapshot").await.unwrap();
    assert_eq!(stranger.status, StatusCode::BAD_REQUEST);
    let stranger = office.visitor().with("hotelhub-protocol", "1").get("/node/v1/routes/snapshot").await.unwrap();
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    let node = office.node("node-1", &[Role::Serve, Role::Fleet]).await;
    office.sign_up("melati").await;
    node.done(&node.lease(0).await.unwrap()).await;
    let text = serde_json::to_string(&node.snapshot().await).unwrap();
    assert!(!text.contains("budi@melati.test") && !text.contains("password") && !text.contains("token"), "{text}");
}
