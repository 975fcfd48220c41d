//! A hotel's data in one file: asked for by who may, written by a worker, fetched from any byte on, and gone after a week.
use hotelhub_control_plane::exports::tidy;
use hotelhub_identity::StaffRole;
use hotelhub_kernel::{Entropy, Key, TenantId};
use hotelhub_protocol::{BackedUp, Copying, Heartbeat, HowFar, Order, Outcome, Role, Task};
use hotelhub_vault::{Place, Shelf};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::office::{CLUSTER, Node, Office, beat};

pub(crate) const FILE: &str = "a ZIP of open tables, as the worker wrote it";

/// A worker that keeps backups, and the one hotel there is.
pub(crate) async fn with_hotel(office: &Office) -> (Node, String) {
    let node = office.node("node-1", &[Role::Fleet]).await;
    assert_eq!(office.sign_up("melati").await.status, StatusCode::CREATED);
    node.done(&node.lease(0).await.unwrap()).await;
    node.keeps_backups(office.clock.now()).await;
    let sql = office.scratch.connect().await.unwrap();
    let tenant: Uuid = sql.query_one("select id from tenants", &[]).await.unwrap().get(0);
    (node, tenant.to_string())
}

/// Writes the file that is ordered, as the worker does; the export's id.
pub(crate) async fn written(office: &Office, node: &Node) -> Uuid {
    written_into(&office.app.exchange.clone().unwrap(), office, node).await
}

/// The same by a worker with keys of its own.
async fn written_into(shelf: &Shelf, office: &Office, node: &Node) -> Uuid {
    assert!(node.lease(0).await.is_none(), "a worker without a store is not given it");
    let order = node.lease_copying().await.unwrap();
    ended_into(shelf, office, node, &order).await
}

/// The same, of an order that the worker has in hand.
async fn ended(office: &Office, node: &Node, order: &Order) -> Uuid {
    ended_into(&office.app.exchange.clone().unwrap(), office, node, order).await
}

async fn ended_into(shelf: &Shelf, office: &Office, node: &Node, order: &Order) -> Uuid {
    let Task::ExportTenant { tenant, export, .. } = order.task.clone() else { panic!("{order:?}") };
    let place = Place { tenant, backup: export };
    let mut taking = shelf.take(place).await.unwrap();
    taking.push(FILE.as_bytes()).await.unwrap();
    let digest = taking.finish().await.unwrap();
    let taken_at = office.clock.now();
    shelf.vouch_for_file(place, &digest, (taken_at, "0020_abcdef01")).await.unwrap();
    let (schema, sha256) = ("0020_abcdef01".to_owned(), digest.sha256);
    let told = BackedUp { taken_at, took_ms: 900, schema, rows: 12_034, stored_bytes: digest.plain_bytes, sha256 };
    assert_eq!(node.report(order.id, order.fence, Outcome::Exported(told)).await.status, StatusCode::NO_CONTENT);
    export
}

#[tokio::test]
async fn a_hotel_is_exported_and_fetched_from_any_byte_on_until_a_week_is_over() {
    let office = Office::open().await;
    let (node, tenant) = with_hotel(&office).await;
    let staff = office.staff(StaffRole::SuperAdmin).await;
    let door = format!("/api/v1/tenants/{tenant}/exports");
    let dry = staff.post(&format!("{door}?dry_run=true"), &json!({})).await.unwrap();
    assert_eq!((dry.status, &dry.json()["state"]), (StatusCode::OK, &json!("ordered")), "{}", dry.text);
    assert!(node.lease_copying().await.is_none(), "a dry run orders nothing");
    assert_eq!(staff.post(&door, &json!({})).await.unwrap().status, StatusCode::OK);
    assert_eq!(staff.post(&door, &json!({})).await.unwrap().code(), "export-open");
    let export = written(&office, &node).await;
    let seen = staff.get(&format!("/api/v1/exports/{export}")).await.unwrap().json();
    assert_eq!((&seen["state"], &seen["rows"], &seen["slug"]), (&json!("done"), &json!(12_034), &json!("melati")));

    let file = format!("/api/v1/exports/{export}/file");
    let whole = staff.get(&file).await.unwrap();
    assert_eq!((whole.status, whole.text.as_str()), (StatusCode::OK, FILE));
    let rest = staff.with("range", "bytes=9-").get(&file).await.unwrap();
    assert_eq!((rest.status, rest.text.as_str()), (StatusCode::PARTIAL_CONTENT, &FILE[9..]));
    assert_eq!(staff.with("range", "bytes=999-").get(&file).await.unwrap().code(), "no-such-part");
    let log = staff.get("/api/v1/audit").await.unwrap().text;
    assert_eq!(log.matches("tenant.export_fetched").count(), 2, "every part that was fetched is told: {log}");

    let week = office.clock.now() + SignedDuration::from_hours(7 * 24);
    assert_eq!(seen["expires_at"], json!(week.to_string()));
    assert_eq!(tidy(&office.app).await.unwrap(), 0);
    // A session does not last a week.
    let over = format!("update exports set expires_at = '{}'", office.clock.now());
    office.scratch.connect().await.unwrap().batch_execute(&over).await.unwrap();
    assert_eq!(staff.get(&file).await.unwrap().code(), "export-gone");
    assert_eq!((tidy(&office.app).await.unwrap(), tidy(&office.app).await.unwrap()), (1, 0));
    let place = Place { tenant: TenantId(tenant.parse().unwrap()), backup: export };
    assert!(office.app.exchange.clone().unwrap().manifest(place).await.is_err(), "it is removed");
}

#[tokio::test]
async fn an_export_that_fails_says_why_and_the_next_may_be_asked_for() {
    let office = Office::open().await;
    let (node, tenant) = with_hotel(&office).await;
    let staff = office.staff(StaffRole::SuperAdmin).await;
    let door = format!("/api/v1/tenants/{tenant}/exports");
    assert_eq!(staff.post(&door, &json!({})).await.unwrap().status, StatusCode::OK);
    let order = node.lease_copying().await.unwrap();
    let refused = Outcome::Refused { reason: "this worker has no exchange".to_owned() };
    assert_eq!(node.report(order.id, order.fence, refused).await.status, StatusCode::NO_CONTENT);
    let seen = staff.get(&door).await.unwrap().json()["items"][0].clone();
    assert_eq!((&seen["state"], &seen["error"]), (&json!("failed"), &json!("this worker has no exchange")));
    assert_eq!(staff.post(&door, &json!({})).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn while_the_key_of_the_exchange_is_turned_what_was_sealed_under_either_key_is_fetched() {
    let (older, newest) = (Key::new([3; 32]), Key::new([4; 32]));
    let office = Office::empty(|settings| {
        let exchange = settings.exchange.as_mut().unwrap();
        (exchange.key, exchange.older) = (newest.clone(), vec![older.clone()]);
    })
    .await;
    office.add_cluster(CLUSTER, 100, 1_000).await;
    let (node, tenant) = with_hotel(&office).await;
    let staff = office.staff(StaffRole::SuperAdmin).await;
    let store = office.app.settings.exchange.as_ref().unwrap().origin.open(None).unwrap();
    let shelf = |key: &Key| Shelf::new(store.clone(), key.clone(), Entropy::system());
    for key in [&older, &newest] {
        let asked = staff.post(&format!("/api/v1/tenants/{tenant}/exports"), &json!({})).await.unwrap();
        assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
        let export = written_into(&shelf(key), &office, &node).await;
        let file = staff.get(&format!("/api/v1/exports/{export}/file")).await.unwrap();
        assert_eq!((file.status, file.text.as_str()), (StatusCode::OK, FILE));
    }
    let place = Place { tenant: TenantId(tenant.parse().unwrap()), backup: Uuid::from_u128(7) };
    let exchange = office.app.exchange.clone().unwrap();
    let digest = exchange.take(place).await.unwrap().finish().await.unwrap();
    exchange.vouch_for_file(place, &digest, (office.clock.now(), "")).await.unwrap();
    assert!(shelf(&newest).manifest(place).await.is_ok(), "the first key seals");
    assert!(shelf(&older).manifest(place).await.is_err());
}

#[tokio::test]
async fn how_far_a_worker_is_is_shown_while_it_writes_and_nobody_elses_word_counts() {
    let office = Office::open().await;
    let (node, tenant) = with_hotel(&office).await;
    let other = office.node("node-2", &[Role::Fleet]).await;
    let staff = office.staff(StaffRole::SuperAdmin).await;
    let door = format!("/api/v1/tenants/{tenant}/exports");
    assert_eq!(staff.post(&door, &json!({})).await.unwrap().status, StatusCode::OK);
    let seen = async || staff.get(&door).await.unwrap().json()["items"][0].clone();
    let waits = seen().await;
    assert_eq!((&waits["at_work"], &waits["how_far"]), (&json!(false), &json!(null)));
    let page = async || staff.page(&format!("/vendor/tenants/{tenant}")).await.unwrap().text;
    assert!(page().await.contains("Menunggu giliran"), "nobody has it in hand");

    let order = node.lease_copying().await.unwrap();
    assert_eq!(seen().await["at_work"], json!(true));
    let says = async |node: &Node, fence: u64, rows_done: u64| {
        let far = HowFar { tables_done: 7, tables: 19, rows_done, rows: 12_034, bytes: 51_200 };
        let copying = vec![Copying { order: order.id, fence, goes_on: true, how_far: Some(far) }];
        node.heartbeat(&Heartbeat { copying, ..beat(&[Role::Fleet], office.clock.now()) }).await
    };
    let answer = says(&node, order.fence, 3_008).await;
    assert!(answer.again_in_ms < 5_000, "somebody looks on: {answer:?}");
    let far = json!({ "tables_done": 7, "tables": 19, "rows_done": 3_008, "rows": 12_034, "bytes": 51_200 });
    assert_eq!(seen().await["how_far"], far);
    says(&other, order.fence, 9_000).await;
    says(&node, order.fence - 1, 9_000).await;
    assert_eq!(seen().await["how_far"], far);
    let text = page().await;
    assert!(text.contains(r#"max="100" value="24""#) && text.contains("3.008 dari 12.034 baris"), "{text}");
    assert!(text.contains("data-live") && text.contains("/follow.js"), "it is followed by itself");
    let anew = vec![Copying { order: order.id, fence: order.fence, goes_on: true, how_far: None }];
    node.heartbeat(&Heartbeat { copying: anew, ..beat(&[Role::Fleet], office.clock.now()) }).await;
    assert_eq!(seen().await["how_far"], json!(null), "who begins has not counted yet");

    ended(&office, &node, &order).await;
    says(&node, order.fence, 12_034).await;
    let done = seen().await;
    assert_eq!((&done["state"], &done["at_work"], &done["how_far"]), (&json!("done"), &json!(false), &json!(null)));
    assert!(!page().await.contains("data-live"), "nothing goes on");
}
