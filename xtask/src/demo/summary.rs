//! Where to click, in words and as `demo.json`.
use std::fs;
use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::house::{BASE_DOMAIN, House};
use crate::secrets;

/// What scripts read.
pub(super) const FILE: &str = "demo.json";

/// Writes `demo.json` for scripts: addresses, logins, process ids. It stands while the house does.
pub(super) fn write(house: &House) -> Result<()> {
    secrets::write(&house.folder().join(FILE), &serde_json::to_string_pretty(&facts(house))?)
}

/// Takes `demo.json` away.
pub(super) fn withdraw(folder: &Path) {
    let _ = fs::remove_file(folder.join(FILE));
}

fn facts(house: &House) -> Value {
    let (state, ports) = (&house.state, &house.state.ports);
    let tenants: Vec<Value> = state
        .tenants
        .iter()
        .map(|tenant| {
            json!({
                "id": tenant.id, "slug": tenant.slug, "host": tenant.host, "url": tenant.url,
                "database": tenant.database,
                "owner": { "email": tenant.owner.email, "password": tenant.owner.password },
            })
        })
        .collect();
    json!({
        "control": { "url": house.control_url(), "admin": state.admin },
        "node": {
            "url": house.node_url(),
            "metrics_url": format!("http://127.0.0.1:{}/metrics", ports.node_metrics),
        },
        "base_domain": BASE_DOMAIN,
        "http_port": ports.node,
        "postgres": { "admin_dsn": house.postgres.dsn("postgres"), "central_dsn": house.central_dsn() },
        "redis_url": house.redis.url(),
        "mailbox": house.mailbox(),
        "processes": house.processes(),
        "tenants": tenants,
    })
}

/// Says where to click.
pub(super) fn show(house: &House) {
    let control = house.control_url();
    println!("\n  Vendor            {control}/            sign up: {control}/signup");
    if let Some(admin) = &house.state.admin {
        println!("  Vendor's panel    {control}/vendor");
        println!("                    {}  {}  TOTP {}", admin.email, admin.password, admin.totp_secret);
    }
    for tenant in &house.state.tenants {
        println!("  {:<17} {}/            (what guests see and book)", tenant.slug, tenant.url);
        println!("                    {}/desk        {}  {}", tenant.url, tenant.owner.email, tenant.owner.password);
    }
    println!("  Mailbox           {}/", house.mailbox());
    println!("  Metrics           http://127.0.0.1:{}/metrics", house.state.ports.node_metrics);
    println!("  All of it, and the databases: {}", house.folder().join(FILE).display());
    println!("\n  Ctrl-C stops everything; the data stays for the next start (--fresh throws it away).");
}
