//! What lies on a server and should not, or should and does not.
use hotelhub_control_plane::fleet::strays::{MISSED_FOR, SEEN_FOR};
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{ClusterId, Inventory, Outcome, Role, Task, is_shared, paths};
use hotelhub_testkit::Visitor;
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::office::{CLUSTER, Node, Office};

const STRANGER: &str = "t_00000000000000000000000000000bad";
const SHARED: &str = "s_00000000000000000000000000000bad";

/// A worker lists what it sees, and does so again when that is believed.
async fn seen_twice(office: &Office, node: &Node, databases: &[&str], roles: &[&str]) {
    for _ in 0..2 {
        seen(node, databases, roles).await;
        office.clock.advance(SEEN_FOR);
    }
}

async fn seen(node: &Node, databases: &[&str], roles: &[&str]) {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let cluster = ClusterId(CLUSTER.to_owned());
    let (shared, databases) = databases.iter().copied().partition::<Vec<&str>, _>(|name| is_shared(name));
    let (roles, slots) = (names(roles), Vec::new());
    let (databases, shared, unread) = (names(&databases), names(&shared), Vec::new());
    let inventory = Inventory { cluster, databases, roles, shared, slots, unread };
    let answer = node.post(paths::INVENTORY, &serde_json::to_value(inventory).unwrap()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
}

/// Kind and name of each that is shown.
async fn shown(staff: &Visitor) -> Vec<(String, String)> {
    let page = staff.get("/api/v1/strays").await.unwrap().json();
    let text = |stray: &Value, member: &str| stray[member].as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(|stray| (text(stray, "kind"), text(stray, "name"))).collect()
}

fn line(kind: &str, name: &str) -> (String, String) {
    (kind.to_owned(), name.to_owned())
}

/// Melati lives on the server; her database.
async fn melati(office: &Office, node: &Node) -> String {
    office.sign_up("melati").await;
    let order = node.lease(0).await.unwrap();
    node.done(&order).await;
    order.task.database().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_seen_once_is_not_shown_and_what_is_there_as_it_should_be_never() {
    let office = Office::open().await;
    let (node, staff) = (office.node("node-1", &[Role::Fleet]).await, office.staff(StaffRole::SuperAdmin).await);
    let house = melati(&office, &node).await;
    seen(&node, &[&house, STRANGER], &[&house, STRANGER]).await;
    assert_eq!(shown(&staff).await, [], "it may just be on its way");
    office.clock.advance(SEEN_FOR);
    seen(&node, &[&house, STRANGER], &[&house, STRANGER]).await;
    assert_eq!(shown(&staff).await, [line("unknown_database", STRANGER)]);
    let page = staff.page("/vendor/fleet").await.unwrap();
    assert!(page.text.contains(STRANGER) && page.text.contains(&format!("/vendor/fleet/strays/{STRANGER}/drop")));
    seen(&node, &[&house], &[&house]).await;
    assert_eq!(shown(&staff).await, [], "gone is gone");
    assert!(!staff.page("/vendor/fleet").await.unwrap().text.contains(STRANGER));
}

#[tokio::test]
async fn what_two_workers_see_at_once_was_seen_once() {
    let office = Office::open().await;
    let (node, other) = (office.node("node-1", &[Role::Fleet]).await, office.node("node-2", &[Role::Fleet]).await);
    let staff = office.staff(StaffRole::SuperAdmin).await;
    let house = melati(&office, &node).await;
    let second = SignedDuration::from_secs(1);
    let drop_it = format!("/api/v1/strays/{STRANGER}/drop");
    seen(&node, &[STRANGER], &[STRANGER, &house]).await;
    for apart in [second, MISSED_FOR - second * 2] {
        office.clock.advance(apart);
        seen(&other, &[STRANGER], &[STRANGER, &house]).await;
        assert_eq!(shown(&staff).await, [], "nor is it missed");
    }
    office.clock.advance(second);
    seen(&node, &[STRANGER], &[STRANGER, &house]).await;
    assert_eq!(shown(&staff).await, [line("missing_database", &house)], "a round later it is missed");
    office.clock.advance(SEEN_FOR - MISSED_FOR - second);
    seen(&other, &[STRANGER], &[STRANGER, &house]).await;
    assert_eq!(staff.post(&drop_it, &json!({})).await.unwrap().code(), "no-stray", "and nothing is dropped yet");
    office.clock.advance(second);
    seen(&node, &[STRANGER], &[STRANGER, &house]).await;
    assert_eq!(shown(&staff).await, [line("missing_database", &house), line("unknown_database", STRANGER)]);
    assert_eq!(staff.post(&drop_it, &json!({})).await.unwrap().status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_house_that_is_not_there_is_shown_first_and_nobody_can_have_it_dropped() {
    let office = Office::open().await;
    let (node, staff) = (office.node("node-1", &[Role::Fleet]).await, office.staff(StaffRole::SuperAdmin).await);
    let house = melati(&office, &node).await;
    seen_twice(&office, &node, &[STRANGER], &[STRANGER, &house]).await;
    assert_eq!(shown(&staff).await, [line("missing_database", &house), line("unknown_database", STRANGER)]);
    let refused = staff.post(&format!("/api/v1/strays/{house}/drop"), &json!({})).await.unwrap();
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::NOT_FOUND, "no-stray"));
    assert_eq!(node.lease(0).await, None);
}

#[tokio::test]
async fn a_stray_is_dropped_once_by_staff_and_one_that_comes_back_is_shown_again() {
    let office = Office::open().await;
    let (node, staff) = (office.node("node-1", &[Role::Fleet]).await, office.staff(StaffRole::SuperAdmin).await);
    seen_twice(&office, &node, &[STRANGER], &[STRANGER]).await;
    let door = format!("/api/v1/strays/{STRANGER}/drop");
    assert_eq!(staff.post(&door, &json!({})).await.unwrap().status, StatusCode::NO_CONTENT);
    assert_eq!(staff.post(&door, &json!({})).await.unwrap().status, StatusCode::NOT_FOUND, "it is on its way out");
    seen_twice(&office, &node, &[STRANGER], &[STRANGER]).await;
    assert_eq!(shown(&staff).await, [], "nor is it shown until then");
    let order = node.lease(0).await.unwrap();
    assert!(
        matches!(&order.task, Task::DropDatabase { database, tenant: None, .. } if database == STRANGER),
        "{order:?}"
    );
    node.report(order.id, order.fence, Outcome::Gone).await;
    seen_twice(&office, &node, &[STRANGER], &[STRANGER]).await;
    assert_eq!(shown(&staff).await, [line("left_database", STRANGER)]);
    assert_eq!(staff.post(&door, &json!({})).await.unwrap().status, StatusCode::NO_CONTENT);
    assert!(node.lease(0).await.is_some());
}

#[tokio::test]
async fn a_shared_database_that_nobody_knows_of_is_shown_and_dropped_like_any_other() {
    let office = Office::open().await;
    let (node, staff) = (office.node("node-1", &[Role::Fleet]).await, office.staff(StaffRole::SuperAdmin).await);
    seen_twice(&office, &node, &[SHARED], &[]).await;
    assert_eq!(shown(&staff).await, [line("unknown_database", SHARED)]);
    assert_eq!(
        staff.post(&format!("/api/v1/strays/{SHARED}/drop"), &json!({})).await.unwrap().status,
        StatusCode::NO_CONTENT
    );
    let order = node.lease(0).await.unwrap();
    assert!(matches!(&order.task, Task::DropDatabase { database, .. } if database == SHARED), "{order:?}");
    node.report(order.id, order.fence, Outcome::Gone).await;
    seen_twice(&office, &node, &[], &[]).await;
    assert_eq!(shown(&staff).await, []);
}

#[tokio::test]
async fn one_that_turns_out_to_be_a_house_is_shown_again_and_holds_nothing_up() {
    let office = Office::open().await;
    let (node, staff) = (office.node("node-1", &[Role::Fleet]).await, office.staff(StaffRole::SuperAdmin).await);
    seen_twice(&office, &node, &[STRANGER], &[STRANGER]).await;
    let door = format!("/api/v1/strays/{STRANGER}/drop");
    assert_eq!(staff.post(&door, &json!({})).await.unwrap().status, StatusCode::NO_CONTENT);
    let order = node.lease(0).await.unwrap();
    let refused = Outcome::Refused { reason: "the database belongs to the tenant melati".to_owned() };
    assert_eq!(node.report(order.id, order.fence, refused).await.status, StatusCode::NO_CONTENT);
    seen_twice(&office, &node, &[STRANGER], &[STRANGER]).await;
    assert_eq!(shown(&staff).await, [line("left_database", STRANGER)]);
    assert_eq!(staff.post(&door, &json!({})).await.unwrap().status, StatusCode::NO_CONTENT);
    let again = node.lease(0).await.unwrap();
    assert!(matches!(&again.task, Task::DropDatabase { database, .. } if database == STRANGER), "{again:?}");
}

#[tokio::test]
async fn only_a_fleet_worker_is_believed_and_only_of_a_server_of_ours() {
    let office = Office::open().await;
    let serving = office.node("node-1", &[Role::Serve]).await;
    let fleet = office.node("node-2", &[Role::Fleet]).await;
    let inventory = |cluster: &str| json!({ "cluster": cluster, "databases": [STRANGER], "roles": [] });
    assert_eq!(serving.post(paths::INVENTORY, &inventory(CLUSTER)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(fleet.post(paths::INVENTORY, &inventory("elsewhere")).await.status, StatusCode::NOT_FOUND);
}
