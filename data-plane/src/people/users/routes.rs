//! The JSON doors of the hotel's people.
use axum::Json;
use axum::extract::Path;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hotelhub_identity::{HotelRole, Permission};
use hotelhub_kernel::{Cursor, Page};
use hotelhub_web::{AppError, Body, IfMatch, Kind, Lang, PageQuery, Posted, Result, etag};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Account, Changed, Newcomer, Status, store};
use crate::node::Node;
use crate::people::model::{Email, line};
use crate::people::sessions::Staff;
use crate::tenancy::{Begun, Tenant};

pub(crate) fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(show, change))
}

/// Somebody of the hotel.
#[derive(Serialize, ToSchema)]
struct AccountView {
    id: Uuid,
    name: String,
    email: String,
    phone: String,
    #[schema(value_type = String)]
    language: Lang,
    #[schema(value_type = Vec<String>)]
    roles: Vec<HotelRole>,
    /// `active` or `disabled`.
    #[schema(value_type = String)]
    status: Status,
    email_confirmed: bool,
    /// Whether an authenticator guards the account.
    second_factor: bool,
    /// Whether a password was chosen yet.
    has_password: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    version: i32,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            second_factor: account.guard().is_some(),
            has_password: account.password.is_some(),
            id: account.id,
            name: account.name,
            email: account.email,
            phone: account.phone,
            language: account.lang,
            roles: account.roles,
            status: account.status,
            email_confirmed: account.email_confirmed,
            created_at: account.created_at,
            version: account.version,
        }
    }
}

/// A page of people.
#[derive(Serialize, ToSchema)]
struct AccountsView {
    items: Vec<AccountView>,
    next: Option<String>,
}

/// Somebody new.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    pub(crate) name: String,
    pub(crate) email: String,
    #[serde(default)]
    pub(crate) phone: String,
    /// `id` or `en`.
    #[serde(default)]
    pub(crate) language: Option<String>,
    #[schema(value_type = Vec<String>)]
    pub(crate) roles: Vec<HotelRole>,
}

/// What to change; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserChange {
    pub(super) name: Option<String>,
    pub(super) phone: Option<String>,
    /// `id` or `en`.
    pub(super) language: Option<String>,
    #[schema(value_type = Option<Vec<String>>)]
    pub(super) roles: Option<Vec<HotelRole>>,
    /// `active` or `disabled`.
    pub(super) status: Option<String>,
}

/// The hotel's people, the oldest account first.
#[utoipa::path(get, path = "/api/v1/users", tag = "people", responses((status = 200, body = AccountsView), (status = 403)))]
async fn list(tenant: Tenant, staff: Staff, page: PageQuery) -> Result<Json<AccountsView>> {
    staff.may(Permission::UserManage)?;
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX) + 1;
    let conn = tenant.connect().await?;
    let rows = store::list(&conn, page.cursor.map(|cursor| cursor.id), limit).await?;
    let place = |account: &Account| Cursor { key: String::new(), id: account.id };
    let Page { items, next } = Page::cut(rows, page.limit, place);
    Ok(Json(AccountsView { items: items.into_iter().map(AccountView::from).collect(), next: next.map(String::from) }))
}

/// Somebody of the hotel.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "people", params(("id" = Uuid, Path)), responses(
    (status = 200, body = AccountView), (status = 403), (status = 404)))]
async fn show(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>) -> Result<Response> {
    staff.may(Permission::UserManage)?;
    let account = store::by_id(&*tenant.connect().await?, id).await?.ok_or_else(super::unknown)?;
    Ok(tagged(account))
}

/// Adds somebody and sends them a link to choose a password.
#[utoipa::path(post, path = "/api/v1/users", tag = "people", request_body = NewUser, responses(
    (status = 201, body = AccountView), (status = 403), (status = 409), (status = 422)))]
async fn add(tenant: Tenant, staff: Staff, wish: Posted<NewUser>) -> Result<Response> {
    staff.may(Permission::UserManage)?;
    let new = newcomer(wish.value)?;
    let tx = match tenant.begin_once(&staff.scope(), &wish.key).await? {
        Begun::Fresh(tx) => tx,
        Begun::Answered(answer) => return Ok(answer),
    };
    let outcome = super::add(&tx, &tenant, &staff, new).await.map(AccountView::from);
    let headers = outcome.as_ref().map(|view| headers(view.id, view.version)).unwrap_or_default();
    tx.answer_with(StatusCode::CREATED, headers, outcome).await
}

/// Changes somebody's name, roles or status. Nobody takes the last owner away.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "people", params(("id" = Uuid, Path)), request_body = UserChange,
    responses((status = 200, body = AccountView), (status = 403), (status = 404), (status = 409), (status = 412)))]
async fn change(
    tenant: Tenant,
    staff: Staff,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Body(wish): Body<UserChange>,
) -> Result<Response> {
    staff.may(Permission::UserManage)?;
    let wish = Edit::read(wish)?;
    let tx = tenant.begin().await?;
    let outcome = super::change(&tx, &tenant, &staff, (id, seen), |account| wish.over(account)).await;
    Ok(tagged(tx.settle(outcome).await?))
}

fn tagged(account: Account) -> Response {
    let version = account.version;
    ([(ETAG, etag(version))], Json(AccountView::from(account))).into_response()
}

fn headers(id: Uuid, version: i32) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ETAG, etag(version));
    if let Ok(location) = HeaderValue::try_from(format!("/api/v1/users/{id}")) {
        headers.insert(LOCATION, location);
    }
    headers
}

/// Reads somebody new; refusals name the field.
pub(crate) fn newcomer(wish: NewUser) -> Result<Newcomer> {
    let email = Email::parse(&wish.email).ok_or_else(|| wrong("email", "is no mail address"))?;
    let lang = wish.language.map_or(Ok(Lang::Id), |text| language(&text))?;
    let mut roles = wish.roles;
    roles.sort_unstable();
    roles.dedup();
    Ok(Newcomer { email, name: name(&wish.name)?, phone: phone(&wish.phone)?, lang, roles })
}

/// A change whose parts were read.
pub(super) struct Edit {
    name: Option<String>,
    phone: Option<String>,
    lang: Option<Lang>,
    roles: Option<Vec<HotelRole>>,
    status: Option<Status>,
}

impl Edit {
    pub(super) fn read(wish: UserChange) -> Result<Self> {
        let known = |text: String| Status::parse(&text).ok_or_else(|| wrong("status", "is active or disabled"));
        let sorted = |mut roles: Vec<HotelRole>| {
            roles.sort_unstable();
            roles.dedup();
            roles
        };
        Ok(Self {
            name: wish.name.map(|text| name(&text)).transpose()?,
            phone: wish.phone.map(|text| phone(&text)).transpose()?,
            lang: wish.language.map(|text| language(&text)).transpose()?,
            roles: wish.roles.map(sorted),
            status: wish.status.map(known).transpose()?,
        })
    }

    pub(super) fn over(self, account: &Account) -> Changed {
        let now = Changed::of(account);
        Changed {
            name: self.name.unwrap_or(now.name),
            phone: self.phone.unwrap_or(now.phone),
            lang: self.lang.unwrap_or(now.lang),
            roles: self.roles.unwrap_or(now.roles),
            status: self.status.unwrap_or(now.status),
        }
    }
}

fn wrong(field: &str, why: &'static str) -> AppError {
    AppError::new(Kind::Invalid, "invalid-body", format!("`{field}` {why}.")).field(field, why)
}

fn name(text: &str) -> Result<String> {
    line(text).ok_or_else(|| wrong("name", "has 1 to 120 characters"))
}

fn phone(text: &str) -> Result<String> {
    let text = text.trim();
    let fits = text.len() <= 30 && text.chars().all(|c| c.is_ascii_digit() || "+-() ".contains(c));
    if fits { Ok(text.to_owned()) } else { Err(wrong("phone", "has up to 30 digits, spaces and + - ( )")) }
}

fn language(text: &str) -> Result<Lang> {
    Lang::parse(text).ok_or_else(|| wrong("language", "is id or en"))
}
