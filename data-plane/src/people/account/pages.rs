//! The pages of one's own account.
use axum::Router;
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hotelhub_web::preferences::see_other;
use hotelhub_web::{AppError, Flash, FormBody, Nothing, Result, Visit};
use serde::Deserialize;
use uuid::Uuid;

use super::letters;
use super::view::{AccountPage, Enrolment};
use crate::hotel::step::{Clerk, Step};
use crate::hotel::{forms, properties, shell};
use crate::node::Node;
use crate::people::sessions::{self, Staff, Visitor, with_session};
use crate::people::{passwords, said, second_factor, users};
use crate::tenancy::Tenant;

/// The refusals that a form of this page shows.
const WRONG: &[&str] = &[
    "email",
    "email-taken",
    "weak-password",
    "wrong-password",
    "wrong-code",
    "already-guarded",
    "not-enrolled",
    "too-many-attempts",
];

pub(crate) fn pages() -> Router<Node> {
    Router::new()
        .route("/account", get(show))
        .route("/account/password", post(change_password))
        .route("/account/email", post(change_email))
        .route("/account/sessions/{id}/end", post(end_session))
        .route("/account/factor", post(enrol))
        .route("/account/factor/confirm", post(confirm))
        .route("/account/factor/off", post(disable))
        .route("/account/confirm-email", post(send_confirmation))
}

/// Sessions shown on the page; nobody has more browsers.
const SHOWN: i64 = 50;

#[derive(Deserialize)]
struct PasswordForm {
    current: Option<String>,
    new: String,
}

#[derive(Deserialize)]
struct EmailForm {
    email: String,
    password: String,
}

#[derive(Deserialize)]
struct ProofForm {
    password: String,
}

#[derive(Deserialize)]
struct CodeForm {
    code: String,
}

async fn show(tenant: Tenant, staff: Staff, visit: Visit) -> Result<Response> {
    rendered(&tenant, &staff, &visit, StatusCode::OK, |_| {}).await
}

async fn change_password(
    tenant: Tenant,
    staff: Staff,
    visitor: Visitor,
    visit: Visit,
    Form(form): Form<PasswordForm>,
) -> Result<Response> {
    match passwords::change_own(&tenant, &staff, &visitor, form.current.as_deref(), form.new).await {
        Ok(token) => {
            let flash = Flash::good("people.flash.password-saved");
            let back = if staff.has_password { "/account" } else { "/desk" };
            Ok(with_session(see_other(back, Some(&flash)), &token))
        }
        Err(refusal) => refused(&tenant, &staff, &visit, refusal, |page, key| page.password_wrong = Some(key)).await,
    }
}

async fn change_email(
    tenant: Tenant,
    staff: Staff,
    visitor: Visitor,
    visit: Visit,
    Form(form): Form<EmailForm>,
) -> Result<Response> {
    match super::change_email(&tenant, &staff, &visitor, &form.email, &form.password).await {
        Ok(()) => Ok(see_other("/account", Some(&Flash::good("people.flash.email-saved")))),
        Err(refusal) => {
            let fill = |page: &mut AccountPage, key| (page.email_wrong, page.email_wished) = (Some(key), form.email);
            refused(&tenant, &staff, &visit, refusal, fill).await
        }
    }
}

async fn end_session(clerk: Clerk, Path(id): Path<Uuid>, FormBody(_, key): FormBody<Nothing>) -> Result<Response> {
    let Clerk { tenant, staff } = &clerk;
    let step = Step::of(tenant, staff.scope(), &key);
    step.land("people.flash.session-ended", async |tx| {
        sessions::end_one(tx, tenant, staff, id).await?;
        Ok("/account".to_owned())
    })
    .await
}

async fn enrol(
    tenant: Tenant,
    staff: Staff,
    visitor: Visitor,
    visit: Visit,
    Form(form): Form<ProofForm>,
) -> Result<Response> {
    match second_factor::enrol_proven(&tenant, &staff, &visitor, &form.password).await {
        Ok(totp) => {
            let enrolment = Enrolment::of(&totp, tenant.name(), &staff.email);
            rendered(&tenant, &staff, &visit, StatusCode::OK, |page| page.enrolment = Some(enrolment)).await
        }
        Err(refusal) => factor_refused(&tenant, &staff, &visit, refusal).await,
    }
}

async fn confirm(
    tenant: Tenant,
    staff: Staff,
    visitor: Visitor,
    visit: Visit,
    Form(form): Form<CodeForm>,
) -> Result<Response> {
    match second_factor::confirm_first(&tenant, &staff, &visitor, &form.code).await {
        Ok((codes, token)) => {
            let fill = |page: &mut AccountPage| page.recovery_codes = codes.expose().to_vec();
            let response = rendered(&tenant, &staff, &visit, StatusCode::OK, fill).await?;
            Ok(with_session(response, &token))
        }
        Err(refusal) if refusal.code() == "wrong-code" => again(&tenant, &staff, &visit, refusal).await,
        Err(refusal) => factor_refused(&tenant, &staff, &visit, refusal).await,
    }
}

/// The QR code once more, for who mistyped the first code.
async fn again(tenant: &Tenant, staff: &Staff, visit: &Visit, refusal: AppError) -> Result<Response> {
    let waiting = passwords::own_account(tenant, staff).await?.totp;
    let enrolment = waiting.map(|totp| Enrolment::of(&totp, tenant.name(), &staff.email));
    let fill = |page: &mut AccountPage, key| (page.factor_wrong, page.enrolment) = (Some(key), enrolment);
    refused(tenant, staff, visit, refusal, fill).await
}

async fn disable(
    tenant: Tenant,
    staff: Staff,
    visitor: Visitor,
    visit: Visit,
    Form(form): Form<ProofForm>,
) -> Result<Response> {
    match second_factor::disable_proven(&tenant, &staff, &visitor, &form.password).await {
        Ok(()) => Ok(see_other("/account", Some(&Flash::good("people.flash.factor-off")))),
        Err(refusal) => factor_refused(&tenant, &staff, &visit, refusal).await,
    }
}

async fn send_confirmation(clerk: Clerk, visitor: Visitor, FormBody(_, key): FormBody<Nothing>) -> Result<Response> {
    let Clerk { tenant, staff } = &clerk;
    tenant.node().gate.admit_link(visitor.address).await?;
    let step = Step::of(tenant, staff.scope(), &key);
    step.land("people.flash.letter-sent", async |tx| {
        let account = users::lock(tx, staff.user_id).await?.ok_or_else(users::unknown)?;
        if !account.email_confirmed {
            letters::send(tx, tenant, &account).await?;
        }
        Ok("/account".to_owned())
    })
    .await
}

async fn factor_refused(tenant: &Tenant, staff: &Staff, visit: &Visit, refusal: AppError) -> Result<Response> {
    refused(tenant, staff, visit, refusal, |page, key| page.factor_wrong = Some(key)).await
}

/// The account again, with why a form of it was refused.
async fn refused(
    tenant: &Tenant,
    staff: &Staff,
    visit: &Visit,
    refusal: AppError,
    fill: impl FnOnce(&mut AccountPage, String),
) -> Result<Response> {
    let (status, key) = said(refusal, WRONG)?;
    rendered(tenant, staff, visit, status, |page| fill(page, key)).await
}

async fn rendered(
    tenant: &Tenant,
    staff: &Staff,
    visit: &Visit,
    status: StatusCode,
    fill: impl FnOnce(&mut AccountPage),
) -> Result<Response> {
    let conn = tenant.connect().await?;
    let account = users::by_id(&conn, staff.user_id).await?.ok_or_else(users::unknown)?;
    let open = sessions::open_sessions(&conn, tenant, staff.user_id, None, SHOWN).await?;
    let codes_left = second_factor::recovery_codes_left(&conn, staff.user_id).await?;
    let property = properties::the_one(&conn).await?;
    drop(conn);
    let shell = shell::of(&property, tenant, staff, visit, "people.account.title");
    let zone = shell::zone(&property);
    let mut page = AccountPage::of(&account, open, (staff.session_id, codes_left), forms::key(tenant), (&zone, visit));
    fill(&mut page);
    Ok((status, tenant.node().templates.render(&shell, &page)?).into_response())
}
