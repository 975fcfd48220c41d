//! The sign-in page, and signing out.
use axum::Router;
use axum::extract::Form;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hotelhub_web::preferences::{local, see_other};
use hotelhub_web::{Flash, Layout, Page, Query, Result, Shell, Visit};
use serde::{Deserialize, Serialize};

use super::routes::{sign_out, with_session, without_session};
use super::sign_in::{SignIn, sign_in};
use super::staff::MaybeStaff;
use super::visitor::Visitor;
use crate::node::Node;
use crate::tenancy::Tenant;

pub(crate) fn pages() -> Router<Node> {
    Router::new().route("/login", get(show).post(enter)).route("/logout", post(leave))
}

/// Where staff start.
const HOME: &str = "/desk";

/// The sign-in form, as it was filled in but for the secrets.
#[derive(Serialize)]
pub(crate) struct LoginPage {
    next: String,
    email: String,
    /// Whether the account was found to need a code.
    code_needed: bool,
    /// The catalogue's key of what was wrong.
    wrong: Option<String>,
}

impl Page for LoginPage {
    const TEMPLATE: &'static str = "people/login";

    fn sample() -> Self {
        Self {
            next: "/desk".into(),
            email: "wayan@melati.id".into(),
            code_needed: true,
            wrong: Some("people.wrong.wrong-code".into()),
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
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

async fn show(
    tenant: Tenant,
    MaybeStaff(staff): MaybeStaff,
    visit: Visit,
    Query(back): Query<Back>,
) -> Result<Response> {
    let next = back.next.as_deref().map_or(HOME, local).to_owned();
    if staff.is_some() {
        return Ok(see_other(&next, None));
    }
    let page = LoginPage { next, email: String::new(), code_needed: false, wrong: None };
    rendered(&tenant, &visit, &page)
}

async fn enter(tenant: Tenant, visitor: Visitor, visit: Visit, Form(form): Form<LoginForm>) -> Result<Response> {
    let next = if form.next.is_empty() { HOME } else { local(&form.next) };
    let code = Some(form.code).filter(|code| !code.trim().is_empty());
    let wish = SignIn { email: form.email.clone(), password: form.password, code };
    let refusal = match sign_in(&tenant, &visitor, wish).await {
        Ok(admitted) => return Ok(with_session(see_other(next, None), &admitted.token)),
        Err(refusal) => refusal,
    };
    let code = refusal.code();
    if !["wrong-credentials", "code-needed", "wrong-code", "too-many-attempts"].contains(&code) {
        return Err(refusal);
    }
    let code_needed = matches!(code, "code-needed" | "wrong-code");
    let wrong = Some(format!("people.wrong.{code}"));
    let page = LoginPage { next: next.to_owned(), email: form.email, code_needed, wrong };
    let said = refusal.into_response();
    let mut response = rendered(&tenant, &visit, &page)?;
    *response.status_mut() = said.status();
    if let Some(wait) = said.headers().get(RETRY_AFTER) {
        response.headers_mut().insert(RETRY_AFTER, wait.clone());
    }
    Ok(response)
}

fn rendered(tenant: &Tenant, visit: &Visit, page: &LoginPage) -> Result<Response> {
    let shell = Shell::new(visit, Layout::Plain, tenant.name(), "people.login.title");
    Ok(tenant.node().templates.render(&shell, page)?.into_response())
}

async fn leave(tenant: Tenant, MaybeStaff(staff): MaybeStaff) -> Result<Response> {
    sign_out(&tenant, staff.as_ref()).await?;
    let mut response = without_session(see_other("/login", None));
    response.headers_mut().append(SET_COOKIE, Flash::good("people.flash.signed-out").cookie());
    Ok(response)
}
