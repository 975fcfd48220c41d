//! A hotel's move, as the control plane leads it: served from one place or the other, never from neither.
use hotelhub_control_plane::fleet::moves::drive;
use hotelhub_control_plane::plans::{self, PlacedIn};
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{Change, ClusterId, Inventory, MoveStep, Moved, Order, Outcome, Placement, Role, Task, paths};
use hotelhub_testkit::{Answer, Visitor};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::office::{CLUSTER, Node, Office, TEMPLATE};

pub(crate) const OTHER: &str = "jkt-22";

/// A vendor with hotels on one cluster, another one, and a worker that reaches both.
pub(crate) struct Yard {
    pub(crate) office: Office,
    pub(crate) node: Node,
    pub(crate) staff: Visitor,
}

impl Yard {
    pub(crate) async fn of(hotels: &[&str]) -> Self {
        Self::placed(PlacedIn::Database, hotels).await
    }

    /// The same with hotels that share a database, each in a schema of its own.
    pub(crate) async fn shared(hotels: &[&str]) -> Self {
        Self::placed(PlacedIn::Schema, hotels).await
    }

    async fn placed(placed_in: PlacedIn, hotels: &[&str]) -> Self {
        let office = Office::open().await;
        let mut tx = office.app.db.begin().await.unwrap();
        assert!(plans::place(&mut tx, "growth", placed_in).await.unwrap());
        tx.commit().await.unwrap();
        let node = office.node("node-1", &[Role::Fleet]).await;
        for slug in hotels {
            assert_eq!(office.sign_up(slug).await.status, StatusCode::CREATED);
            node.done(&node.lease(0).await.unwrap()).await;
        }
        office.add_cluster(OTHER, 100, 1_000).await;
        let staff = office.staff(StaffRole::SuperAdmin).await;
        let yard = Self { office, node, staff };
        yard.is_heard().await;
        yard
    }

    pub(crate) async fn is_heard(&self) {
        self.node.reaches(&[CLUSTER, OTHER], self.office.clock.now()).await;
    }

    pub(crate) async fn id_of(&self, slug: &str) -> String {
        let sql = self.office.scratch.connect().await.unwrap();
        sql.query_one("select id::text from tenants where slug = $1", &[&slug]).await.unwrap().get(0)
    }

    pub(crate) async fn moves(&self, slug: &str, to: &str) -> Answer {
        let path = format!("/api/v1/tenants/{}/moves", self.id_of(slug).await);
        self.staff.post(&path, &json!({ "to": to })).await.unwrap()
    }

    pub(crate) async fn begun(&self, slug: &str) -> String {
        let begun = self.moves(slug, OTHER).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
        begun.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn look(&self, id: &str) -> Value {
        self.staff.get(&format!("/api/v1/moves/{id}")).await.unwrap().json()
    }

    pub(crate) async fn state(&self, id: &str) -> String {
        self.look(id).await["state"].as_str().unwrap().to_owned()
    }

    /// The next step a worker is given.
    pub(crate) async fn step(&self) -> (Order, MoveStep) {
        let order = self.node.lease_moving(&[CLUSTER, OTHER]).await.expect("a step to do");
        let Task::MoveTenant { step, .. } = order.task else { panic!("{order:?}") };
        (order, step)
    }

    pub(crate) async fn does(&self, wanted: MoveStep, moved: Moved) -> Order {
        let (order, step) = self.step().await;
        assert_eq!(step, wanted);
        let told = self.node.report(order.id, order.fence, Outcome::Moved(moved)).await;
        assert_eq!(told.status, StatusCode::NO_CONTENT, "{}", told.text);
        order
    }

    pub(crate) async fn placement(&self, slug: &str) -> Placement {
        let routes = self.node.snapshot().await.routes;
        routes.into_iter().find(|route| route.slug.as_str() == slug).unwrap().placement
    }
}

pub(crate) fn switched() -> Moved {
    Moved::Switched { template: TEMPLATE.to_owned(), rows: 1_234, held_ms: 210 }
}

#[tokio::test]
async fn a_hotel_is_routed_to_its_new_place_by_the_report_of_the_switch_and_by_nothing_else() {
    let yard = Yard::of(&["melati"]).await;
    let before = yard.placement("melati").await;
    let id = yard.begun("melati").await;
    assert_eq!(yard.moves("melati", "nowhere").await.code(), "unknown-cluster");
    assert_eq!(yard.moves("melati", OTHER).await.code(), "move-open");
    assert!(yard.node.lease_moving(&[CLUSTER]).await.is_none(), "a worker without access to both is given nothing");
    yard.does(MoveStep::Copy, Moved::Copied { bytes: 15_000_000 }).await;
    assert_eq!((yard.state(&id).await.as_str(), yard.placement("melati").await), ("switching", before.clone()));
    let version = yard.node.snapshot().await.version;
    let order = yard.does(MoveStep::Switch, switched()).await;
    let listed = yard.staff.get("/api/v1/orders").await.unwrap().json();
    let kinds: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|order| &order["kind"]).collect();
    assert_eq!(kinds[..3], ["clear_move", "switch_tenant", "copy_tenant"], "{listed}");
    assert_eq!(yard.staff.page("/vendor/orders").await.unwrap().status, StatusCode::OK);
    let now = yard.placement("melati").await;
    assert_eq!((now.cluster.0.as_str(), now.generation), (OTHER, before.generation + 1));
    assert_ne!((&now.database, &now.role), (&before.database, &before.role));
    let deltas = yard.node.deltas(version, 0).await.unwrap().unwrap().deltas;
    assert!(matches!(&deltas[..], [delta] if matches!(&delta.change, Change::Route(route) if route.placement == now)));
    let again = yard.node.report(order.id, order.fence, Outcome::Moved(switched())).await;
    assert_eq!((again.status, yard.placement("melati").await), (StatusCode::NO_CONTENT, now), "said twice is once");

    assert!(yard.node.lease_reaching(&[CLUSTER], &[CLUSTER, OTHER]).await.is_none(), "who does not reach the target");
    let clear = yard.node.lease_reaching(&[OTHER], &[CLUSTER, OTHER]).await.expect("who reaches the target alone");
    yard.node.failed(&clear, "its source is just restarting").await;
    yard.office.clock.advance(SignedDuration::from_secs(1));
    yard.does(MoveStep::Clear, Moved::Cleared).await;
    let over = yard.look(&id).await;
    assert_eq!((&over["state"], &over["rows"], &over["held_ms"]), (&json!("done"), &json!(1_234), &json!(210)));
    let sql = yard.office.scratch.connect().await.unwrap();
    let kept = "select state from databases where name = $1";
    assert_eq!(sql.query_one(kept, &[&before.database]).await.unwrap().get::<_, &str>(0), "set_aside");
    yard.office.clock.advance(SignedDuration::from_hours(24 * 31));
    hotelhub_control_plane::backups::drive(&yard.office.app).await.unwrap();
    assert_eq!(sql.query_one(kept, &[&before.database]).await.unwrap().get::<_, &str>(0), "retired");
}

#[tokio::test]
async fn a_move_that_fails_or_is_given_up_leads_back_and_what_comes_late_moves_nobody() {
    let yard = Yard::of(&["melati"]).await;
    let before = yard.placement("melati").await;
    let refused = yard.begun("melati").await;
    let (order, _) = yard.step().await;
    yard.node.report(order.id, order.fence, Outcome::Refused { reason: "it has large objects".to_owned() }).await;
    let seen = yard.look(&refused).await;
    assert_eq!((&seen["state"], &seen["reason"]), (&json!("undoing"), &json!("it has large objects")));
    yard.does(MoveStep::Undo, Moved::Undone).await;
    assert_eq!(yard.state(&refused).await, "given_up");

    let given_up = yard.begun("melati").await;
    yard.does(MoveStep::Copy, Moved::Copied { bytes: 1 }).await;
    let (late, _) = yard.step().await;
    let give_up = format!("/api/v1/moves/{given_up}/give-up");
    assert_eq!(yard.staff.post(&give_up, &json!({})).await.unwrap().status, StatusCode::OK);
    let told = yard.node.report(late.id, late.fence, Outcome::Moved(switched())).await;
    assert_eq!(told.status, StatusCode::ACCEPTED, "its writers belong where they were");
    assert_eq!((yard.state(&given_up).await.as_str(), yard.placement("melati").await), ("undoing", before.clone()));
    assert!(
        yard.node.lease_moving(&[CLUSTER]).await.is_none(),
        "nor does a worker undo it that has no access to its target"
    );
    for _ in 0..8 {
        let order =
            yard.node.lease_reaching(&[CLUSTER], &[CLUSTER, OTHER]).await.expect("who has access and cannot reach it");
        assert!(matches!(order.task, Task::MoveTenant { step: MoveStep::Undo, .. }), "{order:?}");
        yard.node.failed(&order, "the server cannot be reached").await;
        yard.office.clock.advance(SignedDuration::from_secs(61));
    }
    yard.does(MoveStep::Undo, Moved::Undone).await;
    assert_eq!(yard.state(&given_up).await, "given_up", "it is tried until it is done");
    assert_eq!(yard.staff.post(&give_up, &json!({})).await.unwrap().code(), "too-late");

    yard.is_heard().await;
    let orphan = yard.begun("melati").await;
    let farewell = json!({ "reason": "Hotel dijual", "slug": "melati" });
    let delete = format!("/api/v1/tenants/{}/delete", yard.id_of("melati").await);
    yard.does(MoveStep::Copy, Moved::Copied { bytes: 1 }).await;
    assert_eq!(yard.staff.post(&delete, &farewell).await.unwrap().status, StatusCode::OK);
    let (order, _) = yard.step().await;
    yard.node.report(order.id, order.fence, Outcome::Moved(switched())).await;
    assert_eq!(yard.state(&orphan).await, "undoing", "nobody is moved who is not there");
}

#[tokio::test]
async fn a_hotel_whose_writers_were_let_in_again_where_it_was_is_served_from_there() {
    let yard = Yard::of(&["melati"]).await;
    let before = yard.placement("melati").await;
    let id = yard.begun("melati").await;
    yard.does(MoveStep::Copy, Moved::Copied { bytes: 1 }).await;
    yard.does(MoveStep::Switch, switched()).await;
    let sql = yard.office.scratch.connect().await.unwrap();
    let night = "insert into work_orders (id, kind, cluster_id, priority, task, next_attempt_at, created_at)
          select gen_random_uuid(), 'back_up_tenant', cluster_id, 40, '{}', '2099-01-01', now() from databases where state = 'live';
        insert into backups (id, tenant_id, kind, asked_by, order_id, cluster_id, database_name, created_at)
        select gen_random_uuid(), tenant_id, 'asked', 'Wati', (select id from work_orders where task = '{}'), cluster_id, name, now()
          from databases where state = 'live'";
    sql.batch_execute(night).await.unwrap();
    yard.does(MoveStep::Clear, Moved::Reopened).await;
    let ended =
        "select (select state from backups) = 'failed' and (select state from work_orders where task = '{}') = 'done'";
    assert!(sql.query_one(ended, &[]).await.unwrap().get::<_, bool>(0), "it would show what is not served");
    let now = yard.placement("melati").await;
    assert_eq!(
        (&now.cluster, &now.database, now.generation),
        (&before.cluster, &before.database, before.generation + 2)
    );
    yard.does(MoveStep::Undo, Moved::Undone).await;
    let over = yard.look(&id).await;
    assert_eq!((&over["state"], &over["switched_at"]), (&json!("given_up"), &Value::Null));
    let left = "select count(*) from databases where state in ('moving', 'set_aside')";
    assert_eq!(sql.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
    yard.is_heard().await;
    yard.begun("melati").await;
}

#[tokio::test]
async fn a_backup_that_was_ordered_in_the_moment_of_the_move_keeps_the_hotel_where_it_is() {
    let yard = Yard::of(&["melati"]).await;
    let before = yard.placement("melati").await;
    let id = yard.begun("melati").await;
    yard.does(MoveStep::Copy, Moved::Copied { bytes: 1 }).await;
    let sql = yard.office.scratch.connect().await.unwrap();
    let ordered = "insert into backups (id, tenant_id, kind, asked_by, cluster_id, database_name, created_at)
          select gen_random_uuid(), tenant_id, 'asked', 'Wati', cluster_id, name, now() from databases where state = 'live'";
    sql.batch_execute(ordered).await.unwrap();
    let (order, _) = yard.step().await;
    for _ in 0..2 {
        let told = yard.node.report(order.id, order.fence, Outcome::Moved(switched())).await;
        assert_eq!(told.status, StatusCode::ACCEPTED, "it is heard, and not made");
    }
    assert_eq!((yard.state(&id).await.as_str(), yard.placement("melati").await), ("undoing", before));
}

#[tokio::test]
async fn a_move_whose_target_is_away_for_a_day_is_over_and_what_comes_back_is_a_stray() {
    let yard = Yard::of(&["melati"]).await;
    let id = yard.begun("melati").await;
    let (order, _) = yard.step().await;
    let Task::MoveTenant { moving, .. } = &order.task else { panic!("{order:?}") };
    yard.node.report(order.id, order.fence, Outcome::Refused { reason: "its server went away".to_owned() }).await;
    for _ in 0..2 {
        yard.does(MoveStep::Undo, Moved::Left).await;
        assert_eq!(yard.state(&id).await, "undoing");
        assert!(yard.node.lease_moving(&[CLUSTER, OTHER]).await.is_none(), "it is tried again a little later");
        yard.office.clock.advance(SignedDuration::from_secs(61));
    }
    yard.office.clock.advance(SignedDuration::from_hours(24));
    yard.does(MoveStep::Undo, Moved::Left).await;
    let staff = yard.office.staff(StaffRole::DevOps).await;
    assert_eq!(staff.get(&format!("/api/v1/moves/{id}")).await.unwrap().json()["state"], "given_up");
    let name = moving.target.database.clone();
    for _ in 0..2 {
        let (databases, cluster) = (vec![name.clone()], ClusterId(OTHER.to_owned()));
        let (roles, shared, slots, unread) = Default::default();
        let seen = Inventory { cluster, databases, roles, shared, slots, unread };
        yard.node.post(paths::INVENTORY, &serde_json::to_value(seen).unwrap()).await;
        yard.office.clock.advance(SignedDuration::from_mins(10));
    }
    let dropped = staff.post(&format!("/api/v1/strays/{name}/drop"), &json!({})).await.unwrap();
    assert_eq!(dropped.status, StatusCode::NO_CONTENT, "{}", dropped.text);
    let order = yard.node.lease_moving(&[CLUSTER, OTHER]).await.unwrap();
    let Task::DropDatabase { database, tenant: None, source, .. } = order.task else { panic!("{order:?}") };
    assert_eq!((database, source), (name, Some(moving.tenant)), "a copy of the hotel may lie there");
}

#[tokio::test]
async fn what_is_in_work_behind_or_without_a_place_is_not_moved() {
    let yard = Yard::of(&["melati"]).await;
    assert_eq!(yard.moves("melati", CLUSTER).await.code(), "there-already");
    let sql = yard.office.scratch.connect().await.unwrap();
    for (spoil, mend, code) in [
        ("update clusters set state = 'closed' where id = 'jkt-22'", "update clusters set state = 'open'", "no-room"),
        ("update clusters set capacity = 1 where id = 'jkt-22';
          insert into databases (name, cluster_id, state, template, created_at)
          values ('t_000000000000000000000000000000aa', 'jkt-22', 'ready', '13-abcdef01', now())",
         "delete from databases where state = 'ready'; update clusters set capacity = 1000", "no-room"),
        ("update clusters set tier = 'alone' where id = 'jkt-22'", "update clusters set tier = 'any'", "no-room"),
        ("update clusters set template = '14-00000000' where id = 'jkt-22'", "update clusters set template = '13-abcdef01'", "schema-behind"),
        ("update nodes set last_heartbeat_at = last_heartbeat_at - interval '1 hour'",
         "update nodes set last_heartbeat_at = last_heartbeat_at + interval '1 hour'", "no-worker"),
        ("insert into backups (id, tenant_id, kind, asked_by, cluster_id, database_name, created_at)
          select gen_random_uuid(), tenant_id, 'asked', 'Wati', cluster_id, name, now() from databases where state = 'live'",
         "delete from backups", "data-in-work"),
        ("insert into exports (id, tenant_id, asked_by, created_at)
          select gen_random_uuid(), tenant_id, 'Wati', now() from databases where state = 'live'",
         "delete from exports", "data-in-work"),
    ] {
        sql.batch_execute(spoil).await.unwrap();
        assert_eq!(yard.moves("melati", OTHER).await.code(), code);
        sql.batch_execute(mend).await.unwrap();
    }
    yard.begun("melati").await;
    let backup = format!("/api/v1/tenants/{}/backups", yard.id_of("melati").await);
    assert_eq!(yard.staff.post(&backup, &json!({})).await.unwrap().code(), "move-open");
}

#[tokio::test]
async fn a_switch_with_which_nobody_goes_on_is_given_up() {
    let yard = Yard::of(&["melati"]).await;
    let id = yard.begun("melati").await;
    yard.does(MoveStep::Copy, Moved::Copied { bytes: 1 }).await;
    let (order, step) = yard.step().await;
    assert_eq!(step, MoveStep::Switch);
    drive(&yard.office.app).await.unwrap();
    assert_eq!(yard.state(&id).await, "switching", "its worker has it");
    yard.office.clock.advance(SignedDuration::from_secs(361));
    drive(&yard.office.app).await.unwrap();
    assert_eq!(yard.state(&id).await, "undoing");
    yard.is_heard().await;
    yard.node.report(order.id, order.fence, Outcome::Moved(switched())).await;
    assert_eq!(yard.state(&id).await, "undoing", "it comes too late");
    yard.does(MoveStep::Undo, Moved::Undone).await;
}
