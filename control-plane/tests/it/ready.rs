//! The stock of ready-made databases.
use hotelhub_control_plane::fleet::Gauges;
use hotelhub_control_plane::fleet::ready::{keep_stock, retire_old};
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{ClusterId, ClusterLoad, Disk, Heartbeat, HeartbeatAnswer, Outcome, Role, Task};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::json;

use crate::office::{CLUSTER, Node, Office, TEMPLATE, beat};

async fn told_of_template(office: &Office, node: &Node, template: &str) -> HeartbeatAnswer {
    told_of_templates(office, node, template, &[]).await
}

async fn told_of_templates(office: &Office, node: &Node, template: &str, old: &[&str]) -> HeartbeatAnswer {
    told(office, node, template, old, None).await
}

/// A worker says how the disk stands that it looked at just now.
async fn told_of_disk(office: &Office, node: &Node, settled_at: Timestamp, syncing: bool) {
    told(office, node, TEMPLATE, &[], Some(Disk { settled_at, syncing })).await;
}

async fn told(office: &Office, node: &Node, template: &str, old: &[&str], disk: Option<Disk>) -> HeartbeatAnswer {
    let load = ClusterLoad {
        cluster: ClusterId(CLUSTER.to_owned()),
        open: 0,
        holding: Vec::new(),
        wanted: Vec::new(),
        template: Some(template.to_owned()),
        old_templates: old.iter().map(|&old| old.to_owned()).collect(),
        disk,
        keeps_backups: false,
        archives_wal: false,
    };
    node.heartbeat(&Heartbeat { clusters: vec![load], ..beat(&[Role::Fleet], office.clock.now()) }).await
}

/// An office whose stock holds as many as are ordered at once, with its worker and their names.
async fn stocked() -> (Office, Node, Vec<String>) {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    told_of_template(&office, &node, TEMPLATE).await;
    let made = filled(&office, &node).await;
    (office, node, made)
}

/// Fills the stock by as many as are ordered at once; their names, the oldest first.
async fn filled(office: &Office, node: &Node) -> Vec<String> {
    keep_stock(&office.app).await.unwrap();
    let mut made = Vec::new();
    while let Some(order) = node.lease(0).await {
        made.extend(order.task.database().map(str::to_owned));
        node.done(&order).await;
    }
    made.sort();
    made
}

#[tokio::test]
async fn the_stock_is_filled_a_few_at_a_time_and_a_sign_up_claims_from_it() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    assert_eq!(keep_stock(&office.app).await.unwrap(), 0, "no template yet, nothing to copy");
    told_of_template(&office, &node, TEMPLATE).await;
    let mut made = Vec::new();
    for ordered in [2, 2, 0] {
        assert_eq!(keep_stock(&office.app).await.unwrap(), ordered);
        while let Some(order) = node.lease(0).await {
            let Task::PrepareDatabase { database, template, .. } = &order.task else { panic!() };
            assert_eq!(template, TEMPLATE);
            made.push(database.clone());
            node.done(&order).await;
        }
    }
    assert_eq!(made.len(), 4);
    office.sign_up("melati").await;
    let Task::CreateTenant { database, .. } = node.lease(0).await.unwrap().task else { panic!() };
    assert!(made.contains(&database));
    assert_eq!(keep_stock(&office.app).await.unwrap(), 1);
}

#[tokio::test]
async fn somebody_who_waits_goes_before_the_stock() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    told_of_template(&office, &node, TEMPLATE).await;
    keep_stock(&office.app).await.unwrap();
    office.sign_up("melati").await;
    assert!(matches!(node.lease(0).await.unwrap().task, Task::CreateTenant { .. }));
}

#[tokio::test]
async fn a_database_of_an_older_template_is_not_given_to_anybody() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    told_of_template(&office, &node, TEMPLATE).await;
    keep_stock(&office.app).await.unwrap();
    let old = node.lease(0).await.unwrap();
    node.done(&old).await;
    told_of_template(&office, &node, "14-00000000").await;
    office.sign_up("melati").await;
    let Task::PrepareDatabase { database: old, .. } = old.task else { panic!() };
    let Task::CreateTenant { database, .. } = node.lease(0).await.unwrap().task else { panic!() };
    assert_ne!(database, old);
}

#[tokio::test]
async fn two_controllers_at_once_order_no_more_than_one() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    told_of_template(&office, &node, TEMPLATE).await;
    let (first, second) = tokio::join!(keep_stock(&office.app), keep_stock(&office.app));
    assert_eq!(first.unwrap() + second.unwrap(), 2);
}

#[tokio::test]
async fn a_fleet_worker_hears_which_databases_are_given_away_next() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    assert!(told_of_template(&office, &node, TEMPLATE).await.next.is_empty());
    let made = filled(&office, &node).await;
    let next = told_of_template(&office, &node, TEMPLATE).await.next;
    let mut named: Vec<_> = next.iter().map(|ready| ready.database.clone()).collect();
    office.sign_up("melati").await;
    assert_eq!(node.lease(0).await.unwrap().task.database(), named.first().map(String::as_str));
    named.sort();
    assert_eq!(named, made);
    assert_eq!(told_of_template(&office, &node, TEMPLATE).await.next, next[1..]);
}

#[tokio::test]
async fn what_an_upgrade_left_over_goes_one_by_one_once_the_upgrade_has_settled() {
    let (office, node, mut left) = stocked().await;
    let upgraded = async || told_of_templates(&office, &node, "14-00000000", &[TEMPLATE]).await;
    upgraded().await;
    assert_eq!(retire_old(&office.app).await.unwrap(), 0, "a node may come back with the older program");
    office.clock.advance(SignedDuration::from_mins(16));
    upgraded().await;
    while !left.is_empty() {
        assert_eq!(retire_old(&office.app).await.unwrap(), 1);
        assert_eq!(retire_old(&office.app).await.unwrap(), 0, "one at a time");
        let order = node.lease(0).await.unwrap();
        let Task::DropDatabase { database, .. } = &order.task else { panic!("{order:?}") };
        left.retain(|name| name != database);
        node.done(&order).await;
    }
    assert_eq!(retire_old(&office.app).await.unwrap(), 1);
    let order = node.lease(0).await.unwrap();
    assert!(matches!(&order.task, Task::DropTemplate { template, .. } if template == TEMPLATE), "{order:?}");
    node.done(&order).await;
    upgraded().await;
    assert_eq!(retire_old(&office.app).await.unwrap(), 0, "a worker may not have noticed yet");
    told_of_template(&office, &node, "14-00000000").await;
    assert_eq!(retire_old(&office.app).await.unwrap(), 0);

    let sql = office.scratch.connect().await.unwrap();
    let states = "select string_agg(distinct state, ' ') from databases";
    assert_eq!(sql.query_one(states, &[]).await.unwrap().get::<_, &str>(0), "dropped");
    let noted = "select action, details->>'reason' from audit_log where actor_kind = 'system' order by seq";
    let noted = sql.query(noted, &[]).await.unwrap();
    let actions: Vec<&str> = noted.iter().map(|row| row.get(0)).collect();
    assert_eq!(actions, ["database.retire", "database.retire", "template.retire"]);
    assert!(noted.iter().all(|row| !row.get::<_, &str>(1).is_empty()), "each says why");
}

#[tokio::test]
async fn a_template_that_cannot_be_dropped_is_left_to_staff_and_holds_nothing_up() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    let staff = office.staff(StaffRole::SuperAdmin).await;
    let (stuck, other) = ("0011_0ddba11a", "0012_0ddba11a");
    told_of_templates(&office, &node, TEMPLATE, &[stuck]).await;
    office.clock.advance(SignedDuration::from_mins(16));
    told_of_templates(&office, &node, TEMPLATE, &[stuck]).await;
    assert_eq!(retire_old(&office.app).await.unwrap(), 1);
    let order = node.lease(0).await.unwrap();
    let refused = Outcome::Refused { reason: "it is used as a template elsewhere".to_owned() };
    node.report(order.id, order.fence, refused).await;
    assert_eq!(retire_old(&office.app).await.unwrap(), 0, "it is not ordered again for ever");
    told_of_templates(&office, &node, TEMPLATE, &[stuck, other]).await;
    assert_eq!(retire_old(&office.app).await.unwrap(), 1);
    let next = node.lease(0).await.unwrap();
    assert!(matches!(&next.task, Task::DropTemplate { template, .. } if template == other), "{next:?}");
    node.report(next.id, next.fence, Outcome::Gone).await;
    let again = staff.post(&format!("/api/v1/orders/{}/retry", order.id.0), &json!({})).await.unwrap();
    assert_eq!(again.status, StatusCode::NO_CONTENT, "{}", again.text);
    assert_eq!(node.lease(0).await.unwrap().id, order.id);
}

#[tokio::test]
async fn two_controllers_at_once_drop_no_more_than_one() {
    let (office, node, _) = stocked().await;
    told_of_template(&office, &node, "14-00000000").await;
    office.clock.advance(SignedDuration::from_mins(16));
    let dropped = futures_util::future::join_all((0..4).map(|_| retire_old(&office.app))).await;
    assert_eq!(dropped.into_iter().map(Result::unwrap).sum::<u32>(), 1);
}

#[tokio::test]
async fn a_database_that_could_not_be_made_goes_after_a_day_and_is_not_tried_again() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    told_of_template(&office, &node, TEMPLATE).await;
    let sql = office.scratch.connect().await.unwrap();
    keep_stock(&office.app).await.unwrap();
    let spoilt = node.lease(0).await.unwrap();
    let kept = node.lease(0).await.unwrap();
    node.done(&kept).await;
    sql.batch_execute("update work_orders set attempts = 8 where state = 'leased'").await.unwrap();
    node.failed(&spoilt, "the disk is full").await;
    office.clock.advance(SignedDuration::from_hours(23));
    assert_eq!(retire_old(&office.app).await.unwrap(), 0);
    office.clock.advance(SignedDuration::from_hours(2));
    assert_eq!(retire_old(&office.app).await.unwrap(), 1);
    let order = node.lease(0).await.unwrap();
    assert_eq!(order.task.database(), spoilt.task.database());
    assert!(matches!(order.task, Task::DropDatabase { .. }));
    let failed: i64 =
        sql.query_one("select count(*) from work_orders where state = 'failed'", &[]).await.unwrap().get(0);
    assert_eq!(failed, 0, "nothing is left that staff could try");
}

#[tokio::test]
async fn the_fleet_is_counted_and_no_tenant_is_named() {
    let (office, _node, _) = stocked().await;
    office.sign_up("melati").await;
    office.clock.advance(SignedDuration::from_secs(7));
    let gauges = Gauges::register(&office.app.metrics).unwrap();
    gauges.look(&office.app).await.unwrap();
    let text = String::from_utf8(office.app.metrics.text().unwrap()).unwrap();
    for line in [
        "hotelhub_ready_databases{cluster=\"jkt-1\"} 1",
        "hotelhub_work_orders{state=\"queued\"} 1",
        "hotelhub_work_orders{state=\"failed\"} 0",
        "hotelhub_oldest_work_order_seconds 7",
        "hotelhub_nodes_seen 1",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line} is missing in:\n{text}");
    }
    assert!(!text.contains("melati"));
}

#[tokio::test]
async fn a_server_that_syncs_its_files_gets_no_databases_and_sign_ups_go_on() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    let now = || office.clock.now();
    told_of_disk(&office, &node, now(), true).await;
    assert_eq!(keep_stock(&office.app).await.unwrap(), 0, "it has enough to do");
    office.sign_up("melati").await;
    let order = node.lease(0).await.unwrap();
    assert!(matches!(order.task, Task::CreateTenant { .. }), "who signs up does not wait for the disk: {order:?}");
    node.done(&order).await;
    told_of_disk(&office, &node, now(), false).await;
    assert_eq!(keep_stock(&office.app).await.unwrap(), 2);
}

#[tokio::test]
async fn a_server_with_many_unsettled_databases_gets_one_a_second_until_a_checkpoint_is_over() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    let before = office.clock.now();
    office.clock.advance(SignedDuration::from_secs(1));
    told_of_disk(&office, &node, before, false).await;
    let sql = office.scratch.connect().await.unwrap();
    let made = "insert into databases (name, cluster_id, state, created_at)
                select 't_' || md5(n::text), $1, 'dropped', $2::text::timestamptz from generate_series(1, 64) n";
    sql.execute(made, &[&CLUSTER, &office.clock.now().to_string()]).await.unwrap();
    assert_eq!(keep_stock(&office.app).await.unwrap(), 0, "the newest was just made");
    office.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(keep_stock(&office.app).await.unwrap(), 1);
    assert_eq!(keep_stock(&office.app).await.unwrap(), 0, "one at a time");
    told_of_disk(&office, &node, office.clock.now(), false).await;
    assert_eq!(keep_stock(&office.app).await.unwrap(), 1, "settled: two at a time again");
}

#[tokio::test]
async fn nothing_is_dropped_while_the_disk_syncs_nor_right_after_a_drop_that_took_long() {
    let (office, node, _) = stocked().await;
    told_of_template(&office, &node, "14-00000000").await;
    office.clock.advance(SignedDuration::from_mins(16));
    let seen = async |syncing| {
        let disk = Some(Disk { settled_at: office.clock.now(), syncing });
        told(&office, &node, "14-00000000", &[], disk).await;
    };
    seen(true).await;
    assert_eq!(retire_old(&office.app).await.unwrap(), 0);
    seen(false).await;
    assert_eq!(retire_old(&office.app).await.unwrap(), 1);
    let order = node.lease(0).await.unwrap();
    office.clock.advance(SignedDuration::from_secs(10));
    node.done(&order).await;
    office.clock.advance(SignedDuration::from_secs(89));
    seen(false).await;
    assert_eq!(retire_old(&office.app).await.unwrap(), 0, "ten seconds of dropping, ninety of rest");
    office.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(retire_old(&office.app).await.unwrap(), 1);
}
