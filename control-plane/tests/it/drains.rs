//! Clusters that are emptied: hotels leave a few at a time, and nobody is waited for in vain.
use hotelhub_control_plane::fleet::moves::drive;
use hotelhub_protocol::{MoveStep, Moved, Outcome};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::moves::{OTHER, Yard, switched};
use crate::office::CLUSTER;

#[tokio::test]
async fn a_cluster_is_emptied_two_at_a_time_until_one_cannot_leave() {
    let yard = Yard::of(&["melati", "kenanga", "anggrek"]).await;
    let drain = format!("/api/v1/clusters/{CLUSTER}/drain");
    assert_eq!(yard.staff.post(&drain, &json!({})).await.unwrap().status, StatusCode::NO_CONTENT);
    assert_eq!(drive(&yard.office.app).await.unwrap(), 2);
    assert_eq!(drive(&yard.office.app).await.unwrap(), 0, "no more than two at a time");
    yard.does(MoveStep::Copy, Moved::Copied { bytes: 1 }).await;
    yard.does(MoveStep::Switch, switched()).await;
    yard.does(MoveStep::Clear, Moved::Cleared).await;
    assert_eq!(drive(&yard.office.app).await.unwrap(), 1);
    let (order, _) = yard.step().await;
    yard.node.report(order.id, order.fence, Outcome::Refused { reason: "it has large objects".to_owned() }).await;
    drive(&yard.office.app).await.unwrap();
    let clusters = yard.staff.get("/api/v1/clusters").await.unwrap().json();
    let halted = clusters["items"].as_array().unwrap().iter().find(|cluster| cluster["id"] == CLUSTER).unwrap().clone();
    assert_eq!(
        (&halted["state"], &halted["drain_halted_because"]),
        (&json!("draining"), &json!("it has large objects"))
    );
    assert_eq!(yard.office.sign_up("mawar").await.status, StatusCode::CREATED);
    let sql = yard.office.scratch.connect().await.unwrap();
    let home = "select d.cluster_id from databases d join tenants t on t.id = d.tenant_id where t.slug = 'mawar'";
    assert_eq!(sql.query_one(home, &[]).await.unwrap().get::<_, &str>(0), OTHER, "who signs up goes elsewhere");
}

#[tokio::test]
async fn an_undo_that_waits_for_a_server_keeps_nobody_from_leaving_nor_its_hotel_from_being_backed_up() {
    let yard = Yard::of(&["melati", "kenanga", "anggrek"]).await;
    let drain = format!("/api/v1/clusters/{CLUSTER}/drain");
    yard.staff.post(&drain, &json!({})).await.unwrap();
    assert_eq!(drive(&yard.office.app).await.unwrap(), 2);
    for (order, _) in [yard.step().await, yard.step().await] {
        yard.node.report(order.id, order.fence, Outcome::Refused { reason: "no".to_owned() }).await;
    }
    assert_eq!(drive(&yard.office.app).await.unwrap(), 0, "it stands still");
    yard.office.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(yard.staff.post(&drain, &json!({})).await.unwrap().status, StatusCode::NO_CONTENT);
    assert_eq!(drive(&yard.office.app).await.unwrap(), 1, "the third leaves");
    let sql = yard.office.scratch.connect().await.unwrap();
    let waits = "select tenant_id::text from moves where state = 'undoing' limit 1";
    let waits: String = sql.query_one(waits, &[]).await.unwrap().get(0);
    let backup = yard.staff.post(&format!("/api/v1/tenants/{waits}/backups"), &json!({})).await.unwrap();
    assert!(backup.status.is_success(), "{}", backup.text);
    let clusters = yard.staff.get("/api/v1/clusters").await.unwrap().json();
    let left = clusters["items"].as_array().unwrap().iter().find(|cluster| cluster["id"] == CLUSTER).unwrap().clone();
    assert_eq!((&left["hotels"], &left["leaving"]), (&json!(3), &json!(3)));
}

#[tokio::test]
async fn a_hotel_in_work_waits_for_its_turn_and_a_deleted_one_need_not_leave() {
    let yard = Yard::of(&["melati", "kenanga"]).await;
    let farewell = json!({ "reason": "Hotel dijual", "slug": "kenanga" });
    let delete = format!("/api/v1/tenants/{}/delete", yard.id_of("kenanga").await);
    assert_eq!(yard.staff.post(&delete, &farewell).await.unwrap().status, StatusCode::OK);
    let sql = yard.office.scratch.connect().await.unwrap();
    let exporting = "insert into exports (id, tenant_id, asked_by, created_at)
          select gen_random_uuid(), tenant_id, 'Wati', now() from databases where state = 'live'";
    sql.batch_execute(exporting).await.unwrap();
    yard.staff.post(&format!("/api/v1/clusters/{CLUSTER}/drain"), &json!({})).await.unwrap();
    assert_eq!(drive(&yard.office.app).await.unwrap(), 0);
    let shown = async || {
        let clusters = yard.staff.get("/api/v1/clusters").await.unwrap().json();
        clusters["items"].as_array().unwrap().iter().find(|cluster| cluster["id"] == CLUSTER).unwrap().clone()
    };
    let waiting = shown().await;
    assert_eq!((&waiting["drain_halted_because"], &waiting["hotels"]), (&Value::Null, &json!(1)));
    sql.batch_execute("delete from exports").await.unwrap();
    assert_eq!(drive(&yard.office.app).await.unwrap(), 1);
    yard.does(MoveStep::Copy, Moved::Copied { bytes: 1 }).await;
    yard.does(MoveStep::Switch, switched()).await;
    let switched = shown().await;
    assert_eq!((&switched["hotels"], &switched["leaving"]), (&json!(0), &json!(1)), "the server is needed still");
    yard.does(MoveStep::Clear, Moved::Cleared).await;
    assert_eq!(shown().await["leaving"], json!(0));
}
