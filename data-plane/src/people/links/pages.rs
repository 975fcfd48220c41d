//! The pages behind a letter's links. Opening one changes nothing; its button does, once.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hotelhub_identity::{HotelRole, LinkToken, SessionToken};
use hotelhub_web::preferences::see_other;
use hotelhub_web::{AppError, Flash, Kind, Layout, Page, Result, Shell, Visit};
use serde::Serialize;
use serde_json::json;

use super::model::{Purpose, Spent};
use crate::audit::{self, Actor};
use crate::node::Node;
use crate::notify;
use crate::people::sessions::{self, Visitor, with_session};
use crate::people::users::{self, Account};
use crate::tenancy::{Session, Tenant};

pub(crate) fn pages() -> Router<Node> {
    Router::new()
        .route("/login/link/{token}", get(show_login).post(log_in))
        .route("/email/confirm/{token}", get(show_email).post(confirm_email))
}

/// One sentence and one button; without the button when the link is spent.
#[derive(Serialize)]
pub(crate) struct LinkPage {
    /// `login`, `email`, or `spent`.
    what: &'static str,
    hotel: String,
    /// Where the button posts to.
    action: String,
}

impl Page for LinkPage {
    const TEMPLATE: &'static str = "people/link";

    fn sample() -> Self {
        Self { what: "login", hotel: "Hotel Melati".into(), action: "/login/link/4Zk0".into() }
    }
}

async fn show_login(tenant: Tenant, visit: Visit, Path(text): Path<String>) -> Result<Response> {
    show(&tenant, &visit, &text, Purpose::Login).await
}

async fn show_email(tenant: Tenant, visit: Visit, Path(text): Path<String>) -> Result<Response> {
    show(&tenant, &visit, &text, Purpose::Email).await
}

async fn show(tenant: &Tenant, visit: &Visit, text: &str, purpose: Purpose) -> Result<Response> {
    let open = match LinkToken::read(text) {
        Some(token) => super::owner(&*tenant.connect().await?, tenant, &token, purpose).await?.is_some(),
        None => false,
    };
    if !open {
        return spent(tenant, visit);
    }
    let action = match purpose {
        Purpose::Login => format!("/login/link/{text}"),
        Purpose::Password => format!("/password/reset/{text}"),
        Purpose::Email => format!("/email/confirm/{text}"),
    };
    let page = LinkPage { what: purpose.as_str(), hotel: tenant.name().to_owned(), action };
    rendered(tenant, visit, &page)
}

/// 410, and where to ask for a new link.
pub(crate) fn spent(tenant: &Tenant, visit: &Visit) -> Result<Response> {
    let page = LinkPage { what: "spent", hotel: tenant.name().to_owned(), action: String::new() };
    let mut response = rendered(tenant, visit, &page)?;
    *response.status_mut() = StatusCode::GONE;
    Ok(response)
}

fn rendered(tenant: &Tenant, visit: &Visit, page: &LinkPage) -> Result<Response> {
    let shell = Shell::new(visit, Layout::Plain, tenant.name(), "people.link.title");
    Ok(tenant.node().templates.render(&shell, page)?.into_response())
}

async fn log_in(tenant: Tenant, visitor: Visitor, visit: Visit, Path(text): Path<String>) -> Result<Response> {
    tenant.node().gate.admit_link(visitor.address).await?;
    let Some(link) = LinkToken::read(&text) else { return spent(&tenant, &visit) };
    let tx = tenant.begin().await?;
    let outcome = enter(&tx, &tenant, &visitor, &link).await;
    match tx.settle(outcome).await {
        Ok(token) => Ok(with_session(see_other("/desk", None), &token)),
        Err(error) if error.code() == Spent::CODE => spent(&tenant, &visit),
        Err(error) => Err(error),
    }
}

/// Opens a session for whoever presses the link's button. It proves no mail address: the sign-up door hands the same link to
/// whoever fills its form. An authenticator is not gone around: its owner signs in as always.
async fn enter(session: &Session, tenant: &Tenant, visitor: &Visitor, link: &LinkToken) -> Result<SessionToken> {
    let account = used(session, tenant, link, Purpose::Login).await?;
    if account.guard().is_some() {
        let detail = "An authenticator guards this account: sign in with password and code.";
        return Err(AppError::new(Kind::Conflict, "code-needed", detail));
    }
    Ok(sessions::open(session, tenant, visitor, &account, "link").await?)
}

async fn confirm_email(tenant: Tenant, visitor: Visitor, visit: Visit, Path(text): Path<String>) -> Result<Response> {
    tenant.node().gate.admit_link(visitor.address).await?;
    let Some(link) = LinkToken::read(&text) else { return spent(&tenant, &visit) };
    let tx = tenant.begin().await?;
    let outcome = async {
        let account = used(&tx, &tenant, &link, Purpose::Email).await?;
        mail_was_read(&tx, &tenant, &account).await
    };
    let outcome = outcome.await;
    match tx.settle(outcome).await {
        Ok(()) => Ok(see_other("/desk", Some(&Flash::good("people.flash.email-confirmed")))),
        Err(error) if error.code() == Spent::CODE => spent(&tenant, &visit),
        Err(error) => Err(error),
    }
}

/// Uses a link up and answers whose it was.
pub(crate) async fn used(session: &Session, tenant: &Tenant, link: &LinkToken, purpose: Purpose) -> Result<Account> {
    let user = super::use_up(session, tenant, link, purpose).await?.ok_or(Spent)?;
    users::lock(session, user).await?.ok_or_else(|| Spent.into())
}

/// A letter's link was used, so its address is read: it is confirmed, and what was withheld for an owner's sake is sent.
pub(crate) async fn mail_was_read(session: &Session, tenant: &Tenant, account: &Account) -> Result<()> {
    if !users::confirm_email(session, account.id, tenant.clock().now()).await? {
        return Ok(());
    }
    let by = Actor::User { id: account.id, name: account.name.clone() };
    audit::record(session, tenant, &by, "email.confirm", ("user", account.id), json!({})).await?;
    if account.roles.contains(&HotelRole::Owner) {
        notify::release_withheld(session, tenant).await?;
    }
    Ok(())
}
