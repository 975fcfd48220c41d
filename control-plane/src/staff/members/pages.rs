//! `/vendor/staff`: who belongs to the staff, who is invited, and what can be done about it.
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hotelhub_identity::{StaffPermission, StaffRole};
use hotelhub_web::preferences::see_other;
use hotelhub_web::{AppError, Flash, FormBody, Lang, Nothing, Page, Result, Visit};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{Change, Status};
use super::routes::{Deed, Invited, StaffList, changed, everybody};
use super::store::Member;
use crate::staff::links::{self, Invite};
use crate::staff::{Mode, VendorStaff};
use crate::{App, vendor};

pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route(PAGE, get(show))
        .route("/vendor/staff/invitations", post(invite))
        .route("/vendor/staff/invitations/{id}/withdraw", post(withdraw))
        .route("/vendor/staff/{id}", post(change))
        .route("/vendor/staff/{id}/reset-authenticator", post(reset))
        .route("/vendor/staff/{id}/end-sessions", post(end))
}

const PAGE: &str = "/vendor/staff";

/// The staff, the invitations, and the form for one more.
#[derive(Serialize)]
pub struct StaffPage {
    form_key: String,
    members: Vec<MemberLine>,
    invitations: Vec<InvitationLine>,
    /// The roles somebody can be given.
    roles: Vec<RoleChoice>,
    /// The catalogue's key of why the last wish was refused.
    wrong: Option<String>,
    /// What was entered for one more.
    name: String,
    email: String,
}

#[derive(Serialize)]
struct MemberLine {
    id: Uuid,
    name: String,
    email: String,
    role_key: String,
    active: bool,
    pending: bool,
    sessions: i64,
    seen: Option<String>,
    /// Whether it is who looks.
    oneself: bool,
    roles: Vec<RoleChoice>,
}

#[derive(Serialize)]
struct InvitationLine {
    id: Uuid,
    name: String,
    email: String,
    role_key: String,
    until: String,
}

#[derive(Serialize)]
struct RoleChoice {
    value: &'static str,
    key: String,
    chosen: bool,
}

fn roles(chosen: StaffRole) -> Vec<RoleChoice> {
    let choice =
        |role: StaffRole| RoleChoice { value: role.as_str(), key: vendor::role_key(role), chosen: role == chosen };
    StaffRole::ALL.into_iter().map(choice).collect()
}

impl MemberLine {
    fn of(member: Member, staff: &VendorStaff, visit: &Visit) -> Self {
        Self {
            id: member.id,
            oneself: member.id == staff.id,
            name: member.name,
            email: member.email,
            role_key: vendor::role_key(member.role),
            active: member.status == Status::Active,
            pending: member.authenticator_pending,
            sessions: member.sessions,
            seen: member.last_seen_at.map(|at| vendor::moment(at, visit)),
            roles: roles(member.role),
        }
    }
}

impl StaffPage {
    fn of(list: StaffList, staff: &VendorStaff, visit: &Visit, form_key: String) -> Self {
        let invitation = |open: links::Invitation| InvitationLine {
            id: open.id,
            name: open.name,
            email: open.email,
            role_key: vendor::role_key(open.role),
            until: vendor::moment(open.expires_at, visit),
        };
        Self {
            form_key,
            members: list.items.into_iter().map(|member| MemberLine::of(member, staff, visit)).collect(),
            invitations: list.invitations.into_iter().map(invitation).collect(),
            roles: roles(StaffRole::Support),
            wrong: None,
            name: String::new(),
            email: String::new(),
        }
    }
}

impl Page for StaffPage {
    const TEMPLATE: &'static str = "staff/staff";

    fn sample() -> Self {
        let member = |n: u128, active: bool| MemberLine {
            id: Uuid::from_u128(n),
            name: "Ratna Dewi".to_owned(),
            email: "ratna@hotelhub.id".to_owned(),
            role_key: "staff.role.support".to_owned(),
            active,
            pending: !active,
            sessions: 2,
            seen: active.then(|| "3 Jul 2026 10.15".to_owned()),
            oneself: n == 1,
            roles: roles(StaffRole::Support),
        };
        let invitation = InvitationLine {
            id: Uuid::nil(),
            name: "Joko Susilo".to_owned(),
            email: "joko@hotelhub.id".to_owned(),
            role_key: "staff.role.finance".to_owned(),
            until: "6 Jul 2026 10.15".to_owned(),
        };
        Self {
            form_key: "01980f6e-7b9a".to_owned(),
            members: vec![member(1, true), member(2, true), member(3, false)],
            invitations: vec![invitation],
            roles: roles(StaffRole::Support),
            wrong: Some("staff.wrong.email-taken".to_owned()),
            name: "Joko Susilo".to_owned(),
            email: "joko@hotelhub.id".to_owned(),
        }
    }
}

async fn show(State(app): State<App>, staff: VendorStaff, visit: Visit) -> Result<Response> {
    staff.may(StaffPermission::StaffManage)?;
    rendered(&app, &staff, &visit, StatusCode::OK, |_| {}).await
}

async fn rendered(
    app: &App,
    staff: &VendorStaff,
    visit: &Visit,
    status: StatusCode,
    fill: impl FnOnce(&mut StaffPage),
) -> Result<Response> {
    let mut page = StaffPage::of(everybody(app).await?, staff, visit, vendor::form_key(app));
    fill(&mut page);
    Ok((status, app.templates.render(&vendor::shell(visit, staff, "vendor.staff"), &page)?).into_response())
}

/// Back to the page with what was done, or the page with what was wrong.
async fn told<T>(
    app: &App,
    staff: &VendorStaff,
    visit: &Visit,
    outcome: Result<T>,
    good: &str,
    fill: impl FnOnce(&mut StaffPage),
) -> Result<Response> {
    const SHOWN: [&str; 6] =
        ["last-admin", "email-taken", "invalid-staff", "staff-disabled", "unknown-staff", "no-such-invitation"];
    match outcome {
        Ok(_) => Ok(see_other(PAGE, Some(&Flash::good(good)))),
        Err(refusal) if SHOWN.contains(&refusal.code()) => {
            let wrong = format!("staff.wrong.{}", refusal.code());
            let fill = |page: &mut StaffPage| {
                page.wrong = Some(wrong);
                fill(page);
            };
            rendered(app, staff, visit, refusal.kind().status(), fill).await
        }
        Err(refusal) => Err::<Response, AppError>(refusal),
    }
}

async fn invite(
    State(app): State<App>,
    staff: VendorStaff,
    visit: Visit,
    lang: Lang,
    FormBody(form, key): FormBody<Invite>,
) -> Result<Response> {
    let entered = (form.name.clone(), form.email.clone());
    let outcome = staff.does(&app, Invited(form, lang), (&key, Mode::ForGood)).await;
    let fill = |page: &mut StaffPage| (page.name, page.email) = entered;
    told(&app, &staff, &visit, outcome, "staff.flash.invited", fill).await
}

async fn withdraw(
    State(app): State<App>,
    staff: VendorStaff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(_, _): FormBody<Nothing>,
) -> Result<Response> {
    staff.may(StaffPermission::StaffManage)?;
    let outcome = links::withdraw(&app, &staff, id).await;
    told(&app, &staff, &visit, outcome, "staff.flash.uninvited", |_| {}).await
}

/// A role as the form says it, and a status that only its button says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    role: StaffRole,
    status: Option<Status>,
}

async fn change(
    State(app): State<App>,
    staff: VendorStaff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, _): FormBody<Wish>,
) -> Result<Response> {
    let wish = Change { role: Some(form.role), status: form.status };
    let outcome = changed(&app, &staff, id, &wish).await;
    told(&app, &staff, &visit, outcome, "staff.flash.changed", |_| {}).await
}

async fn reset(
    State(app): State<App>,
    staff: VendorStaff,
    visit: Visit,
    lang: Lang,
    Path(id): Path<Uuid>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    let outcome = staff.does(&app, Deed::ResetAuthenticator(id, lang), (&key, Mode::ForGood)).await;
    told(&app, &staff, &visit, outcome, "staff.flash.reset", |_| {}).await
}

async fn end(
    State(app): State<App>,
    staff: VendorStaff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(_, key): FormBody<Nothing>,
) -> Result<Response> {
    let outcome = staff.does(&app, Deed::EndSessions(id), (&key, Mode::ForGood)).await;
    told(&app, &staff, &visit, outcome, "staff.flash.sessions-ended", |_| {}).await
}
