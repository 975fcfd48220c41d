//! Access tokens of scripts: what they open, for whom, and for how long.
use hotelhub_control_plane::staff::{self, tokens};
use hotelhub_identity::StaffRole;
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;

use crate::life::Melati;
use crate::office::Office;

/// A member of staff of this role, and their address.
async fn hired(office: &Office, role: StaffRole) -> String {
    let email = format!("{}-scripts@hotelhub.test", role.as_str());
    staff::create(&office.app, &email, "Wati", role, None).await.unwrap();
    email
}

#[tokio::test]
async fn a_token_does_what_both_its_role_and_its_holder_may_and_is_noted_by_both_names() {
    let melati = Melati::open().await;
    let app = &melati.office.app;
    let wati = hired(&melati.office, StaffRole::SuperAdmin).await;
    let minted = tokens::mint(app, &wati, "deploy", Some(StaffRole::Support), 30).await.unwrap();
    let script = melati.office.visitor().with("authorization", &format!("Bearer {}", minted.token));
    let suspended =
        script.post(&format!("{}/suspend", melati.door), &json!({ "reason": "Tagihan Juli" })).await.unwrap();
    assert_eq!(suspended.status, StatusCode::OK, "{}", suspended.text);
    let whole = melati.sari.get(&melati.door).await.unwrap().json();
    assert_eq!(whole["audit"][0]["actor_name"], "Wati (deploy)");
    let delete = script.post(&format!("{}/delete", melati.door), &crate::life::farewell()).await.unwrap();
    assert_eq!((delete.status, delete.json()["permission"].clone()), (StatusCode::FORBIDDEN, json!("tenant.delete")));

    let reader = hired(&melati.office, StaffRole::ReadOnly).await;
    let wide = tokens::mint(app, &reader, "too wide", Some(StaffRole::SuperAdmin), 30).await.unwrap();
    let script = melati.office.visitor().with("authorization", &format!("Bearer {}", wide.token));
    assert_eq!(script.get(&melati.door).await.unwrap().status, StatusCode::OK);
    let refused = script.post(&format!("{}/resume", melati.door), &json!({})).await.unwrap();
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "no token may more than its holder");
}

#[tokio::test]
async fn a_token_opens_no_page_and_nothing_of_the_staffs_own() {
    let office = Office::open().await;
    let wati = hired(&office, StaffRole::SuperAdmin).await;
    let minted = tokens::mint(&office.app, &wati, "deploy", None, 30).await.unwrap();
    let script = office.visitor().with("authorization", &format!("Bearer {}", minted.token));
    for open in [
        "/api/v1/tenants",
        "/api/v1/orders",
        "/api/v1/clusters",
        "/api/v1/nodes",
        "/api/v1/rollouts",
        "/api/v1/strays",
        "/api/v1/audit",
    ] {
        assert_eq!(script.get(open).await.unwrap().status, StatusCode::OK, "{open}");
    }
    let known = ["backups", "base-backups", "restores", "moves", "exports", "imports", "chores"];
    for known in known.map(|known| format!("/api/v1/{known}")) {
        let nobody = format!("{known}/01980f6e-0000-7000-8000-000000000000");
        assert_eq!(script.get(&nobody).await.unwrap().status, StatusCode::NOT_FOUND, "{known}");
    }
    for own in ["/api/v1/session", "/api/v1/sessions", "/api/v1/staff"] {
        assert_eq!(script.get(own).await.unwrap().status, StatusCode::UNAUTHORIZED, "{own}");
    }
    assert!(script.page("/vendor/tenants").await.unwrap().location().is_some_and(|to| to.starts_with("/vendor/login")));
    let signed_in = office.staff(StaffRole::SuperAdmin).await;
    let both = signed_in.with("authorization", "Bearer hhs_invented");
    assert_eq!(both.get("/api/v1/tenants").await.unwrap().status, StatusCode::UNAUTHORIZED, "a cookie mends no token");
}

#[tokio::test]
async fn a_token_is_worth_nothing_once_it_expires_is_revoked_or_its_holder_is_switched_off() {
    let office = Office::open().await;
    let wati = hired(&office, StaffRole::Support).await;
    let mint = async |name: &str, days| tokens::mint(&office.app, &wati, name, None, days).await.unwrap();
    let opens = async |token: &str| {
        let script = office.visitor().with("authorization", &format!("Bearer {token}"));
        script.get("/api/v1/tenants").await.unwrap().status == StatusCode::OK
    };
    let (short, long, revoked) = (mint("short", 1).await, mint("long", 30).await, mint("revoked", 30).await);
    assert!(opens(&short.token).await && opens(&long.token).await && opens(&revoked.token).await);
    let sql = office.scratch.connect().await.unwrap();
    let kept: String = sql.query_one("select string_agg(t::text, ' ') from staff_tokens t", &[]).await.unwrap().get(0);
    assert!(!kept.contains(long.token.trim_start_matches("hhs_")), "only its hash is kept");
    assert!(
        tokens::revoke(&office.app, revoked.id).await.unwrap()
            && !tokens::revoke(&office.app, revoked.id).await.unwrap()
    );
    office.clock.advance(SignedDuration::from_hours(25));
    assert!(!opens(&short.token).await && opens(&long.token).await && !opens(&revoked.token).await);
    let listed = tokens::list(&office.app).await.unwrap();
    assert_eq!(listed.iter().map(|kept| kept.name.as_str()).collect::<Vec<_>>(), ["long"]);
    sql.execute("update staff set status = 'disabled' where email = $1", &[&wati]).await.unwrap();
    assert!(!opens(&long.token).await);
    assert!(tokens::mint(&office.app, &wati, "late", None, 30).await.is_err());
}
