//! Hotels of a server that is dead: made out of the store alone, onto another.
use hotelhub_control_plane::backups::drive;
use hotelhub_protocol::{Order, Outcome, Task};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::backups::{Cellar, restored, taken};
use crate::office::CLUSTER;

const OTHER: &str = "jkt-2";

impl Cellar {
    /// Its server was copied, and is dead since; an instant between.
    async fn of_a_dead_server() -> (Self, Timestamp) {
        let cellar = Self::open().await;
        cellar.node.archives_wal(&[CLUSTER], cellar.office.clock.now()).await;
        cellar.office.add_cluster(OTHER, 100, 1_000).await;
        let door = format!("/api/v1/clusters/{CLUSTER}/base-backups");
        assert_eq!(cellar.staff.post(&door, &json!({})).await.unwrap().status, StatusCode::OK);
        cellar.copies_whole("000000010000000000000009").await;
        cellar.office.clock.advance(SignedDuration::from_mins(5));
        let at = cellar.office.clock.now();
        cellar.office.clock.advance(SignedDuration::from_mins(5));
        cellar.node.reaches(&[CLUSTER, OTHER], cellar.office.clock.now()).await;
        (cellar, at)
    }

    async fn refuses(&self, wish: Value) -> (u16, String) {
        let answer = self.post("restores", wish).await;
        (answer.status.as_u16(), answer.code())
    }

    async fn leases(&self) -> Order {
        self.node.lease_copying_on(&[OTHER], &[CLUSTER, OTHER]).await.unwrap()
    }
}

#[tokio::test]
async fn a_hotel_of_a_dead_server_is_made_out_of_the_store_alone_and_lives_on_another_from_then_on() {
    let (cellar, at) = Cellar::of_a_dead_server().await;
    let wish = json!({ "at": at, "slug": "melati" });
    assert_eq!(cellar.refuses(wish).await, (409, "not-archiving".to_owned()));
    let wish = json!({ "slug": "melati", "store_alone": true });
    assert_eq!(cellar.refuses(wish).await, (422, "no-instant".to_owned()));
    let wish = json!({ "slug": "melati", "timeline": 2 });
    assert_eq!(cellar.refuses(wish).await, (422, "no-instant".to_owned()));
    let wish = json!({ "at": at, "slug": "melati", "store_alone": true, "onto": "jkt-9" });
    assert_eq!(cellar.refuses(wish).await, (404, "unknown-cluster".to_owned()));

    let wish = json!({ "at": at, "slug": "melati", "store_alone": true, "timeline": 2, "onto": OTHER });
    let begun = cellar.post("restores", wish).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    let making = cellar.leases().await;
    let Task::RecoverTenant { cluster, recovery } = &making.task else { panic!("{making:?}") };
    assert_eq!((cluster.0.as_str(), recovery.timeline, recovery.store_alone), (CLUSTER, Some(2), true));
    assert_eq!(cellar.say(&making, taken(at)).await, StatusCode::NO_CONTENT);
    let filling = cellar.leases().await;
    let Task::RestoreTenant { cluster, database, .. } = &filling.task else { panic!("{filling:?}") };
    assert_eq!(cluster.0, OTHER);
    assert_eq!(cellar.say(&filling, restored()).await, StatusCode::NO_CONTENT);
    let route = cellar.route().await;
    assert_eq!((route.placement.cluster.0.as_str(), &route.placement.database), (OTHER, database));
    assert!(route.notices.maintenance.is_none(), "the hotel is open again");

    cellar.office.clock.advance(SignedDuration::from_hours(24 * 8));
    drive(&cellar.office.app).await.unwrap();
    let removal = cellar.leases().await;
    let Task::PruneBackups { cluster, .. } = &removal.task else { panic!("{removal:?}") };
    assert_eq!(cluster.0, CLUSTER, "the store is asked, and not the server");
    assert_eq!(cellar.say(&removal, Outcome::Pruned).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_nightly_backup_is_restored_onto_another_server_and_what_waits_is_backed_up_there() {
    let cellar = Cellar::open().await;
    cellar.is_backed_up().await;
    cellar.office.add_cluster(OTHER, 100, 1_000).await;
    let wish = json!({ "slug": "melati", "onto": OTHER });
    assert_eq!(cellar.refuses(wish.clone()).await, (409, "no-backup-store".to_owned()));
    cellar.node.reaches(&[OTHER], cellar.office.clock.now()).await;
    let begun = cellar.post("restores", wish).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    let filling = cellar.leases().await;
    cellar.node.reaches(&[CLUSTER, OTHER], cellar.office.clock.now()).await;
    assert_eq!(cellar.post("backups", json!({})).await.status, StatusCode::OK);
    assert_eq!(cellar.say(&filling, restored()).await, StatusCode::NO_CONTENT);
    let waited = cellar.leases().await;
    let Task::BackUpTenant { cluster, database, .. } = &waited.task else { panic!("{waited:?}") };
    assert_eq!((cluster.0.as_str(), database), (OTHER, &cellar.route().await.placement.database));
    assert_eq!(
        cellar.say(&waited, Outcome::Failed { reason: "the store is away".to_owned() }).await,
        StatusCode::NO_CONTENT
    );
}
