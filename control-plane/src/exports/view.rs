//! Exports on a tenant's page: what there is, where it is fetched, and the form that asks for one.
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_web::{FormBody, Lang, Nothing, RequestKey, Result, Visit, format};
use serde::Serialize;
use uuid::Uuid;

use super::deeds::{CallOff, Export};
use super::{model, store};
use crate::App;
use crate::backups::{seconds, size};
use crate::database::DbError;
use crate::staff::{Act, VendorStaff};
use crate::vendor::moment;

/// Lines shown on a tenant's page.
const SHOWN: i64 = 10;

/// The forms.
pub fn forms() -> Router<App> {
    Router::new()
        .route("/vendor/tenants/{id}/exports", post(export))
        .route("/vendor/tenants/{id}/exports/{export}/call-off", post(call_off))
}

/// A tenant's exports, as its page shows them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Taken {
    exports: Vec<ExportLine>,
    may_export: bool,
    /// Whether any is under way: the page shows how far it is by itself.
    goes_on: bool,
}

/// One export.
#[derive(Clone, Debug, Serialize)]
struct ExportLine {
    id: String,
    state_key: String,
    tone: &'static str,
    /// The instant it shows, or when it was asked for.
    at: String,
    far: Option<FarLine>,
    size: Option<String>,
    rows: Option<String>,
    took: Option<String>,
    by: String,
    by_owner: bool,
    reason: Option<String>,
    /// Where it is fetched, by who may.
    file: Option<String>,
    until: Option<String>,
    may_call_off: bool,
}

/// How far one is that is being written.
#[derive(Clone, Debug, Serialize)]
struct FarLine {
    /// Of a hundred.
    percent: i64,
    tables_done: i32,
    tables: i32,
    rows_done: String,
    rows: String,
    size: String,
}

impl Taken {
    /// What a member of staff sees of a tenant's.
    pub(crate) async fn of(app: &App, visit: &Visit, staff: &VendorStaff, tenant: TenantId) -> Result<Self> {
        let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
        let exports = store::list(&mut conn, Some(tenant), None, SHOWN).await?;
        let may = staff.can(StaffPermission::TenantDelete);
        let may_stop = staff.can(StaffPermission::TenantChange);
        Ok(Self {
            may_export: may && app.exchange.is_some(),
            goes_on: exports.iter().any(|export| export.state == "ordered"),
            exports: exports.into_iter().map(|export| ExportLine::of(export, visit, (may, may_stop))).collect(),
        })
    }

    /// Some of everything.
    pub(crate) fn sample() -> Self {
        Self { exports: vec![ExportLine::sample()], may_export: true, goes_on: true }
    }
}

impl ExportLine {
    fn of(export: store::Listed, visit: &Visit, (may_fetch, may_stop): (bool, bool)) -> Self {
        let good = export.state == "done";
        Self {
            id: export.id.to_string(),
            may_call_off: may_stop && export.state == "ordered",
            tone: match export.state.as_str() {
                "done" => "good",
                "failed" => "bad",
                "ordered" => "warn",
                _ => "calm",
            },
            state_key: match export.state.as_str() {
                "ordered" if !export.at_work => "export.waiting".to_owned(),
                state => format!("export.{state}"),
            },
            far: export.how_far.map(|far| FarLine::of(far, visit.lang)),
            at: moment(export.taken_at.unwrap_or(export.created_at), visit),
            size: export.bytes.map(|bytes| size(bytes, visit.lang)),
            rows: export.rows.map(|rows| format::count(rows, visit.lang)),
            took: export.took_ms.map(|took| seconds(took, visit.lang)),
            by: export.asked_by,
            by_owner: export.by_owner,
            reason: export.error,
            file: (good && may_fetch).then(|| format!("/api/v1/exports/{}/file", export.id)),
            until: export.expires_at.filter(|_| good).map(|at| moment(at, visit)),
        }
    }

    fn sample() -> Self {
        Self {
            id: Uuid::nil().to_string(),
            may_call_off: true,
            state_key: "export.done".to_owned(),
            tone: "good",
            at: "3 Jul 2026 10.15".to_owned(),
            far: Some(FarLine::sample()),
            size: Some("1,4 MB".to_owned()),
            rows: Some("12.034".to_owned()),
            took: Some("0,9 s".to_owned()),
            by: "Sari Dewi".to_owned(),
            by_owner: true,
            reason: Some("the disk is full".to_owned()),
            file: Some(format!("/api/v1/exports/{}/file", Uuid::nil())),
            until: Some("10 Jul 2026 10.15".to_owned()),
        }
    }
}

impl FarLine {
    fn of(far: store::Far, lang: Lang) -> Self {
        Self {
            percent: model::percent(far.rows_done, far.rows),
            tables_done: far.tables_done,
            tables: far.tables,
            rows_done: format::count(far.rows_done, lang),
            rows: format::count(far.rows, lang),
            size: size(far.bytes, lang),
        }
    }

    fn sample() -> Self {
        Self {
            percent: 42,
            tables_done: 8,
            tables: 19,
            rows_done: "5.054".to_owned(),
            rows: "12.034".to_owned(),
            size: "0,6 MB".to_owned(),
        }
    }
}

/// Has one written and leads back to the tenant's page, which says that it is begun, or why it is not.
async fn export(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    done(&app, &staff, id, (Export(TenantId(id)), "export.said.begun"), &key).await
}

async fn call_off(
    State(app): State<App>,
    staff: VendorStaff,
    Path((id, export)): Path<(Uuid, Uuid)>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    done(&app, &staff, id, (CallOff(export), "export.said.called-off"), &key).await
}

async fn done<A: Act>(
    app: &App,
    staff: &VendorStaff,
    tenant: Uuid,
    (act, said): (A, &str),
    key: &RequestKey,
) -> Result<Response> {
    staff.does_at_page(app, act, key, (tenant, "export", said)).await
}
