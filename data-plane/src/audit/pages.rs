//! The page of the audit log.
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hotelhub_identity::Permission;
use hotelhub_kernel::Page as Rows;
use hotelhub_web::{Page, PageQuery, Result, Visit, format};
use jiff::tz::TimeZone;
use serde::Serialize;

use super::model::Line;
use super::routes::{before, cursor};
use super::store;
use crate::hotel::{properties, shell};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::Tenant;

pub(super) fn pages() -> Router<Node> {
    Router::new().route("/audit", get(show))
}

/// The lines of the log, the newest first.
#[derive(Serialize)]
pub(crate) struct AuditPage {
    lines: Vec<Row>,
    /// The cursor of the older lines.
    next: Option<String>,
}

#[derive(Serialize)]
struct Row {
    at: String,
    /// The catalogue's key of what the actor is, for who is no user.
    who_key: Option<String>,
    who: String,
    action: String,
    details: String,
}

impl Row {
    fn of(line: Line, zone: &TimeZone, visit: &Visit) -> Self {
        let who_key = (line.actor_kind != "user").then(|| format!("audit.actor.{}", line.actor_kind));
        let details = if line.details.as_object().is_some_and(serde_json::Map::is_empty) {
            String::new()
        } else {
            line.details.to_string()
        };
        Self {
            at: format::date_time(line.at, zone, visit.lang),
            who_key,
            who: line.actor_name,
            action: line.action,
            details,
        }
    }
}

impl Page for AuditPage {
    const TEMPLATE: &'static str = "audit/log";

    fn sample() -> Self {
        let row = Row {
            at: "03 Jul 2026 14:05".into(),
            who_key: Some("audit.actor.guest".into()),
            who: "203.0.113.7".into(),
            action: "booking.confirm".into(),
            details: r#"{"code":"MLT-7K2M"}"#.into(),
        };
        Self { lines: vec![row], next: Some("cursor".into()) }
    }
}

async fn show(tenant: Tenant, staff: Staff, visit: Visit, page: PageQuery) -> Result<Response> {
    staff.may(Permission::AuditRead)?;
    let before = page.cursor.as_ref().map(before).transpose()?;
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX) + 1;
    let conn = tenant.connect().await?;
    let lines = store::list(&conn, before, None, None, limit).await?;
    let property = properties::the_one(&conn).await?;
    drop(conn);
    let (shell, zone) = (shell::of(&property, &tenant, &staff, &visit, "audit.title"), shell::zone(&property));
    let Rows { items, next } = Rows::cut(lines, page.limit, |line| cursor(line.seq));
    let lines = items.into_iter().map(|line| Row::of(line, &zone, &visit)).collect();
    let page = AuditPage { lines, next: next.map(String::from) };
    Ok(tenant.node().templates.render(&shell, &page)?.into_response())
}
