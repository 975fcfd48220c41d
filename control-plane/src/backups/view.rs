//! Backups on a tenant's page: what there is, what may be done with it, and the forms that do it.
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_web::preferences::see_other;
use hotelhub_web::{Flash, FormBody, Lang, Nothing, RequestKey, Result, Visit, format};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::deeds::{Deed, DrillWish, RestoreWish};
use super::{bases, restores, store};
use crate::App;
use crate::database::DbError;
use crate::staff::VendorStaff;
use crate::vendor::{field_of, in_vendor_zone, moment};

/// Lines shown on a tenant's page.
const SHOWN: i64 = 30;

/// The forms.
pub fn forms() -> Router<App> {
    Router::new()
        .route("/vendor/tenants/{id}/backups", post(back_up))
        .route("/vendor/tenants/{id}/drills", post(drill))
        .route("/vendor/tenants/{id}/restores", post(restore))
        .route("/vendor/tenants/{id}/instants", post(bring_back))
        .route("/vendor/tenants/{id}/restores/{restore}/undo", post(undo))
        .route("/vendor/tenants/{id}/restores/{restore}/call-off", post(call_off))
}

/// A tenant's backups and restores, as its page shows them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Kept {
    backups: Vec<BackupLine>,
    restores: Vec<RestoreLine>,
    may_back_up: bool,
    /// Whether there is one to restore, and it may be.
    may_restore: bool,
    may_drill: bool,
    /// The instants that it may be brought back to.
    instants: Option<Instants>,
}

/// Instants that a tenant may be brought back to: all from one on.
#[derive(Clone, Debug, Serialize)]
struct Instants {
    from: String,
    /// The same as a browser's field takes it.
    first: String,
}

/// One backup.
#[derive(Clone, Debug, Serialize)]
pub struct BackupLine {
    id: String,
    kind_key: String,
    state_key: String,
    tone: &'static str,
    /// Whether it can be restored.
    good: bool,
    /// The instant it shows, or when it was ordered.
    at: String,
    size: Option<String>,
    rows: Option<String>,
    took: Option<String>,
    by: String,
    reason: Option<String>,
}

/// One restore.
#[derive(Clone, Debug, Serialize)]
pub struct RestoreLine {
    id: String,
    kind_key: String,
    state_key: String,
    tone: &'static str,
    at: String,
    took: Option<String>,
    by: String,
    reason: Option<String>,
    /// Until when it can be undone.
    undo_until: Option<String>,
    may_undo: bool,
    may_call_off: bool,
}

impl Kept {
    /// What a member of staff sees of a tenant's.
    pub(crate) async fn of(app: &App, visit: &Visit, staff: &VendorStaff, tenant: TenantId) -> Result<Self> {
        let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
        let backups = store::list(&mut conn, Some(tenant), None, SHOWN).await?;
        let restores = restores::list(&mut conn, Some(tenant), None, SHOWN).await?;
        let earliest = bases::earliest(&mut conn, tenant).await?;
        let (may, may_replace) = (staff.can(StaffPermission::TenantChange), staff.can(StaffPermission::TenantDelete));
        let served = store::lodging(&mut conn, tenant, app.clock.now()).await?.is_some();
        let backups: Vec<_> = backups.into_iter().map(|backup| BackupLine::of(backup, visit)).collect();
        let any = served && backups.iter().any(|backup| backup.good);
        Ok(Self {
            may_back_up: may && served,
            may_restore: may_replace && any,
            may_drill: may && any,
            instants: earliest.filter(|_| may_replace && served).map(|from| Instants::of(from, visit)),
            restores: restores.into_iter().map(|restore| RestoreLine::of(restore, visit, (may, may_replace))).collect(),
            backups,
        })
    }

    /// Some of everything.
    pub(crate) fn sample() -> Self {
        let undo_until = Some("2 Agt 2026 10.15".to_owned());
        Self {
            backups: vec![BackupLine::sample()],
            restores: vec![RestoreLine { undo_until, may_undo: true, may_call_off: true, ..RestoreLine::sample() }],
            may_back_up: true,
            may_restore: true,
            may_drill: true,
            instants: Some(Instants { from: "3 Jul 2026 02.15".to_owned(), first: "2026-07-03T02:15:08".to_owned() }),
        }
    }
}

impl Instants {
    fn of(from: Timestamp, visit: &Visit) -> Self {
        Self { from: moment(from, visit), first: field_of(from) }
    }
}

impl BackupLine {
    fn of(backup: store::Listed, visit: &Visit) -> Self {
        Self {
            id: backup.id.to_string(),
            kind_key: format!("backup.{}", backup.kind),
            tone: match backup.state.as_str() {
                "done" => "good",
                "failed" => "bad",
                "ordered" => "warn",
                _ => "calm",
            },
            good: backup.state == "done",
            state_key: format!("backup.{}", backup.state),
            at: moment(backup.taken_at.unwrap_or(backup.created_at), visit),
            size: backup.stored_bytes.map(|bytes| size(bytes, visit.lang)),
            rows: backup.rows.map(|rows| format::count(rows, visit.lang)),
            took: backup.took_ms.map(|took| seconds(took, visit.lang)),
            by: backup.asked_by,
            reason: backup.error,
        }
    }

    fn sample() -> Self {
        Self {
            id: Uuid::nil().to_string(),
            kind_key: "backup.daily".to_owned(),
            state_key: "backup.done".to_owned(),
            tone: "good",
            good: true,
            at: "3 Jul 2026 02.15".to_owned(),
            size: Some("1,4 MB".to_owned()),
            rows: Some("12.034".to_owned()),
            took: Some("1,2 s".to_owned()),
            by: "HotelHub".to_owned(),
            reason: Some("the disk is full".to_owned()),
        }
    }
}

impl RestoreLine {
    fn of(restore: restores::Listed, visit: &Visit, (may, may_replace): (bool, bool)) -> Self {
        Self {
            id: restore.id.to_string(),
            kind_key: format!("restore.{}", restore.kind),
            tone: match restore.state.as_str() {
                "done" => "good",
                "failed" => "bad",
                "ordered" => "warn",
                _ => "calm",
            },
            state_key: format!("restore.{}", restore.state),
            at: moment(restore.created_at, visit),
            took: restore.took_ms.map(|took| seconds(took, visit.lang)),
            by: restore.asked_by,
            reason: restore.error,
            may_call_off: may && restore.state == "ordered",
            may_undo: may_replace && restore.undo_until.is_some(),
            undo_until: restore.undo_until.map(|at| moment(at, visit)),
        }
    }

    fn sample() -> Self {
        Self {
            id: Uuid::nil().to_string(),
            kind_key: "restore.in_place".to_owned(),
            state_key: "restore.done".to_owned(),
            tone: "good",
            at: "3 Jul 2026 10.15".to_owned(),
            took: Some("2,3 s".to_owned()),
            by: "Sari Dewi".to_owned(),
            reason: Some("the backup's data are spoilt".to_owned()),
            undo_until: None,
            may_undo: false,
            may_call_off: false,
        }
    }
}

/// Tenths of a unit, as the reader writes them.
fn tenths(number: i64, lang: Lang) -> String {
    let mark = if lang == Lang::Id { ',' } else { '.' };
    format!("{}{mark}{}", format::count(number / 10, lang), number % 10)
}

/// Bytes in kilobytes or megabytes of a thousand.
pub(crate) fn size(bytes: i64, lang: Lang) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", tenths(bytes / 100, lang)),
        _ => format!("{} MB", tenths(bytes / 100_000, lang)),
    }
}

/// Milliseconds in seconds.
pub(crate) fn seconds(millis: i32, lang: Lang) -> String {
    format!("{} s", tenths(i64::from(millis) / 100, lang))
}

/// A backup to restore, and the tenant's name once more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replacement {
    backup: Uuid,
    slug: String,
}

async fn back_up(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    done(&app, &staff, id, (Deed::BackUp(TenantId(id)), "backup.said.begun"), &key).await
}

async fn drill(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    done(&app, &staff, id, (Deed::Drill(TenantId(id), DrillWish::default()), "restore.said.drilling"), &key).await
}

async fn restore(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(Replacement { backup, slug }, key): FormBody<Replacement>,
) -> Result<Response> {
    let slug = Some(slug.trim().to_lowercase());
    let wish = RestoreWish { backup: Some(backup), slug, ..RestoreWish::default() };
    done(&app, &staff, id, (Deed::Restore(TenantId(id), wish), "restore.said.begun"), &key).await
}

/// An instant to bring the tenant back to, and its name once more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Return {
    at: String,
    slug: String,
}

async fn bring_back(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(Return { at, slug }, key): FormBody<Return>,
) -> Result<Response> {
    let Some(at) = in_vendor_zone("at", &at)? else {
        return Ok(back(id, &Flash::bad("backup.refused.invalid-body")));
    };
    let slug = Some(slug.trim().to_lowercase());
    let wish = RestoreWish { at: Some(at), slug, ..RestoreWish::default() };
    done(&app, &staff, id, (Deed::Restore(TenantId(id), wish), "restore.said.recovering"), &key).await
}

async fn undo(
    State(app): State<App>,
    staff: VendorStaff,
    Path((id, restore)): Path<(Uuid, Uuid)>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    done(&app, &staff, id, (Deed::Undo(restore), "restore.said.undone"), &key).await
}

async fn call_off(
    State(app): State<App>,
    staff: VendorStaff,
    Path((id, restore)): Path<(Uuid, Uuid)>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    done(&app, &staff, id, (Deed::CallOff(restore), "restore.said.called-off"), &key).await
}

/// Has it done and leads back to the tenant's page, which says that it is begun, or why it is not.
async fn done(
    app: &App,
    staff: &VendorStaff,
    tenant: Uuid,
    (deed, said): (Deed, &str),
    key: &RequestKey,
) -> Result<Response> {
    staff.does_at_page(app, deed, key, (tenant, "backup", said)).await
}

fn back(tenant: Uuid, flash: &Flash) -> Response {
    see_other(&format!("/vendor/tenants/{tenant}"), Some(flash))
}
