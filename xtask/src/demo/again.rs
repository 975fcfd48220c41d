//! The second start: the data is there, and demo.json tells scripts where.
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::house::{House, Start};
use super::newcomer;
use super::state::{Ports, State, Tenant};
use super::summary;
use crate::programs::Programs;
use crate::progress::step;
use crate::servers::traces::Traces;

/// What scripts find in demo.json, as JSON pointers.
const FACTS: &[&str] = &[
    "/control/url",
    "/control/admin/email",
    "/control/admin/password",
    "/control/admin/totp_secret",
    "/node/url",
    "/node/metrics_url",
    "/base_domain",
    "/http_port",
    "/postgres/admin_dsn",
    "/postgres/central_dsn",
    "/redis_url",
    "/mailbox",
    "/processes/control",
    "/processes/node",
    "/processes/postgres",
    "/processes/redis",
    "/tenants/1/id",
    "/tenants/1/slug",
    "/tenants/1/host",
    "/tenants/1/url",
    "/tenants/1/database",
    "/tenants/1/owner/email",
    "/tenants/1/owner/password",
];

/// Stops the house, starts it from its folder, and compares what the hotels hold.
pub(super) fn tell(house: House, programs: Programs) -> Result<()> {
    let (folder, stop) = (house.folder().to_owned(), house.stop.clone());
    let before = stays(&house.state.tenants)?;
    step("everything stops", || {
        drop(house);
        Ok(())
    })?;
    let house = step("and starts again from what it kept", || {
        let state = State::open(&folder, &Ports::any())?;
        let traces = Traces::take_over(&folder)?;
        House::start(Start { folder: &folder, kept: false, state, traces, programs }, &stop)
    })?;
    step("the hotels hold what they held", || {
        let after = stays(&house.state.tenants)?;
        ensure!(after == before, "before: {before:?}, after: {after:?}");
        Ok(())
    })?;
    step("demo.json says where everything is, while it is there", || {
        summary::write(&house)?;
        facts(&folder)?;
        drop(house);
        ensure!(!folder.join(summary::FILE).exists(), "demo.json outlives what it names");
        Ok(())
    })
}

/// The first page of each hotel's reservations, by their ids.
fn stays(tenants: &[Tenant]) -> Result<Vec<Vec<Value>>> {
    let of = |tenant: &Tenant| {
        let found = newcomer::log_in(tenant)?.get("/api/v1/reservations")?.expect(200)?.json()?;
        let items = found["items"].as_array().with_context(|| format!("no reservations: {found}"))?;
        Ok(items.iter().map(|item| item["id"].clone()).collect())
    };
    tenants.iter().map(of).collect()
}

fn facts(folder: &Path) -> Result<()> {
    let said: Value = serde_json::from_str(&fs::read_to_string(folder.join(summary::FILE))?)?;
    let missing: Vec<_> = FACTS.iter().filter(|fact| said.pointer(fact).is_none_or(Value::is_null)).collect();
    ensure!(missing.is_empty(), "demo.json lacks {missing:?}");
    Ok(())
}
