//! The log as a page.
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use hotelhub_identity::StaffPermission;
use hotelhub_web::{Page, PageQuery, Result, Visit};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Entry, store};
use crate::App;
use crate::staff::VendorStaff;
use crate::vendor::{moment, next, shell};

/// The page.
pub fn pages() -> Router<App> {
    Router::new().route("/vendor/audit", get(read))
}

/// Who changed what.
#[derive(Clone, Debug, Serialize)]
pub struct AuditPage {
    entries: Vec<AuditLine>,
    next: Option<String>,
}

/// One change.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AuditLine {
    at: String,
    actor_key: String,
    actor: String,
    action: String,
    subject: String,
    /// Where the tenant it concerns is looked after.
    tenant: Option<String>,
    details: String,
    /// The request that caused it.
    request: Option<Uuid>,
}

impl AuditLine {
    pub(crate) fn of(entry: Entry, visit: &Visit) -> Self {
        Self {
            at: moment(entry.at, visit),
            actor_key: format!("actor.{}", entry.actor_kind),
            actor: entry.actor_name,
            action: entry.action,
            subject: format!("{} {}", entry.subject_kind, entry.subject_id),
            tenant: entry.tenant_id.map(|id| format!("/vendor/tenants/{id}")),
            details: flat(&entry.details),
            request: entry.request_id,
        }
    }

    pub(crate) fn sample() -> Self {
        Self {
            at: "3 Jul 2026 10.15".to_owned(),
            actor_key: "actor.staff".to_owned(),
            actor: "Sari".to_owned(),
            action: "tenant.suspend".to_owned(),
            subject: "tenant melati".to_owned(),
            tenant: Some("/vendor/tenants/1".to_owned()),
            details: "reason: Tagihan Juli belum dibayar.".to_owned(),
            request: Some(Uuid::nil()),
        }
    }
}

/// `{"plan":"pro","rooms":50}` → `plan: pro, rooms: 50`.
fn flat(details: &Value) -> String {
    let Some(members) = details.as_object() else { return String::new() };
    let shown = members.iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name}: {text}"),
        other => format!("{name}: {other}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

impl Page for AuditPage {
    const TEMPLATE: &'static str = "vendor/audit";

    fn sample() -> Self {
        Self { entries: vec![AuditLine::sample()], next: Some("/vendor/audit?cursor=abc".to_owned()) }
    }
}

async fn read(State(app): State<App>, visit: Visit, staff: VendorStaff, page: PageQuery) -> Result<Html<String>> {
    staff.may(StaffPermission::AuditRead)?;
    let found = store::list(&app.db.durable, None, page.cursor.as_ref(), page.limit).await?;
    let entries = found.items.into_iter().map(|entry| AuditLine::of(entry, &visit)).collect();
    let page = AuditPage { entries, next: next("/vendor/audit", &[], found.next) };
    app.templates.render(&shell(&visit, &staff, "vendor.audit"), &page)
}
