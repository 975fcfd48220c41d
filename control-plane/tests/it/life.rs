//! A tenant's life as staff lead it: closed and opened, deleted and brought back, told to the nodes each time and noted once.
use hotelhub_control_plane::staff::tokens;
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{Change, Role};
use hotelhub_testkit::Visitor;
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::office::{Node, Office};

/// An office with Melati, open and served, somebody who may do everything, and Melati's door.
pub(crate) struct Melati {
    pub(crate) office: Office,
    pub(crate) node: Node,
    pub(crate) sari: Visitor,
    pub(crate) door: String,
}

impl Melati {
    pub(crate) async fn open() -> Self {
        let office = Office::open().await;
        let node = office.node("node-1", &[Role::Serve, Role::Fleet]).await;
        assert_eq!(office.sign_up("melati").await.status, StatusCode::CREATED);
        node.done(&node.lease(0).await.unwrap()).await;
        let sari = office.staff(StaffRole::SuperAdmin).await;
        let found = sari.get("/api/v1/tenants?slug=melati").await.unwrap().json();
        let door = format!("/api/v1/tenants/{}", found["items"][0]["id"].as_str().unwrap());
        Self { office, node, sari, door }
    }

    /// The same, looked after by a script: its token outlives every session.
    pub(crate) async fn by_script() -> Self {
        let melati = Self::open().await;
        let minted = tokens::mint(&melati.office.app, "super_admin@hotelhub.test", "reaper", None, 90).await.unwrap();
        let sari = melati.office.visitor().with("authorization", &format!("Bearer {}", minted.token));
        Self { sari, ..melati }
    }

    /// Does something to it and answers what it is then.
    pub(crate) async fn does(&self, what: &str, body: Value) -> Value {
        let answer = self.sari.post(&format!("{}/{what}", self.door), &body).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{what}: {}", answer.text);
        answer.json()
    }

    /// Why something is not done to it.
    pub(crate) async fn refuses(&self, what: &str, body: Value) -> (u16, String) {
        let answer = self.sari.post(&format!("{}/{what}", self.door), &body).await.unwrap();
        (answer.status.as_u16(), answer.code())
    }

    /// The last change the nodes were told of.
    pub(crate) async fn told_last(&self) -> Change {
        let version = self.node.snapshot().await.version;
        self.node.deltas(version - 1, 0).await.unwrap().unwrap().deltas.pop().unwrap().change
    }

    /// What staff have done to it, the latest first.
    pub(crate) async fn noted(&self) -> Vec<String> {
        let whole = self.sari.get(&self.door).await.unwrap().json();
        let actions =
            whole["audit"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap().to_owned());
        actions.collect()
    }
}

pub(crate) fn farewell() -> Value {
    json!({ "reason": "Hotel dijual", "slug": "melati" })
}

#[tokio::test]
async fn a_hotel_is_closed_for_maintenance_and_opened_and_the_nodes_hear_why_and_until_when() {
    let melati = Melati::open().await;
    let until = melati.office.clock.now() + SignedDuration::from_mins(30);
    let closure = json!({ "text": " Pindah server ", "until": until });
    for _ in 0..2 {
        let closed = melati.does("maintenance", closure.clone()).await;
        assert_eq!((&closed["maintenance"]["text"], &closed["status"]), (&json!("Pindah server"), &json!("trial")));
    }
    let Change::Route(route) = melati.told_last().await else { panic!() };
    let told = route.notices.maintenance.unwrap();
    assert_eq!((told.text.as_str(), told.until), ("Pindah server", Some(until)));
    let listed = melati.sari.get("/api/v1/tenants").await.unwrap().json();
    assert_eq!(listed["items"][0]["in_maintenance"], true);
    let past = json!({ "text": "Pindah server", "until": melati.office.clock.now() });
    assert_eq!(melati.refuses("maintenance", past).await, (422, "ended-already".to_owned()));
    assert!(melati.does("maintenance/end", json!({})).await["maintenance"].is_null());
    let Change::Route(route) = melati.told_last().await else { panic!() };
    assert_eq!(route.notices.maintenance, None);
    assert_eq!(
        melati.noted().await,
        ["tenant.reopen", "tenant.maintain", "tenant.sign_up"],
        "what changed nothing is not noted"
    );
}

#[tokio::test]
async fn why_a_hotel_is_suspended_is_told_to_the_nodes_for_its_own_people() {
    let melati = Melati::open().await;
    melati.does("suspend", json!({ "reason": "Tagihan Juli" })).await;
    let Change::Route(route) = melati.told_last().await else { panic!() };
    assert_eq!(route.notices.suspension.as_deref(), Some("Tagihan Juli"));
    melati.does("resume", json!({})).await;
    let Change::Route(route) = melati.told_last().await else { panic!() };
    assert_eq!(route.notices.suspension, None);
}

#[tokio::test]
async fn a_deleted_hotel_is_gone_from_the_nodes_keeps_its_name_and_comes_back_as_it_was() {
    let melati = Melati::open().await;
    melati.does("suspend", json!({ "reason": "Tagihan Juli" })).await;
    let other = json!({ "reason": "Hotel dijual", "slug": "mawar" });
    assert_eq!(melati.refuses("delete", other).await, (422, "other-name".to_owned()));
    let deleted = melati.does("delete", farewell()).await;
    let drop_after = melati.office.clock.now() + SignedDuration::from_hours(24 * 30);
    assert_eq!((&deleted["status"], &deleted["deletion"]["drop_after"]), (&json!("churned"), &json!(drop_after)));
    assert!(matches!(melati.told_last().await, Change::Gone { .. }));
    assert!(melati.node.snapshot().await.routes.is_empty());
    assert_eq!(melati.does("delete", farewell()).await["deletion"], deleted["deletion"], "twice is once");
    assert_eq!(melati.office.sign_up("melati").await.code(), "slug-taken", "its name waits for it");
    for (what, body) in
        [("suspend", json!({ "reason": "no bill" })), ("resume", json!({})), ("maintenance", json!({ "text": "why" }))]
    {
        assert_eq!(melati.refuses(what, body).await, (409, "tenant-deleted".to_owned()), "{what}");
    }
    let back = melati.does("undelete", json!({})).await;
    assert_eq!(
        (&back["status"], &back["status_reason"], &back["deletion"]),
        (&json!("suspended"), &json!("Tagihan Juli"), &Value::Null)
    );
    let Change::Route(route) = melati.told_last().await else { panic!() };
    assert_eq!(route.slug.as_str(), "melati");
    assert_eq!(melati.noted().await, ["tenant.undelete", "tenant.delete", "tenant.suspend", "tenant.sign_up"]);
}

#[tokio::test]
async fn a_hotel_that_is_still_being_made_is_not_deleted() {
    let melati = Melati::open().await;
    assert_eq!(melati.office.sign_up("mawar").await.status, StatusCode::CREATED);
    let found = melati.sari.get("/api/v1/tenants?slug=mawar").await.unwrap().json();
    let door = format!("/api/v1/tenants/{}/delete", found["items"][0]["id"].as_str().unwrap());
    let body = json!({ "reason": "Salah ketik", "slug": "mawar" });
    let early = melati.sari.post(&door, &body).await.unwrap();
    assert_eq!((early.status, early.code().as_str()), (StatusCode::CONFLICT, "tenant-being-made"));
    melati.node.done(&melati.node.lease(0).await.unwrap()).await;
    assert_eq!(melati.sari.post(&door, &body).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_leaves_everything_as_it_is() {
    let melati = Melati::open().await;
    let version = melati.node.snapshot().await.version;
    let before = melati.sari.get(&melati.door).await.unwrap().json();
    for (what, body, member, would_be) in [
        ("suspend", json!({ "reason": "Tagihan Juli" }), "status", json!("suspended")),
        ("maintenance", json!({ "text": "Pindah server" }), "status", json!("trial")),
        ("delete", farewell(), "status", json!("churned")),
    ] {
        assert_eq!(melati.does(&format!("{what}?dry_run=true"), body).await[member], would_be, "{what}");
    }
    let wrong = json!({ "reason": "Hotel dijual", "slug": "mawar" });
    assert_eq!(melati.refuses("delete?dry_run=true", wrong).await, (422, "other-name".to_owned()));
    assert_eq!(melati.sari.get(&melati.door).await.unwrap().json(), before);
    assert_eq!(melati.node.snapshot().await.version, version);
    let sales = melati.office.staff(StaffRole::Sales).await;
    let refused = sales.post(&format!("{}/suspend?dry_run=true", melati.door), &json!({ "reason": "no bill" })).await;
    assert_eq!(refused.unwrap().status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_page_of_a_hotel_has_a_form_for_all_that_may_be_done_and_says_how_it_went() {
    let melati = Melati::open().await;
    let page = melati.door.replace("/api/v1", "/vendor");
    let browser = melati.sari.with("accept-language", "en");
    let mut keys = 0;
    let mut press = async |what: &str, fields: &[(&str, &str)]| {
        keys += 1;
        let key = format!("a-form-of-the-page-{keys}");
        let fields: Vec<_> = fields.iter().copied().chain([("_key", key.as_str())]).collect();
        let answer = browser.form(&format!("{page}/{what}"), &fields).await.unwrap();
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{what}: {}", answer.text);
        browser.page(&page).await.unwrap().text
    };
    let shown = press("maintenance", &[("text", "Pindah server"), ("until", "2026-07-03T11:30")]).await;
    assert!(
        shown.contains("The hotel is closed for maintenance.") && shown.contains("Expected to end 03 Jul 2026 11:30.")
    );
    assert!(press("maintenance/end", &[]).await.contains("The hotel is open again."));
    let shown = press("maintenance", &[("text", "Pindah server"), ("until", "2026-07-03T08:00")]).await;
    assert!(shown.contains("choose a later time"), "{shown}");
    let shown = press("delete", &[("reason", "Hotel dijual"), ("slug", "mawar")]).await;
    assert!(shown.contains("nothing was deleted"), "{shown}");
    let shown = press("delete", &[("reason", "Hotel dijual"), ("slug", "melati")]).await;
    assert!(shown.contains("kept until 02 Aug 2026 09:00") && !shown.contains("/suspend\""), "{shown}");
    assert!(press("undelete", &[]).await.contains("The hotel is back."));
}
