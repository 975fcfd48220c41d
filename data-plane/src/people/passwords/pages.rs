//! Forgotten passwords: asking for a letter, and choosing a new password behind its link.
use axum::Router;
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hotelhub_identity::LinkToken;
use hotelhub_web::preferences::see_other;
use hotelhub_web::{AppError, Flash, Layout, Page, Result, Shell, Visit};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::jobs::SendPasswordLink;
use crate::audit::{self, Actor};
use crate::node::Node;
use crate::people::links::{self, Purpose, Spent};
use crate::people::model::Email;
use crate::people::sessions::Visitor;
use crate::people::users::{self, Account};
use crate::queue;
use crate::tenancy::Tenant;

pub(crate) fn pages() -> Router<Node> {
    Router::new()
        .route("/password/forgot", get(show_forgot).post(forgot))
        .route("/password/reset/{token}", get(show_reset).post(reset))
}

/// Asks for an address, then says that a letter is on its way whether or not it is.
#[derive(Serialize)]
pub(crate) struct ForgotPage {
    asked: bool,
    wrong: bool,
}

impl Page for ForgotPage {
    const TEMPLATE: &'static str = "people/forgot";

    fn sample() -> Self {
        Self { asked: false, wrong: true }
    }
}

/// Asks for a new password.
#[derive(Serialize)]
pub(crate) struct ResetPage {
    email: String,
    token: String,
    /// The catalogue's key of why the last one was not taken.
    weak: Option<String>,
}

impl Page for ResetPage {
    const TEMPLATE: &'static str = "people/reset";

    fn sample() -> Self {
        Self { email: "wayan@melati.id".into(), token: "4Zk0".into(), weak: Some("people.wrong.weak-password".into()) }
    }
}

#[derive(Deserialize)]
struct ForgotForm {
    email: String,
}

#[derive(Deserialize)]
struct ResetForm {
    password: String,
}

async fn show_forgot(tenant: Tenant, visit: Visit) -> Result<Response> {
    rendered(&tenant, &visit, "people.forgot.title", &ForgotPage { asked: false, wrong: false })
}

async fn forgot(tenant: Tenant, visitor: Visitor, visit: Visit, Form(form): Form<ForgotForm>) -> Result<Response> {
    let gate = &tenant.node().gate;
    gate.admit_link(visitor.address).await?;
    let Some(email) = Email::parse(&form.email) else {
        let page = ForgotPage { asked: false, wrong: true };
        let mut response = rendered(&tenant, &visit, "people.forgot.title", &page)?;
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(response);
    };
    // Too many letters to one address: none more is sent, and nothing shows it.
    if gate.admit_letter(&tenant, &email).await.is_ok() {
        let tx = tenant.begin().await?;
        let outcome = queue::enqueue(&tx, &tenant, &SendPasswordLink { email: email.as_str().to_owned() }).await;
        tx.settle(outcome).await?;
    }
    rendered(&tenant, &visit, "people.forgot.title", &ForgotPage { asked: true, wrong: false })
}

async fn show_reset(tenant: Tenant, visit: Visit, Path(text): Path<String>) -> Result<Response> {
    match keeper(&tenant, &text).await? {
        Some((account, _)) => form(&tenant, &visit, account, text, None),
        None => links::spent(&tenant, &visit),
    }
}

async fn reset(
    tenant: Tenant,
    visitor: Visitor,
    visit: Visit,
    Path(text): Path<String>,
    Form(wish): Form<ResetForm>,
) -> Result<Response> {
    let gate = &tenant.node().gate;
    gate.admit_link(visitor.address).await?;
    let Some((account, link)) = keeper(&tenant, &text).await? else { return links::spent(&tenant, &visit) };
    let about = [account.email.clone(), account.name.clone()];
    let hash = match gate.hash(wish.password, about, &tenant.node().entropy).await {
        Ok(hash) => hash,
        Err(error) if error.code() == "weak-password" => return form(&tenant, &visit, account, text, Some(error)),
        Err(error) => return Err(error),
    };
    let tx = tenant.begin().await?;
    let outcome = async {
        let account = links::used(&tx, &tenant, &link, Purpose::Password).await?;
        users::set_password(&tx, account.id, &hash, tenant.clock().now()).await?;
        links::mail_was_read(&tx, &tenant, &account).await?;
        let ended = super::after_change(&tx, &tenant, account.id, None).await?;
        let by = Actor::User { id: account.id, name: account.name };
        let details = json!({ "sessions_ended": ended });
        Ok(audit::record(&tx, &tenant, &by, "password.reset", ("user", account.id), details).await?)
    };
    let outcome = outcome.await;
    match tx.settle(outcome).await {
        Ok(()) => Ok(see_other("/login", Some(&Flash::good("people.flash.password-set")))),
        Err(error) if error.code() == Spent::CODE => links::spent(&tenant, &visit),
        Err(error) => Err(error),
    }
}

/// Whose link this is, if it works.
async fn keeper(tenant: &Tenant, text: &str) -> Result<Option<(Account, LinkToken)>> {
    let Some(link) = LinkToken::read(text) else { return Ok(None) };
    let conn = tenant.connect().await?;
    let Some(user) = links::owner(&conn, tenant, &link, Purpose::Password).await? else { return Ok(None) };
    Ok(users::by_id(&conn, user).await?.map(|account| (account, link)))
}

fn form(
    tenant: &Tenant,
    visit: &Visit,
    account: Account,
    token: String,
    refusal: Option<AppError>,
) -> Result<Response> {
    let weak = refusal.as_ref().map(|_| "people.wrong.weak-password".to_owned());
    let page = ResetPage { email: account.email, token, weak };
    let mut response = rendered(tenant, visit, "people.reset.title", &page)?;
    if let Some(refusal) = refusal {
        *response.status_mut() = refusal.kind().status();
    }
    Ok(response)
}

fn rendered(tenant: &Tenant, visit: &Visit, title_key: &str, page: &impl Page) -> Result<Response> {
    let shell = Shell::new(visit, Layout::Plain, tenant.name(), title_key);
    Ok(tenant.node().templates.render(&shell, page)?.into_response())
}
