//! The page of the hotel's people: who is here, somebody new, a change.
use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hotelhub_identity::{HotelRole, Permission};
use hotelhub_kernel::{Cursor, Page};
use hotelhub_web::{FormBody, IfMatch, PageQuery, Query, Result, Visit};
use serde::Deserialize;
use uuid::Uuid;

use super::routes::{Edit, NewUser, UserChange, newcomer};
use super::view::{TeamForm, TeamPage};
use super::{Account, store};
use crate::hotel::step::Clerk;
use crate::hotel::{forms, shell};
use crate::node::Node;
use crate::people::said;
use crate::people::sessions::Staff;
use crate::tenancy::Tenant;

/// The refusals that a form of this page shows.
const WRONG: &[&str] = &[
    "email-taken",
    "last-owner",
    "owners-only",
    "own-account",
    "no-roles",
    "too-many-users",
    "hotel-suspended",
    "stale",
    "invalid-body",
];

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
            TeamForm::of(&account, forms::key(&tenant))
        }
        None => TeamForm::empty(forms::key(&tenant)),
    };
    rendered(&tenant, &staff, &visit, (StatusCode::OK, form), page).await
}

async fn add(clerk: Clerk, visit: Visit, page: PageQuery, FormBody(fields, key): FormBody<Fields>) -> Result<Response> {
    let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let wish = NewUser {
        name: text("name"),
        email: text("email"),
        phone: text("phone"),
        language: fields.get("language").cloned(),
        roles: chosen(&fields),
    };
    let step = clerk.step(Permission::UserManage, &key)?;
    let answer = step.land("people.flash.invited", async |tx| {
        super::add(tx, &clerk.tenant, &clerk.staff, newcomer(wish)?).await?;
        Ok("/team".to_owned())
    });
    or_again(answer.await, &clerk, &visit, page, (&fields, None)).await
}

async fn change(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    page: PageQuery,
    FormBody(fields, key): FormBody<Fields>,
) -> Result<Response> {
    let status = if fields.contains_key("active") { "active" } else { "disabled" };
    let wish = UserChange {
        name: fields.get("name").cloned(),
        phone: fields.get("phone").cloned(),
        language: fields.get("language").cloned(),
        roles: Some(chosen(&fields)),
        status: Some(status.to_owned()),
    };
    let seen = IfMatch(fields.get("version").and_then(|version| version.parse().ok()).unwrap_or(0));
    let step = clerk.step(Permission::UserManage, &key)?;
    let answer = step.land("people.flash.changed", async |tx| {
        let edit = Edit::read(wish)?;
        super::change(tx, &clerk.tenant, &clerk.staff, (id, seen), |account| edit.over(account)).await?;
        Ok("/team".to_owned())
    });
    or_again(answer.await, &clerk, &visit, page, (&fields, Some(id))).await
}

/// The answer of the form, or the form once more, about somebody new or about the account it changes, with why it was refused.
async fn or_again(
    answer: Result<Response>,
    Clerk { tenant, staff }: &Clerk,
    visit: &Visit,
    page: PageQuery,
    (fields, id): (&Fields, Option<Uuid>),
) -> Result<Response> {
    let Err(refusal) = answer else { return answer };
    let (status, wrong) = said(refusal, WRONG)?;
    let account = match id {
        Some(id) => Some(store::by_id(&*tenant.connect().await?, id).await?.ok_or_else(super::unknown)?),
        None => None,
    };
    let form = TeamForm::refilled(fields, account.as_ref(), forms::key(tenant), wrong);
    rendered(tenant, staff, visit, (status, form), page).await
}

fn chosen(fields: &Fields) -> Vec<HotelRole> {
    HotelRole::ALL.into_iter().filter(|role| fields.contains_key(&format!("role_{}", role.as_str()))).collect()
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
