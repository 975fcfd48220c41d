//! The vendor's people look after hotels.
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{Change, Role, TenantStatus};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::office::{Node, Office, beat};

/// Three hotels: melati and mawar are open, kenanga waits.
async fn three_hotels(office: &Office) -> Node {
    let node = office.node("node-1", &[Role::Serve, Role::Fleet]).await;
    for slug in ["melati", "mawar", "kenanga"] {
        assert_eq!(office.sign_up(slug).await.status, StatusCode::CREATED);
        office.clock.advance(SignedDuration::from_secs(1));
    }
    for _ in 0..2 {
        node.done(&node.lease(0).await.unwrap()).await;
    }
    node
}

fn slugs(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|tenant| tenant["slug"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn hotels_are_found_by_name_and_status_page_by_page() {
    let office = Office::open().await;
    three_hotels(&office).await;
    let sari = office.staff(StaffRole::Support).await;
    let list = async |query: &str| sari.get(&format!("/api/v1/tenants{query}")).await.unwrap().json();
    assert_eq!(slugs(&list("").await), ["kenanga", "mawar", "melati"]);
    assert_eq!(slugs(&list("?q=KENANGA").await), ["kenanga"]);
    assert_eq!(slugs(&list("?q=mawar.test").await), ["mawar"], "by the owner's mail address too");
    assert_eq!(slugs(&list("?q=%25").await), Vec::<&str>::new(), "a sign that means everything elsewhere means itself");
    assert_eq!(slugs(&list("?status=suspended").await), Vec::<&str>::new());
    let first = list("?limit=2").await;
    let rest = list(&format!("?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!((slugs(&first), slugs(&rest)), (vec!["kenanga", "mawar"], vec!["melati"]));
    assert!(rest["next"].is_null());
    let wrong = sari.get("/api/v1/tenants?status=asleep").await.unwrap();
    assert_eq!(
        (wrong.status, wrong.json()["errors"][0]["field"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("status"))
    );
}

#[tokio::test]
async fn a_suspended_hotel_is_told_to_the_nodes_and_resumed_as_it_was() {
    let office = Office::open().await;
    let node = three_hotels(&office).await;
    let sari = office.staff(StaffRole::Support).await;
    let version = node.snapshot().await.version;
    let id =
        sari.get("/api/v1/tenants?q=melati.test").await.unwrap().json()["items"][0]["id"].as_str().unwrap().to_owned();
    let suspend = format!("/api/v1/tenants/{id}/suspend");
    let reasonless = sari.post(&suspend, &json!({ "reason": " " })).await.unwrap();
    assert_eq!((reasonless.status, reasonless.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "no-reason"));
    for _ in 0..2 {
        let answer = sari.post(&suspend, &json!({ "reason": "Tagihan Juli" })).await.unwrap();
        assert_eq!((answer.status, answer.json()["status"].clone()), (StatusCode::OK, json!("suspended")));
    }
    let deltas = node.deltas(version, 0).await.unwrap().unwrap().deltas;
    assert_eq!(deltas.len(), 1, "what is suspended already changes nothing");
    let Change::Route(route) = &deltas[0].change else { panic!() };
    assert_eq!((route.slug.as_str(), route.status), ("melati", TenantStatus::Suspended));
    let resumed = sari.post(&format!("/api/v1/tenants/{id}/resume"), &json!({})).await.unwrap();
    assert_eq!(resumed.json()["status"], "trial");

    let whole = sari.get(&format!("/api/v1/tenants/{id}")).await.unwrap().json();
    let actions: Vec<&str> = whole["audit"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["tenant.resume", "tenant.suspend", "tenant.sign_up"]);
    assert_eq!(whole["audit"][1]["actor_name"], "Sari Wulandari");
    let request = resumed.headers["x-request-id"].to_str().unwrap();
    assert_eq!(whole["audit"][0]["request_id"], request, "the line names the request that caused it");
    assert_eq!((&whole["database"]["state"], &whole["orders"][0]["state"]), (&json!("live"), &json!("done")));
    assert_eq!(whole["subscription"]["monthly_idr"], 50_000);
}

#[tokio::test]
async fn a_failed_order_is_tried_again_on_the_word_of_staff() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Fleet]).await;
    let status = office.sign_up("melati").await.json()["status_url"].as_str().unwrap().to_owned();
    let sari = office.staff(StaffRole::DevOps).await;
    for _ in 0..8 {
        let order = node.lease(0).await.unwrap();
        node.failed(&order, "the disk is full").await;
        office.clock.advance(SignedDuration::from_secs(61));
    }
    let page = sari.page("/vendor/orders?state=failed").await.unwrap();
    assert!(page.text.contains("the disk is full"), "{}", page.text);
    let list = sari.get("/api/v1/orders?state=failed").await.unwrap().json();
    let id = list["items"][0]["id"].as_str().unwrap();
    assert_eq!(list["items"][0]["last_error"], "the disk is full");
    let key = page.field("_key").unwrap();
    let again = sari.form(&format!("/vendor/orders/{id}/retry"), &[("_key", &key)]).await.unwrap();
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text);
    let twice = sari.post(&format!("/api/v1/orders/{id}/retry"), &json!({})).await.unwrap();
    assert_eq!((twice.status, twice.code().as_str()), (StatusCode::CONFLICT, "not-failed"));
    node.done(&node.lease(0).await.unwrap()).await;
    assert_eq!(office.visitor().get(&status).await.unwrap().json()["status"], "ready");
}

#[tokio::test]
async fn each_role_does_what_it_may_and_no_more() {
    let office = Office::open().await;
    three_hotels(&office).await;
    let (sales, reader) = (office.staff(StaffRole::Sales).await, office.staff(StaffRole::ReadOnly).await);
    let id = sales.get("/api/v1/tenants").await.unwrap().json()["items"][0]["id"].as_str().unwrap().to_owned();
    let refused = sales.post(&format!("/api/v1/tenants/{id}/suspend"), &json!({ "reason": "no bill" })).await.unwrap();
    assert_eq!((refused.status, refused.json()["permission"].clone()), (StatusCode::FORBIDDEN, json!("tenant.change")));
    assert_eq!(sales.get("/api/v1/nodes").await.unwrap().status, StatusCode::FORBIDDEN);
    assert_eq!(sales.page("/vendor/fleet").await.unwrap().status, StatusCode::FORBIDDEN);
    let retire = reader.post("/api/v1/nodes/node-1/retire", &json!({})).await.unwrap();
    assert_eq!(retire.status, StatusCode::FORBIDDEN);
    let page = reader.page(&format!("/vendor/tenants/{id}")).await.unwrap();
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("/suspend"), "what is not permitted is not shown");
}

#[tokio::test]
async fn every_page_of_the_vendor_opens_in_both_languages_and_its_forms_work() {
    let office = Office::open().await;
    let node = three_hotels(&office).await;
    node.heartbeat(&beat(&[Role::Serve, Role::Fleet], office.clock.now())).await;
    let sari = office.staff(StaffRole::SuperAdmin).await;
    let id =
        sari.get("/api/v1/tenants?q=melati.test").await.unwrap().json()["items"][0]["id"].as_str().unwrap().to_owned();
    let tenant = format!("/vendor/tenants/{id}");
    for lang in ["id", "en"] {
        let browser = sari.with("accept-language", lang);
        let ways =
            ["/vendor/tenants?q=hotel&status=trial", &tenant, "/vendor/orders", "/vendor/fleet", "/vendor/audit"];
        for path in ways.into_iter().chain(["/vendor/account"]) {
            let page = browser.page(path).await.unwrap();
            assert_eq!(page.status, StatusCode::OK, "{path} in {lang}: {}", page.text);
            assert!(page.text.contains(&format!("<html lang=\"{lang}\"")), "{path} in {lang}");
            assert!(page.text.contains("<small class=\"soft\">Super admin</small>"), "{path} in {lang}");
        }
    }
    let fleet = sari.page("/vendor/fleet").await.unwrap().text;
    assert!(fleet.contains("node-1") && fleet.contains("7 / 42") && fleet.contains("2 / 1"), "{fleet}");
    let key = sari.page(&tenant).await.unwrap().field("_key").unwrap();
    let suspended =
        sari.form(&format!("{tenant}/suspend"), &[("_key", &key), ("reason", "Tagihan Juli")]).await.unwrap();
    assert_eq!(suspended.status, StatusCode::SEE_OTHER, "{}", suspended.text);
    assert!(sari.page(&tenant).await.unwrap().text.contains("Tagihan Juli"));
    let resumed = sari.form(&format!("{tenant}/resume"), &[("_key", &format!("{key}-2"))]).await.unwrap();
    assert_eq!(resumed.status, StatusCode::SEE_OTHER, "{}", resumed.text);
    let retired = sari.form("/vendor/fleet/nodes/node-1/retire", &[("_key", &format!("{key}-3"))]).await.unwrap();
    assert_eq!(retired.status, StatusCode::SEE_OTHER, "{}", retired.text);
    let log = sari.get("/api/v1/audit?limit=3").await.unwrap().json();
    let actions: Vec<&str> = log["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["node.retire", "tenant.resume", "tenant.suspend"]);
    let next = log["next"].as_str().unwrap();
    let more = sari.get(&format!("/api/v1/audit?limit=3&cursor={next}")).await.unwrap().json();
    assert_eq!(more["items"].as_array().unwrap().len(), 3);
}
