//! Every door of the vendor, tried by every role.
use std::collections::BTreeSet;

use hotelhub_identity::{StaffPermission as May, StaffRole};
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Office, wish};

const NOBODY: &str = "01980f6e-0000-7000-8000-000000000000";

/// A JSON door, a body it would understand, and what opens it; nothing is for everybody who is signed in.
type Door = (&'static str, &'static str, Value, Option<May>);

fn doors() -> Vec<Door> {
    vec![
        ("get", "/api/v1/session", Value::Null, None),
        ("get", "/api/v1/tenants/{id}/backups", Value::Null, Some(May::TenantRead)),
        ("post", "/api/v1/tenants/{id}/backups", json!({}), Some(May::TenantChange)),
        ("get", "/api/v1/tenants/{id}/restores", Value::Null, Some(May::TenantRead)),
        ("post", "/api/v1/tenants/{id}/restores", json!({ "slug": "melati" }), Some(May::TenantDelete)),
        ("post", "/api/v1/tenants/{id}/drills", json!({}), Some(May::TenantChange)),
        ("get", "/api/v1/backups/{id}", Value::Null, Some(May::TenantRead)),
        ("get", "/api/v1/restores/{id}", Value::Null, Some(May::TenantRead)),
        ("post", "/api/v1/restores/{id}/undo", json!({}), Some(May::TenantDelete)),
        ("post", "/api/v1/restores/{id}/call-off", json!({}), Some(May::TenantChange)),
        ("post", "/api/v1/exports/{id}/call-off", json!({}), Some(May::TenantChange)),
        ("get", "/api/v1/tenants/{id}/moves", Value::Null, Some(May::FleetRead)),
        ("post", "/api/v1/tenants/{id}/moves", json!({ "to": "jkt-2" }), Some(May::FleetChange)),
        ("get", "/api/v1/moves/{id}", Value::Null, Some(May::FleetRead)),
        ("post", "/api/v1/moves/{id}/give-up", json!({}), Some(May::FleetChange)),
        ("post", "/api/v1/clusters/{id}/drain", json!({}), Some(May::FleetChange)),
        ("get", "/api/v1/tenants/{id}/exports", Value::Null, Some(May::TenantRead)),
        ("post", "/api/v1/tenants/{id}/exports", json!({}), Some(May::TenantDelete)),
        ("get", "/api/v1/exports/{id}", Value::Null, Some(May::TenantRead)),
        ("get", "/api/v1/exports/{id}/file", Value::Null, Some(May::TenantDelete)),
        ("post", "/api/v1/imports", wish("kemuning"), Some(May::TenantChange)),
        ("post", "/api/v1/chores", json!({ "chore": "check", "all": true }), Some(May::FleetChange)),
        ("get", "/api/v1/chores/{id}", Value::Null, Some(May::FleetRead)),
        ("get", "/api/v1/imports/{id}", Value::Null, Some(May::TenantRead)),
        ("put", "/api/v1/imports/{id}/pieces/{number}", Value::Null, Some(May::TenantChange)),
        ("post", "/api/v1/imports/{id}/begin", json!({ "pieces": 1, "bytes": 9 }), Some(May::TenantChange)),
        ("delete", "/api/v1/sessions/{id}", Value::Null, None),
        ("get", "/api/v1/sessions", Value::Null, None),
        ("get", "/api/v1/tenants", Value::Null, Some(May::TenantRead)),
        ("post", "/api/v1/tenants", wish("seruni"), Some(May::TenantChange)),
        ("get", "/api/v1/tenants/{id}", Value::Null, Some(May::TenantRead)),
        ("post", "/api/v1/tenants/{id}/suspend", json!({ "reason": "Tagihan Juli" }), Some(May::TenantChange)),
        ("post", "/api/v1/tenants/{id}/resume", json!({}), Some(May::TenantChange)),
        ("post", "/api/v1/tenants/{id}/maintenance", json!({ "text": "Pindah server" }), Some(May::TenantChange)),
        ("post", "/api/v1/tenants/{id}/maintenance/end", json!({}), Some(May::TenantChange)),
        (
            "post",
            "/api/v1/tenants/{id}/delete",
            json!({ "reason": "Hotel dijual", "slug": "melati" }),
            Some(May::TenantDelete),
        ),
        ("post", "/api/v1/tenants/{id}/undelete", json!({}), Some(May::TenantDelete)),
        ("get", "/api/v1/orders", Value::Null, Some(May::FleetRead)),
        ("post", "/api/v1/orders/{id}/retry", json!({}), Some(May::FleetChange)),
        ("get", "/api/v1/nodes", Value::Null, Some(May::FleetRead)),
        ("get", "/api/v1/clusters", Value::Null, Some(May::FleetRead)),
        ("get", "/api/v1/clusters/{id}/base-backups", Value::Null, Some(May::FleetRead)),
        ("post", "/api/v1/clusters/{id}/base-backups", json!({}), Some(May::FleetChange)),
        ("get", "/api/v1/base-backups/{id}", Value::Null, Some(May::FleetRead)),
        ("post", "/api/v1/clusters/{id}/close", json!({}), Some(May::FleetChange)),
        ("post", "/api/v1/clusters/{id}/open", json!({}), Some(May::FleetChange)),
        ("get", "/api/v1/strays", Value::Null, Some(May::FleetRead)),
        ("post", "/api/v1/strays/{name}/drop", json!({}), Some(May::FleetChange)),
        ("post", "/api/v1/nodes/{name}/retire", json!({}), Some(May::FleetChange)),
        ("get", "/api/v1/rollouts", Value::Null, Some(May::FleetRead)),
        ("post", "/api/v1/rollouts", json!({}), Some(May::FleetChange)),
        ("get", "/api/v1/rollouts/{id}", Value::Null, Some(May::FleetRead)),
        ("post", "/api/v1/rollouts/{id}/halt", json!({}), Some(May::FleetChange)),
        ("post", "/api/v1/rollouts/{id}/resume", json!({}), Some(May::FleetChange)),
        ("get", "/api/v1/audit", Value::Null, Some(May::AuditRead)),
        ("get", "/api/v1/staff", Value::Null, Some(May::StaffManage)),
        (
            "post",
            "/api/v1/staff/invitations",
            json!({ "name": "Joko", "email": "joko@hotelhub.test", "role": "sales" }),
            Some(May::StaffManage),
        ),
        ("delete", "/api/v1/staff/invitations/{id}", Value::Null, Some(May::StaffManage)),
        ("patch", "/api/v1/staff/{id}", json!({ "role": "sales" }), Some(May::StaffManage)),
        ("post", "/api/v1/staff/{id}/reset-authenticator", json!({}), Some(May::StaffManage)),
        ("post", "/api/v1/staff/{id}/end-sessions", json!({}), Some(May::StaffManage)),
    ]
}

/// Open to strangers, or the way in and out.
const OPEN: [(&str, &str); 5] = [
    ("post", "/api/v1/signups"),
    ("get", "/api/v1/signups/{id}"),
    ("get", "/api/v1/slugs/{slug}"),
    ("post", "/api/v1/session"),
    ("delete", "/api/v1/session"),
];

const PAGES: [(&str, Option<May>); 10] = [
    ("/vendor/account", None),
    ("/vendor/tenants", Some(May::TenantRead)),
    ("/vendor/tenants/new", Some(May::TenantChange)),
    ("/vendor/tenants/01980f6e-0000-7000-8000-000000000000", Some(May::TenantRead)),
    ("/vendor/orders", Some(May::FleetRead)),
    ("/vendor/fleet", Some(May::FleetRead)),
    ("/vendor/rollouts", Some(May::FleetRead)),
    ("/vendor/rollouts/01980f6e-0000-7000-8000-000000000000", Some(May::FleetRead)),
    ("/vendor/audit", Some(May::AuditRead)),
    ("/vendor/staff", Some(May::StaffManage)),
];

/// A form with what it carries besides its key, and what opens it.
type Form = (&'static str, &'static [(&'static str, &'static str)], May);

const FORMS: [Form; 31] = [
    ("/vendor/tenants", &[("slug", "kamboja"), ("rooms", "many")], May::TenantChange),
    ("/vendor/tenants/{id}/suspend", &[("reason", "Tagihan Juli")], May::TenantChange),
    ("/vendor/tenants/{id}/resume", &[], May::TenantChange),
    ("/vendor/tenants/{id}/maintenance", &[("text", "Pindah server")], May::TenantChange),
    ("/vendor/tenants/{id}/maintenance/end", &[], May::TenantChange),
    ("/vendor/tenants/{id}/delete", &[("reason", "Hotel dijual"), ("slug", "melati")], May::TenantDelete),
    ("/vendor/tenants/{id}/undelete", &[], May::TenantDelete),
    ("/vendor/tenants/{id}/backups", &[], May::TenantChange),
    ("/vendor/tenants/{id}/drills", &[], May::TenantChange),
    ("/vendor/tenants/{id}/exports", &[], May::TenantDelete),
    (
        "/vendor/tenants/{id}/restores",
        &[("backup", "01980f6e-0000-7000-8000-000000000000"), ("slug", "melati")],
        May::TenantDelete,
    ),
    ("/vendor/tenants/{id}/instants", &[("at", "2026-07-03T14:05:00"), ("slug", "melati")], May::TenantDelete),
    ("/vendor/tenants/{id}/restores/{id}/undo", &[], May::TenantDelete),
    ("/vendor/tenants/{id}/restores/{id}/call-off", &[], May::TenantChange),
    ("/vendor/tenants/{id}/exports/{id}/call-off", &[], May::TenantChange),
    ("/vendor/tenants/{id}/moves", &[("to", "jkt-2")], May::FleetChange),
    ("/vendor/tenants/{id}/moves/{id}/give-up", &[], May::FleetChange),
    ("/vendor/fleet/clusters/{id}/drain", &[], May::FleetChange),
    ("/vendor/orders/{id}/retry", &[], May::FleetChange),
    ("/vendor/fleet/nodes/{id}/retire", &[], May::FleetChange),
    ("/vendor/rollouts", &[("tolerated_percent", "2")], May::FleetChange),
    ("/vendor/rollouts/{id}/halt", &[], May::FleetChange),
    ("/vendor/rollouts/{id}/resume", &[], May::FleetChange),
    ("/vendor/fleet/clusters/{id}/close", &[], May::FleetChange),
    ("/vendor/fleet/clusters/{id}/open", &[], May::FleetChange),
    ("/vendor/fleet/strays/{name}/drop", &[], May::FleetChange),
    (
        "/vendor/staff/invitations",
        &[("name", "Joko"), ("email", "j@hotelhub.test"), ("role", "sales")],
        May::StaffManage,
    ),
    ("/vendor/staff/invitations/{id}/withdraw", &[], May::StaffManage),
    ("/vendor/staff/{id}", &[("role", "sales")], May::StaffManage),
    ("/vendor/staff/{id}/reset-authenticator", &[], May::StaffManage),
    ("/vendor/staff/{id}/end-sessions", &[], May::StaffManage),
];

#[test]
fn each_door_of_the_schema_has_a_line() {
    let schema = serde_json::to_value(hotelhub_control_plane::router::schema()).unwrap();
    let verbs = schema["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, verbs)| verbs.as_object().unwrap().keys().map(move |verb| (verb.clone(), path.clone())));
    let known: BTreeSet<_> = verbs.collect();
    let lines = doors().into_iter().map(|(verb, path, ..)| (verb, path)).chain(OPEN);
    let listed: BTreeSet<_> = lines.map(|(verb, path)| (verb.to_owned(), path.to_owned())).collect();
    assert_eq!(known, listed);
}

#[tokio::test]
async fn every_door_opens_for_the_roles_that_may_and_for_no_other() {
    let office = Office::open().await;
    let doors = doors();
    for role in StaffRole::ALL {
        let staff = office.staff(role).await;
        for (verb, door, body, needed) in &doors {
            let path = door.replace("{id}", NOBODY).replace("{name}", "nobody").replace("{number}", "0");
            let answer = match *verb {
                "put" => staff.raw(Method::PUT, &path, "application/octet-stream", b"PK".to_vec()).await,
                "get" => staff.get(&path).await,
                "delete" => staff.delete(&path).await,
                "patch" => staff.patch(&path, body).await,
                _ => staff.raw(Method::POST, &path, "application/json", serde_json::to_vec(body).unwrap()).await,
            };
            let answer = answer.unwrap();
            let open = needed.is_none_or(|needed| role.may(needed));
            assert_eq!(answer.code() != "not-permitted", open, "{role:?} at {verb} {door}: {}", answer.text);
            assert_eq!(answer.status.as_u16() == 403, !open, "{role:?} at {verb} {door}: {}", answer.text);
        }
        for (path, needed) in PAGES {
            let open = needed.is_none_or(|needed| role.may(needed));
            assert_eq!(staff.page(path).await.unwrap().status.as_u16() == 403, !open, "{role:?} at {path}");
        }
        for (n, (form, fields, needed)) in FORMS.into_iter().enumerate() {
            let key = format!("a-form-of-{}-{n}", role.as_str());
            let fields: Vec<_> = fields.iter().copied().chain([("_key", key.as_str())]).collect();
            let answer = staff.form(&form.replace("{id}", NOBODY).replace("{name}", "nobody"), &fields).await.unwrap();
            assert_eq!(answer.status.as_u16() == 403, !role.may(needed), "{role:?} at {form}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_stranger_passes_no_door() {
    let office = Office::open().await;
    let stranger = office.visitor();
    for (verb, door, body, _) in doors() {
        let path = door.replace("{id}", NOBODY).replace("{name}", "nobody");
        let method = Method::from_bytes(verb.to_uppercase().as_bytes()).unwrap();
        let body = serde_json::to_vec(&body).unwrap();
        let answer = stranger.raw(method, &path, "application/json", body).await.unwrap();
        assert_eq!(answer.status.as_u16(), 401, "{verb} {door}: {}", answer.text);
    }
    for (path, _) in PAGES {
        let answer = stranger.page(path).await.unwrap();
        assert!(answer.location().is_some_and(|to| to.starts_with("/vendor/login")), "{path}");
    }
}
