//! What goes wrong with backups and restores, or meets on the way, and what it must not cost.
use std::time::Duration;

use hotelhub_control_plane::backups::drive;
use hotelhub_control_plane::fleet::Gauges;
use hotelhub_protocol::{Outcome, Role, Task};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;

use crate::backups::{Cellar, restored, taken};
use crate::office::beat;

#[tokio::test]
async fn what_is_left_of_a_failed_backup_is_removed_when_the_store_is_there_again() {
    let cellar = Cellar::open().await;
    cellar.post("backups", json!({})).await;
    for _ in 0..16 {
        let order = cellar.node.lease_copying().await.unwrap();
        cellar.node.failed(&order, "the store is not there").await;
        cellar.office.clock.advance(SignedDuration::from_secs(61));
    }
    assert_eq!(cellar.node.lease_copying().await, None, "its removal was given up too");
    let failed = cellar.listed("backups").await.pop().unwrap();
    cellar.node.keeps_backups(cellar.office.clock.now()).await;
    cellar.is_backed_up().await;
    let cleared = cellar.node.lease_copying().await.unwrap();
    assert!(
        matches!(&cleared.task, Task::PruneBackups { backups, .. } if json!(backups) == json!([failed["id"]])),
        "{cleared:?}"
    );
    assert_eq!(cellar.say(&cleared, Outcome::Pruned).await, StatusCode::NO_CONTENT);
    assert_eq!(cellar.listed("backups").await.pop().unwrap()["state"], "failed");
    cellar.is_backed_up().await;
    assert_eq!(cellar.node.lease_copying().await, None, "once is enough");
}

#[tokio::test]
async fn what_could_not_be_removed_does_not_count_as_good_again_and_goes_with_the_next() {
    let cellar = Cellar::open().await;
    for _ in 0..9 {
        cellar.later(24).await;
        drive(&cellar.office.app).await.unwrap();
        cellar.takes().await;
    }
    let mut left = Vec::new();
    for _ in 0..8 {
        let order = cellar.node.lease_copying().await.unwrap();
        let Task::PruneBackups { backups, .. } = &order.task else { panic!("{order:?}") };
        left.clone_from(backups);
        cellar.node.failed(&order, "the store is not there").await;
        cellar.office.clock.advance(SignedDuration::from_secs(61));
    }
    let sql = cellar.office.scratch.connect().await.unwrap();
    let state = async || {
        let row = sql.query_one("select state from backups where id = $1", &[&left[0]]).await.unwrap();
        row.get::<_, String>(0)
    };
    assert_eq!((left.len(), state().await.as_str()), (1, "pruning"), "a part of it may be gone");
    cellar.later(24).await;
    drive(&cellar.office.app).await.unwrap();
    cellar.takes().await;
    let order = cellar.node.lease_copying().await.unwrap();
    assert!(matches!(&order.task, Task::PruneBackups { backups, .. } if backups.contains(&left[0])), "{order:?}");
    assert_eq!(cellar.say(&order, Outcome::Pruned).await, StatusCode::NO_CONTENT);
    assert_eq!(state().await, "pruned");
}

#[tokio::test]
async fn an_export_shows_what_the_hotel_is_given_meanwhile_or_says_that_it_does_not() {
    let cellar = Cellar::open().await;
    cellar.is_backed_up().await;
    let restoring = cellar.is_being_restored().await;
    let Task::RestoreTenant { database, .. } = &restoring.task else { panic!("{restoring:?}") };
    assert_eq!(cellar.post("exports", json!({})).await.status, StatusCode::OK);
    assert_eq!(cellar.say(&restoring, restored()).await, StatusCode::NO_CONTENT);
    let waited = cellar.node.lease_copying().await.unwrap();
    assert!(matches!(&waited.task, Task::ExportTenant { database: of, .. } if of == database), "{waited:?}");
    let restore = cellar.listed("restores").await[0]["id"].as_str().unwrap().to_owned();
    let undone = cellar.staff.post(&format!("/api/v1/restores/{restore}/undo"), &json!({})).await.unwrap();
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.text);
    let export = cellar.listed("exports").await.remove(0);
    assert_eq!(export["error"], "the hotel was given another database meanwhile", "{export}");
    let Outcome::BackedUp(written) = taken(cellar.office.clock.now()) else { panic!("no backup") };
    assert_eq!(cellar.say(&waited, Outcome::Exported(written)).await, StatusCode::NO_CONTENT);
    assert_eq!(cellar.listed("exports").await[0]["state"], "failed", "what it had before is not delivered");
    assert_eq!(cellar.post("exports", json!({})).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_backup_of_what_a_restore_has_replaced_ends_and_what_its_worker_wrote_is_removed() {
    let cellar = Cellar::open().await;
    cellar.is_backed_up().await;
    let restoring = cellar.is_being_restored().await;
    assert_eq!(cellar.post("backups", json!({})).await.status, StatusCode::OK);
    let older = cellar.node.lease_copying().await.unwrap();
    assert!(matches!(older.task, Task::BackUpTenant { .. }), "{older:?}");
    assert_eq!(cellar.say(&restoring, restored()).await, StatusCode::NO_CONTENT);
    let backup = cellar.listed("backups").await.remove(0);
    let told = (&backup["state"], &backup["error"]);
    assert_eq!(told, (&json!("failed"), &json!("the hotel was given another database meanwhile")), "{backup}");
    let sql = cellar.office.scratch.connect().await.unwrap();
    let state = sql.query_one("select state from work_orders where id = $1", &[&older.id.0]).await.unwrap();
    assert_eq!(state.get::<_, String>(0), "done", "its worker need not go on");
    assert_eq!(cellar.say(&older, taken(cellar.office.clock.now())).await, StatusCode::NO_CONTENT);
    let cleared = cellar.node.lease_copying().await.unwrap();
    assert!(
        matches!(&cleared.task, Task::PruneBackups { backups, .. } if json!(backups) == json!([backup["id"]])),
        "{cleared:?}"
    );
}

#[tokio::test]
async fn a_restore_a_drill_and_an_export_can_be_called_off_and_the_hotel_is_as_it_was() {
    let cellar = Cellar::open().await;
    let before = cellar.route().await.placement;
    cellar.is_backed_up().await;
    let call_off = async |of: &str| {
        let id = cellar.listed(of).await[0]["id"].as_str().unwrap().to_owned();
        cellar.staff.post(&format!("/api/v1/{of}/{id}/call-off"), &json!({})).await.unwrap()
    };
    let restoring = cellar.is_being_restored().await;
    let page = format!("/vendor/tenants/{}", cellar.tenant);
    assert!(cellar.staff.page(&page).await.unwrap().text.contains("/call-off"), "the page offers it");
    let over = call_off("restores").await;
    assert_eq!((over.status, &over.json()["state"]), (StatusCode::OK, &json!("failed")), "{}", over.text);
    assert_eq!(call_off("restores").await.code(), "not-under-way");
    assert_eq!(cellar.say(&restoring, restored()).await, StatusCode::NO_CONTENT, "its worker hears no complaint");
    assert_eq!(cellar.route().await.placement.database, before.database, "what it made is nobody's");
    let sql = cellar.office.scratch.connect().await.unwrap();
    let closed = "select count(*) from tenants where maintenance_since is not null";
    assert_eq!(sql.query_one(closed, &[]).await.unwrap().get::<_, i64>(0), 0);
    drive(&cellar.office.app).await.unwrap();
    assert!(cellar.node.lease(0).await.is_none(), "its worker may be at the database still");
    assert_eq!(cellar.post("drills", json!({})).await.status, StatusCode::OK);
    assert_eq!(call_off("restores").await.status, StatusCode::OK);
    assert_eq!(cellar.post("exports", json!({})).await.status, StatusCode::OK);
    assert_eq!(call_off("exports").await.json()["state"], "failed");
    assert_eq!(call_off("exports").await.code(), "not-under-way");
    assert!(cellar.listed("exports").await[0]["error"].as_str().unwrap().ends_with(" called it off"));
    for (lang, words) in [("id", " membatalkannya"), ("en", " called it off")] {
        let shown = cellar.staff.with("accept-language", lang).page(&page).await.unwrap().text;
        assert_eq!(shown.matches(words).count(), 3, "in {lang}: {shown}");
    }
    assert_eq!(cellar.node.lease_copying().await, None, "nothing of it is left to do");
    assert_eq!(cellar.post("restores", json!({ "slug": "melati" })).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_night_whose_backup_failed_is_backed_up_an_hour_later() {
    let cellar = Cellar::open().await;
    let app = &cellar.office.app;
    cellar.later(24).await;
    assert_eq!(drive(app).await.unwrap(), 1);
    for _ in 0..8 {
        let order = cellar.node.lease_copying().await.unwrap();
        cellar.node.failed(&order, "the store is away").await;
        cellar.office.clock.advance(SignedDuration::from_secs(61));
    }
    cellar.later(0).await;
    assert_eq!(drive(app).await.unwrap(), 0, "not at once");
    let cleared = cellar.node.lease_copying().await.unwrap();
    assert!(matches!(cleared.task, Task::PruneBackups { .. }), "{cleared:?}");
    assert_eq!(cellar.say(&cleared, Outcome::Pruned).await, StatusCode::NO_CONTENT);
    cellar.later(1).await;
    assert_eq!(drive(app).await.unwrap(), 1);
    cellar.takes().await;
    cellar.later(1).await;
    assert_eq!(drive(app).await.unwrap(), 0, "the night is backed up");
    let sql = cellar.office.scratch.connect().await.unwrap();
    let same_night = "select count(*) from backups where kind = 'daily' group by due_at";
    assert_eq!(sql.query_one(same_night, &[]).await.unwrap().get::<_, i64>(0), 2);
}

#[tokio::test]
async fn the_alarm_goes_on_when_a_server_stops_keeping_backups() {
    let cellar = Cellar::open().await;
    let gauges = Gauges::register(&cellar.office.app.metrics).unwrap();
    let overdue = async || {
        gauges.look(&cellar.office.app).await.unwrap();
        let text = String::from_utf8(cellar.office.app.metrics.text().unwrap()).unwrap();
        text.lines().find_map(|line| line.strip_prefix("hotelhub_backups_overdue ")).unwrap().to_owned()
    };
    cellar.is_backed_up().await;
    assert_eq!(overdue().await, "0");
    cellar.office.clock.advance(SignedDuration::from_hours(72));
    cellar.node.heartbeat(&beat(&[Role::Fleet], cellar.office.clock.now())).await;
    assert_eq!(overdue().await, "1");
}

#[tokio::test]
async fn a_night_that_comes_while_a_hotel_is_given_another_database_shows_what_is_served_then() {
    let cellar = Cellar::open().await;
    let before = cellar.route().await.placement.database;
    cellar.later(24).await;
    let mut sql = cellar.office.scratch.connect().await.unwrap();
    let watch = cellar.office.scratch.connect().await.unwrap();
    let undoing = sql.transaction().await.unwrap();
    let served = "t_00000000000000000000000000000b0b";
    let give = format!(
        "select from tenants where slug = 'melati' for update;
         update databases set state = 'set_aside', tenant_id = null where name = '{before}';
         insert into databases (name, cluster_id, state, tenant_id, template, created_at)
         select '{served}', d.cluster_id, 'live', t.id, d.template, d.created_at
           from databases d, tenants t where d.name = '{before}' and t.slug = 'melati'"
    );
    undoing.batch_execute(&give).await.unwrap();
    let app = cellar.office.app.clone();
    let night = tokio::spawn(async move { drive(&app).await.unwrap() });
    let waits = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while watch.query(waits, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    undoing.commit().await.unwrap();
    assert_eq!(night.await.unwrap(), 1);
    let order = cellar.node.lease_copying().await.unwrap();
    assert!(matches!(&order.task, Task::BackUpTenant { database, .. } if database == served), "{order:?}");
}

#[tokio::test]
async fn a_hotel_that_was_closed_before_its_restore_and_opened_during_it_keeps_what_it_wrote_since() {
    let cellar = Cellar::open().await;
    let before = cellar.route().await;
    cellar.is_backed_up().await;
    assert_eq!(cellar.post("maintenance", json!({ "text": "Listrik padam" })).await.status, StatusCode::OK);
    let order = cellar.is_being_restored().await;
    assert_eq!(cellar.post("maintenance/end", json!({})).await.status, StatusCode::OK);
    assert_eq!(cellar.say(&order, restored()).await, StatusCode::NO_CONTENT);
    let after = cellar.route().await;
    assert!(after.placement == before.placement && after.notices.maintenance.is_none());
    assert_eq!(cellar.listed("restores").await.pop().unwrap()["state"], "failed");
}

#[tokio::test]
async fn a_hotel_that_was_opened_during_its_restore_and_closed_again_keeps_what_it_wrote_and_stays_closed() {
    let cellar = Cellar::open().await;
    let before = cellar.route().await;
    cellar.is_backed_up().await;
    let order = cellar.is_being_restored().await;
    assert_eq!(cellar.post("maintenance/end", json!({})).await.status, StatusCode::OK);
    cellar.office.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(cellar.post("maintenance", json!({ "text": "Listrik padam" })).await.status, StatusCode::OK);
    assert_eq!(cellar.say(&order, restored()).await, StatusCode::NO_CONTENT);
    let after = cellar.route().await;
    assert!(after.placement == before.placement && after.notices.maintenance.is_some(), "{after:?}");
    assert_eq!(cellar.listed("restores").await.pop().unwrap()["state"], "failed");
}

#[tokio::test]
async fn a_copy_that_is_deleted_while_it_is_made_is_gone_and_holds_up_nobody() {
    let cellar = Cellar::open().await;
    cellar.is_backed_up().await;
    let begun = cellar.post("restores", json!({ "copy_as": "melati-uji" })).await.json();
    let order = cellar.node.lease_copying().await.unwrap();
    let copy = format!("/api/v1/tenants/{}/delete", begun["tenant_id"].as_str().unwrap());
    let wish = json!({ "reason": "not needed any more", "slug": "melati-uji" });
    let deleted = cellar.staff.post(&copy, &wish).await.unwrap();
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text);
    assert_eq!(cellar.say(&order, restored()).await, StatusCode::NO_CONTENT);
    assert_eq!(cellar.node.snapshot().await.routes.len(), 1);
    assert_eq!(cellar.office.sign_up("melati-uji").await.status, StatusCode::CREATED, "its name is free");

    cellar.later(1).await;
    drive(&cellar.office.app).await.unwrap();
    cellar.node.done(&cellar.node.lease(0).await.unwrap()).await;
    let left = cellar.node.lease(0).await.unwrap();
    let Task::RestoreTenant { database: filled, restoration, .. } = &order.task else { panic!("{order:?}") };
    let Task::DropDatabase { database, tenant, source, .. } = &left.task else { panic!("{left:?}") };
    assert_eq!(
        (database, *tenant, *source),
        (filled, Some(restoration.tenant), Some(restoration.source)),
        "whosoever house is in it"
    );
}
