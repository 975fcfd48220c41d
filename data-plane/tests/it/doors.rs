//! The doors of the API as its schema lists them, and all that a hotel keeps: for tests that try every one.
use hotelhub_data_plane::router::schema;
use hotelhub_testkit::{Answer, Visitor};
use reqwest::Method;
use serde_json::Value;

use crate::house::Hotel;

/// An id of nothing.
pub(crate) const NOBODY: &str = "00000000-0000-7000-8000-0000000000ff";

/// What the jobs of a hotel change by themselves.
const MOVING: &[&str] = &["jobs", "letters"];

/// A door of the schema.
pub(crate) struct Door {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) takes_body: bool,
}

impl Door {
    pub(crate) fn all() -> Vec<Self> {
        let schema = serde_json::to_value(schema()).unwrap();
        let mut doors = Vec::new();
        for (path, methods) in schema["paths"].as_object().unwrap() {
            for (method, said) in methods.as_object().unwrap() {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                doors.push(Self { method, path: path.clone(), takes_body: said.get("requestBody").is_some() });
            }
        }
        doors
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path with ids for its parameters; `id_of` is told the word before each.
    pub(crate) fn at(&self, mut id_of: impl FnMut(&str) -> String) -> String {
        let mut path = String::new();
        let mut before = "";
        for part in self.path.trim_start_matches('/').split('/') {
            path.push('/');
            path.push_str(&if part.starts_with('{') { id_of(before) } else { part.to_owned() });
            before = part;
        }
        path
    }

    /// What the door cannot be read without, of this room type.
    pub(crate) fn query(&self, room_type: &str) -> String {
        match self.name().as_str() {
            "GET /api/v1/availability" => "?arrival=2026-07-10&departure=2026-07-12".to_owned(),
            "GET /api/v1/rate-plans/{id}/prices" => format!("?from=2026-07-10&to=2026-07-12&room_type_id={room_type}"),
            _ => String::new(),
        }
    }

    pub(crate) async fn knock(&self, visitor: &Visitor, path: &str, body: &Value) -> Answer {
        let visitor = visitor.if_match(1).with("idempotency-key", if self.method == Method::POST { KEY } else { "" });
        let body = if self.method == Method::GET { Vec::new() } else { serde_json::to_vec(body).unwrap() };
        visitor.raw(self.method.clone(), path, "application/json", body).await.unwrap()
    }
}

const KEY: &str = "key-of-a-stranger";

/// Everything in the hotel's database but what moves by itself.
pub(crate) async fn everything(hotel: &Hotel) -> Vec<(String, String)> {
    rows(hotel).await.into_iter().filter(|(table, _)| !MOVING.contains(&table.as_str())).collect()
}

/// The rows of each table of the hotel's database as text, bytes in hexadecimal.
pub(crate) async fn rows(hotel: &Hotel) -> Vec<(String, String)> {
    let sql = hotel.sql().await;
    let tables = "select table_name::text from information_schema.tables
        where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1";
    let mut kept = Vec::new();
    for row in sql.query(tables, &[]).await.unwrap() {
        let table: String = row.get(0);
        let rows = format!("select coalesce(string_agg(t::text, '|' order by t::text), '') from \"{table}\" t");
        kept.push((table, sql.query_one(&rows, &[]).await.unwrap().get(0)));
    }
    kept
}
