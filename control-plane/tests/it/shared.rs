//! Hotels of a plan whose hotels share databases.
use hotelhub_control_plane::fleet::ready::retire_old;
use hotelhub_control_plane::plans::{self, PlacedIn};
use hotelhub_control_plane::tenants::reap;
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{Outcome, Placement, Role, Task};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;

use crate::office::{Node, Office};

/// An office whose plan for 42 rooms places hotels in schemas, and a worker.
async fn open() -> (Office, Node) {
    let office = Office::open().await;
    let mut tx = office.app.db.begin().await.unwrap();
    assert!(!plans::place(&mut tx, "gold", PlacedIn::Schema).await.unwrap());
    assert!(plans::place(&mut tx, "growth", PlacedIn::Schema).await.unwrap());
    tx.commit().await.unwrap();
    let node = office.node("node-1", &[Role::Fleet]).await;
    (office, node)
}

/// Signs a hotel up and has it made; where it lies.
async fn placed(office: &Office, node: &Node, slug: &str) -> Placement {
    assert_eq!(office.sign_up(slug).await.status, StatusCode::CREATED);
    let order = node.lease(0).await.unwrap();
    assert_eq!(node.done(&order).await.status, StatusCode::NO_CONTENT);
    let placement =
        node.snapshot().await.routes.into_iter().find(|route| route.slug.as_str() == slug).unwrap().placement;
    let Task::CreateTenant { database, .. } = &order.task else { panic!("{order:?}") };
    assert_eq!(*database, placement.quarters());
    placement
}

#[tokio::test]
async fn hotels_of_such_a_plan_lie_in_one_database_each_in_a_schema_with_a_role_of_its_own() {
    let (office, node) = open().await;
    let (melati, mawar) = (placed(&office, &node, "melati").await, placed(&office, &node, "mawar").await);
    assert!(melati.database.starts_with("s_") && melati.database == mawar.database, "{melati:?} {mawar:?}");
    assert_eq!((melati.schema.as_ref(), mawar.schema.as_ref()), (Some(&melati.role), Some(&mawar.role)));
    assert_ne!(melati.role, mawar.role);
    let staff = office.staff(StaffRole::Support).await;
    let found = staff.get("/api/v1/tenants?slug=melati").await.unwrap().json()["items"][0]["id"].clone();
    let shown = staff.get(&format!("/api/v1/tenants/{}", found.as_str().unwrap())).await.unwrap().json();
    assert_eq!(shown["database"]["name"], json!(melati.quarters()));
}

#[tokio::test]
async fn a_full_database_is_followed_by_another_and_a_full_server_takes_nobody() {
    let (office, node) = open().await;
    let first = placed(&office, &node, "melati").await;
    let sql = office.scratch.connect().await.unwrap();
    sql.batch_execute("update shared_databases set capacity = 2; update clusters set capacity = 3").await.unwrap();
    let (second, third) = (placed(&office, &node, "mawar").await, placed(&office, &node, "anggrek").await);
    assert_eq!((second.database == first.database, third.database == first.database), (true, false));
    let refused = office.sign_up("kenanga").await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "no-room"));
    let held: i64 = sql.query_one("select count(*) from shared_databases", &[]).await.unwrap().get(0);
    assert_eq!(held, 2, "nothing is opened for who is refused");
}

#[tokio::test]
async fn a_deleted_hotels_schema_is_dropped_and_its_place_is_anothers() {
    let (office, node) = open().await;
    let melati = placed(&office, &node, "melati").await;
    let sql = office.scratch.connect().await.unwrap();
    sql.batch_execute("update shared_databases set capacity = 1").await.unwrap();
    let staff = office.staff(StaffRole::SuperAdmin).await;
    let id = staff.get("/api/v1/tenants?slug=melati").await.unwrap().json()["items"][0]["id"].clone();
    let farewell = json!({ "reason": "closed for good", "slug": "melati" });
    let gone = staff.post(&format!("/api/v1/tenants/{}/delete", id.as_str().unwrap()), &farewell).await.unwrap();
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text);
    office.clock.advance(SignedDuration::from_hours(24 * 31));
    assert_eq!(reap(&office.app).await.unwrap(), 1);
    let order = node.lease(0).await.unwrap();
    assert!(
        matches!(&order.task, Task::DropDatabase { database, tenant: Some(_), .. } if *database == melati.quarters())
    );
    assert_eq!(node.report(order.id, order.fence, Outcome::Gone).await.status, StatusCode::NO_CONTENT);
    let next = placed(&office, &node, "melati").await;
    assert_eq!(next.database, melati.database);
    assert_ne!(next.role, melati.role);
}

#[tokio::test]
async fn a_shared_database_in_which_nobody_lives_is_dropped_late_and_a_newcomer_gets_another() {
    let (office, node) = open().await;
    let melati = placed(&office, &node, "melati").await;
    let sql = office.scratch.connect().await.unwrap();
    let templated = "update clusters set template = '0021_00000000', template_since = created_at";
    sql.batch_execute(templated).await.unwrap();
    let settled = async || {
        office.clock.advance(SignedDuration::from_hours(25));
        retire_old(&office.app).await.unwrap()
    };
    assert_eq!(settled().await, 0, "somebody lives there");
    sql.batch_execute("update databases set state = 'dropped', tenant_id = null").await.unwrap();
    assert_eq!(settled().await, 1);
    let mawar = placed(&office, &node, "mawar").await;
    assert_ne!(mawar.database, melati.database, "nobody is given room where none is kept");
    let order = node.lease(0).await.unwrap();
    assert!(
        matches!(&order.task, Task::DropDatabase { database, tenant: None, .. } if *database == melati.database),
        "{order:?}"
    );
    assert_eq!(node.report(order.id, order.fence, Outcome::Gone).await.status, StatusCode::NO_CONTENT);
    assert_eq!(settled().await, 0, "the other is lived in");
    let left =
        "select (select string_agg(name, ' ') from shared_databases), (select state from databases where name = $1)";
    let left = sql.query_one(left, &[&melati.database]).await.unwrap();
    assert_eq!((left.get::<_, &str>(0), left.get::<_, &str>(1)), (mawar.database.as_str(), "dropped"));
}
