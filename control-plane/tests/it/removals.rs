//! Backups of hotels that were deleted: kept for their days, copied from meanwhile, and then removed.
use hotelhub_control_plane::backups::drive;
use hotelhub_control_plane::tenants::reap;
use hotelhub_protocol::{Order, Outcome, Task};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::backups::{restored, taken};
use crate::life::{Melati, farewell};
use crate::office::CLUSTER;

impl Melati {
    /// Backed up, deleted, and so long ago that its name is free; the backup.
    async fn left_with_a_backup() -> (Self, Value) {
        let melati = Self::by_script().await;
        let (office, node) = (&melati.office, &melati.node);
        node.keeps_backups(office.clock.now()).await;
        let backup = melati.does("backups", json!({})).await["id"].clone();
        melati.carried_out(taken(office.clock.now())).await;
        melati.does("delete", farewell()).await;
        office.clock.advance(SignedDuration::from_hours(24 * 31));
        node.keeps_backups(office.clock.now()).await;
        assert_eq!(melati.ordered().await, None, "its name is not free");
        assert_eq!(reap(&office.app).await.unwrap(), 1);
        let drop = node.lease(0).await.unwrap();
        assert_eq!(node.report(drop.id, drop.fence, Outcome::Gone).await.status, StatusCode::NO_CONTENT);
        (melati, backup)
    }

    /// Says of the next order how it went, and answers it.
    async fn carried_out(&self, outcome: Outcome) -> Order {
        let order = self.node.lease_copying().await.unwrap();
        assert_eq!(self.node.report(order.id, order.fence, outcome).await.status, StatusCode::NO_CONTENT);
        order
    }

    /// What is ordered when everything was looked after.
    async fn ordered(&self) -> Option<Task> {
        drive(&self.office.app).await.unwrap();
        self.node.lease_copying().await.map(|order| order.task)
    }

    /// It was deleted so many days earlier.
    async fn was_deleted_earlier(&self, days: i32) {
        let sql = self.office.scratch.connect().await.unwrap();
        let earlier =
            "update tenants set status_since = status_since - $1 * interval '1 day' where released_at is not null";
        assert_eq!(sql.execute(earlier, &[&f64::from(days)]).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn backups_of_a_hotel_that_left_are_removed_when_their_days_are_over_and_until_then_a_copy_is_made_of_them() {
    let (melati, backup) = Melati::left_with_a_backup().await;
    melati.was_deleted_earlier(58).await;
    assert_eq!(melati.ordered().await, None, "89 days after the deletion");
    assert_eq!(melati.refuses("restores", json!({ "slug": "melati" })).await, (409, "not-served".to_owned()));
    let copy = melati.does("restores", json!({ "copy_as": "kenanga" })).await;
    assert_eq!((&copy["kind"], &copy["backup_id"]), (&json!("copy"), &backup));
    melati.was_deleted_earlier(1).await;
    drive(&melati.office.app).await.unwrap();
    let order = melati.carried_out(restored()).await;
    assert!(matches!(&order.task, Task::RestoreTenant { .. }), "what is being restored from stays: {order:?}");
    let routes = melati.node.snapshot().await.routes;
    assert_eq!(routes.iter().map(|route| route.slug.as_str()).collect::<Vec<_>>(), ["kenanga"]);

    drive(&melati.office.app).await.unwrap();
    let refused = (409, "backups-removed".to_owned());
    assert_eq!(melati.refuses("restores", json!({ "copy_as": "mawar" })).await, refused);
    let removal = melati.node.lease_copying().await.unwrap();
    let Task::PruneBackups { tenant, backups, .. } = &removal.task else { panic!("{removal:?}") };
    assert!(melati.door.ends_with(&tenant.to_string()) && json!(backups) == json!([backup]), "{removal:?}");
    melati.node.failed(&removal, "the store is away").await;
    melati.office.clock.advance(SignedDuration::from_secs(61));
    melati.node.keeps_backups(melati.office.clock.now()).await;
    assert_eq!(melati.carried_out(Outcome::Pruned).await.id, removal.id, "it is tried again");
    assert_eq!(melati.ordered().await, None, "that was all");
    let listed = melati.sari.get(&format!("{}/backups", melati.door)).await.unwrap().json();
    assert_eq!(listed["items"][0]["state"], "pruned", "it is remembered that there was one");
    assert_eq!(melati.refuses("restores", json!({ "copy_as": "mawar" })).await, refused);
    assert_eq!(melati.noted().await[..2], ["tenant.remove_backups", "tenant.restore"]);
}

#[tokio::test]
async fn backups_of_a_hotel_whose_server_has_no_worker_any_more_are_removed_by_another() {
    let (melati, _) = Melati::left_with_a_backup().await;
    melati.was_deleted_earlier(60).await;
    let elsewhere = "jkt-2";
    melati.office.add_cluster(elsewhere, 100, 1_000).await;
    // The worker was given a server that the control plane was not told of.
    melati.node.reaches(&["anyer-1", elsewhere], melati.office.clock.now()).await;
    drive(&melati.office.app).await.unwrap();
    let sql = melati.office.scratch.connect().await.unwrap();
    let by = "select cluster_id from work_orders where kind = 'prune_backups'";
    assert_eq!(sql.query_one(by, &[]).await.unwrap().get::<_, &str>(0), elsewhere);

    let order = melati.node.lease_copying_on(&[elsewhere], &[elsewhere]).await.unwrap();
    let refused = Outcome::Refused { reason: "the store is away".to_owned() };
    assert_eq!(melati.node.report(order.id, order.fence, refused).await.status, StatusCode::NO_CONTENT);
    drive(&melati.office.app).await.unwrap();
    melati.office.clock.advance(SignedDuration::from_hours(2));
    melati.node.reaches(&[elsewhere], melati.office.clock.now()).await;
    drive(&melati.office.app).await.unwrap();
    let again = melati.node.lease_copying_on(&[elsewhere], &[elsewhere]).await.unwrap();
    assert!(matches!(again.task, Task::PruneBackups { .. }) && again.id != order.id, "by another as well: {again:?}");
}

#[tokio::test]
async fn a_copy_of_a_hotel_that_left_is_made_on_the_server_that_is_named_though_its_own_is_dead() {
    let (melati, backup) = Melati::left_with_a_backup().await;
    let elsewhere = "jkt-2";
    melati.office.add_cluster(elsewhere, 100, 1_000).await;
    melati.node.reaches(&[CLUSTER, elsewhere], melati.office.clock.now()).await;
    assert_eq!(melati.refuses("restores", json!({ "slug": "melati", "onto": elsewhere })).await.1, "not-served");
    let copy = melati.does("restores", json!({ "copy_as": "kenanga", "onto": elsewhere })).await;
    assert_eq!((&copy["kind"], &copy["backup_id"]), (&json!("copy"), &backup));
    let order = melati.node.lease_copying_on(&[elsewhere], &[CLUSTER, elsewhere]).await.unwrap();
    assert!(matches!(&order.task, Task::RestoreTenant { cluster, .. } if cluster.0 == elsewhere), "{order:?}");
}
