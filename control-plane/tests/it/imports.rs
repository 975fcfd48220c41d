//! An exported hotel comes in: piece by piece, and there is no tenant before all of it is there.
use std::time::Duration;

use hotelhub_control_plane::imports::tidy;
use hotelhub_identity::StaffRole;
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{Order, Outcome, Quarters, Restored, Role, Task};
use hotelhub_testkit::{Answer, Visitor};
use hotelhub_vault::Place;
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::office::{Node, Office, TEMPLATE, wish};

/// A vendor that awaits a hotel, and a worker that keeps backups.
struct Arrivals {
    office: Office,
    node: Node,
    staff: Visitor,
    place: String,
}

impl Arrivals {
    async fn of(slug: &str) -> Self {
        let office = Office::open().await;
        let node = office.node("node-1", &[Role::Fleet]).await;
        node.keeps_backups(office.clock.now()).await;
        let staff = office.staff(StaffRole::SuperAdmin).await;
        let awaited = staff.post("/api/v1/imports", &wish(slug)).await.unwrap();
        assert_eq!((awaited.status, &awaited.json()["state"]), (StatusCode::OK, &json!("awaited")), "{}", awaited.text);
        let place = format!("/api/v1/imports/{}", awaited.json()["id"].as_str().unwrap());
        Self { office, node, staff, place }
    }

    async fn send(&self, number: u32, bytes: &str) -> Answer {
        let door = format!("{}/pieces/{number}", self.place);
        self.staff.raw(Method::PUT, &door, "application/octet-stream", bytes.into()).await.unwrap()
    }

    async fn begin(&self, pieces: u32, bytes: usize) -> Answer {
        let door = format!("{}/begin", self.place);
        self.staff.post(&door, &json!({ "pieces": pieces, "bytes": bytes })).await.unwrap()
    }

    async fn seen(&self) -> Value {
        self.staff.get(&self.place).await.unwrap().json()
    }

    async fn say(&self, order: &Order, outcome: Outcome) {
        assert_eq!(self.node.report(order.id, order.fence, outcome).await.status, StatusCode::NO_CONTENT);
    }

    /// Whether what an import's order made is ordered to be dropped, as nobody's but the house it was to be.
    async fn drops_what_came(&self, order: &Order) -> bool {
        let Task::ImportTenant { database, arrival, .. } = &order.task else { panic!("{order:?}") };
        let next = self.node.lease(0).await.unwrap();
        let Task::DropDatabase { database: dropped, tenant, .. } = &next.task else { panic!("{next:?}") };
        (dropped, *tenant) == (database, Some(arrival.tenant))
    }

    async fn slugs(&self) -> Vec<String> {
        self.node.snapshot().await.routes.iter().map(|route| route.slug.to_string()).collect()
    }
}

#[tokio::test]
async fn a_hotel_arrives_piece_by_piece_and_is_served_when_all_of_it_is_there() {
    let arrivals = Arrivals::of("melati").await;
    for (number, bytes) in [(1, "second"), (0, "frist"), (0, "first ")] {
        let taken = arrivals.send(number, bytes).await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    }
    assert_eq!(arrivals.send(0, "").await.code(), "no-piece");
    assert_eq!(arrivals.send(10_000, "behind the longest").await.code(), "no-piece");
    assert_eq!(arrivals.begin(2, 11).await.code(), "incomplete-file");
    assert_eq!(arrivals.begin(3, 12).await.code(), "incomplete-file");
    let begun = arrivals.begin(2, 12).await;
    assert_eq!((begun.status, &begun.json()["state"]), (StatusCode::OK, &json!("ordered")), "{}", begun.text);
    assert_eq!(arrivals.send(2, "third").await.code(), "import-begun");
    assert!(arrivals.slugs().await.is_empty(), "nobody is there yet");

    let order = arrivals.node.lease_copying().await.unwrap();
    let Task::ImportTenant { arrival, .. } = &order.task else { panic!("{order:?}") };
    let shelf = arrivals.office.app.exchange.clone().unwrap();
    let (mut file, mut places) = (Vec::new(), Vec::new());
    for &piece in &arrival.pieces {
        let place = Place { tenant: TenantId(arrival.import), backup: piece };
        let mut reading = shelf.open(&shelf.manifest(place).await.unwrap()).await.unwrap();
        while let Some(bytes) = reading.next().await.unwrap() {
            file.extend(bytes);
        }
        places.push(place);
    }
    assert_eq!(file, b"first second", "the last word on a number counts");
    let told = Restored { template: TEMPLATE.to_owned(), took_ms: 2_300, rows: 12_034 };
    arrivals.say(&order, Outcome::Imported(told.clone())).await;
    arrivals.say(&order, Outcome::Imported(told)).await;
    assert_eq!(arrivals.slugs().await, ["melati"]);
    assert_eq!((&arrivals.seen().await["state"], &arrivals.seen().await["rows"]), (&json!("done"), &json!(12_034)));
    let tenant = arrivals.staff.get(&format!("/api/v1/tenants/{}", arrival.tenant)).await.unwrap().json();
    assert_eq!((&tenant["status"], &tenant["subscription"]["plan"]), (&json!("trial"), &json!("growth")), "{tenant}");
    let unknown = Place { tenant: TenantId(arrival.import), backup: Uuid::from_u128(7) };
    let digest = shelf.take(unknown).await.unwrap().finish().await.unwrap();
    shelf.vouch_for_file(unknown, &digest, (arrivals.office.clock.now(), "")).await.unwrap();
    assert_eq!((tidy(&arrivals.office.app).await.unwrap(), tidy(&arrivals.office.app).await.unwrap()), (1, 0));
    assert!(shelf.manifest(places[0]).await.is_err(), "the pieces are removed");
    assert!(shelf.manifest(unknown).await.is_err(), "and what a process took in that did not live to write it down");
}

#[tokio::test]
async fn an_import_that_is_begun_in_the_moment_in_which_it_expires_keeps_its_pieces() {
    let mut arrivals = Arrivals::of("melati").await;
    arrivals.send(0, "all of it").await;
    let (id, shelf) = (arrivals.place.rsplit('/').next().unwrap(), arrivals.office.app.exchange.clone().unwrap());
    let (mut sql, watch) =
        (arrivals.office.scratch.connect().await.unwrap(), arrivals.office.scratch.connect().await.unwrap());
    let piece: Uuid = sql.query_one("select id from import_pieces", &[]).await.unwrap().get(0);
    let place = Place { tenant: TenantId(id.parse().unwrap()), backup: piece };
    arrivals.office.clock.advance(SignedDuration::from_hours(24));

    let beginning = sql.transaction().await.unwrap();
    let begin = "
        select from imports for update;
        insert into databases (name, cluster_id, state, created_at)
        select 't_000000000000000000000000000000aa', id, 'restoring', now() from clusters;
        insert into work_orders (id, kind, cluster_id, priority, task, next_attempt_at, created_at)
        select gen_random_uuid(), 'import_tenant', id, 40, '{}', now(), now() from clusters;
        update imports set state = 'ordered', database_name = 't_000000000000000000000000000000aa',
               order_id = (select id from work_orders where kind = 'import_tenant')";
    beginning.batch_execute(begin).await.unwrap();
    let app = arrivals.office.app.clone();
    let tidying = tokio::spawn(async move { tidy(&app).await.unwrap() });
    let waits = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while !tidying.is_finished() && watch.query(waits, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    beginning.commit().await.unwrap();
    assert_eq!(tidying.await.unwrap(), 0);
    assert!(shelf.manifest(place).await.is_ok(), "its worker reads it");
    arrivals.staff = arrivals.office.staff(StaffRole::Support).await;
    assert_eq!((&arrivals.seen().await["state"], &arrivals.seen().await["pieces"]), (&json!("ordered"), &json!(1)));
}

#[tokio::test]
async fn a_file_that_does_not_come_within_a_day_is_not_waited_for_and_what_came_of_it_is_removed() {
    let mut arrivals = Arrivals::of("melati").await;
    arrivals.send(0, "half of it").await;
    arrivals.office.clock.advance(SignedDuration::from_secs(24 * 3_600 - 1));
    assert_eq!(tidy(&arrivals.office.app).await.unwrap(), 0);
    arrivals.office.clock.advance(SignedDuration::from_secs(1));
    assert_eq!((tidy(&arrivals.office.app).await.unwrap(), tidy(&arrivals.office.app).await.unwrap()), (1, 0));
    arrivals.staff = arrivals.office.staff(StaffRole::Support).await;
    assert_eq!((&arrivals.seen().await["state"], &arrivals.seen().await["pieces"]), (&json!("expired"), &json!(0)));
    assert_eq!(arrivals.begin(1, 10).await.code(), "import-begun", "it is over");
}

#[tokio::test]
async fn a_file_that_is_refused_leaves_no_tenant_and_its_name_free() {
    let arrivals = Arrivals::of("melati").await;
    arrivals.send(0, "no export").await;
    arrivals.begin(1, 9).await;
    let order = arrivals.node.lease_copying().await.unwrap();
    arrivals.say(&order, Outcome::Refused { reason: "this is no export".to_owned() }).await;
    let seen = arrivals.seen().await;
    assert_eq!((&seen["state"], &seen["error"]), (&json!("failed"), &json!("this is no export")));
    assert!(arrivals.slugs().await.is_empty());
    assert!(arrivals.drops_what_came(&order).await, "what may be there of its database goes");
    assert_eq!(arrivals.office.sign_up("melati").await.status, StatusCode::CREATED);
    assert_eq!(arrivals.staff.post("/api/v1/imports", &wish("melati")).await.unwrap().code(), "slug-taken");
}

#[tokio::test]
async fn a_hotel_whose_name_was_taken_while_it_came_in_stays_away_and_its_data_are_dropped() {
    let arrivals = Arrivals::of("melati").await;
    arrivals.send(0, "all of it").await;
    arrivals.begin(1, 9).await;
    let order = arrivals.node.lease_copying().await.unwrap();
    assert_eq!(arrivals.office.sign_up("melati").await.status, StatusCode::CREATED);
    arrivals.node.done(&arrivals.node.lease(0).await.unwrap()).await;
    let told = Restored { template: TEMPLATE.to_owned(), took_ms: 2_300, rows: 12_034 };
    arrivals.say(&order, Outcome::Imported(told)).await;
    let seen = arrivals.seen().await;
    assert_eq!(seen["error"], json!("another hotel took the name meanwhile"), "{seen}");
    assert_eq!(arrivals.slugs().await, ["melati"], "the one that signed up");
    assert!(arrivals.drops_what_came(&order).await);
}

#[tokio::test]
async fn a_hotel_whose_plan_says_so_comes_into_a_schema_of_a_shared_database() {
    let arrivals = Arrivals::of("melati").await;
    let sql = arrivals.office.scratch.connect().await.unwrap();
    sql.batch_execute("update plans set placed_in = 'schema'").await.unwrap();
    arrivals.send(0, "all of it").await;
    arrivals.begin(1, 9).await;
    let order = arrivals.node.lease_copying().await.unwrap();
    let Task::ImportTenant { database, .. } = &order.task else { panic!("{order:?}") };
    let Some(Quarters::Schema { schema, .. }) = Quarters::parse(database) else { panic!("{database}") };
    let told = Restored { template: TEMPLATE.to_owned(), took_ms: 2_300, rows: 12_034 };
    arrivals.say(&order, Outcome::Imported(told)).await;
    let routes = arrivals.node.snapshot().await.routes;
    assert_eq!(routes.iter().map(|route| route.placement.schema.as_deref()).collect::<Vec<_>>(), [Some(schema)]);
}
