//! Who waits for whom where moves are touched: everybody takes locks in one order, so nobody waits in a circle.
use std::time::Duration;

use hotelhub_control_plane::backups;
use hotelhub_control_plane::fleet::moves::drive;
use hotelhub_protocol::{ClusterId, Inventory, MoveStep, Moved, Outcome, paths};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::moves::{OTHER, Yard, switched};
use crate::office::CLUSTER;

/// The lock of whoever begins a move or orders a drop.
const TURN: i64 = 0x5245_5449_5245;

/// Waits until somebody waits for a lock, or all is done.
async fn until_it_waits<T>(yard: &Yard, acting: &JoinHandle<T>) {
    let watch = yard.office.scratch.connect().await.unwrap();
    let waits = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while !acting.is_finished() && watch.query(waits, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Takes the turn, has something done until it waits for that, and looks whether it holds anything others may want by then.
async fn takes_its_turn_first(yard: &Yard, acting: impl Future<Output = ()> + Send + 'static) {
    let mut sql = yard.office.scratch.connect().await.unwrap();
    let turn = sql.transaction().await.unwrap();
    turn.execute("select pg_advisory_xact_lock($1)", &[&TURN]).await.unwrap();
    let acting = tokio::spawn(acting);
    until_it_waits(yard, &acting).await;
    assert!(!acting.is_finished(), "it takes no turn");
    for table in ["clusters", "moves", "work_orders", "tenants", "databases"] {
        let looked = turn.batch_execute(&format!("select from {table} for update nowait")).await;
        assert!(looked.is_ok(), "it holds some of {table} already: {looked:?}");
    }
    turn.rollback().await.unwrap();
    acting.await.unwrap();
}

#[tokio::test]
async fn a_move_is_begun_and_a_cluster_is_emptied_in_turn() {
    let yard = Yard::of(&["melati", "kenanga"]).await;
    let (staff, path) = (yard.staff.clone(), format!("/api/v1/tenants/{}/moves", yard.id_of("melati").await));
    takes_its_turn_first(&yard, async move {
        let begun = staff.post(&path, &json!({ "to": OTHER })).await.unwrap();
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    })
    .await;
    yard.staff.post(&format!("/api/v1/clusters/{CLUSTER}/drain"), &json!({})).await.unwrap();
    let app = yard.office.app.clone();
    takes_its_turn_first(&yard, async move { assert_eq!(drive(&app).await.unwrap(), 1) }).await;
}

#[tokio::test]
async fn a_switch_is_heard_and_taken_back_in_turn() {
    let yard = Yard::of(&["melati"]).await;
    yard.begun("melati").await;
    yard.does(MoveStep::Copy, Moved::Copied { bytes: 1 }).await;
    for (moved, state) in [(switched(), "clearing"), (Moved::Reopened, "undoing")] {
        let ((order, _), node) = (yard.step().await, yard.node.clone());
        takes_its_turn_first(&yard, async move {
            let told = node.report(order.id, order.fence, Outcome::Moved(moved)).await;
            assert_eq!(told.status, StatusCode::NO_CONTENT, "{}", told.text);
        })
        .await;
        let sql = yard.office.scratch.connect().await.unwrap();
        assert_eq!(sql.query_one("select state from moves", &[]).await.unwrap().get::<_, &str>(0), state);
    }
}

#[tokio::test]
async fn what_a_server_keeps_for_a_move_that_is_over_is_looked_for_in_turn_and_what_a_move_left_is_dropped_in_turn() {
    let yard = Yard::of(&["melati"]).await;
    let (node, source) = (yard.node.clone(), yard.placement("melati").await.database);
    takes_its_turn_first(&yard, async move {
        let (cluster, stranger) = (ClusterId(CLUSTER.to_owned()), "t_00000000000000000000000000000bad".to_owned());
        let (roles, shared, unread) = Default::default();
        let (databases, slots) = (vec![source.clone(), stranger], vec![source]);
        let seen = Inventory { cluster, databases, roles, shared, slots, unread };
        let told = node.post(paths::INVENTORY, &serde_json::to_value(seen).unwrap()).await;
        assert_eq!(told.status, StatusCode::NO_CONTENT, "{}", told.text);
    })
    .await;
    yard.office.clock.advance(SignedDuration::from_hours(24));
    yard.is_heard().await;
    let app = yard.office.app.clone();
    takes_its_turn_first(&yard, async move { assert_eq!(backups::drive(&app).await.unwrap(), 1) }).await;
}

#[tokio::test]
async fn who_reports_a_step_holds_the_move_before_its_order_as_who_gives_it_up_does() {
    for outcome in [Outcome::Moved(Moved::Copied { bytes: 1 }), Outcome::Refused { reason: "no".to_owned() }] {
        let yard = Yard::of(&["melati"]).await;
        yard.begun("melati").await;
        let ((order, _), node) = (yard.step().await, yard.node.clone());
        let mut sql = yard.office.scratch.connect().await.unwrap();
        let giving_up = sql.transaction().await.unwrap();
        giving_up.batch_execute("select from moves for update").await.unwrap();
        let reporting = tokio::spawn(async move { node.report(order.id, order.fence, outcome).await.status });
        until_it_waits(&yard, &reporting).await;
        assert!(!reporting.is_finished(), "it waits for the move");
        let looked = giving_up.batch_execute("select from work_orders for update nowait").await;
        assert!(looked.is_ok(), "it holds the order already: {looked:?}");
        giving_up.rollback().await.unwrap();
        assert_eq!(reporting.await.unwrap(), StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn a_move_that_somebody_has_in_hand_is_passed_over_by_who_looks_for_stuck_ones() {
    let yard = Yard::of(&["melati"]).await;
    let id = yard.begun("melati").await;
    let mut sql = yard.office.scratch.connect().await.unwrap();
    sql.batch_execute("update work_orders set state = 'failed', last_error = 'no' where kind = 'copy_tenant'")
        .await
        .unwrap();
    let in_hand = sql.transaction().await.unwrap();
    in_hand.batch_execute("select from moves for update").await.unwrap();
    let app = yard.office.app.clone();
    let looking = tokio::spawn(async move { drive(&app).await.unwrap() });
    until_it_waits(&yard, &looking).await;
    assert!(looking.is_finished(), "nobody is waited for");
    in_hand.rollback().await.unwrap();
    drive(&yard.office.app).await.unwrap();
    assert_eq!(yard.state(&id).await, "undoing", "who looks again finds it");
}

#[tokio::test]
async fn what_only_refers_to_a_cluster_keeps_it_from_being_emptied_no_more_than_the_other_way_round() {
    let yard = Yard::of(&["melati"]).await;
    yard.staff.post(&format!("/api/v1/clusters/{CLUSTER}/drain"), &json!({})).await.unwrap();
    let mut sql = yard.office.scratch.connect().await.unwrap();
    let ordering = sql.transaction().await.unwrap();
    ordering.batch_execute("select from clusters for key share").await.unwrap();
    assert_eq!(drive(&yard.office.app).await.unwrap(), 1);
}
