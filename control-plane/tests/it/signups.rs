//! Hotels sign up.
use futures_util::future::join_all;
use hotelhub_control_plane::LOOKS_PER_MINUTE;
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{Role, Task};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::office::{Office, wish};

#[tokio::test]
async fn a_hotel_signs_up_and_is_open_when_its_order_is_done() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    let answer = office.sign_up("melati").await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let signed_up = answer.json();
    assert_eq!(signed_up["address"], "http://melati.hotelhub.localhost:8080");
    assert_eq!(signed_up["status"], "preparing");
    let status = signed_up["status_url"].as_str().unwrap().to_owned();
    assert_eq!(office.visitor().get(&status).await.unwrap().json()["status"], "preparing");

    let order = node.lease(0).await.unwrap();
    let Task::CreateTenant { seed, .. } = &order.task else { panic!("{order:?}") };
    assert_eq!(seed.slug.as_str(), "melati");
    assert_eq!(seed.owner.email, "budi@melati.test");
    assert_eq!(seed.time_zone, "Asia/Jakarta");
    assert_eq!(node.done(&order).await.status, StatusCode::NO_CONTENT);

    assert_eq!(office.visitor().get(&status).await.unwrap().json()["status"], "ready");
    let route = &node.snapshot().await.routes[0];
    assert_eq!((route.slug.as_str(), route.limits.rooms, route.limits.users), ("melati", 42, Some(15)));
}

#[tokio::test]
async fn the_link_of_the_answer_is_the_one_whose_hash_the_order_carries() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    let link = office.sign_up("melati").await.json()["login_link"].as_str().unwrap().to_owned();
    let token = link.strip_prefix("http://melati.hotelhub.localhost:8080/login/link/").unwrap();
    let Task::CreateTenant { seed, .. } = node.lease(0).await.unwrap().task else { panic!() };
    let hash = hotelhub_identity::LinkToken::read(token).unwrap().hash();
    assert_eq!(seed.owner.login_token_sha256, hotelhub_kernel::hex(&hash));
    let stored: Value = office
        .scratch
        .connect()
        .await
        .unwrap()
        .query_one("select to_jsonb(s) from signups s", &[])
        .await
        .unwrap()
        .get(0);
    assert!(!stored.to_string().contains(token), "{stored}");
}

#[tokio::test]
async fn the_same_key_twice_is_one_effect_and_the_same_answer() {
    let office = Office::open().await;
    let visitor = office.visitor().with("idempotency-key", "01980f6e-7b9a");
    let wish_twice = wish("melati");
    let (first, second) =
        tokio::join!(visitor.post("/api/v1/signups", &wish_twice), visitor.post("/api/v1/signups", &wish_twice));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!((first.status, &first.text), (second.status, &second.text));
    let counted =
        "select (select count(*) from tenants), (select count(*) from work_orders), (select count(*) from letters)";
    let row = office.scratch.connect().await.unwrap().query_one(counted, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)), (1, 1, 1));

    let other = visitor.post("/api/v1/signups", &wish("mawar")).await.unwrap();
    assert_eq!((other.status, other.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "key-reused"));
}

#[tokio::test]
async fn the_keys_of_strangers_do_not_meet() {
    let office = Office::open().await;
    let visitor = office.visitor().with("idempotency-key", "01980f6e-7b9a");
    assert_eq!(visitor.post("/api/v1/signups", &wish("melati")).await.unwrap().status, StatusCode::CREATED);
    let stranger = visitor.with("x-forwarded-for", "203.0.113.9");
    assert_eq!(stranger.post("/api/v1/signups", &wish("mawar")).await.unwrap().status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_name_that_is_taken_is_answered_with_others() {
    let office = Office::open().await;
    office.sign_up("melati").await;
    let taken = office.sign_up("melati").await;
    assert_eq!((taken.status, taken.code().as_str()), (StatusCode::CONFLICT, "slug-taken"));
    assert_eq!(taken.json()["suggestions"], json!(["hotel-melati", "melati-2", "melati-3"]));
    assert_eq!(taken.json()["errors"][0]["field"], "slug");
    let asked = office.visitor().get("/api/v1/slugs/melati").await.unwrap().json();
    assert_eq!(asked["free"], false);
    assert_eq!(office.visitor().get("/api/v1/slugs/mawar").await.unwrap().json()["free"], true);
    assert_eq!(office.visitor().get("/api/v1/slugs/www").await.unwrap().json()["free"], false);
}

#[tokio::test]
async fn of_many_who_want_one_name_at_once_one_gets_it() {
    let office = Office::open().await;
    let answers = join_all((0..12).map(|_| office.sign_up("melati"))).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    let taken = answers.iter().filter(|answer| answer.code() == "slug-taken").count();
    assert_eq!((made, taken), (1, 11));
    let left =
        "select (select count(*) from tenants), (select count(*) from databases), (select count(*) from signups)";
    let row = office.scratch.connect().await.unwrap().query_one(left, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)), (1, 1, 1));
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_field_named_and_nothing_is_written() {
    let office = Office::open().await;
    let wrong = |field: &str, value: Value| {
        let mut wish = wish("melati");
        wish[field] = value;
        wish
    };
    let cases = [
        ("slug", wrong("slug", json!("www")), "invalid-signup"),
        ("slug", wrong("slug", json!("Melati")), "invalid-signup"),
        ("slug", wrong("slug", json!("ab")), "invalid-signup"),
        ("slug", wrong("slug", json!("xn--melati")), "invalid-signup"),
        ("rooms", wrong("rooms", json!(0)), "invalid-signup"),
        ("rooms", wrong("rooms", json!(4.5)), "invalid-body"),
        ("rooms", wrong("rooms", json!(-1)), "invalid-body"),
        ("rooms", wrong("rooms", json!("42")), "invalid-body"),
        ("email", wrong("email", json!("budi")), "invalid-signup"),
        ("time_zone", wrong("time_zone", json!("Mars/Olympus")), "invalid-signup"),
        ("plan", wrong("plan", json!("starter")), "plan-too-small"),
        ("plan", wrong("plan", json!("gold")), "unknown-plan"),
        ("admin", wrong("admin", json!(true)), "invalid-body"),
    ];
    for (field, wish, code) in cases {
        let answer = office.visitor().post("/api/v1/signups", &wish).await.unwrap();
        let told = (answer.status, answer.code(), answer.json()["errors"][0]["field"].clone());
        assert_eq!(told, (StatusCode::UNPROCESSABLE_ENTITY, code.to_owned(), json!(field)), "{wish}");
    }
    let count: i64 =
        office.scratch.connect().await.unwrap().query_one("select count(*) from tenants", &[]).await.unwrap().get(0);
    assert_eq!(count, 0);
}

#[tokio::test]
async fn a_sign_up_from_another_site_or_without_a_key_does_not_count() {
    let office = Office::open().await;
    let stranger = office.visitor().with("origin", "http://melati.hotelhub.localhost:8080");
    let answer = stranger.post("/api/v1/signups", &wish("melati")).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "cross-origin"));
    let keyless = office.visitor().with("idempotency-key", "");
    let answer = keyless.post("/api/v1/signups", &wish("melati")).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "idempotency-key-missing"));
}

#[tokio::test]
async fn one_address_may_sign_up_so_often_and_another_still_may() {
    let office = Office::empty(|settings| settings.signups_per_hour = 2).await;
    office.add_cluster("jkt-1", 100, 100).await;
    for slug in ["melati", "mawar"] {
        assert_eq!(office.sign_up(slug).await.status, StatusCode::CREATED);
    }
    let refused = office.sign_up("kenanga").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers.contains_key("retry-after"));
    let other = office.visitor().with("x-forwarded-for", "203.0.113.9");
    assert_eq!(other.post("/api/v1/signups", &wish("kenanga")).await.unwrap().status, StatusCode::CREATED);
}

#[tokio::test]
async fn who_tries_name_after_name_waits_and_another_need_not() {
    let office = Office::open().await;
    let status = office.sign_up("melati").await.json()["status_url"].as_str().unwrap().to_owned();
    let visitor = office.visitor();
    for _ in 0..LOOKS_PER_MINUTE {
        assert_eq!(visitor.get("/api/v1/slugs/www").await.unwrap().status, StatusCode::OK);
    }
    let page = status.replace("/api/v1/signups/", "/signup/");
    let refused = [visitor.get("/api/v1/slugs/www").await, visitor.get(&status).await, visitor.page(&page).await];
    for refused in refused.map(Result::unwrap) {
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.text);
        assert!(refused.headers.contains_key("retry-after"));
    }
    let other = visitor.with("x-forwarded-for", "203.0.113.9");
    assert_eq!(other.get(&status).await.unwrap().status, StatusCode::OK);
    office.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(visitor.get(&status).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn where_no_cluster_has_room_nothing_is_begun() {
    let office = Office::empty(|_| {}).await;
    let answer = office.sign_up("melati").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "no-room"));
    office.add_cluster("jkt-1", 100, 1).await;
    assert_eq!(office.sign_up("melati").await.status, StatusCode::CREATED);
    assert_eq!(office.sign_up("mawar").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_closed_cluster_gets_no_new_hotel_until_it_is_opened_again() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    let staff = office.staff(StaffRole::DevOps).await;
    office.sign_up("melati").await;
    node.done(&node.lease(0).await.unwrap()).await;
    let page = staff.page("/vendor/fleet").await.unwrap();
    let form = [("_key", page.field("_key").unwrap())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let closed = staff.form("/vendor/fleet/clusters/jkt-1/close", &form).await.unwrap();
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.text);
    assert_eq!(office.sign_up("mawar").await.code(), "no-room");
    assert_eq!(node.snapshot().await.routes.len(), 1, "the hotels it has go on");
    office.add_cluster("jkt-22", 100, 10).await;
    assert_eq!(office.sign_up("mawar").await.status, StatusCode::CREATED);
    let held = async || {
        let list = staff.get("/api/v1/clusters").await.unwrap().json();
        let states = list["items"].as_array().unwrap().iter();
        states.map(|c| (c["state"].as_str().unwrap().to_owned(), c["databases"].as_i64().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(held().await, [("closed".to_owned(), 1), ("open".to_owned(), 1)]);
    for _ in 0..2 {
        let opened = staff.post("/api/v1/clusters/jkt-1/open", &json!({})).await.unwrap();
        assert_eq!(opened.status, StatusCode::NO_CONTENT, "{}", opened.text);
    }
    assert_eq!(office.sign_up("kenanga").await.status, StatusCode::CREATED);
    assert_eq!(held().await, [("open".to_owned(), 2), ("open".to_owned(), 1)]);
    let actions = "select string_agg(action, ' ' order by seq) from audit_log where subject_id = 'jkt-1'";
    let row = office.scratch.connect().await.unwrap().query_one(actions, &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "cluster.close cluster.open");
    assert_eq!(staff.post("/api/v1/clusters/sby-9/close", &json!({})).await.unwrap().code(), "unknown-cluster");
}

#[tokio::test]
async fn a_person_signs_up_by_the_form_and_sees_the_hotel_open() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    let browser = office.visitor().with("accept-language", "en");
    let form = browser.page("/signup?plan=pro").await.unwrap();
    let key = form.field("_key").unwrap();
    let fields = |slug: &'static str, rooms: &'static str| {
        [("hotel", "Villa Kenanga"), ("owner", "Sri"), ("email", "sri@kenanga.test"), ("phone", "08123456789")]
            .into_iter()
            .chain([("rooms", rooms), ("slug", slug), ("time_zone", "Asia/Makassar"), ("plan", "pro")])
            .collect::<Vec<_>>()
    };
    let mut wrong = fields("kenanga", "many");
    wrong.push(("_key", &key));
    let refused = browser.form("/signup", &wrong).await.unwrap();
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Give a number from 1 to 5,000."), "{}", refused.text);
    assert_eq!(refused.field("hotel").as_deref(), Some("Villa Kenanga"));

    let mut right = fields("kenanga", "12");
    right.push(("_key", &key));
    let done = browser.form("/signup", &right).await.unwrap();
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let order = node.lease(0).await.unwrap();
    let Task::CreateTenant { seed, .. } = &order.task else { panic!() };
    assert_eq!(seed.time_zone, "Asia/Makassar");
    let place = done.location().unwrap().to_owned();
    let (waiting, _) = tokio::join!(browser.page(&place), async { node.done(&order).await });
    let open = waiting.unwrap();
    assert!(open.text.contains("Villa Kenanga is open"), "{}", open.text);
    assert!(open.text.contains("/login/link/"));
    let shared = office.visitor().page(&place).await.unwrap();
    assert!(!shared.text.contains("/login/link/") && !shared.text.contains("sri@kenanga.test"));
}
