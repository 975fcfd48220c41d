//! What of a server's budget is kept for nodes that start while nobody grants them a share.
use std::time::Duration;

use hotelhub_protocol::{NodeMark, Reserved, Role};

use crate::office::{CLUSTER, Node, Office};
use crate::shares::{amounts, holding};

const ROLES: [Role; 1] = [Role::Serve];

/// One that keeps four connections for each node.
async fn office() -> Office {
    let office = Office::empty(|settings| settings.lonely_connections = 4).await;
    office.add_cluster(CLUSTER, 100, 1_000).await;
    office
}

/// What the routing table says is reserved.
async fn told(node: &Node) -> Vec<Reserved> {
    node.snapshot().await.clusters.remove(0).reserved
}

/// How the table calls this enrolment.
async fn mark(office: &Office, node: &str) -> NodeMark {
    let central = office.scratch.connect().await.unwrap();
    let token = central.query_one("select token_hash from nodes where name = $1", &[&node]).await.unwrap();
    NodeMark::of_digest(token.get(0))
}

fn four(node: NodeMark) -> Reserved {
    Reserved { node, role: Role::Serve, connections: 4 }
}

#[tokio::test]
async fn what_is_reserved_for_a_node_that_nobody_has_heard_of_is_granted_to_nobody_else() {
    let office = office().await;
    let (first, second) = (office.node("node-1", &ROLES).await, office.node("node-2", &ROLES).await);
    let all = first.heartbeat(&holding(&office, &[], &ROLES)).await.shares;
    assert_eq!(amounts(&all), [96]);
    assert_eq!(told(&first).await, [four(mark(&office, "node-1").await), four(mark(&office, "node-2").await)]);
    first.heartbeat(&holding(&office, &all, &ROLES)).await;
    // It has started without a share and lives by its reserve: that is what it is granted, until the first has let go.
    let reserve = second.heartbeat(&holding(&office, &[], &ROLES)).await.shares;
    assert_eq!(amounts(&reserve), [4]);
    let half = first.heartbeat(&holding(&office, &all, &ROLES)).await.shares;
    assert_eq!(amounts(&half), [50]);
    assert_eq!(amounts(&second.heartbeat(&holding(&office, &reserve, &ROLES)).await.shares), [4]);
    first.heartbeat(&holding(&office, &half, &ROLES)).await;
    assert_eq!(amounts(&second.heartbeat(&holding(&office, &reserve, &ROLES)).await.shares), [50]);
}

#[tokio::test]
async fn nothing_is_told_to_be_reserved_before_those_who_have_it_have_let_go() {
    let office = office().await;
    let first = office.node("node-1", &ROLES).await;
    let all = first.heartbeat(&holding(&office, &[], &ROLES)).await.shares;
    assert_eq!(amounts(&all), [100], "its own reserve is part of its share");
    office.node("node-2", &ROLES).await;
    let fewer = first.heartbeat(&holding(&office, &all, &ROLES)).await;
    assert_eq!((amounts(&fewer.shares), told(&first).await.len()), (vec![96], 1));
    assert!(fewer.again_in_ms < 5_000, "somebody waits for what it lets go");
    let version = first.snapshot().await.version;
    first.heartbeat(&holding(&office, &fewer.shares, &ROLES)).await;
    assert_eq!(told(&first).await.len(), 2);
    let changes = first.deltas(version, 1_000).await.unwrap().expect("those who have the table hear of it");
    assert_eq!(changes.deltas.len(), 1);
    first.heartbeat(&holding(&office, &fewer.shares, &ROLES)).await;
    assert_eq!(first.snapshot().await.version, version + 1, "nothing new is not told");
}

#[tokio::test]
async fn a_node_that_is_retired_and_enrolled_again_has_no_use_for_what_an_older_table_tells() {
    let office = office().await;
    let first = office.node("node-1", &ROLES).await;
    office.node("node-2", &ROLES).await;
    let most = first.heartbeat(&holding(&office, &[], &ROLES)).await.shares;
    let before = mark(&office, "node-2").await;
    assert!(told(&first).await.contains(&four(before.clone())));
    let mut tx = office.app.db.begin().await.unwrap();
    hotelhub_control_plane::fleet::nodes::retire(&mut tx, "node-2", office.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(told(&first).await, [four(mark(&office, "node-1").await)]);
    let all = first.heartbeat(&holding(&office, &most, &ROLES)).await.shares;
    assert_eq!(amounts(&all), [100]);
    office.node("node-2", &ROLES).await;
    let fewer = first.heartbeat(&holding(&office, &all, &ROLES)).await.shares;
    assert_eq!(told(&first).await.len(), 1, "it is the first's until it has let go");
    first.heartbeat(&holding(&office, &fewer, &ROLES)).await;
    let after = mark(&office, "node-2").await;
    assert!(after != before && told(&first).await.contains(&four(after)));
}

#[tokio::test]
async fn a_node_that_is_given_another_token_keeps_its_reserve_under_its_new_mark() {
    let office = office().await;
    let first = office.node("node-1", &ROLES).await;
    office.node("node-2", &ROLES).await;
    let most = first.heartbeat(&holding(&office, &[], &ROLES)).await.shares;
    office.node("node-2", &ROLES).await;
    assert_eq!(amounts(&first.heartbeat(&holding(&office, &most, &ROLES)).await.shares), [96]);
    assert_eq!(told(&first).await[1], four(mark(&office, "node-2").await));
}

#[tokio::test]
async fn a_server_that_moves_keeps_what_is_reserved_of_it() {
    let office = office().await;
    let first = office.node("node-1", &ROLES).await;
    first.heartbeat(&holding(&office, &[], &ROLES)).await;
    let version = first.snapshot().await.version;
    office.add_cluster(CLUSTER, 100, 1_000).await;
    let changes = first.deltas(version, 1_000).await.unwrap().unwrap();
    let change = serde_json::to_value(&changes.deltas[0]).unwrap();
    assert_eq!(change["reserved"][0]["connections"], 4);
}

#[tokio::test]
async fn a_server_that_moves_while_something_of_it_is_freed_is_told_where_it_is_now() {
    let office = office().await;
    let first = office.node("node-1", &ROLES).await;
    office.node("node-2", &ROLES).await;
    first.heartbeat(&holding(&office, &[], &ROLES)).await;
    let version = first.snapshot().await.version;
    let (mut sql, watch) = (office.scratch.connect().await.unwrap(), office.scratch.connect().await.unwrap());
    let moving = sql.transaction().await.unwrap();
    moving.batch_execute("select from routes_head for update").await.unwrap();
    let (db, now) = (office.app.db.clone(), office.clock.now());
    let retiring = tokio::spawn(async move {
        let mut tx = db.begin().await.unwrap();
        hotelhub_control_plane::fleet::nodes::retire(&mut tx, "node-2", now).await.unwrap();
        tx.commit().await.unwrap();
    });
    let waits = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while !retiring.is_finished() && watch.query(waits, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!retiring.is_finished(), "it waits for the head of the feed");
    moving.batch_execute("update clusters set host = 'elsewhere'").await.unwrap();
    moving.commit().await.unwrap();
    retiring.await.unwrap();
    let changes = first.deltas(version, 1_000).await.unwrap().unwrap();
    let change = serde_json::to_value(&changes.deltas[0]).unwrap();
    assert_eq!(change["host"], "elsewhere");
    assert_eq!(change["reserved"].as_array().map(Vec::len), Some(1));
}
