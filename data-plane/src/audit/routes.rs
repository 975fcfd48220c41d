//! The JSON door of the audit log.
use hotelhub_identity::Permission;
use hotelhub_kernel::{Cursor, Page};
use hotelhub_web::{AppError, Kind, Listing, PageQuery, Query, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::model::Line;
use super::store;
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::Tenant;

pub(super) fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Who did it.
#[derive(Serialize, ToSchema)]
struct ActorView {
    /// `user`, `guest` or `system`.
    kind: String,
    id: Option<Uuid>,
    name: String,
}

/// What it was done to.
#[derive(Serialize, ToSchema)]
struct SubjectView {
    kind: String,
    id: Option<Uuid>,
}

/// A line of the log.
#[derive(Serialize, ToSchema)]
struct LineView {
    /// Counts up; gaps mean nothing.
    seq: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    actor: ActorView,
    /// `subject.verb`.
    action: String,
    subject: SubjectView,
    #[schema(value_type = Object)]
    details: Value,
    /// The id under which the log knows the request; empty for what a job did.
    request_id: String,
}

impl From<Line> for LineView {
    fn from(line: Line) -> Self {
        Self {
            seq: line.seq,
            at: line.at,
            actor: ActorView { kind: line.actor_kind, id: line.actor_id, name: line.actor_name },
            action: line.action,
            subject: SubjectView { kind: line.subject_kind, id: line.subject_id },
            details: line.details,
            request_id: line.request_id,
        }
    }
}

/// Which lines are wanted; `limit` and `cursor` are the page's.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Of this kind of subject alone.
    subject_kind: Option<String>,
    /// Of this subject alone.
    subject_id: Option<Uuid>,
    /// Rows per page, 1 to 200.
    #[serde(rename = "limit")]
    _limit: Option<String>,
    /// Where the page starts.
    #[serde(rename = "cursor")]
    _cursor: Option<String>,
}

/// The lines of the log, the newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(Filter), responses((status = 200, body = Listing<LineView>)))]
async fn list(
    tenant: Tenant,
    staff: Staff,
    page: PageQuery,
    Query(filter): Query<Filter>,
) -> Result<Listing<LineView>> {
    staff.may(Permission::AuditRead)?;
    let before = page.cursor.as_ref().map(before).transpose()?;
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX) + 1;
    let conn = tenant.connect().await?;
    let lines = store::list(&conn, before, filter.subject_kind.as_deref(), filter.subject_id, limit).await?;
    let Page { items, next } = Page::cut(lines, page.limit, |line| cursor(line.seq));
    Ok(Page { items: items.into_iter().map(LineView::from).collect(), next }.into())
}

pub(super) fn cursor(seq: i64) -> Cursor {
    Cursor { key: seq.to_string(), id: Uuid::nil() }
}

/// The line a page starts behind.
pub(super) fn before(cursor: &Cursor) -> Result<i64> {
    let wrong = || AppError::new(Kind::Invalid, "invalid-query", "The cursor is not one of this list.");
    cursor.key.parse().map_err(|_| wrong().field("cursor", "not one of this list"))
}
