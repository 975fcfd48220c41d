//! Rollouts as pages.
use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::REFRESH;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use hotelhub_identity::StaffPermission;
use hotelhub_web::preferences::see_other;
use hotelhub_web::{Flash, FormBody, Nothing, Page, Result, Visit};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::desk::{self, RolloutWish, Turn, WholeRollout};
use super::journal::{Listed, RolloutDatabase, Wave};
use crate::App;
use crate::staff::{Mode, VendorStaff};
use crate::vendor::{form_key, moment, shell};

/// The pages.
pub fn pages() -> Router<App> {
    Router::new()
        .route("/vendor/rollouts", get(list).post(start))
        .route("/vendor/rollouts/{id}", get(read))
        .route("/vendor/rollouts/{id}/halt", post(halt))
        .route("/vendor/rollouts/{id}/resume", post(resume))
}

/// Who is behind, and the latest rollouts.
#[derive(Clone, Debug, Serialize)]
pub struct RolloutsPage {
    form_key: String,
    may_change: bool,
    /// The newest version, as fleet workers tell.
    target: Option<String>,
    /// Hotels behind it.
    behind: usize,
    rollouts: Vec<RolloutLine>,
}

/// One rollout.
#[derive(Clone, Debug, Serialize)]
struct RolloutLine {
    href: String,
    target: String,
    state_key: String,
    tone: &'static str,
    databases: i64,
    done: i64,
    failed: i64,
    by: String,
    begun: String,
}

/// A rollout, its waves and how its databases went.
#[derive(Clone, Debug, Serialize)]
pub struct RolloutPage {
    form_key: String,
    id: String,
    line: RolloutLine,
    tolerated_percent: i32,
    because: Option<String>,
    ended: Option<String>,
    may_halt: bool,
    may_resume: bool,
    running: bool,
    waves: Vec<WaveLine>,
    journal: Vec<DatabaseLine>,
}

#[derive(Clone, Debug, Serialize)]
struct WaveLine {
    key: String,
    databases: i64,
    ordered: i64,
    tried: i64,
    failed: i64,
}

#[derive(Clone, Debug, Serialize)]
struct DatabaseLine {
    slug: String,
    tenant: String,
    state_key: String,
    tone: &'static str,
    from: String,
    took_ms: Option<i32>,
    error: Option<String>,
}

impl RolloutLine {
    fn of(rollout: &Listed, visit: &Visit) -> Self {
        Self {
            href: format!("/vendor/rollouts/{}", rollout.id),
            target: rollout.target.clone(),
            state_key: format!("rollout.{}", rollout.state),
            tone: match rollout.state.as_str() {
                "running" => "warn",
                "halted" => "bad",
                "done" if rollout.failed == 0 => "good",
                _ => "calm",
            },
            databases: rollout.databases,
            done: rollout.done,
            failed: rollout.failed,
            by: rollout.started_by.clone(),
            begun: moment(rollout.created_at, visit),
        }
    }

    fn sample() -> Self {
        Self {
            href: "/vendor/rollouts/1".to_owned(),
            target: "0021_1a2b3c4d".to_owned(),
            state_key: "rollout.halted".to_owned(),
            tone: "bad",
            databases: 420,
            done: 21,
            failed: 2,
            by: "Sari Wulandari".to_owned(),
            begun: "3 Jul 2026 10.15".to_owned(),
        }
    }
}

impl From<Wave> for WaveLine {
    fn from(wave: Wave) -> Self {
        Self {
            key: format!("rollout.wave.{}", wave.wave),
            databases: wave.databases,
            ordered: wave.ordered,
            tried: wave.done + wave.failed,
            failed: wave.failed,
        }
    }
}

impl From<RolloutDatabase> for DatabaseLine {
    fn from(database: RolloutDatabase) -> Self {
        Self {
            tenant: format!("/vendor/tenants/{}", database.tenant_id),
            slug: database.slug,
            tone: match database.state.as_str() {
                "done" => "good",
                "failed" => "bad",
                "ordered" => "warn",
                _ => "calm",
            },
            state_key: format!("rollout.database.{}", database.state),
            from: database.from_version,
            took_ms: database.took_ms,
            error: database.error,
        }
    }
}

impl RolloutPage {
    fn of(app: &App, visit: &Visit, staff: &VendorStaff, whole: WholeRollout) -> Self {
        let WholeRollout { rollout, waves, journal } = whole;
        let may_change = staff.can(StaffPermission::FleetChange);
        Self {
            form_key: form_key(app),
            id: rollout.id.to_string(),
            line: RolloutLine::of(&rollout, visit),
            tolerated_percent: rollout.tolerated_bp / 100,
            running: rollout.state == "running",
            may_halt: may_change && rollout.state == "running",
            may_resume: may_change && rollout.state == "halted",
            ended: rollout.finished_at.map(|at| moment(at, visit)),
            because: rollout.halted_because,
            waves: waves.into_iter().map(WaveLine::from).collect(),
            journal: journal.into_iter().map(DatabaseLine::from).collect(),
        }
    }
}

impl Page for RolloutsPage {
    const TEMPLATE: &'static str = "vendor/rollouts";

    fn sample() -> Self {
        Self {
            form_key: "01980f6e-7b9a".to_owned(),
            may_change: true,
            target: Some("0021_1a2b3c4d".to_owned()),
            behind: 397,
            rollouts: vec![RolloutLine::sample()],
        }
    }
}

impl Page for RolloutPage {
    const TEMPLATE: &'static str = "vendor/rollout";

    fn sample() -> Self {
        let wave = Wave { wave: 1, databases: 21, ordered: 3, done: 16, failed: 2 };
        let database = RolloutDatabase {
            tenant_id: Uuid::nil(),
            slug: "melati".to_owned(),
            database: "t_01".to_owned(),
            state: "failed".to_owned(),
            wave: 1,
            from_version: "0020_abcdef01".to_owned(),
            took_ms: Some(31),
            error: Some("0021_add_notes.sql failed: canceling statement due to lock timeout".to_owned()),
        };
        Self {
            form_key: "01980f6e-7b9a".to_owned(),
            id: Uuid::nil().to_string(),
            line: RolloutLine::sample(),
            tolerated_percent: 2,
            because: Some("2 of 22 databases failed".to_owned()),
            ended: Some("3 Jul 2026 10.16".to_owned()),
            may_halt: true,
            may_resume: true,
            running: true,
            waves: vec![wave.into()],
            journal: vec![database.into()],
        }
    }
}

async fn list(State(app): State<App>, visit: Visit, staff: VendorStaff) -> Result<Html<String>> {
    staff.may(StaffPermission::FleetRead)?;
    let outlook = desk::outlook(&app).await?;
    let rollouts = desk::latest(&app).await?;
    let page = RolloutsPage {
        form_key: form_key(&app),
        may_change: staff.can(StaffPermission::FleetChange),
        target: outlook.target,
        behind: outlook.databases,
        rollouts: rollouts.iter().map(|rollout| RolloutLine::of(rollout, &visit)).collect(),
    };
    app.templates.render(&shell(&visit, &staff, "vendor.rollouts"), &page)
}

/// While it runs the page comes again by itself; a script shows it sooner.
async fn read(State(app): State<App>, visit: Visit, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Response> {
    staff.may(StaffPermission::FleetRead)?;
    let page = RolloutPage::of(&app, &visit, &staff, desk::whole(&app, id).await?);
    let mut response = app.templates.render(&shell(&visit, &staff, "vendor.rollouts"), &page)?.into_response();
    if page.running {
        response.headers_mut().insert(REFRESH, HeaderValue::from_static("5"));
    }
    Ok(response)
}

#[derive(Deserialize)]
struct StartForm {
    tolerated_percent: u8,
}

async fn start(
    State(app): State<App>,
    staff: VendorStaff,
    FormBody(form, key): FormBody<StartForm>,
) -> Result<Response> {
    let wish = RolloutWish { tolerated_percent: Some(form.tolerated_percent), ..RolloutWish::default() };
    staff.does(&app, wish, (&key, Mode::ForGood)).await?;
    let running = desk::latest(&app).await?.into_iter().find(|rollout| rollout.state == "running");
    Ok(match running {
        Some(begun) => see_other(&format!("/vendor/rollouts/{}", begun.id), Some(&Flash::good("rollout.said.begun"))),
        None => see_other("/vendor/rollouts", None),
    })
}

async fn halt(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    staff.does(&app, Turn::Halt(id), (&key, Mode::ForGood)).await?;
    Ok(see_other(&format!("/vendor/rollouts/{id}"), Some(&Flash::good("rollout.said.halted"))))
}

async fn resume(
    State(app): State<App>,
    staff: VendorStaff,
    Path(id): Path<Uuid>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    staff.does(&app, Turn::Resume(id), (&key, Mode::ForGood)).await?;
    Ok(see_other(&format!("/vendor/rollouts/{id}"), Some(&Flash::good("rollout.said.resumed"))))
}
