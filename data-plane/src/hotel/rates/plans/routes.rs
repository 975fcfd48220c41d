//! JSON doors of rate plans.
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::Permission;
use hotelhub_kernel::Page;
use hotelhub_web::{AppError, Body, IfMatch, Kind, Listing, PageQuery, Posted, Result};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::model::{NewRatePlan, RatePlanChange};
use super::store;
use crate::audit::{self, Actor};
use crate::hotel::rates::RatePlan;
use crate::hotel::step::{Clerk, sheet, stays_to_come};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{Business, Session, Tenant};

/// The doors.
pub(in crate::hotel::rates) fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, change))
}

/// Lists the rate plans in the house's order.
#[utoipa::path(get, path = "/api/v1/rate-plans", tag = "rates", params(PageQuery),
    responses((status = 200, body = Listing<RatePlan>)))]
async fn list(tenant: Tenant, staff: Staff, page: PageQuery) -> Result<Listing<RatePlan>> {
    staff.may(Permission::RateRead)?;
    let db = tenant.connect().await?;
    let rows = store::of_house(&db, page.cursor.as_ref(), page.limit).await?;
    Ok(Page::cut(rows, page.limit, store::place).into())
}

/// Adds a rate plan; its prices come after.
#[utoipa::path(post, path = "/api/v1/rate-plans", tag = "rates", request_body = NewRatePlan,
    responses((status = 201, body = RatePlan), (status = 409), (status = 422)))]
async fn create(clerk: Clerk, wish: Posted<NewRatePlan>) -> Result<Response> {
    let step = clerk.step(Permission::RateChange, &wish.key)?;
    step.tagged(StatusCode::CREATED, async |tx| add(tx, &clerk.tenant, &clerk.actor(), wish.value).await).await
}

/// Adds a rate plan, without prices.
pub async fn add(db: &Session, tenant: &Tenant, actor: &Actor, wish: NewRatePlan) -> Result<RatePlan> {
    tenant.may_begin(Business::Rates)?;
    let plan = wish.checked(tenant.ids().next())?;
    store::insert(db, tenant.clock().now(), &plan).await?;
    audit::record(db, tenant, actor, "rate-plan.create", ("rate_plan", plan.id), &plan).await?;
    Ok(plan)
}

/// Reads a rate plan.
#[utoipa::path(get, path = "/api/v1/rate-plans/{id}", tag = "rates",
    responses((status = 200, body = RatePlan), (status = 404)))]
async fn read(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>) -> Result<Response> {
    staff.may(Permission::RateRead)?;
    let db = tenant.connect().await?;
    one(&db, id).await.map(sheet)
}

/// Changes a rate plan, or archives it: then nothing more is sold under it. What was agreed under it stays.
#[utoipa::path(patch, path = "/api/v1/rate-plans/{id}", tag = "rates", request_body = RatePlanChange,
    responses((status = 200, body = RatePlan), (status = 404), (status = 409), (status = 412), (status = 422)))]
async fn change(clerk: Clerk, Path(id): Path<Uuid>, seen: IfMatch, wish: Body<RatePlanChange>) -> Result<Response> {
    clerk.staff.may(Permission::RateChange)?;
    clerk.amend(async |tx| amend(tx, &clerk.tenant, &clerk.actor(), id, seen, wish.0).await).await
}

/// Changes a rate plan as of the version seen.
pub async fn amend(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    id: Uuid,
    seen: IfMatch,
    wish: RatePlanChange,
) -> Result<RatePlan> {
    tenant.may_begin(Business::Rates)?;
    let version = hold(db, id, seen).await?;
    let before = one(db, id).await?;
    if wish.archived == Some(true) && !before.archived && store::stays_to_come(db, id).await? {
        return Err(stays_to_come());
    }
    let after = wish.clone().of(before)?;
    store::change(db, tenant.clock().now(), &after).await?;
    audit::record(db, tenant, actor, "rate-plan.change", ("rate_plan", id), &wish).await?;
    Ok(RatePlan { version: version + 1, ..after })
}

/// Counts the version of a rate plan up whose prices change, as of the version seen; answers the version after.
pub(in crate::hotel::rates) async fn reprice(db: &Session, tenant: &Tenant, id: Uuid, seen: IfMatch) -> Result<i32> {
    let version = hold(db, id, seen).await?;
    store::touch(db, tenant.clock().now(), id).await?;
    Ok(version + 1)
}

/// Holds a rate plan that is still as it was seen until the transaction ends; answers its version.
async fn hold(db: &Session, id: Uuid, seen: IfMatch) -> Result<i32> {
    let version = store::lock(db, id).await?.ok_or_else(unknown)?;
    seen.check(version)?;
    Ok(version)
}

pub(in crate::hotel::rates) async fn one(db: &Session, id: Uuid) -> Result<RatePlan> {
    store::by_id(db, &[id]).await?.pop().ok_or_else(unknown)
}

fn unknown() -> AppError {
    AppError::new(Kind::NotFound, "unknown-rate-plan", "There is no such rate plan.")
}
