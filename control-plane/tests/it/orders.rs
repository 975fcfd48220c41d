//! Work orders: leased, fenced, tried again, shown.
use std::time::Duration;

use hotelhub_control_plane::fleet::orders::sweep;
use hotelhub_protocol::Role;
use jiff::SignedDuration;
use reqwest::StatusCode;

use crate::office::{Office, beat};

#[tokio::test]
async fn an_order_whose_lease_ran_out_is_anothers_and_the_first_report_is_refused() {
    let office = Office::open().await;
    let (first, second) = (office.node("node-1", &[Role::Fleet]).await, office.node("node-2", &[Role::Fleet]).await);
    office.sign_up("melati").await;
    let slow = first.lease(0).await.unwrap();
    assert!(second.lease(0).await.is_none(), "nobody else gets a leased order");
    office.clock.advance(SignedDuration::from_secs(61));
    let again = second.lease(0).await.unwrap();
    assert_eq!((again.id, again.fence), (slow.id, slow.fence + 1));
    let stale = first.done(&slow).await;
    assert_eq!((stale.status, stale.code().as_str()), (StatusCode::CONFLICT, "stale-fence"));
    assert_eq!(first.failed(&slow, "too late").await.status, StatusCode::CONFLICT);
    assert!(first.snapshot().await.routes.is_empty());
    assert_eq!(second.done(&again).await.status, StatusCode::NO_CONTENT);
    assert_eq!(second.done(&again).await.status, StatusCode::NO_CONTENT, "saying it twice is the same");
    assert_eq!(second.snapshot().await.routes.len(), 1);
}

#[tokio::test]
async fn a_report_that_comes_late_counts_as_long_as_nobody_took_over() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    office.sign_up("melati").await;
    let order = node.lease(0).await.unwrap();
    office.clock.advance(SignedDuration::from_secs(600));
    assert_eq!(node.done(&order).await.status, StatusCode::NO_CONTENT);
    assert!(node.lease(0).await.is_none());
}

#[tokio::test]
async fn a_fence_of_another_node_is_worth_nothing() {
    let office = Office::open().await;
    let (first, second) = (office.node("node-1", &[Role::Fleet]).await, office.node("node-2", &[Role::Fleet]).await);
    office.sign_up("melati").await;
    let order = first.lease(0).await.unwrap();
    assert_eq!(second.done(&order).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_failing_order_is_tried_eight_times_and_then_shown_with_its_reason() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    let status = office.sign_up("melati").await.json()["status_url"].as_str().unwrap().to_owned();
    for attempt in 1..=8 {
        let order = node.lease(0).await.unwrap_or_else(|| panic!("attempt {attempt}"));
        assert_eq!(order.fence, attempt);
        assert_eq!(node.failed(&order, "the disk is full").await.status, StatusCode::NO_CONTENT);
        assert!(node.lease(0).await.is_none(), "not at once");
        office.clock.advance(SignedDuration::from_secs(61));
    }
    assert!(node.lease(0).await.is_none());
    let sql = office.scratch.connect().await.unwrap();
    let row = sql.query_one("select state, last_error, attempts from work_orders", &[]).await.unwrap();
    let told: (&str, &str, i16) = (row.get(0), row.get(1), row.get(2));
    assert_eq!(told, ("failed", "the disk is full", 8));
    assert_eq!(office.visitor().get(&status).await.unwrap().json()["status"], "failed");
}

#[tokio::test]
async fn an_order_whose_workers_all_die_is_shown_too() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    office.sign_up("melati").await;
    for _ in 0..8 {
        node.lease(0).await.unwrap();
        office.clock.advance(SignedDuration::from_secs(61));
    }
    assert!(node.lease(0).await.is_none());
    sweep(&office.app.db.durable, office.clock.now()).await.unwrap();
    let row = office
        .scratch
        .connect()
        .await
        .unwrap()
        .query_one("select state, last_error from work_orders", &[])
        .await
        .unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("failed", "its worker was not heard of again"));
}

#[tokio::test]
async fn who_waits_at_another_process_hears_that_a_sign_up_failed() {
    for died in [false, true] {
        let office = Office::open().await;
        let twin = office.twin().await;
        let node = office.node("node-1", &[Role::Fleet]).await;
        let status = office.sign_up("melati").await.json()["status_url"].as_str().unwrap().to_owned();
        let sql = office.scratch.connect().await.unwrap();
        sql.batch_execute("update work_orders set attempts = 7").await.unwrap();
        let order = node.lease(0).await.unwrap();
        let waiting = tokio::spawn(async move {
            let asked = twin.visitor().get(&format!("{status}?wait_ms=25000")).await;
            asked.unwrap().json()
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        if died {
            office.clock.advance(SignedDuration::from_secs(61));
            sweep(&office.app.db.durable, office.clock.now()).await.unwrap();
        } else {
            node.failed(&order, "the disk is full").await;
        }
        let told = tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("nobody told it").unwrap();
        assert_eq!(told["status"], "failed");
    }
}

#[tokio::test]
async fn a_worker_that_waits_at_another_process_is_woken_by_the_sign_up() {
    let office = Office::open().await;
    let twin = office.twin().await;
    let node = twin.node("node-1", &[Role::Fleet]).await;
    let waiting = tokio::spawn(async move { node.lease(20_000).await });
    twin.until_workers_wait(1).await;
    office.sign_up("melati").await;
    assert!(waiting.await.unwrap().is_some());
}

#[tokio::test]
async fn a_sign_up_leases_its_order_to_the_worker_that_waits() {
    let office = Office::open().await;
    let roles = [Role::Fleet];
    let (node, other) = (office.node("node-1", &roles).await, office.node("node-2", &roles).await);
    let waiting = tokio::spawn({
        let node = node.clone();
        async move { node.lease(20_000).await }
    });
    office.until_workers_wait(1).await;
    office.sign_up("melati").await;
    let sql = office.scratch.connect().await.unwrap();
    let leased = "select state, leased_by, fence, attempts from work_orders";
    let row = sql.query_one(leased, &[]).await.unwrap();
    let told: (&str, &str, i64, i16) = (row.get(0), row.get(1), row.get(2), row.get(3));
    assert_eq!(told, ("leased", "node-1", 1, 1));
    assert!(other.lease(0).await.is_none());
    let order = waiting.await.unwrap().unwrap();
    assert_eq!(order.fence, 1);
    assert_eq!(node.done(&order).await.status, StatusCode::NO_CONTENT);
    assert_eq!(node.snapshot().await.routes.len(), 1);
}

#[tokio::test]
async fn a_worker_that_hung_up_is_not_waited_for() {
    let office = Office::open().await;
    let roles = [Role::Fleet];
    let (gone, other) = (office.node("node-1", &roles).await, office.node("node-2", &roles).await);
    let waiting = tokio::spawn(async move { gone.lease(20_000).await });
    office.until_workers_wait(1).await;
    waiting.abort();
    office.until_workers_wait(0).await;
    office.sign_up("melati").await;
    assert!(other.lease(0).await.is_some());
}

#[tokio::test]
async fn an_order_that_never_reached_its_worker_comes_again_at_once_and_one_it_has_does_not() {
    let office = Office::open().await;
    let roles = [Role::Fleet];
    let (node, other) = (office.node("node-1", &roles).await, office.node("node-2", &roles).await);
    office.sign_up("melati").await;
    let lost = node.lease(0).await.unwrap();
    assert!(other.lease_holding(0, Some(Vec::new())).await.is_none(), "it is not the other's");
    assert!(node.lease_holding(0, Some(vec![lost.id])).await.is_none());
    let again = node.lease_holding(0, Some(Vec::new())).await.unwrap();
    assert_eq!((again.id, again.fence), (lost.id, lost.fence + 1));
    assert_eq!(node.done(&lost).await.status, StatusCode::CONFLICT, "what was lost is not believed when it turns up");
    assert_eq!(node.done(&again).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_node_that_starts_anew_lets_go_of_what_its_former_process_leased() {
    let office = Office::open().await;
    let roles = [Role::Fleet];
    let (node, other) = (office.node("node-1", &roles).await, office.node("node-2", &roles).await);
    node.heartbeat(&beat(&roles, office.clock.now())).await;
    office.sign_up("melati").await;
    office.clock.advance(SignedDuration::from_secs(1));
    let lost = node.lease(0).await.unwrap();
    assert!(other.lease(0).await.is_none());
    office.clock.advance(SignedDuration::from_secs(2));
    node.heartbeat(&beat(&roles, office.clock.now())).await;
    let again = other.lease(0).await.unwrap();
    assert_eq!(again.id, lost.id);
}

#[tokio::test]
async fn only_an_enrolled_fleet_worker_that_speaks_our_version_gets_orders() {
    let office = Office::open().await;
    office.sign_up("melati").await;
    let node = office.node("node-1", &[Role::Serve, Role::Work]).await;
    let lease = "/node/v1/orders/lease";
    let wish = serde_json::json!({ "clusters": ["jkt-1"], "wait_ms": 0 });
    let asked = async |node: &crate::office::Node| {
        let answer = node.post(lease, &wish).await;
        (answer.status.as_u16(), answer.code())
    };
    assert_eq!(asked(&node).await, (403, "role-missing".to_owned()));
    assert_eq!(asked(&node.with("hotelhub-protocol", "2")).await, (400, "protocol-version".to_owned()));
    assert_eq!(asked(&node.with("authorization", "")).await, (401, "unknown-node".to_owned()));
    let forged = node.with("authorization", "Bearer node-1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(asked(&forged).await, (401, "unknown-node".to_owned()));
    let renewed = office.node("node-1", &[Role::Fleet]).await;
    assert_eq!(asked(&node).await, (401, "unknown-node".to_owned()), "the old token is worth nothing");
    assert!(renewed.lease(0).await.is_some());
}
