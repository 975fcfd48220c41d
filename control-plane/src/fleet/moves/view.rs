//! Moves on a tenant's page: how they went, where it may go, and the forms that begin one and give it up.
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, Quarters};
use hotelhub_web::{FormBody, Nothing, RequestKey, Result, Visit, format};
use serde::Serialize;
use uuid::Uuid;

use super::desk::{Departure, MoveWish, Return};
use super::listed::{self, Listed};
use crate::App;
use crate::database::DbError;
use crate::fleet::clusters;
use crate::staff::{Act, VendorStaff};
use crate::vendor::moment;

/// Moves shown on a tenant's page.
const SHOWN: i64 = 10;

/// The forms.
pub fn forms() -> Router<App> {
    Router::new()
        .route("/vendor/tenants/{id}/moves", post(begin))
        .route("/vendor/tenants/{id}/moves/{moved}/give-up", post(give_up))
}

/// A tenant's moves, as its page shows them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Travels {
    moves: Vec<MoveLine>,
    /// Clusters it may be moved to.
    to: Vec<String>,
}

/// One move.
#[derive(Clone, Debug, Serialize)]
pub struct MoveLine {
    id: String,
    from: String,
    to: String,
    state_key: String,
    tone: &'static str,
    /// Whether it goes on, and how many steps of three are done.
    goes_on: bool,
    steps: u8,
    may_give_up: bool,
    at: String,
    by: String,
    rows: Option<String>,
    held: Option<String>,
    reason: Option<String>,
}

/// Where a tenant is served from.
#[derive(Clone, Copy)]
pub(crate) struct Home<'a> {
    /// The cluster.
    pub(crate) cluster: &'a str,
    /// The database, or the schema in one that it shares.
    pub(crate) quarters: &'a str,
}

impl Home<'_> {
    /// Who shares a database may leave it for one of its own where it is.
    fn may_leave_for(self, cluster: &str) -> bool {
        let shares = matches!(Quarters::parse(self.quarters), Some(Quarters::Schema { .. }));
        shares || self.cluster != cluster
    }
}

impl Travels {
    /// What a member of staff sees of a tenant's.
    pub(crate) async fn of(
        app: &App,
        visit: &Visit,
        staff: &VendorStaff,
        (tenant, home): (TenantId, Option<Home<'_>>),
    ) -> Result<Self> {
        if !staff.can(StaffPermission::FleetRead) {
            return Ok(Self { moves: Vec::new(), to: Vec::new() });
        }
        let may = staff.can(StaffPermission::FleetChange);
        let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
        let moves = listed::list(&mut conn, Some(tenant), None, SHOWN).await?;
        let goes_on = moves.iter().any(|moved| moved.finished_at.is_none());
        let mut to = Vec::new();
        if let Some(home) = home.filter(|_| may && !goes_on) {
            let known = clusters::list(&app.db.durable).await?;
            to.extend(
                known
                    .into_iter()
                    .filter(|known| known.state == "open" && home.may_leave_for(&known.id))
                    .map(|known| known.id),
            );
        }
        Ok(Self { moves: moves.into_iter().map(|moved| MoveLine::of(moved, visit, may)).collect(), to })
    }

    /// Some of everything.
    pub(crate) fn sample() -> Self {
        Self { moves: vec![MoveLine::sample()], to: vec!["jkt-2".to_owned()] }
    }
}

impl MoveLine {
    fn of(moved: Listed, visit: &Visit, may: bool) -> Self {
        let (tone, steps) = match moved.state.as_str() {
            "copying" | "undoing" => ("warn", 0),
            "switching" => ("warn", 1),
            "clearing" => ("warn", 2),
            "done" => ("good", 3),
            _ => ("bad", 0),
        };
        Self {
            id: moved.id.to_string(),
            from: moved.from,
            to: moved.to,
            may_give_up: may && matches!(moved.state.as_str(), "copying" | "switching"),
            state_key: format!("move.{}", moved.state),
            tone,
            goes_on: moved.finished_at.is_none(),
            steps,
            at: moment(moved.created_at, visit),
            by: moved.asked_by,
            rows: moved.rows.map(|rows| format::count(rows, visit.lang)),
            held: moved.held_ms.map(|held| format!("{} ms", format::count(i64::from(held), visit.lang))),
            reason: moved.reason.or(moved.trouble),
        }
    }

    fn sample() -> Self {
        Self {
            id: Uuid::nil().to_string(),
            from: "jkt-1".to_owned(),
            to: "jkt-2".to_owned(),
            state_key: "move.switching".to_owned(),
            tone: "warn",
            goes_on: true,
            steps: 1,
            may_give_up: true,
            at: "3 Jul 2026 10.15".to_owned(),
            by: "Sari Dewi".to_owned(),
            rows: Some("12.034".to_owned()),
            held: Some("310 ms".to_owned()),
            reason: Some("the tenant's writers could not be held: they are at it without a pause".to_owned()),
        }
    }
}

async fn begin(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(MoveWish { to }, key): FormBody<MoveWish>,
) -> Result<Response> {
    let departure = Departure { tenant: TenantId(id), to: ClusterId(to) };
    done(&app, &staff, id, (departure, "move.said.begun"), &key).await
}

async fn give_up(
    State(app): State<App>,
    staff: VendorStaff,
    Path((id, moved)): Path<(Uuid, Uuid)>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    done(&app, &staff, id, (Return(moved), "move.said.given_up"), &key).await
}

/// Has it done and leads back to the tenant's page, which says that it is begun, or why it is not.
async fn done(
    app: &App,
    staff: &VendorStaff,
    tenant: Uuid,
    (act, said): (impl Act, &str),
    key: &RequestKey,
) -> Result<Response> {
    staff.does_at_page(app, act, key, (tenant, "move", said)).await
}
