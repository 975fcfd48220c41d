//! Chores at hotels' databases: asked for by name, done by workers one hotel after the other, and told hotel by hotel.
use hotelhub_control_plane::fleet::{chores, orders};
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{Chore, MoveStep, Moved, Order, Outcome, Placement, Role, Task, Tended};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::moves::{OTHER, Yard, switched};
use crate::office::{CLUSTER, Node, Office};

/// A worker, and hotels of these names.
async fn with_hotels(office: &Office, slugs: &[&str]) -> Node {
    let node = office.node("node-1", &[Role::Fleet]).await;
    for slug in slugs {
        assert_eq!(office.sign_up(slug).await.status, StatusCode::CREATED);
        node.done(&node.lease(0).await.unwrap()).await;
    }
    node
}

async fn says(node: &Node, order: &Order, outcome: Outcome) {
    assert_eq!(node.report(order.id, order.fence, outcome).await.status, StatusCode::NO_CONTENT);
}

fn tended(found: &[&str]) -> Outcome {
    Outcome::Tended(Tended { took_ms: 40, found: found.iter().map(|&text| text.to_owned()).collect() })
}

#[tokio::test]
async fn a_chore_is_done_at_every_hotel_and_told_hotel_by_hotel() {
    let office = Office::open().await;
    let node = with_hotels(&office, &["melati", "kenanga", "mawar"]).await;
    let staff = office.staff(StaffRole::SuperAdmin).await;
    let wish = json!({ "chore": "check", "all": true });
    let dry = staff.post("/api/v1/chores?dry_run=true", &wish).await.unwrap();
    assert_eq!((dry.status, dry.json()["tenants"].as_array().unwrap().len()), (StatusCode::OK, 3), "{}", dry.text);
    assert!(node.lease_migrating().await.is_none(), "a dry run orders nothing");

    let begun = staff.post("/api/v1/chores", &wish).await.unwrap().json();
    let place = format!("/api/v1/chores/{}", begun["id"].as_str().unwrap());
    assert!(node.lease(0).await.is_none(), "a worker that has its hands full is not given it");
    let mut slugs = Vec::new();
    for outcome in
        [tended(&[]), tended(&["2 folios are closed and not settled"]), Outcome::Refused { reason: "no".to_owned() }]
    {
        let order = node.lease_migrating().await.unwrap();
        let Task::TendTenant { tenant, chore: Chore::Check, .. } = order.task else { panic!("{order:?}") };
        assert_eq!(staff.get(&place).await.unwrap().json()["state"], "ordered");
        slugs.push(tenant.to_string());
        says(&node, &order, outcome).await;
    }
    let told = staff.get(&place).await.unwrap().json();
    assert_eq!(
        [&told["state"], &told["through"], &told["failed"], &told["found"]],
        [&json!("done"), &json!(3), &json!(1), &json!(1)]
    );
    let at = |tenant: &str| -> Value {
        let each = told["tenants"].as_array().unwrap();
        each.iter().find(|at| at["tenant_id"] == tenant).unwrap().clone()
    };
    assert_eq!((&at(&slugs[0])["state"], &at(&slugs[0])["findings"]), (&json!("done"), &json!([])));
    assert_eq!(at(&slugs[1])["findings"], json!(["2 folios are closed and not settled"]));
    assert_eq!((&at(&slugs[2])["state"], &at(&slugs[2])["error"]), (&json!("failed"), &json!("no")));
    assert!(staff.get("/api/v1/audit").await.unwrap().text.contains("chore.begin"));
}

#[tokio::test]
async fn only_the_hotels_that_are_meant_are_tended() {
    let office = Office::open().await;
    let node = with_hotels(&office, &["melati", "kenanga"]).await;
    let staff = office.staff(StaffRole::SuperAdmin).await;
    for (wish, code) in [
        (json!({ "chore": "analyze" }), "invalid-chore"),
        (json!({ "chore": "analyze", "tenants": [] }), "invalid-chore"),
        (json!({ "chore": "analyze", "all": true, "plan": "growth" }), "invalid-chore"),
        (json!({ "chore": "analyze", "tenants": ["melati", "mawar"] }), "unknown-tenant"),
        (json!({ "chore": "analyze", "plan": "enterprise" }), "nobody-meant"),
        (json!({ "chore": "drop", "all": true }), "invalid-body"),
    ] {
        assert_eq!(staff.post("/api/v1/chores", &wish).await.unwrap().code(), code, "{wish}");
    }
    let wish = json!({ "chore": "analyze", "tenants": ["kenanga"] });
    let begun = staff.post("/api/v1/chores", &wish).await.unwrap().json();
    assert_eq!(begun["tenants"].as_array().unwrap().len(), 1);
    assert!(node.lease_as_before().await.is_none(), "a worker of the release before does not know what it is");
    let order = node.lease_migrating().await.unwrap();
    assert_eq!(begun["tenants"][0]["slug"], "kenanga");
    assert!(node.lease_migrating().await.is_none());
    says(&node, &order, tended(&[])).await;
    let by_plan = staff.post("/api/v1/chores", &json!({ "chore": "vacuum", "plan": "growth" })).await.unwrap().json();
    assert_eq!(by_plan["tenants"].as_array().unwrap().len(), 2, "{by_plan}");
}

#[tokio::test]
async fn a_chore_whose_worker_is_never_heard_of_again_ends_as_failed() {
    let office = Office::open().await;
    let node = with_hotels(&office, &["melati"]).await;
    let staff = office.staff(StaffRole::SuperAdmin).await;
    let begun = staff.post("/api/v1/chores", &json!({ "chore": "check", "all": true })).await.unwrap().json();
    for _ in 0..orders::ATTEMPTS {
        assert!(node.lease_migrating().await.is_some());
        office.clock.advance(SignedDuration::from_mins(61));
    }
    assert_eq!(orders::sweep(&office.app.db.durable, office.clock.now()).await.unwrap(), 1);
    chores::drive(&office.app).await.unwrap();
    let staff = office.staff(StaffRole::DevOps).await;
    let place = format!("/api/v1/chores/{}", begun["id"].as_str().unwrap());
    let told = staff.get(&place).await.unwrap().json();
    assert_eq!((&told["state"], &told["failed"]), (&json!("done"), &json!(1)), "{told}");
}

#[tokio::test]
async fn a_deleted_hotel_is_not_tended() {
    let office = Office::open().await;
    let node = with_hotels(&office, &["melati", "kenanga"]).await;
    let staff = office.staff(StaffRole::SuperAdmin).await;
    let all =
        staff.post("/api/v1/chores?dry_run=true", &json!({ "chore": "check", "all": true })).await.unwrap().json();
    let named = |at: &&Value| at["slug"] == "melati";
    let melati =
        all["tenants"].as_array().unwrap().iter().find(named).unwrap()["tenant_id"].as_str().unwrap().to_owned();
    let farewell = json!({ "reason": "Hotel dijual", "slug": "melati" });
    let deleted = staff.post(&format!("/api/v1/tenants/{melati}/delete"), &farewell).await.unwrap();
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text);
    let begun = staff.post("/api/v1/chores", &json!({ "chore": "check", "all": true })).await.unwrap().json();
    assert_eq!(begun["tenants"].as_array().unwrap().len(), 1, "{begun}");
    let order = node.lease_migrating().await.unwrap();
    says(&node, &order, tended(&[])).await;
    assert!(node.lease_migrating().await.is_none());
}

/// Whether an order is for a chore at this place.
fn is_at(order: &Order, place: &Placement) -> bool {
    let Task::TendTenant { cluster, database, .. } = &order.task else { panic!("{order:?}") };
    *cluster == place.cluster && *database == place.quarters()
}

#[tokio::test]
async fn a_chore_goes_where_its_hotel_goes_also_out_of_a_workers_hands() {
    for (yard, in_hands) in [
        (Yard::of(&["melati"]).await, false),
        (Yard::of(&["melati"]).await, true),
        (Yard::shared(&["melati"]).await, true),
    ] {
        let source = yard.placement("melati").await;
        yard.begun("melati").await;
        yard.does(MoveStep::Copy, Moved::Copied { bytes: 1 }).await;
        let wish = json!({ "chore": "reindex", "tenants": ["melati"] });
        let begun = yard.staff.post("/api/v1/chores", &wish).await.unwrap().json();
        let before = if in_hands { yard.node.lease_migrating_on(CLUSTER).await } else { None };
        assert!(before.as_ref().is_none_or(|order| is_at(order, &source)), "{before:?}");

        yard.does(MoveStep::Switch, switched()).await;
        assert!(yard.node.lease_migrating_on(CLUSTER).await.is_none(), "nothing is done where it was");
        let order = yard.node.lease_migrating_on(OTHER).await.expect("the chore is done where it is");
        assert!(is_at(&order, &yard.placement("melati").await), "{order:?}");
        if let Some(before) = before {
            let late = yard.node.report(before.id, before.fence, tended(&["old"])).await;
            assert_eq!((late.status, late.code().as_str()), (StatusCode::CONFLICT, "stale-fence"));
        }

        yard.does(MoveStep::Clear, Moved::Reopened).await;
        let late = yard.node.report(order.id, order.fence, tended(&["old"])).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        let order = yard.node.lease_migrating_on(CLUSTER).await.expect("it was led back");
        assert!(is_at(&order, &source), "{order:?}");
        says(&yard.node, &order, tended(&[])).await;
        let place = format!("/api/v1/chores/{}", begun["id"].as_str().unwrap());
        let told = yard.staff.get(&place).await.unwrap().json();
        assert_eq!((&told["state"], &told["found"], &told["failed"]), (&json!("done"), &json!(0), &json!(0)), "{told}");
    }
}

#[tokio::test]
async fn a_chore_that_was_ordered_in_the_moment_of_a_move_is_led_to_where_the_hotel_is() {
    let yard = Yard::of(&["melati"]).await;
    let home = yard.placement("melati").await;
    let wish = json!({ "chore": "analyze", "all": true });
    assert_eq!(yard.staff.post("/api/v1/chores", &wish).await.unwrap().status, StatusCode::OK);
    let sql = yard.office.scratch.connect().await.unwrap();
    let astray = "update work_orders set task = task || '{\"database\": \"t_000000000000000000000000000000aa\"}' where kind = 'tend_tenant'";
    sql.batch_execute(astray).await.unwrap();
    let order = yard.node.lease_migrating_on(CLUSTER).await.unwrap();
    assert!(!is_at(&order, &home));
    chores::drive(&yard.office.app).await.unwrap();
    let late = yard.node.report(order.id, order.fence, tended(&[])).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "what was done elsewhere counts for nothing");
    let order = yard.node.lease_migrating_on(CLUSTER).await.unwrap();
    assert!(is_at(&order, &home), "{order:?}");
}
