//! Tenants backed up each night and on request, and restored: what the vendor's house does about it. What the fleet role does is told elsewhere.
use hotelhub_control_plane::backups::drive;
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{BackedUp, Migrated, Order, Outcome, Restored, Role, Route, Task};
use hotelhub_testkit::{Answer, Visitor};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::office::{Node, Office, TEMPLATE};

/// A vendor with one hotel, a worker that keeps backups, and somebody who may do everything.
pub(crate) struct Cellar {
    pub(crate) office: Office,
    pub(crate) node: Node,
    pub(crate) staff: Visitor,
    pub(crate) tenant: String,
}

impl Cellar {
    pub(crate) async fn open() -> Self {
        let office = Office::open().await;
        let node = office.node("node-1", &[Role::Fleet]).await;
        let staff = office.staff(StaffRole::SuperAdmin).await;
        assert_eq!(office.sign_up("melati").await.status, StatusCode::CREATED);
        node.done(&node.lease(0).await.unwrap()).await;
        node.keeps_backups(office.clock.now()).await;
        let found = staff.get("/api/v1/tenants?slug=melati").await.unwrap().json();
        let tenant = found["items"][0]["id"].as_str().unwrap().to_owned();
        Self { office, node, staff, tenant }
    }

    pub(crate) fn door(&self, of: &str) -> String {
        format!("/api/v1/tenants/{}/{of}", self.tenant)
    }

    pub(crate) async fn post(&self, of: &str, body: Value) -> Answer {
        self.staff.post(&self.door(of), &body).await.unwrap()
    }

    pub(crate) async fn listed(&self, of: &str) -> Vec<Value> {
        self.staff.get(&self.door(of)).await.unwrap().json()["items"].as_array().unwrap().clone()
    }

    pub(crate) async fn route(&self) -> Route {
        let routes = self.node.snapshot().await.routes;
        routes.into_iter().find(|route| route.slug.as_str() == "melati").unwrap()
    }

    pub(crate) async fn say(&self, order: &Order, outcome: Outcome) -> StatusCode {
        self.node.report(order.id, order.fence, outcome).await.status
    }

    /// Carries out the one backup that is ordered.
    pub(crate) async fn takes(&self) -> Order {
        let order = self.node.lease_copying().await.unwrap();
        assert!(matches!(order.task, Task::BackUpTenant { .. }), "{order:?}");
        assert_eq!(self.say(&order, taken(self.office.clock.now())).await, StatusCode::NO_CONTENT);
        order
    }

    /// Staff ask for a backup, and a worker takes it.
    pub(crate) async fn is_backed_up(&self) {
        self.post("backups", json!({})).await;
        self.takes().await;
    }

    /// Staff have the newest backup restored in place; the order, which a worker has begun.
    pub(crate) async fn is_being_restored(&self) -> Order {
        let begun = self.post("restores", json!({ "slug": "melati" })).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
        self.node.lease_copying().await.unwrap()
    }

    /// Goes on to the next hour of the clock, in which a worker is heard.
    pub(crate) async fn later(&self, hours: i64) {
        self.office.clock.advance(SignedDuration::from_hours(hours));
        self.node.keeps_backups(self.office.clock.now()).await;
    }
}

pub(crate) fn taken(now: Timestamp) -> Outcome {
    Outcome::BackedUp(BackedUp {
        taken_at: now,
        took_ms: 1_200,
        schema: "0020".to_owned(),
        rows: 12_034,
        stored_bytes: 1_400_000,
        sha256: "ab".repeat(32),
    })
}

pub(crate) fn restored() -> Outcome {
    Outcome::Restored(Restored { template: TEMPLATE.to_owned(), took_ms: 2_300, rows: 12_034 })
}

#[tokio::test]
async fn a_hotel_is_backed_up_on_request_by_a_worker_that_has_a_store_and_once_at_a_time() {
    let cellar = Cellar::open().await;
    let dry = cellar.post("backups?dry_run=true", json!({})).await;
    assert_eq!((dry.status, &dry.json()["state"]), (StatusCode::OK, &json!("ordered")));
    assert!(cellar.listed("backups").await.is_empty() && cellar.node.lease_copying().await.is_none());
    let begun = cellar.post("backups", json!({})).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    assert_eq!(cellar.post("backups", json!({})).await.code(), "backup-open");
    assert!(cellar.node.lease(0).await.is_none(), "another worker is not given it");
    let order = cellar.takes().await;
    assert_eq!(cellar.say(&order, taken(cellar.office.clock.now())).await, StatusCode::NO_CONTENT, "said twice");
    let backups = cellar.listed("backups").await;
    assert_eq!(backups.len(), 1);
    let backup = &backups[0];
    assert_eq!((&backup["state"], &backup["rows"], &backup["kind"]), (&json!("done"), &json!(12_034), &json!("asked")));
    assert_eq!(backup["asked_by"], "Sari Wulandari");
    let page = cellar.staff.page(&format!("/vendor/tenants/{}", cellar.tenant)).await.unwrap();
    assert!(page.text.contains("1,4 MB") && page.text.contains("12.034"), "{}", page.text);
}

#[tokio::test]
async fn without_a_store_staff_are_told_and_no_night_is_due() {
    let cellar = Cellar::open().await;
    cellar.office.clock.advance(SignedDuration::from_mins(2));
    assert_eq!(cellar.post("backups", json!({})).await.code(), "no-backup-store");
    assert_eq!(cellar.post("restores", json!({ "slug": "melati" })).await.code(), "no-backup-store");
    let page = cellar.staff.page(&format!("/vendor/tenants/{}", cellar.tenant)).await.unwrap();
    assert!(page.text.contains("Belum ada cadangan"), "{}", page.text);
    cellar.office.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(drive(&cellar.office.app).await.unwrap(), 0);
}

#[tokio::test]
async fn each_night_has_one_backup_also_from_two_places_and_after_days_away() {
    let cellar = Cellar::open().await;
    assert_eq!(drive(&cellar.office.app).await.unwrap(), 0, "the night before it came counts for nothing");
    cellar.later(24).await;
    let (one, other) = tokio::join!(drive(&cellar.office.app), drive(&cellar.office.app));
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    cellar.takes().await;
    assert_eq!(drive(&cellar.office.app).await.unwrap(), 0);
    cellar.later(24 * 5).await;
    assert_eq!(drive(&cellar.office.app).await.unwrap(), 1, "one for the five nights nobody was there");
    cellar.takes().await;
    let sql = cellar.office.scratch.connect().await.unwrap();
    sql.batch_execute("update tenants set status = 'churned'").await.unwrap();
    cellar.later(24).await;
    assert_eq!(drive(&cellar.office.app).await.unwrap(), 0, "who is deleted is not backed up");
}

#[tokio::test]
async fn what_nobody_needs_any_more_is_removed_and_the_last_good_one_is_not() {
    let cellar = Cellar::open().await;
    for _ in 0..9 {
        cellar.later(24).await;
        assert_eq!(drive(&cellar.office.app).await.unwrap(), 1);
        cellar.takes().await;
    }
    // From 3 July on: the newest of the first week is kept for its week, and so is everything of the last seven days.
    let prune = cellar.node.lease_copying().await.unwrap();
    let Task::PruneBackups { backups, .. } = &prune.task else { panic!("{prune:?}") };
    assert_eq!(backups.len(), 1);
    assert_eq!(cellar.say(&prune, Outcome::Pruned).await, StatusCode::NO_CONTENT);
    let sql = cellar.office.scratch.connect().await.unwrap();
    let states = "select count(*) filter (where state = 'pruned'), count(*) filter (where state = 'done') from backups";
    let row = sql.query_one(states, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 8));
}

#[tokio::test]
async fn a_backup_that_fails_for_good_is_told_and_the_next_night_tries_again() {
    let cellar = Cellar::open().await;
    cellar.post("backups", json!({})).await;
    for _ in 0..8 {
        let order = cellar.node.lease_copying().await.unwrap();
        cellar.node.failed(&order, "the store is full").await;
        cellar.office.clock.advance(SignedDuration::from_secs(61));
    }
    let backup = cellar.listed("backups").await.pop().unwrap();
    assert_eq!((&backup["state"], &backup["error"]), (&json!("failed"), &json!("the store is full")));
    cellar.node.keeps_backups(cellar.office.clock.now()).await;
    assert_eq!(cellar.post("drills", json!({})).await.code(), "no-good-backup");
    let cleared = cellar.node.lease_copying().await.unwrap();
    assert!(
        matches!(&cleared.task, Task::PruneBackups { backups, .. } if json!(backups) == json!([backup["id"]])),
        "what was written of it goes: {cleared:?}"
    );
    assert_eq!(cellar.say(&cleared, Outcome::Pruned).await, StatusCode::NO_CONTENT);
    cellar.later(24).await;
    assert_eq!(drive(&cellar.office.app).await.unwrap(), 1);
    cellar.takes().await;
    assert_eq!(cellar.node.lease_copying().await, None, "nothing is left of it");
}

#[tokio::test]
async fn a_hotel_is_restored_in_its_place_and_that_can_be_undone_until_the_days_of_grace_are_over() {
    let cellar = Cellar::open().await;
    let before = cellar.route().await;
    cellar.is_backed_up().await;
    assert_eq!(cellar.post("restores", json!({ "slug": "mawar" })).await.code(), "other-name");
    let begun = cellar.post("restores", json!({ "slug": "melati" })).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    assert_eq!(cellar.post("restores", json!({ "slug": "melati" })).await.code(), "restore-open");
    let closed = cellar.route().await;
    assert!(closed.notices.maintenance.is_some() && closed.placement == before.placement, "closed, and nothing moved");

    let order = cellar.node.lease_copying().await.unwrap();
    let Task::RestoreTenant { database, restoration, .. } = &order.task else { panic!("{order:?}") };
    assert_eq!((&restoration.source, restoration.drill), (&before.tenant, false));
    assert_eq!(cellar.say(&order, restored()).await, StatusCode::NO_CONTENT);
    let after = cellar.route().await;
    assert!(after.notices.maintenance.is_none());
    assert_eq!((&after.placement.database, after.placement.generation), (database, before.placement.generation + 1));

    let restore = cellar.listed("restores").await.pop().unwrap();
    assert!(restore["undo_until"].is_string(), "{restore}");
    let undo = format!("/api/v1/restores/{}/undo", restore["id"].as_str().unwrap());
    let undone = cellar.staff.post(&undo, &json!({})).await.unwrap();
    assert_eq!((undone.status, &undone.json()["state"]), (StatusCode::OK, &json!("undone")), "{}", undone.text);
    let back = cellar.route().await;
    assert_eq!(back.placement.database, before.placement.database);
    assert_eq!(back.placement.generation, after.placement.generation + 1);
    assert_eq!(cellar.staff.post(&undo, &json!({})).await.unwrap().code(), "not-undone");

    drive(&cellar.office.app).await.unwrap();
    assert!(cellar.node.lease(0).await.is_none(), "what was set aside is kept");
    cellar.later(24 * 31).await;
    drive(&cellar.office.app).await.unwrap();
    let drop = cellar.node.lease(0).await.unwrap();
    assert!(
        matches!(&drop.task, Task::DropDatabase { database: gone, tenant: Some(tenant), .. }
        if gone == database && *tenant == before.tenant),
        "{drop:?}"
    );
    assert_eq!(cellar.say(&drop, Outcome::Gone).await, StatusCode::NO_CONTENT);
    assert_eq!(cellar.route().await.placement, back.placement, "the hotel is where it was");
}

#[tokio::test]
async fn a_restore_that_is_refused_opens_the_hotel_again_and_changes_nothing() {
    let cellar = Cellar::open().await;
    let before = cellar.route().await;
    cellar.is_backed_up().await;
    let order = cellar.is_being_restored().await;
    let refused = Outcome::Refused { reason: "the backup's data are spoilt".to_owned() };
    assert_eq!(cellar.say(&order, refused).await, StatusCode::NO_CONTENT);
    let after = cellar.route().await;
    assert!(after.notices.maintenance.is_none() && after.placement == before.placement);
    let restore = cellar.listed("restores").await.pop().unwrap();
    assert_eq!((&restore["state"], &restore["error"]), (&json!("failed"), &json!("the backup's data are spoilt")));
    assert_eq!(cellar.say(&order, restored()).await, StatusCode::NO_CONTENT, "a word that comes late is heard");
    assert_eq!(cellar.route().await.placement, before.placement, "and moves nothing");
    let again = cellar.post("restores", json!({ "slug": "melati" })).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
}

#[tokio::test]
async fn a_hotel_that_was_opened_during_its_restore_keeps_what_it_wrote_since() {
    let cellar = Cellar::open().await;
    let before = cellar.route().await;
    cellar.is_backed_up().await;
    let order = cellar.is_being_restored().await;
    assert_eq!(cellar.post("maintenance/end", json!({})).await.status, StatusCode::OK);
    assert_eq!(cellar.say(&order, restored()).await, StatusCode::NO_CONTENT);
    assert_eq!(cellar.route().await.placement, before.placement);
    let restore = cellar.listed("restores").await.pop().unwrap();
    assert!(restore["state"] == "failed" && restore["error"].as_str().unwrap().contains("opened meanwhile"));
}

#[tokio::test]
async fn a_backup_that_waits_while_its_hotel_is_restored_is_taken_of_what_is_served_then() {
    let cellar = Cellar::open().await;
    cellar.is_backed_up().await;
    cellar.post("restores", json!({ "slug": "melati" })).await;
    cellar.later(24).await;
    assert_eq!(drive(&cellar.office.app).await.unwrap(), 0, "no night is due meanwhile");
    let order = cellar.node.lease_copying().await.unwrap();
    let staff = cellar.office.staff(StaffRole::Support).await;
    let asked = staff.post(&cellar.door("backups"), &json!({})).await.unwrap();
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    cellar.say(&order, restored()).await;
    let served = cellar.route().await.placement.database;
    let waited = cellar.takes().await;
    assert!(matches!(&waited.task, Task::BackUpTenant { database, .. } if *database == served), "{waited:?}");
}

#[tokio::test]
async fn what_an_undone_restore_gives_back_is_brought_to_the_newest_schema() {
    let cellar = Cellar::open().await;
    let before = cellar.route().await.placement;
    cellar.is_backed_up().await;
    let order = cellar.is_being_restored().await;
    cellar.say(&order, restored()).await;
    let sql = cellar.office.scratch.connect().await.unwrap();
    sql.batch_execute("update clusters set template = '0099_abcdef01'").await.unwrap();
    let restore = cellar.listed("restores").await.pop().unwrap();
    let undo = format!("/api/v1/restores/{}/undo", restore["id"].as_str().unwrap());
    assert_eq!(cellar.staff.post(&undo, &json!({})).await.unwrap().status, StatusCode::OK);
    let behind = "select task->'databases'->>0, task->>'to' from work_orders where kind = 'migrate_databases'";
    let row = sql.query_one(behind, &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), (before.database.as_str(), "0099_abcdef01"));

    for _ in 0..8 {
        cellar.office.clock.advance(SignedDuration::from_secs(61));
        let order = cellar.node.lease_migrating().await.unwrap();
        let stays =
            Migrated { database: before.database.clone(), took_ms: 9, error: Some("a lock was not had".to_owned()) };
        assert_eq!(cellar.say(&order, Outcome::Migrated { databases: vec![stays] }).await, StatusCode::NO_CONTENT);
    }
    let failed = cellar.staff.get("/api/v1/orders?state=failed").await.unwrap().json();
    assert_eq!(failed["items"][0]["last_error"], "a lock was not had", "staff see that it stays behind: {failed}");
}

#[tokio::test]
async fn a_copy_that_could_not_be_made_leaves_no_hotel_and_its_name_is_free() {
    let cellar = Cellar::open().await;
    cellar.is_backed_up().await;
    for _ in 0..2 {
        let begun = cellar.post("restores", json!({ "copy_as": "melati-uji" })).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
        let order = cellar.node.lease_copying().await.unwrap();
        let refused = Outcome::Refused { reason: "the backup's data are spoilt".to_owned() };
        assert_eq!(cellar.say(&order, refused).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(cellar.office.sign_up("melati-uji").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn another_hotels_backup_is_not_restored_over_this_one() {
    let cellar = Cellar::open().await;
    cellar.is_backed_up().await;
    let backup = cellar.listed("backups").await.pop().unwrap()["id"].clone();
    assert_eq!(cellar.office.sign_up("mawar").await.status, StatusCode::CREATED);
    cellar.node.done(&cellar.node.lease(0).await.unwrap()).await;
    let found = cellar.staff.get("/api/v1/tenants?slug=mawar").await.unwrap().json();
    let mawar = format!("/api/v1/tenants/{}", found["items"][0]["id"].as_str().unwrap());
    let wish = json!({ "slug": "mawar", "backup": backup });
    for door in ["restores", "drills"] {
        let wish = if door == "drills" { json!({ "backup": backup }) } else { wish.clone() };
        let refused = cellar.staff.post(&format!("{mawar}/{door}"), &wish).await.unwrap();
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "foreign-backup"));
    }
    assert!(cellar.node.lease_copying().await.is_none());
}

#[tokio::test]
async fn a_copy_is_a_hotel_of_its_own_and_a_drill_leaves_nothing() {
    let cellar = Cellar::open().await;
    cellar.is_backed_up().await;
    assert_eq!(cellar.post("restores", json!({ "copy_as": "melati" })).await.code(), "slug-taken");
    let begun = cellar.post("restores", json!({ "copy_as": "melati-uji" })).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    let order = cellar.node.lease_copying().await.unwrap();
    assert_eq!(cellar.node.snapshot().await.routes.len(), 1, "nobody is served before it is whole");
    cellar.say(&order, restored()).await;
    let routes = cellar.node.snapshot().await.routes;
    let copy = routes.iter().find(|route| route.slug.as_str() == "melati-uji").unwrap();
    assert_eq!(copy.placement.generation, 1);

    let before = cellar.route().await;
    assert_eq!(cellar.post("drills", json!({})).await.status, StatusCode::OK);
    let order = cellar.node.lease_copying().await.unwrap();
    assert!(matches!(&order.task, Task::RestoreTenant { restoration, .. } if restoration.drill));
    cellar.say(&order, restored()).await;
    assert_eq!(cellar.route().await, before);
    let sql = cellar.office.scratch.connect().await.unwrap();
    let left = "select count(*) from databases where state in ('restoring', 'set_aside')";
    assert_eq!(sql.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
}
