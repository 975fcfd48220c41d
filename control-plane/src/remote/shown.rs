//! What the API answers, for eyes.
use std::fmt::Write as _;

use serde_json::Value;

/// Hotels, one a line, in columns.
pub(super) fn table(tenants: &[Value]) -> String {
    if tenants.is_empty() {
        return "no hotel".to_owned();
    }
    let head = ["HOTEL", "STATUS", "PLAN", "ROOMS", "SINCE", "NAME"].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(tenants.iter().map(row)).collect();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..6).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn row(tenant: &Value) -> [String; 6] {
    let mut status = text(tenant, "status");
    if tenant.get("in_maintenance") == Some(&Value::Bool(true)) {
        status += ", maintenance";
    }
    if !text(tenant, "released_at").is_empty() {
        status += ", released";
    }
    let [slug, plan, rooms, since, name] =
        ["slug", "plan", "rooms", "created_at", "name"].map(|member| text(tenant, member));
    [slug, status, plan, rooms, since, name]
}

/// What a hotel is now, in one line.
pub(super) fn state(tenant: &Value) -> String {
    let mut said =
        format!("{}: {} since {}", text(tenant, "slug"), text(tenant, "status"), text(tenant, "status_since"));
    for (of, member, lead) in [
        ("", "status_reason", "reason"),
        ("maintenance", "text", "in maintenance"),
        ("maintenance", "until", "until"),
        ("deletion", "reason", "deleted"),
        ("deletion", "drop_after", "database kept until"),
        ("", "released_at", "name free since"),
    ] {
        let from = if of.is_empty() { Some(tenant) } else { tenant.get(of) };
        let value = from.map(|from| text(from, member)).unwrap_or_default();
        if !value.is_empty() {
            let _ = write!(said, "; {lead}: {value}");
        }
    }
    said
}

/// All that is known of a hotel, one thing a line.
pub(super) fn sheet(tenant: &Value) -> String {
    let mut lines = vec![state(tenant)];
    for (lead, path) in [
        ("id", "/id"),
        ("name", "/name"),
        ("owner", "/owner_name"),
        ("mail", "/owner_email"),
        ("phone", "/owner_phone"),
        ("zone", "/time_zone"),
        ("signed up", "/created_at"),
        ("plan", "/subscription/plan"),
        ("rooms", "/subscription/rooms"),
        ("trial ends", "/subscription/trial_ends_at"),
        ("database", "/database/name"),
        ("on", "/database/cluster"),
        ("schema", "/database/template"),
    ] {
        let value = tenant.pointer(path).map(bare).unwrap_or_default();
        if !value.is_empty() {
            lines.push(format!("{lead:<12}{value}"));
        }
    }
    let hosts = tenant.get("domains").and_then(Value::as_array).into_iter().flatten();
    lines.extend(hosts.map(|host| format!("{:<12}{}", "host", bare(host))));
    let history = tenant.get("audit").and_then(Value::as_array).into_iter().flatten();
    lines.extend(history.map(|entry| {
        format!("{}  {} {}", text(entry, "at"), text(entry, "action"), text(entry, "actor_name")).trim_end().to_owned()
    }));
    lines.join("\n")
}

fn text(value: &Value, member: &str) -> String {
    value.get(member).map(bare).unwrap_or_default()
}

/// A value without quotes; nothing for null.
fn bare(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
