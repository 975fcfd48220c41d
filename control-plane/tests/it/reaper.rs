//! Deleted hotels whose days of grace are over: dropped by the fleet, known to be gone, and only then is their name free.
use hotelhub_control_plane::tenants::reap;
use hotelhub_protocol::{Outcome, Task};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;

use crate::life::{Melati, farewell};

/// Days of grace, and a little.
const AFTER: SignedDuration = SignedDuration::from_hours(24 * 30 + 1);

#[tokio::test]
async fn a_name_is_free_only_when_its_database_is_known_to_be_gone_and_whoever_takes_it_gets_nothing_of_the_old() {
    let melati = Melati::by_script().await;
    let (office, node) = (&melati.office, &melati.node);
    let database = melati.sari.get(&melati.door).await.unwrap().json()["database"]["name"].clone();
    melati.does("delete", farewell()).await;
    office.clock.advance(SignedDuration::from_hours(24 * 30 - 1));
    assert_eq!(reap(&office.app).await.unwrap(), 0, "it may be undeleted");
    office.clock.advance(SignedDuration::from_hours(2));
    let reaped = futures_util::future::join_all((0..4).map(|_| reap(&office.app))).await;
    assert_eq!(reaped.into_iter().map(Result::unwrap).sum::<u32>(), 1, "four at once order it once");
    assert_eq!(melati.refuses("undelete", json!({})).await, (409, "tenant-gone".to_owned()));

    let order = node.lease(0).await.unwrap();
    let Task::DropDatabase { database: dropped, tenant: Some(tenant), .. } = &order.task else { panic!("{order:?}") };
    assert_eq!((json!(dropped), melati.door.ends_with(&tenant.to_string())), (database.clone(), true));
    assert_eq!(node.done(&order).await.status, StatusCode::NO_CONTENT);
    assert_eq!(office.sign_up("melati").await.code(), "slug-taken", "done is not gone");
    office.clock.advance(SignedDuration::from_secs(61));
    let again = node.lease(0).await.unwrap();
    assert_eq!((again.id, again.fence), (order.id, order.fence + 1), "the worker has to look");
    let late = node.report(order.id, order.fence, Outcome::Gone).await;
    assert_eq!(late.code(), "stale-fence");
    for _ in 0..2 {
        assert_eq!(node.report(again.id, again.fence, Outcome::Gone).await.status, StatusCode::NO_CONTENT);
    }

    let gone = melati.sari.get(&melati.door).await.unwrap().json();
    assert!(gone["released_at"].is_string() && gone["database"].is_null() && gone["domains"] == json!([]), "{gone}");
    assert_eq!(melati.noted().await, ["tenant.release", "tenant.drop", "tenant.delete", "tenant.sign_up"]);
    assert_eq!(office.sign_up("melati").await.status, StatusCode::CREATED);
    node.done(&node.lease(0).await.unwrap()).await;
    let route = node.snapshot().await.routes.pop().unwrap();
    assert_ne!((route.tenant, json!(route.placement.database)), (*tenant, database), "another hotel, another house");
    let found = melati.sari.get("/api/v1/tenants?slug=melati").await.unwrap().json();
    assert_eq!(found["items"].as_array().unwrap().len(), 2, "the old one is remembered");
    assert_eq!(reap(&office.app).await.unwrap(), 0);
}

#[tokio::test]
async fn a_hotel_undeleted_at_the_last_moment_is_not_dropped() {
    let melati = Melati::by_script().await;
    melati.does("delete", farewell()).await;
    melati.office.clock.advance(AFTER);
    melati.does("undelete", json!({})).await;
    assert_eq!(reap(&melati.office.app).await.unwrap(), 0);
    assert_eq!(melati.node.lease(0).await, None);
    assert_eq!(melati.node.snapshot().await.routes.len(), 1);
}

#[tokio::test]
async fn who_undeletes_while_the_database_is_being_given_up_is_told_that_it_is_gone() {
    let melati = Melati::by_script().await;
    melati.does("delete", farewell()).await;
    let reaper = melati.office.scratch.connect().await.unwrap();
    reaper.batch_execute("begin; select id from tenants for update").await.unwrap();
    let door = format!("{}/undelete", melati.door);
    let (sari, nothing) = (melati.sari.clone(), json!({}));
    let undelete = tokio::spawn(async move { sari.post(&door, &nothing).await.unwrap() });
    let looker = melati.office.scratch.connect().await.unwrap();
    let waits = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while looker.query(waits, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let retire = "update databases set state = 'retired', tenant_id = null where state = 'live'; commit";
    reaper.batch_execute(retire).await.unwrap();
    let answer = undelete.await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::CONFLICT, "tenant-gone"));
    assert!(melati.node.snapshot().await.routes.is_empty());
}

#[tokio::test]
async fn of_two_deleted_hotels_on_a_server_one_is_dropped_after_the_other() {
    let melati = Melati::by_script().await;
    let (office, node) = (&melati.office, &melati.node);
    assert_eq!(office.sign_up("mawar").await.status, StatusCode::CREATED);
    node.done(&node.lease(0).await.unwrap()).await;
    melati.does("delete", farewell()).await;
    let sql = office.scratch.connect().await.unwrap();
    let mawar: uuid::Uuid = sql.query_one("select id from tenants where slug = 'mawar'", &[]).await.unwrap().get(0);
    let wish = json!({ "reason": "Hotel dijual", "slug": "mawar" });
    let deleted = melati.sari.post(&format!("/api/v1/tenants/{mawar}/delete"), &wish).await.unwrap();
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text);
    office.clock.advance(AFTER);
    for _ in 0..2 {
        assert_eq!(reap(&office.app).await.unwrap(), 1);
        assert_eq!(reap(&office.app).await.unwrap(), 0, "one at a time");
        let order = node.lease(0).await.unwrap();
        assert_eq!(reap(&office.app).await.unwrap(), 0, "also while it is being dropped");
        node.report(order.id, order.fence, Outcome::Gone).await;
    }
    assert_eq!(reap(&office.app).await.unwrap(), 0);
}

#[tokio::test]
async fn a_drop_that_fails_is_tried_again_and_keeps_the_name_meanwhile() {
    let melati = Melati::by_script().await;
    melati.does("delete", farewell()).await;
    melati.office.clock.advance(AFTER);
    assert_eq!(reap(&melati.office.app).await.unwrap(), 1);
    for _ in 0..8 {
        let order = melati.node.lease(0).await.unwrap();
        melati.node.failed(&order, "the disk is full").await;
        melati.office.clock.advance(SignedDuration::from_secs(61));
        assert_eq!(reap(&melati.office.app).await.unwrap(), 0, "it is ordered already");
    }
    assert_eq!(melati.node.lease(0).await, None, "staff must look");
    assert_eq!(melati.office.sign_up("melati").await.code(), "slug-taken");
    let failed = melati.sari.get("/api/v1/orders?state=failed").await.unwrap().json();
    let again = format!("/api/v1/orders/{}/retry", failed["items"][0]["id"].as_str().unwrap());
    assert_eq!(melati.sari.post(&again, &json!({})).await.unwrap().status, StatusCode::NO_CONTENT);
    let order = melati.node.lease(0).await.unwrap();
    melati.node.report(order.id, order.fence, Outcome::Gone).await;
    assert_eq!(melati.office.sign_up("melati").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn only_what_drops_a_database_ends_with_it_gone() {
    let melati = Melati::by_script().await;
    assert_eq!(melati.office.sign_up("mawar").await.status, StatusCode::CREATED);
    let order = melati.node.lease(0).await.unwrap();
    assert_eq!(melati.node.report(order.id, order.fence, Outcome::Gone).await.code(), "drops-nothing");
    assert_eq!(melati.node.snapshot().await.routes.len(), 1);
}

#[tokio::test]
async fn a_name_waits_for_whatever_else_of_its_hotel_is_being_dropped() {
    let melati = Melati::by_script().await;
    let (office, node) = (&melati.office, &melati.node);
    melati.does("delete", farewell()).await;
    office.clock.advance(AFTER);
    assert_eq!(reap(&office.app).await.unwrap(), 1);
    let sql = office.scratch.connect().await.unwrap();
    let also_what_it_moved_from = "
        insert into databases (name, cluster_id, state, created_at)
        select 't_000000000000000000000000000000aa', cluster_id, 'retired', created_at from databases;
        insert into work_orders (id, kind, cluster_id, database_name, priority, task, next_attempt_at, created_at, state, fence, attempts)
        select gen_random_uuid(), kind, cluster_id, 't_000000000000000000000000000000aa', priority,
               jsonb_set(task, '{database}', '\"t_000000000000000000000000000000aa\"'), next_attempt_at, created_at, 'queued', 0, 0
          from work_orders where kind = 'drop_database'";
    sql.batch_execute(also_what_it_moved_from).await.unwrap();
    let (one, other) = (node.lease(0).await.unwrap(), node.lease(0).await.unwrap());
    node.report(one.id, one.fence, Outcome::Gone).await;
    assert_eq!(office.sign_up("melati").await.code(), "slug-taken");
    node.report(other.id, other.fence, Outcome::Gone).await;
    assert_eq!(office.sign_up("melati").await.status, StatusCode::CREATED);
}
