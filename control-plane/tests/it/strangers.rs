//! Whoever is neither staff nor a node, before each of the vendor's doors.
use std::collections::BTreeSet;

use hotelhub_control_plane::router::schema;
use hotelhub_identity::StaffRole;
use hotelhub_protocol::{Role, VERSION, VERSION_HEADER, paths};
use hotelhub_testkit::{Answer, Visitor};
use reqwest::Method;
use serde_json::json;

use crate::office::Office;

/// The doors that ask nobody who they are.
const PUBLIC: &[&str] = &[
    "DELETE /api/v1/session",
    "GET /api/v1/signups/{id}",
    "GET /api/v1/slugs/{slug}",
    "POST /api/v1/session",
    "POST /api/v1/signups",
];

/// The doors that a token opens.
const NODE_DOORS: &[(Method, &str)] = &[
    (Method::GET, paths::SNAPSHOT),
    (Method::GET, paths::DELTAS),
    (Method::POST, paths::HEARTBEAT),
    (Method::POST, paths::LEASE),
    (Method::POST, paths::REPORT),
    (Method::GET, paths::EXPORTS),
    (Method::POST, paths::EXPORTS),
    (Method::GET, paths::EXPORT_FILE),
];

/// The doors of the schema: method and path.
pub(crate) fn doors() -> Vec<(Method, String)> {
    let schema = serde_json::to_value(schema()).unwrap();
    let mut doors = Vec::new();
    for (path, methods) in schema["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            doors.push((Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), path.clone()));
        }
    }
    doors
}

async fn knock(visitor: &Visitor, method: &Method, path: &str) -> Answer {
    let path = path.replace("{id}", "00000000-0000-7000-8000-0000000000ff").replace("{name}", "node-1");
    let visitor = visitor.with("idempotency-key", "key-of-a-stranger");
    let body = if *method == Method::GET { Vec::new() } else { serde_json::to_vec(&json!({})).unwrap() };
    visitor.raw(method.clone(), &path.replace("{slug}", "melati"), "application/json", body).await.unwrap()
}

/// Everything in the central database, table by table.
pub(crate) async fn everything(office: &Office) -> Vec<(String, String)> {
    let sql = office.scratch.connect().await.unwrap();
    let tables = "select table_name::text from information_schema.tables
        where table_schema = 'public' and table_type = 'BASE TABLE' order by 1";
    let mut kept = Vec::new();
    for row in sql.query(tables, &[]).await.unwrap() {
        let table: String = row.get(0);
        let rows = format!("select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from \"{table}\" t");
        kept.push((table, sql.query_one(&rows, &[]).await.unwrap().get(0)));
    }
    kept
}

#[tokio::test]
async fn nobody_gets_past_any_door_but_the_public_ones() {
    let office = Office::open().await;
    office.sign_up("melati").await;
    let before = everything(&office).await;
    assert!(before.len() > 10, "{before:?}");
    let forged = office.visitor();
    forged.put_cookie("__Host-session", &"A".repeat(86));
    for visitor in [office.visitor(), forged] {
        let mut open = BTreeSet::new();
        for (method, path) in doors() {
            let answer = knock(&visitor, &method, &path).await;
            let name = format!("{method} {path}");
            if (answer.status.as_u16(), answer.code().as_str()) != (401, "not-signed-in") {
                assert!(PUBLIC.contains(&name.as_str()), "{name} is open to strangers: {}", answer.text);
                open.insert(name);
            }
        }
        assert!(open.iter().eq(PUBLIC), "the list names what is open, and nothing else: {open:?}");
    }
    assert_eq!(everything(&office).await, before, "knocking changes nothing");
}

#[tokio::test]
async fn no_node_door_opens_without_the_token_of_a_node() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Serve, Role::Fleet]).await;
    office.sign_up("melati").await;
    let staff = office.staff(StaffRole::SuperAdmin).await;
    let before = everything(&office).await;
    let speaker = |visitor: &Visitor| visitor.with(VERSION_HEADER, &VERSION.to_string());
    let strangers = [
        speaker(&office.visitor()),
        speaker(&staff),
        speaker(&office.visitor()).with("authorization", "Bearer node-1.0000000000000000"),
        speaker(&office.visitor()).with("authorization", "Bearer node-2.0000000000000000"),
        speaker(&office.visitor()).with("authorization", "Basic bm9kZS0xOg=="),
    ];
    for visitor in &strangers {
        for (method, path) in NODE_DOORS {
            let answer = knock(visitor, method, path).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "unknown-node"), "{method} {path}");
        }
    }
    assert_eq!(everything(&office).await, before, "knocking changes nothing");
    assert_eq!(node.snapshot().await.clusters.len(), 1, "the node itself is let in");
}

#[tokio::test]
async fn the_token_of_a_node_opens_no_door_of_staff() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Serve, Role::Fleet]).await;
    for (method, path) in doors() {
        if PUBLIC.contains(&format!("{method} {path}").as_str()) || method != Method::POST {
            continue;
        }
        let answer = node.post(&path.replace("{id}", "00000000-0000-7000-8000-0000000000ff"), &json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "not-signed-in"), "{path}");
    }
}
