//! The pages of staff sign-in and account.
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hotelhub_web::preferences::{local, see_other};
use hotelhub_web::{AppError, Flash, Layout, Page, Query, Result, Shell, Visit};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::VendorStaff;
use super::links::CodesPage;
use super::routes::{with_session, without_session};
use super::sign_in::{self, SignIn, Visitor};
use super::store::{self, OpenSession};
use crate::{App, vendor};

pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/vendor/login", get(show).post(enter))
        .route("/logout", post(leave))
        .route("/account", get(async || see_other(ACCOUNT, None)))
        .route(ACCOUNT, get(account))
        .route("/vendor/account/password", post(change_password))
        .route("/vendor/account/recovery-codes", post(renew_codes))
        .route("/vendor/account/sessions/{id}/end", post(end_session))
}

/// Where staff start.
const HOME: &str = "/vendor/tenants";
const ACCOUNT: &str = "/vendor/account";

/// The sign-in form, as it was filled in but for the secrets.
#[derive(Serialize)]
pub struct LoginPage {
    next: String,
    email: String,
    /// The catalogue's key of what was wrong.
    wrong: Option<String>,
}

impl Page for LoginPage {
    const TEMPLATE: &'static str = "staff/login";

    fn sample() -> Self {
        Self { next: HOME.into(), email: "ratna@hotelhub.id".into(), wrong: Some("staff.wrong.wrong-code".into()) }
    }
}

/// One's own account: password and sessions.
#[derive(Serialize)]
pub struct AccountPage {
    name: String,
    email: String,
    role_key: String,
    /// The catalogue's key of why the password was not changed.
    wrong: Option<String>,
    /// The catalogue's key of why there are no new recovery codes.
    codes_wrong: Option<String>,
    /// Recovery codes that are still good.
    codes_left: i64,
    sessions: Vec<SessionRow>,
}

#[derive(Serialize)]
struct SessionRow {
    id: Uuid,
    agent: String,
    address: String,
    since: String,
    seen: String,
    current: bool,
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "staff/account";

    fn sample() -> Self {
        let session = SessionRow {
            id: Uuid::nil(),
            agent: "Firefox".into(),
            address: "203.0.113.7".into(),
            since: "03 Jul 2026 08:05".into(),
            seen: "03 Jul 2026 14:05".into(),
            current: false,
        };
        Self {
            name: "Ratna Dewi".into(),
            email: "ratna@hotelhub.id".into(),
            role_key: "staff.role.super_admin".into(),
            wrong: Some("staff.wrong.weak-password".into()),
            codes_wrong: Some("staff.wrong.wrong-password".into()),
            codes_left: 10,
            sessions: vec![session],
        }
    }
}

#[derive(Deserialize)]
struct Back {
    next: Option<String>,
}

#[derive(Deserialize)]
struct LoginForm {
    email: String,
    password: String,
    code: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct PasswordForm {
    current: String,
    new: String,
}

async fn show(
    State(app): State<App>,
    staff: Option<VendorStaff>,
    visit: Visit,
    Query(back): Query<Back>,
) -> Result<Response> {
    let next = back.next.as_deref().map_or(HOME, local).to_owned();
    if staff.is_some() {
        return Ok(see_other(&next, None));
    }
    login_page(&app, &visit, LoginPage { next, email: String::new(), wrong: None })
}

async fn enter(
    State(app): State<App>,
    visitor: Visitor,
    visit: Visit,
    Form(form): Form<LoginForm>,
) -> Result<Response> {
    let next = if form.next.is_empty() { HOME } else { local(&form.next) }.to_owned();
    let wish = SignIn { email: form.email.clone(), password: form.password, code: form.code };
    match sign_in::sign_in(&app, &visitor, wish).await {
        Ok(token) => Ok(with_session(see_other(&next, None), &token)),
        Err(refusal) => {
            let Some(wrong) = said(&refusal) else { return Err(refusal) };
            let page = login_page(&app, &visit, LoginPage { next, email: form.email, wrong: Some(wrong) })?;
            Ok(again(refusal, page))
        }
    }
}

/// A form once more, with its refusal's status and how long to wait.
fn again(refusal: AppError, form: Response) -> Response {
    let refused = refusal.into_response();
    let mut response = (refused.status(), form).into_response();
    response.headers_mut().extend(refused.headers().get(RETRY_AFTER).map(|wait| (RETRY_AFTER, wait.clone())));
    response
}

fn login_page(app: &App, visit: &Visit, page: LoginPage) -> Result<Response> {
    let shell = Shell::new(visit, Layout::Plain, "HotelHub", "staff.login.title");
    Ok(app.templates.render(&shell, &page)?.into_response())
}

async fn leave(State(app): State<App>, staff: Option<VendorStaff>) -> Result<Response> {
    if let Some(staff) = staff {
        sign_in::end(&app, &staff, staff.session_id).await?;
    }
    Ok(without_session(see_other("/vendor/login", Some(&Flash::good("staff.flash.signed-out")))))
}

async fn account(State(app): State<App>, staff: VendorStaff, visit: Visit) -> Result<Response> {
    account_page(&app, &staff, &visit, |_| {}).await
}

#[derive(Deserialize)]
struct ProofForm {
    password: String,
}

async fn renew_codes(
    State(app): State<App>,
    staff: VendorStaff,
    visitor: Visitor,
    visit: Visit,
    Form(form): Form<ProofForm>,
) -> Result<Response> {
    match sign_in::renew_codes(&app, &staff, &visitor, form.password).await {
        Ok(codes) => {
            let shell = vendor::shell(&visit, &staff, "staff.codes.title");
            Ok(app.templates.render(&shell, &CodesPage::of(&codes))?.into_response())
        }
        Err(refusal) => {
            let Some(wrong) = said(&refusal) else { return Err(refusal) };
            let page = account_page(&app, &staff, &visit, |page| page.codes_wrong = Some(wrong)).await?;
            Ok(again(refusal, page))
        }
    }
}

async fn change_password(
    State(app): State<App>,
    staff: VendorStaff,
    visitor: Visitor,
    visit: Visit,
    Form(form): Form<PasswordForm>,
) -> Result<Response> {
    match sign_in::change_password(&app, &staff, &visitor, (form.current, form.new)).await {
        Ok(token) => {
            let flash = Flash::good("staff.flash.password-saved");
            Ok(with_session(see_other(ACCOUNT, Some(&flash)), &token))
        }
        Err(refusal) => {
            let Some(wrong) = said(&refusal) else { return Err(refusal) };
            let page = account_page(&app, &staff, &visit, |page| page.wrong = Some(wrong)).await?;
            Ok(again(refusal, page))
        }
    }
}

async fn end_session(State(app): State<App>, staff: VendorStaff, Path(id): Path<Uuid>) -> Result<Response> {
    sign_in::end(&app, &staff, id).await?;
    Ok(see_other(ACCOUNT, Some(&Flash::good("staff.flash.session-ended"))))
}

async fn account_page(
    app: &App,
    staff: &VendorStaff,
    visit: &Visit,
    fill: impl FnOnce(&mut AccountPage),
) -> Result<Response> {
    let open = store::list(&app.db.durable, staff.id, app.clock.now()).await?;
    let row = |open: OpenSession| SessionRow {
        current: open.id == staff.session_id,
        id: open.id,
        agent: open.agent,
        address: open.address,
        since: vendor::moment(open.created_at, visit),
        seen: vendor::moment(open.last_seen_at, visit),
    };
    let mut page = AccountPage {
        name: staff.name.clone(),
        email: staff.email.clone(),
        role_key: format!("staff.role.{}", staff.role.as_str()),
        wrong: None,
        codes_wrong: None,
        codes_left: store::codes_left(&app.db.durable, staff.id).await?,
        sessions: open.into_iter().map(row).collect(),
    };
    fill(&mut page);
    let shell = vendor::shell(visit, staff, "staff.account.title");
    Ok(app.templates.render(&shell, &page)?.into_response())
}

/// The catalogue's key of a refusal that a form shows.
pub(super) fn said(refusal: &AppError) -> Option<String> {
    const SHOWN: [&str; 6] =
        ["wrong-credentials", "code-needed", "wrong-code", "weak-password", "wrong-password", "too-many-attempts"];
    SHOWN.contains(&refusal.code()).then(|| format!("staff.wrong.{}", refusal.code()))
}
