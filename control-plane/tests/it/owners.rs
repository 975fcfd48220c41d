//! Owners take their hotel's data away, by way of the node that serves it: their own hotel's, and what they asked for themselves.
use hotelhub_identity::StaffRole;
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ExportState, ExportWish, OwnersExport, Role, paths};
use hotelhub_testkit::Answer;
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::exports::{FILE, with_hotel, written};
use crate::office::{Node, Office};

const RATNA: Uuid = Uuid::from_u128(0xa);

/// A node says that an owner wishes an export.
async fn wishes(node: &Node, tenant: &str, wish: u128) -> Answer {
    let (tenant, wish) = (TenantId(tenant.parse().unwrap()), Uuid::from_u128(wish));
    let wish = ExportWish { tenant, wish, owner: RATNA, owner_name: "Ratna Sari".to_owned() };
    node.post(paths::EXPORTS, &serde_json::to_value(wish).unwrap()).await
}

fn export(answer: &Answer) -> OwnersExport {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

async fn listed(node: &Node, tenant: &str) -> Vec<OwnersExport> {
    let answer = node.get(&format!("{}?tenant={tenant}", paths::EXPORTS)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

fn file(tenant: &str, export: Uuid) -> String {
    format!("{}?tenant={tenant}&export={export}&owner={RATNA}", paths::EXPORT_FILE)
}

/// Exports there are.
async fn count(office: &Office) -> i64 {
    let sql = office.scratch.connect().await.unwrap();
    sql.query_one("select count(*) from exports", &[]).await.unwrap().get(0)
}

/// Another hotel that is served.
async fn kenanga(office: &Office, worker: &Node) -> String {
    assert_eq!(office.sign_up("kenanga").await.status, StatusCode::CREATED);
    worker.done(&worker.lease(0).await.unwrap()).await;
    let sql = office.scratch.connect().await.unwrap();
    let id: Uuid = sql.query_one("select id from tenants where slug = 'kenanga'", &[]).await.unwrap().get(0);
    id.to_string()
}

#[tokio::test]
async fn an_owner_is_given_one_export_at_a_time_and_its_file() {
    let office = Office::open().await;
    let (worker, tenant) = with_hotel(&office).await;
    let web = office.node("web-1", &[Role::Serve]).await;
    let staff = office.staff(StaffRole::SuperAdmin).await;
    assert!(listed(&web, &tenant).await.is_empty());
    let first = export(&wishes(&web, &tenant, 1).await);
    assert_eq!((first.state, first.asked_by.as_str()), (ExportState::Waiting, "Ratna Sari"));
    assert_eq!(export(&wishes(&web, &tenant, 1).await), first, "the same wish is the same export");
    assert_eq!(wishes(&web, &tenant, 2).await.code(), "export-open");
    let door = format!("/api/v1/tenants/{tenant}/exports");
    assert_eq!(staff.post(&door, &json!({})).await.unwrap().code(), "export-open", "nor staff's beside it");
    let too_early = web.get(&file(&tenant, first.id)).await;
    assert_eq!(too_early.code(), "export-gone");

    assert_eq!(written(&office, &worker).await, first.id);
    let done = listed(&web, &tenant).await;
    assert_eq!((done.len(), done[0].state, done[0].rows), (1, ExportState::Done, Some(12_034)));
    assert_eq!(export(&wishes(&web, &tenant, 1).await).id, first.id, "an old wish orders nothing");
    assert!(worker.lease_copying().await.is_none());
    let whole = web.get(&file(&tenant, first.id)).await;
    assert_eq!((whole.status, whole.text.as_str()), (StatusCode::OK, FILE));
    let rest = web.with("range", "bytes=9-").get(&file(&tenant, first.id)).await;
    assert_eq!((rest.status, rest.text.as_str()), (StatusCode::PARTIAL_CONTENT, &FILE[9..]));

    let seen = staff.get(&door).await.unwrap().json()["items"][0].clone();
    assert_eq!((&seen["by_owner"], &seen["asked_by"]), (&json!(true), &json!("Ratna Sari")));
    let page = staff.page(&format!("/vendor/tenants/{tenant}")).await.unwrap().text;
    assert!(page.contains("pemilik hotel"), "{page}");
    let log = staff.get(&format!("/api/v1/audit?tenant={tenant}")).await.unwrap().text;
    assert_eq!(log.matches("\"tenant.export\"").count(), 1, "{log}");
    assert_eq!(log.matches("tenant.export_fetched").count(), 2, "{log}");
    assert_eq!(log.matches(&format!("\"owner_id\":\"{RATNA}\"")).count(), 3, "{log}");

    office.clock.advance(SignedDuration::from_mins(2));
    assert_eq!(wishes(&web, &tenant, 3).await.code(), "no-backup-store", "no worker is heard");
    assert_eq!(export(&wishes(&web, &tenant, 1).await).id, first.id, "what was ordered before is told all the same");
}

#[tokio::test]
async fn a_node_speaks_for_a_hotel_that_it_serves_and_only_about_what_its_owner_asked_for() {
    let office = Office::open().await;
    let (worker, melati) = with_hotel(&office).await;
    let kenanga = kenanga(&office, &worker).await;
    worker.keeps_backups(office.clock.now()).await;
    let web = office.node("web-1", &[Role::Serve]).await;
    let staff = office.staff(StaffRole::SuperAdmin).await;
    let staffs = staff.post(&format!("/api/v1/tenants/{melati}/exports"), &json!({})).await.unwrap();
    assert_eq!(staffs.status, StatusCode::OK, "{}", staffs.text);
    let staffs = written(&office, &worker).await;
    assert!(listed(&web, &melati).await.is_empty(), "what staff ordered is not an owner's to see");
    assert_eq!(web.get(&file(&melati, staffs)).await.code(), "unknown-export");
    let own = export(&wishes(&web, &melati, 1).await).id;
    assert_eq!(written(&office, &worker).await, own);
    assert!(listed(&web, &kenanga).await.is_empty());
    assert_eq!(web.get(&file(&kenanga, own)).await.code(), "unknown-export", "another hotel's");

    let list = |tenant: &str| format!("{}?tenant={tenant}", paths::EXPORTS);
    for answer in
        [wishes(&worker, &melati, 2).await, worker.get(&list(&melati)).await, worker.get(&file(&melati, own)).await]
    {
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "role-missing"));
    }
    let deleted = json!({ "reason": "Hotel dijual", "slug": "melati" });
    let deleted = staff.post(&format!("/api/v1/tenants/{melati}/delete"), &deleted).await.unwrap();
    assert!(deleted.status.is_success(), "{}", deleted.text);
    let nobody = Uuid::from_u128(9).to_string();
    for tenant in [&melati, &nobody] {
        for answer in [wishes(&web, tenant, 3).await, web.get(&list(tenant)).await, web.get(&file(tenant, own)).await] {
            assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "unknown-tenant"));
        }
    }
    assert_eq!(count(&office).await, 2, "nothing else was ordered");
}

#[tokio::test]
async fn an_export_that_cannot_be_is_refused_and_nothing_of_it_is_left() {
    let office = Office::open().await;
    with_hotel(&office).await;
    let web = office.node("web-1", &[Role::Serve]).await;
    office.sign_up("mawar").await;
    let sql = office.scratch.connect().await.unwrap();
    let unmade: Uuid = sql.query_one("select id from tenants where slug = 'mawar'", &[]).await.unwrap().get(0);
    assert_eq!(wishes(&web, &unmade.to_string(), 1).await.code(), "not-served");
    assert_eq!(count(&office).await, 0);
}
