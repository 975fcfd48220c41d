//! Where a node asks for what an owner of a hotel wants: an export of that hotel, how it stands, and its file.
//!
//! A node speaks for the tenants it serves. What staff ordered is not an owner's to see here.
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ExportState, ExportWish, FileWish, HowFar, OwnersExport, Role, paths};
use hotelhub_web::{Body, Query, Result};
use serde::Deserialize;
use serde_json::json;

use super::deeds::Placed;
use super::model::Refusal;
use super::store::{self, Asker, Far, Listed};
use super::{deeds, file};
use crate::App;
use crate::audit::{self, Actor};
use crate::database::{DbError, Tx};
use crate::fleet::nodes::Caller;
use crate::tenants;
use crate::wakes::Wake;

/// What is looked through for those of owners.
const LATEST: i64 = 50;

/// What is shown of them.
const SHOWN: usize = 10;

/// The doors of nodes.
pub fn router() -> Router<App> {
    Router::new().route(paths::EXPORTS, get(list).post(order)).route(paths::EXPORT_FILE, get(fetch))
}

/// Whose exports.
#[derive(Deserialize)]
struct Whose {
    tenant: TenantId,
}

/// A transaction about a tenant that this node may speak for: one that is served, and it serves.
async fn spoken_for(app: &App, caller: &Caller, tenant: TenantId) -> Result<Tx> {
    caller.must_be(Role::Serve)?;
    let mut tx = app.db.begin().await?;
    if tenants::hold_served(&mut tx, tenant).await? { Ok(tx) } else { Err(tenants::Refusal::Unknown.into()) }
}

/// The latest exports that owners of a tenant asked for, the newest first.
async fn list(State(app): State<App>, caller: Caller, Query(whose): Query<Whose>) -> Result<Json<Vec<OwnersExport>>> {
    let mut tx = spoken_for(&app, &caller, whose.tenant).await?;
    let all = store::list(&mut tx, Some(whose.tenant), None, LATEST).await?;
    Ok(Json(all.into_iter().filter(|export| export.by_owner).take(SHOWN).map(OwnersExport::from).collect()))
}

/// Orders an export for an owner. The same wish said again is the same export.
async fn order(State(app): State<App>, caller: Caller, Body(wish): Body<ExportWish>) -> Result<Json<OwnersExport>> {
    let ExportWish { tenant, wish, owner, owner_name } = wish;
    let mut tx = spoken_for(&app, &caller, tenant).await?;
    let asker = Asker::Owner { name: &owner_name, account: owner, wish };
    let placed = deeds::order(&app, &mut tx, tenant, &asker).await?;
    if let Placed::New(id) = placed {
        let details = json!({ "export": id, "owner": owner_name, "owner_id": owner });
        let (actor, subject) = (Actor::Node(caller.name), tenant.to_string());
        let (now, action) = (app.clock.now(), "tenant.export");
        audit::record(&mut tx, now, &actor, action, ("tenant", &subject), Some(tenant), details).await?;
    }
    let (Placed::New(id) | Placed::Before(id)) = placed;
    let export = store::list(&mut tx, Some(tenant), Some(id), 1).await?.pop().ok_or(Refusal::Unknown)?;
    tx.commit().await.map_err(DbError::from)?;
    app.wakes.wake(Wake::Orders);
    Ok(Json(export.into()))
}

/// The file of an export that an owner of this very tenant asked for.
async fn fetch(
    State(app): State<App>,
    caller: Caller,
    Query(wish): Query<FileWish>,
    headers: HeaderMap,
) -> Result<Response> {
    let mut tx = spoken_for(&app, &caller, wish.tenant).await?;
    let export = store::list(&mut tx, Some(wish.tenant), Some(wish.export), 1).await?.pop();
    let export = export.filter(|export| export.by_owner).ok_or(Refusal::Unknown)?;
    // A store that does not answer keeps no connection.
    drop(tx);
    let details = json!({ "owner_id": wish.owner });
    file::handed_out(&app, export, &headers, (&Actor::Node(caller.name), details)).await
}

impl From<Listed> for OwnersExport {
    fn from(export: Listed) -> Self {
        let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
        Self {
            id: export.id,
            state: match export.state.as_str() {
                "ordered" if export.at_work => ExportState::Writing,
                "ordered" => ExportState::Waiting,
                "done" => ExportState::Done,
                "failed" => ExportState::Failed,
                _ => ExportState::Expired,
            },
            asked_by: export.asked_by,
            asked_at: export.created_at,
            how_far: export.how_far.map(HowFar::from),
            rows: export.rows.map(count),
            bytes: export.bytes.map(count),
            until: export.expires_at,
        }
    }
}

impl From<Far> for HowFar {
    fn from(far: Far) -> Self {
        let (small, large) = (|n: i32| u32::try_from(n).unwrap_or(0), |n: i64| u64::try_from(n).unwrap_or(0));
        Self {
            tables_done: small(far.tables_done),
            tables: small(far.tables),
            rows_done: large(far.rows_done),
            rows: large(far.rows),
            bytes: large(far.bytes),
        }
    }
}
