//! The ends of moves: what is left of one goes, and what is said of one that is over changes nothing.
use hotelhub_control_plane::backups;
use hotelhub_protocol::{ClusterId, Inventory, MoveStep, Moved, Outcome, paths};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;

use crate::moves::{Yard, switched};
use crate::office::CLUSTER;

/// What a restore in place does, of the one hotel there is.
const RESTORE: &str = "
    insert into databases (name, cluster_id, state, created_at)
    values ('t_000000000000000000000000000000aa', 'jkt-22', 'restoring', now());
    update databases set state = 'set_aside', tenant_id = null where state = 'live';
    update databases
       set state = 'live', tenant_id = (select tenant_id from moves), template = (select template from clusters where id = 'jkt-22')
     where state = 'restoring'";

#[tokio::test]
async fn a_hotel_that_was_restored_before_its_move_was_taken_back_stays_with_what_was_restored() {
    for (yard, deleted) in [
        (Yard::of(&["melati"]).await, false),
        (Yard::of(&["melati"]).await, true),
        (Yard::shared(&["melati"]).await, false),
    ] {
        let source = yard.placement("melati").await.quarters();
        let id = yard.begun("melati").await;
        yard.does(MoveStep::Copy, Moved::Copied { bytes: 1 }).await;
        yard.does(MoveStep::Switch, switched()).await;
        let sql = yard.office.scratch.connect().await.unwrap();
        sql.batch_execute(RESTORE).await.unwrap();
        if deleted {
            let farewell = json!({ "reason": "Hotel dijual", "slug": "melati" });
            let delete = format!("/api/v1/tenants/{}/delete", yard.id_of("melati").await);
            assert_eq!(yard.staff.post(&delete, &farewell).await.unwrap().status, StatusCode::OK);
        }
        yard.does(MoveStep::Clear, Moved::Reopened).await;
        let home = "select name from databases where state = 'live'";
        let home: String = sql.query_one(home, &[]).await.unwrap().get(0);
        assert_eq!((yard.state(&id).await.as_str(), home.as_str()), ("undoing", "t_000000000000000000000000000000aa"));
        yard.does(MoveStep::Undo, Moved::Undone).await;

        let state = async || -> String {
            let kept = sql.query_one("select state from databases where name = $1", &[&source]).await.unwrap();
            kept.get(0)
        };
        yard.office.clock.advance(SignedDuration::from_hours(24 * 29));
        backups::drive(&yard.office.app).await.unwrap();
        assert_eq!(state().await, "set_aside", "it is kept for the days of grace");
        yard.office.clock.advance(SignedDuration::from_hours(24 * 2));
        backups::drive(&yard.office.app).await.unwrap();
        assert_eq!(state().await, "retired", "and no longer");
    }
}

/// A worker lists the databases of the first cluster whose log is kept.
async fn slots_are_seen(yard: &Yard, slots: &[&str]) {
    let (cluster, slots) = (ClusterId(CLUSTER.to_owned()), slots.iter().map(|&database| database.to_owned()).collect());
    let (databases, roles, shared, unread) = Default::default();
    let inventory = Inventory { cluster, databases, roles, shared, slots, unread };
    let told = yard.node.post(paths::INVENTORY, &serde_json::to_value(inventory).unwrap()).await;
    assert_eq!(told.status, StatusCode::NO_CONTENT, "{}", told.text);
}

#[tokio::test]
async fn a_slot_that_outlived_its_move_is_taken_down() {
    let yard = Yard::of(&["melati"]).await;
    let source = yard.placement("melati").await.database;
    let id = yard.begun("melati").await;
    slots_are_seen(&yard, &[&source]).await;
    assert_eq!(yard.state(&id).await, "copying", "it is needed");
    let (order, _) = yard.step().await;
    yard.node.report(order.id, order.fence, Outcome::Refused { reason: "no".to_owned() }).await;
    yard.does(MoveStep::Undo, Moved::Undone).await;
    slots_are_seen(&yard, &[&source]).await;
    yard.does(MoveStep::Undo, Moved::Undone).await;
    assert_eq!(yard.state(&id).await, "given_up");
}

#[tokio::test]
async fn a_move_that_is_over_leads_nobody_back_whatever_is_said_of_it_late() {
    for yard in [Yard::of(&["melati"]).await, Yard::shared(&["melati"]).await] {
        let source = yard.placement("melati").await.database;
        let id = yard.begun("melati").await;
        yard.does(MoveStep::Copy, Moved::Copied { bytes: 1 }).await;
        yard.does(MoveStep::Switch, switched()).await;
        let clear = yard.does(MoveStep::Clear, Moved::Cleared).await;
        let (over, home, version) =
            (yard.look(&id).await, yard.placement("melati").await, yard.node.snapshot().await.version);
        let told = yard.node.report(clear.id, clear.fence, Outcome::Moved(Moved::Reopened)).await;
        assert_eq!(told.status, StatusCode::NO_CONTENT, "it is heard");
        assert_eq!(yard.look(&id).await, over, "and is nothing new");

        yard.office.clock.advance(SignedDuration::from_hours(1));
        slots_are_seen(&yard, &[&source]).await;
        assert_eq!(yard.state(&id).await, "clearing", "what it left is looked for");
        yard.does(MoveStep::Clear, Moved::Reopened).await;
        assert_eq!(yard.look(&id).await, over);
        let snapshot = yard.node.snapshot().await;
        assert_eq!((yard.placement("melati").await, snapshot.version), (home, version), "and the hotel stays");
    }
}
