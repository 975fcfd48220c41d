//! What the API answers, for eyes.
use std::fmt::Write as _;

use serde_json::Value;

/// Hotels, one a line, in columns.
pub(super) fn table(tenants: &[Value]) -> String {
    if tenants.is_empty() {
        return "no hotel".to_owned();
    }
    columns(["HOTEL", "STATUS", "PLAN", "ROOMS", "SINCE", "NAME"], tenants.iter().map(row))
}

/// Backups, one a line, in columns.
pub(super) fn backups(backups: &[Value]) -> String {
    if backups.is_empty() {
        return "no backup".to_owned();
    }
    let row = |backup: &Value| {
        let at = if text(backup, "taken_at").is_empty() { "created_at" } else { "taken_at" };
        ["id", at, "kind", "state", "stored_bytes", "rows"].map(|member| text(backup, member))
    };
    columns(["BACKUP", "AS OF", "KIND", "STATE", "BYTES", "ROWS"], backups.iter().map(row))
}

/// How a backup stands, in one line.
pub(super) fn backup(backup: &Value) -> String {
    let [id, state, rows, bytes, took, error] =
        ["id", "state", "rows", "stored_bytes", "took_ms", "error"].map(|member| text(backup, member));
    match state.as_str() {
        "done" => format!("backup {id}: done; {rows} rows in {bytes} bytes, in {took} ms"),
        "failed" => format!("backup {id}: failed: {error}"),
        state => format!("backup {id}: {state}"),
    }
}

/// Base backups, one a line, in columns.
pub(super) fn bases(bases: &[Value]) -> String {
    if bases.is_empty() {
        return "no base backup".to_owned();
    }
    let row =
        |base: &Value| ["id", "ended_at", "kind", "state", "stored_bytes", "from_wal"].map(|member| text(base, member));
    columns(["BASE BACKUP", "INSTANTS FROM", "KIND", "STATE", "BYTES", "WAL FROM"], bases.iter().map(row))
}

/// How a base backup stands, in one line.
pub(super) fn base(base: &Value) -> String {
    let [id, cluster, state, bytes, took, from, error] =
        ["id", "cluster_id", "state", "stored_bytes", "took_ms", "ended_at", "error"].map(|member| text(base, member));
    match state.as_str() {
        "done" => {
            format!(
                "base backup {id} of {cluster}: done; {bytes} bytes, in {took} ms; instants from {from} on can be made"
            )
        }
        "failed" => format!("base backup {id} of {cluster}: failed: {error}"),
        state => format!("base backup {id} of {cluster}: {state}"),
    }
}

/// How a restore stands, in one line.
pub(super) fn restore(restore: &Value) -> String {
    let [id, kind, state, backup, rows, took, until, error] =
        ["id", "kind", "state", "backup_id", "rows", "took_ms", "undo_until", "error"]
            .map(|member| text(restore, member));
    match state.as_str() {
        "done" => {
            let undo = if until.is_empty() { String::new() } else { format!("; can be undone until {until}") };
            format!("restore {id} ({kind}) of backup {backup}: done; {rows} rows as they were, in {took} ms{undo}")
        }
        "failed" => format!("restore {id} ({kind}) of backup {backup}: failed: {error}"),
        state => format!("restore {id} ({kind}) of backup {backup}: {state}"),
    }
}

/// How an export stands, in one line.
pub(super) fn export(export: &Value) -> String {
    let [id, slug, state, rows, bytes, took, until, error] =
        ["id", "slug", "state", "rows", "bytes", "took_ms", "expires_at", "error"].map(|member| text(export, member));
    match state.as_str() {
        "done" => {
            format!("export {id} of {slug}: done; {rows} rows in {bytes} bytes, in {took} ms; kept until {until}")
        }
        "failed" => format!("export {id} of {slug}: failed: {error}"),
        state => format!("export {id} of {slug}: {state}{}", how_far(export)),
    }
}

/// How far an export is that is ordered; nothing where that is not known.
fn how_far(export: &Value) -> String {
    let Some(far) = export.get("how_far").filter(|far| far.is_object()) else {
        let waits = export.get("at_work") == Some(&Value::Bool(false));
        return if waits { ", waits for a worker".to_owned() } else { String::new() };
    };
    let count = |member: &str| far.get(member).and_then(Value::as_i64).unwrap_or(0);
    let percent = if count("rows") > 0 { count("rows_done").saturating_mul(100) / count("rows") } else { 100 };
    format!(", {percent} % of the rows, {} of {} tables", count("tables_done"), count("tables"))
}

/// How an import stands, in one line.
pub(super) fn import(import: &Value) -> String {
    let [id, state, rows, took, tenant, error] =
        ["id", "state", "rows", "took_ms", "tenant_id", "error"].map(|member| text(import, member));
    let slug = import.get("wish").map(|wish| text(wish, "slug")).unwrap_or_default();
    match state.as_str() {
        "done" => format!("import {id}: {slug} is served as tenant {tenant}; {rows} rows, in {took} ms"),
        "failed" => format!("import {id} of {slug}: failed: {error}"),
        state => format!("import {id} of {slug}: {state}"),
    }
}

/// How a chore stands: what is not well hotel by hotel, and one line for the rest.
pub(super) fn chore(chore: &Value) -> String {
    let [name, state, through, failed, found] =
        ["chore", "state", "through", "failed", "found"].map(|member| text(chore, member));
    let hotels = chore.get("tenants").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut told = String::new();
    for hotel in hotels {
        let findings = hotel.get("findings").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let error = text(hotel, "error");
        for what in findings.chain(Some(error.as_str()).filter(|error| !error.is_empty())) {
            let _ = writeln!(told, "{}: {}", text(hotel, "slug"), what);
        }
    }
    let of = hotels.len();
    let _ = write!(
        told,
        "{name}: {state}; {through} of {of} hotels are through, it failed at {failed}, something was found in {found}"
    );
    told
}

fn columns(head: [&str; 6], rows: impl Iterator<Item = [String; 6]>) -> String {
    let rows: Vec<[String; 6]> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
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

/// What a hotel is now and where its data lie, in one line.
pub(super) fn home(tenant: &Value) -> String {
    let [name, cluster, is] = ["name", "cluster", "state"]
        .map(|member| tenant.get("database").map(|home| text(home, member)).unwrap_or_default());
    let place = if name.contains('.') { "a schema of a shared database" } else { "a database of its own" };
    format!("{}; in {name} on {cluster}, {place}: {is}", state(tenant))
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

/// What a rollout would do, or that there is nothing to do.
pub(super) fn planned(planned: &Value) -> String {
    match (text(planned, "target"), text(planned, "databases")) {
        (target, _) if target.is_empty() => "no fleet worker has told of a schema version yet".to_owned(),
        (target, databases) if databases == "0" => format!("nothing to do: every hotel meant has {target}"),
        (target, databases) => {
            let waves = planned.get("waves").map(bare).unwrap_or_default();
            format!("would bring {databases} hotels to {target}, in waves of {waves}\nNothing was begun.")
        }
    }
}

/// How a rollout stands, in one line.
pub(super) fn progress(rollout: &Value) -> String {
    let [target, state, done, failed, databases, because] =
        ["target", "state", "done", "failed", "databases", "halted_because"].map(|member| text(rollout, member));
    let why = if because.is_empty() { String::new() } else { format!(": {because}") };
    format!("{target}: {state}{why}; {done} of {databases} hotels done, {failed} failed")
}

/// How a rollout stands, its waves, and those of its hotels that failed.
pub(super) fn rollout(rollout: &Value) -> String {
    let mut lines = vec![progress(rollout)];
    let of = |member: &str| rollout.get(member).and_then(Value::as_array).into_iter().flatten();
    lines.extend(of("waves").map(|wave| {
        let [wave, databases, ordered, done, failed] =
            ["wave", "databases", "ordered", "done", "failed"].map(|member| text(wave, member));
        format!("wave {wave}      {done} of {databases} done, {ordered} in work, {failed} failed")
    }));
    let failed = of("journal").filter(|one| text(one, "state") == "failed");
    lines.extend(failed.map(|one| format!("{:<12}{}", text(one, "slug"), text(one, "error"))));
    lines.join("\n")
}

pub(super) fn text(value: &Value, member: &str) -> String {
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

/// What is amiss on the servers, each with what to do about it.
pub(super) fn strays(page: &Value) -> String {
    let strays = page.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if strays.is_empty() {
        return "nothing is amiss".to_owned();
    }
    let line = |stray: &Value| {
        let [name, cluster, kind, since, explanation] =
            ["name", "cluster", "kind", "first_seen_at", "explanation"].map(|member| text(stray, member));
        format!("{name}  {kind} on {cluster} since {since}\n    {explanation}")
    };
    strays.iter().map(line).collect::<Vec<_>>().join("\n")
}
