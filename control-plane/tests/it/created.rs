//! Hotels that staff sign up: as their owners would have, and where staff choose.
use hotelhub_control_plane::mails::send_due;
use hotelhub_control_plane::plans::{self, PlacedIn};
use hotelhub_identity::{LinkToken, StaffRole};
use hotelhub_kernel::{Secret, hex};
use hotelhub_mail::Mailer;
use hotelhub_protocol::{Order, Role, Task};
use hotelhub_testkit::mail::MailStandIn;
use hotelhub_testkit::{Answer, Visitor};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::office::{Node, Office, wish};
use crate::strangers::everything;

const DOOR: &str = "/api/v1/tenants";

/// The plan for this many rooms is for a hotel alone on its server.
const ALONE: i64 = 200;

/// An office with a second cluster, a worker that reaches both, and somebody who may sign hotels up.
struct Desk {
    office: Office,
    node: Node,
    staff: Visitor,
}

impl Desk {
    async fn open() -> Self {
        let office = Office::open().await;
        office.add_cluster("jkt-22", 100, 1_000).await;
        let node = office.node("node-1", &[Role::Fleet]).await;
        let staff = office.staff(StaffRole::Support).await;
        Self { office, node, staff }
    }

    /// Asks for a hotel with something chosen for it.
    async fn asks(&self, slug: &str, chosen: Value) -> Answer {
        self.staff.post(DOOR, &with(slug, chosen)).await.unwrap()
    }

    /// The same, of a hotel that is made; the answer, and the order that makes it.
    async fn makes(&self, slug: &str, chosen: Value) -> (Value, Order) {
        let answer = self.asks(slug, chosen).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let order = self.node.lease_reaching(&["jkt-1", "jkt-22"], &["jkt-1", "jkt-22"]).await.unwrap();
        (answer.json(), order)
    }

    async fn plans_place_in(&self, placed_in: PlacedIn) {
        let mut tx = self.office.app.db.begin().await.unwrap();
        assert!(plans::place(&mut tx, "growth", placed_in).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn says(&self, sql: &str) {
        self.office.scratch.connect().await.unwrap().batch_execute(sql).await.unwrap();
    }
}

fn with(slug: &str, chosen: Value) -> Value {
    let mut wish = wish(slug);
    for (member, value) in chosen.as_object().unwrap() {
        wish[member] = value.clone();
    }
    wish
}

fn place(tenant: &Value) -> (&str, bool) {
    let database = &tenant["database"];
    (database["cluster"].as_str().unwrap(), database["name"].as_str().unwrap().contains('.'))
}

#[tokio::test]
async fn a_hotel_lies_where_staff_choose_and_where_its_plan_says_when_they_choose_nothing() {
    let desk = Desk::open().await;
    for (slug, plan, chosen, shared) in [
        ("melati", PlacedIn::Database, json!({}), false),
        ("mawar", PlacedIn::Database, json!({ "placed_in": "schema" }), true),
        ("anggrek", PlacedIn::Schema, json!({ "placed_in": null }), true),
        ("kenanga", PlacedIn::Schema, json!({ "placed_in": "database" }), false),
    ] {
        desk.plans_place_in(plan).await;
        let (made, order) = desk.makes(slug, chosen).await;
        assert_eq!(place(&made).1, shared, "{slug}");
        let Task::CreateTenant { database, .. } = &order.task else { panic!("{order:?}") };
        assert_eq!(made["database"]["name"], json!(database), "{slug}");
        assert_eq!((&made["status"], &made["subscription"]["plan"]), (&json!("trial"), &json!("growth")));
        assert_eq!(desk.node.done(&order).await.status, StatusCode::NO_CONTENT);
    }
    let routes = desk.node.snapshot().await.routes;
    let shared = routes.iter().filter(|route| route.placement.schema.is_some());
    let mut shared: Vec<&str> = shared.map(|route| route.slug.as_str()).collect();
    shared.sort_unstable();
    assert_eq!((routes.len(), shared), (4, vec!["anggrek", "mawar"]), "both kinds are served");
}

#[tokio::test]
async fn a_hotel_comes_to_the_cluster_that_staff_name_in_either_placement() {
    let desk = Desk::open().await;
    for (slug, placed_in) in [("melati", "database"), ("mawar", "schema")] {
        for (number, cluster) in ["jkt-22", "jkt-1", "jkt-22"].into_iter().enumerate() {
            let chosen = json!({ "placed_in": placed_in, "cluster": cluster });
            let (made, order) = desk.makes(&format!("{slug}-{number}"), chosen).await;
            assert_eq!(place(&made), (cluster, placed_in == "schema"));
            assert_eq!(order.task.cluster().0, cluster);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_had_is_refused_with_its_reason_and_leaves_nothing() {
    let desk = Desk::open().await;
    for (id, tier, state) in
        [("sub-333", "shared", "open"), ("sub-4444", "alone", "open"), ("sub-55555", "any", "closed")]
    {
        desk.office.add_cluster(id, 100, 10).await;
        desk.says(&format!("update clusters set tier = '{tier}', state = '{state}' where id = '{id}'")).await;
    }
    desk.office.add_cluster("sub-666666", 100, 1).await;
    let (_, order) = desk.makes("melati", json!({ "cluster": "jkt-22" })).await;
    desk.node.done(&order).await;
    assert_eq!(desk.asks("mawar", json!({ "cluster": "sub-666666" })).await.status, StatusCode::CREATED);
    let before = everything(&desk.office).await;
    for (chosen, status, code, field) in [
        (json!({ "rooms": ALONE, "placed_in": "schema" }), 409, "plan-lies-alone", "placed_in"),
        (json!({ "rooms": ALONE, "cluster": "sub-333" }), 409, "cluster-for-others", "cluster"),
        (json!({ "cluster": "sub-4444" }), 409, "cluster-for-others", "cluster"),
        (json!({ "cluster": "sub-55555" }), 409, "cluster-closed", "cluster"),
        (json!({ "cluster": "sub-666666" }), 409, "cluster-full", "cluster"),
        (json!({ "cluster": "sub-666666", "placed_in": "schema" }), 409, "cluster-full", "cluster"),
        (json!({ "cluster": "nowhere" }), 404, "unknown-cluster", "cluster"),
        (json!({ "placed_in": "cellar" }), 422, "invalid-body", "placed_in"),
        (json!({ "lang": "nl" }), 422, "invalid-body", "lang"),
        (json!({ "plan": "starter" }), 422, "plan-too-small", "plan"),
        (json!({ "email": "budi" }), 422, "invalid-signup", "email"),
        (json!({ "slug": "melati" }), 409, "slug-taken", "slug"),
    ] {
        for door in [DOOR, "/api/v1/tenants?dry_run=true"] {
            let refused = desk.staff.post(door, &with("kenanga", chosen.clone())).await.unwrap();
            let told = (refused.status.as_u16(), refused.code(), refused.json()["errors"][0]["field"].clone());
            assert_eq!(told, (status, code.to_owned(), json!(field)), "{chosen}: {}", refused.text);
        }
    }
    assert_eq!(everything(&desk.office).await, before, "a refusal leaves nothing");
    desk.says("update clusters set state = 'closed'").await;
    let full = desk.asks("kenanga", json!({})).await;
    assert_eq!((full.status, full.code().as_str()), (StatusCode::CONFLICT, "no-room"));
}

#[tokio::test]
async fn a_hotel_that_is_to_lie_alone_shares_a_database_only_where_its_plan_says_so() {
    let desk = Desk::open().await;
    desk.says("update plans set placed_in = 'schema' where id = 'enterprise'").await;
    let (made, _) = desk.makes("melati", json!({ "rooms": ALONE, "placed_in": "schema" })).await;
    assert_eq!(place(&made), ("jkt-1", true));
}

#[tokio::test]
async fn a_dry_run_says_where_the_hotel_would_lie_and_the_hotel_is_made_and_noted_once() {
    let desk = Desk::open().await;
    let (wish, before) =
        (with("melati", json!({ "placed_in": "schema", "cluster": "jkt-22" })), everything(&desk.office).await);
    let dry = desk.staff.post("/api/v1/tenants?dry_run=true", &wish).await.unwrap();
    assert_eq!((dry.status, place(&dry.json())), (StatusCode::CREATED, ("jkt-22", true)), "{}", dry.text);
    assert_eq!(everything(&desk.office).await, before, "it is only said");

    let staff = desk.staff.with("idempotency-key", "a-hotel-of-ours");
    let (first, second) = tokio::join!(staff.post(DOOR, &wish), staff.post(DOOR, &wish));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!((first.status, &first.text), (second.status, &second.text));
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let whole = desk.staff.get(&format!("{DOOR}/{id}")).await.unwrap().json();
    let noted = whole["audit"].as_array().unwrap();
    assert_eq!(noted.len(), 1, "{noted:?}");
    assert_eq!((&noted[0]["action"], &noted[0]["actor_name"]), (&json!("tenant.create"), &json!("Sari Wulandari")));
    let details =
        json!({ "slug": "melati", "plan": "growth", "rooms": 42, "placed_in": "schema", "cluster": "jkt-22" });
    assert_eq!(noted[0]["details"], details);
}

#[tokio::test]
async fn the_owner_gets_the_letter_of_a_sign_up_and_nobody_else_its_link() {
    let desk = Desk::open().await;
    let mail = MailStandIn::start("127.0.0.1:0", "127.0.0.1:0").await.unwrap();
    let mailer = Mailer::new(&Secret::new(format!("smtp://{}", mail.smtp)), "halo@hotelhub.test").unwrap();
    for (slug, chosen, subject) in [
        ("melati", json!({ "placed_in": "schema" }), "Selamat datang di HotelHub, Hotel Melati"),
        ("mawar", json!({ "lang": "en" }), "Welcome to HotelHub, Hotel Melati"),
    ] {
        let (made, order) = desk.makes(slug, chosen).await;
        assert!(!made.to_string().contains("/login/link/"), "{made}");
        assert_eq!(send_due(&desk.office.app, &mailer).await.unwrap(), 1);
        let mails = mail.inbox.mails(Some(format!("budi@{slug}.test").as_str()));
        assert_eq!((mails.len(), mails[0].subject.as_str()), (1, subject));
        let way_in = format!("http://{slug}.hotelhub.localhost:8080/login/link/");
        let token = mails[0].links.iter().find_map(|link| link.strip_prefix(&way_in)).unwrap();
        let Task::CreateTenant { seed, .. } = &order.task else { panic!("{order:?}") };
        assert_eq!(seed.owner.login_token_sha256, hex(&LinkToken::read(token).unwrap().hash()), "it lets the owner in");
    }
}

#[tokio::test]
async fn staff_sign_a_hotel_up_by_the_form_and_see_what_is_wrong_beside_what_they_chose() {
    let desk = Desk::open().await;
    let browser = desk.staff.with("accept-language", "en");
    let list = browser.page("/vendor/tenants").await.unwrap();
    assert!(list.text.contains("href=\"/vendor/tenants/new\""), "{}", list.text);
    let looks_only = desk.office.staff(StaffRole::DevOps).await.page("/vendor/tenants").await.unwrap();
    assert!(!looks_only.text.contains("/vendor/tenants/new"));

    let fields = |cluster: &'static str| {
        [("hotel", "Villa Kenanga"), ("owner", "Sri"), ("email", "sri@kenanga.test"), ("phone", "08123456789")]
            .into_iter()
            .chain([("rooms", "12"), ("slug", "kenanga"), ("time_zone", "Asia/Makassar"), ("plan", "")])
            .chain([("lang", "en"), ("placed_in", "schema"), ("cluster", cluster)])
            .collect::<Vec<_>>()
    };
    let form = browser.page("/vendor/tenants/new").await.unwrap();
    assert!(form.text.contains("jkt-22") && form.text.contains("Enterprise"), "{}", form.text);
    let key = form.field("_key").unwrap();
    let mut wrong = fields("nowhere");
    wrong.push(("_key", &key));
    let refused = browser.form("/vendor/tenants", &wrong).await.unwrap();
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert!(refused.text.contains("No cluster has this name."), "{}", refused.text);
    assert!(refused.text.contains("<option value=\"schema\" selected>"), "{}", refused.text);
    assert_eq!(refused.field("hotel").as_deref(), Some("Villa Kenanga"));

    let key = refused.field("_key").unwrap();
    let mut right = fields("jkt-22");
    right.push(("_key", &key));
    let done = browser.form("/vendor/tenants", &right).await.unwrap();
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let shown = browser.page(done.location().unwrap()).await.unwrap();
    assert!(shown.text.contains("Villa Kenanga") && shown.text.contains("The hotel is being made"), "{}", shown.text);
    assert!(shown.text.contains("<dd>jkt-22</dd>") && shown.text.contains("<code>s_"), "{}", shown.text);
    let again = browser.form("/vendor/tenants", &right).await.unwrap();
    assert_eq!(again.location(), done.location(), "twice is once");
}
