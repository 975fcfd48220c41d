//! Tenants' databases brought to a new schema, wave by wave.
use hotelhub_control_plane::fleet::rollouts::drive;
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{ClusterId, ClusterLoad, Heartbeat, Migrated, Order, Outcome, Role, Task};
use hotelhub_testkit::{Answer, Visitor};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::office::{CLUSTER, Node, Office, beat};

const NEWER: &str = "14-00000000";

/// A vendor with so many hotels, whose fleet worker has come back with a newer program.
struct Upgrade {
    office: Office,
    node: Node,
    staff: Visitor,
}

impl Upgrade {
    async fn of(hotels: usize) -> Self {
        let office = Office::open().await;
        let node = office.node("node-1", &[Role::Fleet]).await;
        for n in 0..hotels {
            assert_eq!(office.sign_up(&format!("hotel-{n}")).await.status, StatusCode::CREATED);
            node.done(&node.lease(0).await.unwrap()).await;
        }
        let staff = office.staff(StaffRole::SuperAdmin).await;
        let upgrade = Self { office, node, staff };
        upgrade.worker_tells(NEWER).await;
        upgrade
    }

    async fn worker_tells(&self, template: &str) {
        let load = ClusterLoad {
            cluster: ClusterId(CLUSTER.to_owned()),
            open: 0,
            holding: Vec::new(),
            wanted: Vec::new(),
            template: Some(template.to_owned()),
            old_templates: Vec::new(),
            disk: None,
            keeps_backups: false,
            archives_wal: false,
        };
        let beat = Heartbeat { clusters: vec![load], ..beat(&[Role::Fleet], self.office.clock.now()) };
        self.node.heartbeat(&beat).await;
    }

    async fn begin(&self, wish: Value) -> Answer {
        self.staff.post("/api/v1/rollouts", &wish).await.unwrap()
    }

    /// Begins one of every hotel; its address.
    async fn begun(&self) -> String {
        let begun = self.begin(json!({})).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
        format!("/api/v1/rollouts/{}", begun.json()["id"].as_str().unwrap())
    }

    async fn look(&self, rollout: &str) -> Value {
        self.staff.get(rollout).await.unwrap().json()
    }

    /// What is ordered now, leased.
    async fn orders(&self) -> Vec<Order> {
        drive(&self.office.app).await.unwrap();
        let mut orders = Vec::new();
        while let Some(order) = self.node.lease_migrating().await {
            orders.push(order);
        }
        orders
    }

    /// Carries out what is ordered until nothing is any more; the first database of the second wave fails.
    async fn through_with_one_failure(&self) {
        for wave in 0.. {
            let orders = self.orders().await;
            if orders.is_empty() {
                return;
            }
            for order in &orders {
                self.report(order, |n| (wave == 1 && n == 0).then_some("held up by a report")).await;
            }
        }
    }

    /// Reports an order: the databases for which `why` gives a reason have failed.
    async fn report(&self, order: &Order, why: impl Fn(usize) -> Option<&'static str>) -> Answer {
        let migrated = databases(order).into_iter().enumerate().map(|(n, database)| Migrated {
            database,
            took_ms: 12,
            error: why(n).map(str::to_owned),
        });
        let outcome = Outcome::Migrated { databases: migrated.collect() };
        self.node.report(order.id, order.fence, outcome).await
    }
}

fn databases(order: &Order) -> Vec<String> {
    let Task::MigrateDatabases { databases, to, .. } = &order.task else { panic!("{order:?}") };
    assert_eq!(to, NEWER);
    databases.clone()
}

#[tokio::test]
async fn one_hotel_goes_first_and_each_wave_waits_for_the_one_before() {
    let upgrade = Upgrade::of(24).await;
    let rollout = upgrade.begun().await;
    let mut sizes = Vec::new();
    loop {
        let orders = upgrade.orders().await;
        if orders.is_empty() {
            break;
        }
        assert_eq!(drive(&upgrade.office.app).await.unwrap(), 0, "the next wave waits for this one");
        sizes.push(orders.iter().map(|order| databases(order).len()).sum::<usize>());
        for order in &orders {
            assert_eq!(upgrade.report(order, |_| None).await.status, StatusCode::NO_CONTENT);
        }
    }
    assert_eq!(sizes, [1, 2, 6, 15]);
    let seen = upgrade.look(&rollout).await;
    assert_eq!((&seen["state"], &seen["done"], &seen["failed"]), (&json!("done"), &json!(24), &json!(0)));
    let routes = upgrade.node.snapshot().await.routes;
    assert!(routes.iter().all(|route| route.placement.generation == 2), "nothing prepared before is used again");
    let nothing = upgrade.begin(json!({})).await.json();
    assert_eq!((&nothing["id"], &nothing["databases"]), (&Value::Null, &json!(0)), "a deploy with nothing to do");
    assert!(upgrade.orders().await.is_empty());
}

#[tokio::test]
async fn a_dry_run_tells_what_would_be_done_and_a_scope_narrows_it() {
    let upgrade = Upgrade::of(3).await;
    let told = upgrade.begin(json!({ "dry_run": true })).await.json();
    assert_eq!(told, json!({ "id": null, "target": NEWER, "databases": 3, "waves": [1, 1, 1, 0] }));
    for (wish, count) in [
        (json!({ "dry_run": true, "tenants": ["hotel-1"] }), 1),
        (json!({ "dry_run": true, "cluster": CLUSTER }), 3),
        (json!({ "dry_run": true, "cluster": "sby-1" }), 0),
        (json!({ "dry_run": true, "plan": "no-such-plan" }), 0),
    ] {
        assert_eq!(upgrade.begin(wish.clone()).await.json()["databases"], count, "{wish}");
    }
    assert!(upgrade.orders().await.is_empty());
    let too_many = upgrade.begin(json!({ "tolerated_percent": 101 })).await;
    assert_eq!(too_many.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn it_stops_by_itself_when_the_first_hotel_fails_and_goes_on_from_there() {
    let upgrade = Upgrade::of(4).await;
    let rollout = upgrade.begun().await;
    let first = upgrade.orders().await.pop().unwrap();
    upgrade.report(&first, |_| Some("the disk is full")).await;
    assert!(upgrade.orders().await.is_empty());
    let seen = upgrade.look(&rollout).await;
    assert_eq!((&seen["state"], &seen["halted_because"]), (&json!("halted"), &json!("1 of 1 databases failed")));
    assert_eq!(seen["journal"][0]["error"], "the disk is full");
    let routes = upgrade.node.snapshot().await.routes;
    assert!(routes.iter().all(|route| route.placement.generation == 1), "who failed stays as it was");

    let resumed = upgrade.staff.post(&format!("{rollout}/resume"), &json!({})).await.unwrap();
    assert_eq!(resumed.status, StatusCode::NO_CONTENT);
    let again = upgrade.orders().await.pop().unwrap();
    assert_eq!(databases(&again), databases(&first));
    upgrade.report(&again, |_| None).await;
    assert_eq!(upgrade.orders().await.len(), 1, "the second wave");
}

#[tokio::test]
async fn a_few_may_fail_and_stay_where_they_are() {
    let upgrade = Upgrade::of(24).await;
    let rollout = upgrade.begun().await;
    upgrade.through_with_one_failure().await;
    let seen = upgrade.look(&rollout).await;
    assert_eq!(seen["state"], "halted", "one of the first twenty is more than 2 percent");
    upgrade.staff.post(&format!("{rollout}/resume"), &json!({})).await.unwrap();

    let halted = upgrade.staff.post(&format!("{rollout}/halt"), &json!({})).await.unwrap();
    assert_eq!(halted.status, StatusCode::NO_CONTENT);
    let second = upgrade.begin(json!({ "tolerated_percent": 50 })).await;
    assert_eq!(second.status, StatusCode::OK, "a later one takes a halted one's place: {}", second.text);
    assert_eq!(upgrade.look(&rollout).await["state"], "superseded");
    let second = format!("/api/v1/rollouts/{}", second.json()["id"].as_str().unwrap());
    upgrade.through_with_one_failure().await;
    let seen = upgrade.look(&second).await;
    assert_eq!((&seen["state"], &seen["failed"]), (&json!("done"), &json!(1)));
    assert_eq!(upgrade.begin(json!({ "dry_run": true })).await.json()["databases"], 1, "the next one tries it again");
}

#[tokio::test]
async fn a_halt_takes_back_what_no_worker_has_begun() {
    let upgrade = Upgrade::of(24).await;
    let rollout = upgrade.begun().await;
    for _ in 0..2 {
        for order in upgrade.orders().await {
            upgrade.report(&order, |_| None).await;
        }
    }
    drive(&upgrade.office.app).await.unwrap();
    let begun = upgrade.node.lease_migrating().await;
    assert!(begun.is_some(), "one is under way");
    let halt = async || upgrade.staff.post(&format!("{rollout}/halt"), &json!({})).await.unwrap().status;
    assert_eq!(halt().await, StatusCode::NO_CONTENT);
    assert!(upgrade.orders().await.is_empty(), "nothing else is begun");
    assert_eq!(
        upgrade.report(&begun.unwrap(), |_| None).await.status,
        StatusCode::NO_CONTENT,
        "what is under way ends"
    );
    let seen = upgrade.look(&rollout).await;
    assert_eq!((&seen["state"], &seen["done"]), (&json!("halted"), &json!(9)));
    assert_eq!(halt().await, StatusCode::CONFLICT);
}

#[tokio::test]
async fn databases_whose_workers_all_die_have_failed() {
    let upgrade = Upgrade::of(2).await;
    let rollout = upgrade.begun().await;
    assert_eq!(upgrade.orders().await.len(), 1);
    let sql = upgrade.office.scratch.connect().await.unwrap();
    sql.batch_execute("update work_orders set attempts = 8 where kind = 'migrate_databases'").await.unwrap();
    upgrade.office.clock.advance(SignedDuration::from_mins(6));
    hotelhub_control_plane::fleet::orders::sweep(&upgrade.office.app.db.durable, upgrade.office.clock.now())
        .await
        .unwrap();
    assert!(upgrade.orders().await.is_empty());
    let seen = upgrade.look(&rollout).await;
    assert_eq!((&seen["state"], &seen["failed"]), (&json!("halted"), &json!(1)));
    assert_eq!(seen["journal"][0]["error"], "its worker was not heard of again");
}

#[tokio::test]
async fn a_report_that_is_said_twice_or_too_late_moves_nothing_twice() {
    let upgrade = Upgrade::of(1).await;
    upgrade.begun().await;
    let order = upgrade.orders().await.pop().unwrap();
    for _ in 0..2 {
        assert_eq!(upgrade.report(&order, |_| None).await.status, StatusCode::NO_CONTENT);
    }
    let routes = upgrade.node.snapshot().await.routes;
    assert_eq!(routes[0].placement.generation, 2);
    let stale = Order { fence: order.fence + 1, ..order };
    assert_eq!(upgrade.report(&stale, |_| None).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_deleted_hotel_in_its_days_of_grace_is_migrated_and_does_not_depart_a_second_time() {
    let upgrade = Upgrade::of(2).await;
    let sql = upgrade.office.scratch.connect().await.unwrap();
    let tenant: uuid::Uuid = sql.query_one("select id from tenants where slug = 'hotel-1'", &[]).await.unwrap().get(0);
    let wish = json!({ "reason": "Hotel dijual", "slug": "hotel-1" });
    let deleted = upgrade.staff.post(&format!("/api/v1/tenants/{tenant}/delete"), &wish).await.unwrap();
    assert!(deleted.status.is_success(), "{}", deleted.text);
    let before = upgrade.node.snapshot().await;
    let rollout = upgrade.begun().await;
    for _ in 0..2 {
        for order in upgrade.orders().await {
            upgrade.report(&order, |_| None).await;
        }
    }
    assert!(upgrade.orders().await.is_empty());
    assert_eq!(upgrade.look(&rollout).await["done"], 2);
    let after = upgrade.node.snapshot().await;
    assert_eq!((after.routes.len(), after.departed), (1, before.departed));
}

#[tokio::test]
async fn a_worker_without_room_is_given_other_work_only() {
    let upgrade = Upgrade::of(1).await;
    upgrade.begun().await;
    drive(&upgrade.office.app).await.unwrap();
    assert!(upgrade.node.lease(0).await.is_none());
    assert!(upgrade.node.lease_migrating().await.is_some());
}

#[tokio::test]
async fn two_controllers_at_once_order_everything_once_and_only_one_rollout_runs() {
    let upgrade = Upgrade::of(6).await;
    upgrade.begun().await;
    let refused = upgrade.begin(json!({})).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "rollout-open"));
    let app = &upgrade.office.app;
    let (one, other) = tokio::join!(drive(app), drive(app));
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    assert_eq!(upgrade.orders().await.len(), 1);
}

#[tokio::test]
async fn staff_begin_follow_halt_and_resume_one_on_pages() {
    let upgrade = Upgrade::of(2).await;
    let page = upgrade.staff.page("/vendor/rollouts").await.unwrap();
    assert!(page.text.contains(NEWER) && page.text.contains("2 hotel"), "{}", page.text);
    let fields = [("_key", page.field("_key").unwrap()), ("tolerated_percent", "2".to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let begun = upgrade.staff.form("/vendor/rollouts", &fields).await.unwrap();
    let place = begun.location().unwrap().to_owned();
    let running = upgrade.staff.page(&place).await.unwrap();
    assert!(running.text.contains("/follow.js") && running.headers.contains_key("refresh"));
    let press = async |page: &Answer, act: &str| {
        let key = page.field("_key").unwrap();
        let pressed = upgrade.staff.form(&format!("{place}/{act}"), &[("_key", &key)]).await.unwrap();
        assert_eq!(pressed.location(), Some(place.as_str()), "{}", pressed.text);
    };
    press(&running, "halt").await;
    let halted = upgrade.staff.page(&place).await.unwrap();
    assert!(halted.text.contains("/resume") && !halted.headers.contains_key("refresh"));
    press(&halted, "resume").await;
    for _ in 0..2 {
        for order in upgrade.orders().await {
            upgrade.report(&order, |_| None).await;
        }
    }
    assert!(upgrade.orders().await.is_empty());
    let page = upgrade.staff.page("/vendor/rollouts").await.unwrap();
    assert!(page.text.contains("Semua hotel memakai versi terbaru"), "{}", page.text);
}
