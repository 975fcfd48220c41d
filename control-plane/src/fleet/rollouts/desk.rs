//! Where staff begin, follow, halt and resume rollouts.
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_web::{AppError, Kind, Listing, Nothing, Posted, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::journal::{self, Listed, RolloutDatabase, Wave};
use super::store::{self, Beginning, Behind, Scope};
use super::waves;
use crate::App;
use crate::audit;
use crate::database::{DbError, Tx};
use crate::staff::{Act, Mode, VendorStaff};

/// The part of the databases tried that may fail where nothing else is said, in percent.
const TOLERATED_PERCENT: u8 = 2;

/// Rollouts in a list.
const LATEST: i64 = 50;

/// Databases shown of one rollout.
const SHOWN: i64 = 200;

/// The JSON doors.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(start))
        .routes(routes!(read))
        .routes(routes!(stop))
        .routes(routes!(go_on))
}

/// What to bring to the newest schema. An absent member means no limit.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RolloutWish {
    /// Only databases on this cluster.
    #[serde(default)]
    pub(super) cluster: Option<String>,
    /// Only hotels of this plan.
    #[serde(default)]
    pub(super) plan: Option<String>,
    /// Only these hotels, by slug.
    #[serde(default)]
    pub(super) tenants: Option<Vec<String>>,
    /// It stops by itself when more than this part of the databases tried has failed, in percent; 2 if absent.
    #[serde(default)]
    pub(super) tolerated_percent: Option<u8>,
    /// Only tell what would be done.
    #[serde(default)]
    pub(super) dry_run: bool,
}

/// What was begun, or would be.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PlannedRollout {
    /// The rollout; absent where there was nothing to do, or nothing was to be done.
    pub(super) id: Option<Uuid>,
    /// The newest version of the hotel schema; absent where no fleet worker has told of one.
    pub(super) target: Option<String>,
    /// Databases behind it.
    pub(super) databases: usize,
    /// How many of them each wave takes.
    pub(super) waves: Vec<usize>,
}

/// A rollout with its waves, and its databases: those that failed, then the slowest, 200 at most.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct WholeRollout {
    #[serde(flatten)]
    pub(super) rollout: Listed,
    pub(super) waves: Vec<Wave>,
    pub(super) journal: Vec<RolloutDatabase>,
}

/// The latest rollouts.
#[utoipa::path(get, path = "/api/v1/rollouts", tag = "fleet",
    responses((status = 200, body = Listing<Listed>), (status = 401), (status = 403)))]
async fn list(State(app): State<App>, staff: VendorStaff) -> Result<Listing<Listed>> {
    staff.may(StaffPermission::FleetRead)?;
    Ok(Listing::whole(latest(&app).await?))
}

/// Brings tenants' databases to the newest schema, wave by wave.
#[utoipa::path(post, path = "/api/v1/rollouts", tag = "fleet", request_body = RolloutWish,
    responses((status = 200, body = PlannedRollout), (status = 401), (status = 403),
              (status = 409, description = "`rollout-open`: another one runs"), (status = 422)))]
async fn start(State(app): State<App>, staff: VendorStaff, wish: Posted<RolloutWish>) -> Result<Response> {
    staff.does(&app, wish.value, (&wish.key, Mode::ForGood)).await
}

/// How a rollout stands.
#[utoipa::path(get, path = "/api/v1/rollouts/{id}", tag = "fleet", params(("id" = Uuid, Path)),
    responses((status = 200, body = WholeRollout), (status = 401), (status = 403), (status = 404)))]
async fn read(State(app): State<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Json<WholeRollout>> {
    staff.may(StaffPermission::FleetRead)?;
    Ok(Json(whole(&app, id).await?))
}

/// Halts a rollout that runs: what is under way ends, nothing else is begun.
#[utoipa::path(post, path = "/api/v1/rollouts/{id}/halt", tag = "fleet", params(("id" = Uuid, Path)), request_body = Nothing,
    responses((status = 204), (status = 401), (status = 403), (status = 409, description = "`not-running`")))]
async fn stop(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Turn::Halt(id), (&wish.key, Mode::ForGood)).await
}

/// Goes on with a halted rollout: what failed is tried again.
#[utoipa::path(post, path = "/api/v1/rollouts/{id}/resume", tag = "fleet", params(("id" = Uuid, Path)), request_body = Nothing,
    responses((status = 204), (status = 401), (status = 403), (status = 409, description = "`not-halted`")))]
async fn go_on(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    wish: Posted<Nothing>,
) -> Result<Response> {
    staff.does(&app, Turn::Resume(id), (&wish.key, Mode::ForGood)).await
}

/// The latest rollouts, the newest first.
pub(super) async fn latest(app: &App) -> Result<Vec<Listed>> {
    Ok(journal::list(&app.db.durable, None, LATEST).await?)
}

/// What would be done for all tenants.
pub(super) async fn outlook(app: &App) -> Result<PlannedRollout> {
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    Ok(planned(&mut conn, &Scope::default()).await?.0)
}

/// What is to be done, and with which databases.
async fn planned(conn: &mut PgConnection, scope: &Scope) -> Result<(PlannedRollout, Vec<Behind>), DbError> {
    let target = store::newest(conn, scope).await?;
    let behind = match &target {
        Some(target) => store::behind(conn, scope, target).await?,
        None => Vec::new(),
    };
    let waves = waves(behind.len()).to_vec();
    Ok((PlannedRollout { id: None, target, databases: behind.len(), waves }, behind))
}

/// One rollout.
pub(super) async fn whole(app: &App, id: Uuid) -> Result<WholeRollout> {
    let pool = &app.db.durable;
    let unknown = || AppError::new(Kind::NotFound, "unknown-rollout", "No rollout has this id.");
    let rollout = journal::list(pool, Some(id), 1).await?.pop().ok_or_else(unknown)?;
    let (waves, journal) = (journal::waves(pool, id).await?, journal::databases(pool, id, SHOWN).await?);
    Ok(WholeRollout { rollout, waves, journal })
}

impl Act for RolloutWish {
    type Told = PlannedRollout;

    fn needs(&self) -> StaffPermission {
        if self.dry_run { StaffPermission::FleetRead } else { StaffPermission::FleetChange }
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<PlannedRollout> {
        let percent = self.tolerated_percent.unwrap_or(TOLERATED_PERCENT);
        if percent > 100 {
            let detail = "More than all of them cannot fail: name 0 to 100 percent.";
            return Err(AppError::new(Kind::Invalid, "invalid-rollout", detail).field("tolerated_percent", "too-large"));
        }
        let scope = Scope { cluster: self.cluster, plan: self.plan, tenants: self.tenants };
        let (mut planned, databases) = planned(tx, &scope).await?;
        let Some(target) = planned.target.clone().filter(|_| !self.dry_run && !databases.is_empty()) else {
            return Ok(planned);
        };
        let (id, now) = (app.ids.next(), app.clock.now());
        let beginning =
            Beginning { id, target: &target, tolerated_bp: i32::from(percent) * 100, started_by: &staff.name };
        store::begin(tx, &beginning, &databases, now).await.map_err(refused)?;
        let details = json!({ "target": target, "databases": databases.len() });
        audit::record(tx, now, &staff.actor(), "rollout.start", ("rollout", &id.to_string()), None, details).await?;
        planned.id = Some(id);
        Ok(planned)
    }
}

/// Two at once: the constraint knows it before we do.
fn refused(error: DbError) -> AppError {
    let detail = "Another rollout runs: wait until it is through, or halt it first.";
    match error.constraint() {
        Some("rollouts_one_at_a_time") => AppError::new(Kind::Conflict, "rollout-open", detail),
        _ => error.into(),
    }
}

/// What staff do to a rollout.
#[derive(Clone, Copy)]
pub(super) enum Turn {
    Halt(Uuid),
    Resume(Uuid),
}

impl Act for Turn {
    type Told = ();

    fn needs(&self) -> StaffPermission {
        StaffPermission::FleetChange
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<()> {
        let (rollout, action, turned, refusal) = match self {
            Self::Halt(rollout) => {
                let because = format!("{} halted it", staff.name);
                let refusal = ("not-running", "Only a rollout that runs can be halted.");
                (rollout, "rollout.halt", store::halt(tx, rollout, &because).await?, refusal)
            }
            Self::Resume(rollout) => {
                let refusal = ("not-halted", "Only a halted rollout can be resumed.");
                (rollout, "rollout.resume", store::resume(tx, rollout).await.map_err(refused)?, refusal)
            }
        };
        if !turned {
            return Err(AppError::new(Kind::Conflict, refusal.0, refusal.1));
        }
        let (now, subject) = (app.clock.now(), rollout.to_string());
        Ok(audit::record(tx, now, &staff.actor(), action, ("rollout", &subject), None, json!({})).await?)
    }
}
