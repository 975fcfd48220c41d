//! The page of the hotel's people: who is here, somebody new, a change.
use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hotelhub_identity::{HotelRole, Permission};
use hotelhub_kernel::{Cursor, Page};
use hotelhub_web::preferences::see_other;
use hotelhub_web::{AppError, Flash, FormBody, IfMatch, PageQuery, Query, Result, Visit};
use serde::Deserialize;
use uuid::Uuid;

use super::routes::{Edit, NewUser, UserChange, newcomer};
use super::view::{TeamForm, TeamPage};
use super::{Account, store};
use crate::hotel::shell;
use crate::node::Node;
use crate::people::sessions::Staff;
use crate::tenancy::{Begun, Tenant};

pub(crate) fn pages() -> Router<Node> {
    Router::new().route("/team", get(show).post(add)).route("/team/{id}", post(change))
}

#[derive(Deserialize)]
struct Asked {
    edit: Option<Uuid>,
}

/// A form's fields as they came: a role is a checkbox `role_<name>`.
type Fields = BTreeMap<String, String>;

async fn show(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    page: PageQuery,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    staff.may(Permission::UserManage)?;
    let form = match asked.edit {
        Some(id) => {
            let account = store::by_id(&*tenant.connect().await?, id).await?.ok_or_else(super::unknown)?;
            TeamForm::of(&account, fresh_key(&tenant))
        }
        None => TeamForm::empty(fresh_key(&tenant)),
    };
    rendered(&tenant, &staff, &visit, (StatusCode::OK, form), page).await
}

async fn add(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    page: PageQuery,
    FormBody(fields, key): FormBody<Fields>,
) -> Result<Response> {
    staff.may(Permission::UserManage)?;
    let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let wish = NewUser {
        name: text("name"),
        email: text("email"),
        phone: text("phone"),
        language: fields.get("language").cloned(),
        roles: chosen(&fields),
    };
    let outcome = async {
        let new = newcomer(wish)?;
        let tx = match tenant.begin_once(&staff.scope(), &key).await? {
            Begun::Fresh(tx) => tx,
            Begun::Answered(answer) => return Ok(answer),
        };
        let outcome = super::add(&tx, &tenant, &staff, new).await.map(|_| ());
        tx.answer_with(StatusCode::SEE_OTHER, back_with("people.flash.invited"), outcome).await
    };
    match outcome.await {
        Ok(response) => Ok(response),
        Err(refusal) => {
            let (status, wrong) = said(refusal)?;
            let form = TeamForm::refilled(&fields, None, fresh_key(&tenant), wrong);
            rendered(&tenant, &staff, &visit, (status, form), page).await
        }
    }
}

async fn change(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    page: PageQuery,
    FormBody(fields, _): FormBody<Fields>,
) -> Result<Response> {
    staff.may(Permission::UserManage)?;
    let status = if fields.contains_key("active") { "active" } else { "disabled" };
    let wish = UserChange {
        name: fields.get("name").cloned(),
        phone: fields.get("phone").cloned(),
        language: fields.get("language").cloned(),
        roles: Some(chosen(&fields)),
        status: Some(status.to_owned()),
    };
    let seen = IfMatch(fields.get("version").and_then(|version| version.parse().ok()).unwrap_or(0));
    let outcome = async {
        let edit = Edit::read(wish)?;
        let tx = tenant.begin().await?;
        let outcome = super::change(&tx, &tenant, &staff, (id, seen), |account| edit.over(account)).await;
        tx.settle(outcome).await
    };
    match outcome.await {
        Ok(_) => Ok(see_other("/team", Some(&Flash::good("people.flash.changed")))),
        Err(refusal) => {
            let (status, wrong) = said(refusal)?;
            let account = store::by_id(&*tenant.connect().await?, id).await?.ok_or_else(super::unknown)?;
            let form = TeamForm::refilled(&fields, Some(&account), fresh_key(&tenant), wrong);
            rendered(&tenant, &staff, &visit, (status, form), page).await
        }
    }
}

fn chosen(fields: &Fields) -> Vec<HotelRole> {
    HotelRole::ALL.into_iter().filter(|role| fields.contains_key(&format!("role_{}", role.as_str()))).collect()
}

fn fresh_key(tenant: &Tenant) -> String {
    tenant.ids().next().to_string()
}

fn back_with(flash: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::from_static("/team"));
    headers.append(SET_COOKIE, Flash::good(flash).cookie());
    headers
}

/// The status and the catalogue's key of a refusal that the form shows; any other is the answer itself.
fn said(refusal: AppError) -> Result<(StatusCode, String)> {
    const SHOWN: [&str; 8] = [
        "email-taken",
        "last-owner",
        "owners-only",
        "own-account",
        "no-roles",
        "too-many-users",
        "stale",
        "invalid-body",
    ];
    if SHOWN.contains(&refusal.code()) {
        Ok((refusal.kind().status(), format!("people.wrong.{}", refusal.code())))
    } else {
        Err(refusal)
    }
}

async fn rendered(
    tenant: &Tenant,
    staff: &Staff,
    visit: &Visit,
    (status, form): (StatusCode, TeamForm),
    page: PageQuery,
) -> Result<Response> {
    let conn = tenant.connect().await?;
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX) + 1;
    let rows = store::list(&conn, page.cursor.map(|cursor| cursor.id), limit).await?;
    let shell = shell::desk(&conn, tenant, staff, visit, "people.team.title").await?;
    drop(conn);
    let place = |account: &Account| Cursor { key: String::new(), id: account.id };
    let Page { items, next } = Page::cut(rows, page.limit, place);
    let page = TeamPage::of(&items, next.map(String::from), form);
    Ok((status, tenant.node().templates.render(&shell, &page)?).into_response())
}
