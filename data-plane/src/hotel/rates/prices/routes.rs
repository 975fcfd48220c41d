//! JSON doors of prices.
use axum::Json;
use axum::extract::Path;
use hotelhub_identity::Permission;
use hotelhub_web::{AppError, Body, Kind, Listing, Query, Result};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::model::{Prices, check_range};
use super::{Asked, store};
use crate::audit::{self, Actor};
use crate::hotel::rates::{DayPrice, plans_by_id};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{Session, Tenant};

/// The doors.
pub(in crate::hotel::rates) fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(read, set))
}

/// Which prices are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Range {
    room_type_id: Uuid,
    /// The first night.
    from: Date,
    /// The day after the last night.
    to: Date,
}

/// How many nights were set.
#[derive(Debug, Serialize, ToSchema)]
pub struct Set {
    /// So many.
    pub nights: u64,
}

/// Reads the prices of a room type under a plan.
#[utoipa::path(get, path = "/rate-plans/{id}/prices", tag = "rates", params(Range),
    responses((status = 200, body = Listing<DayPrice>), (status = 404), (status = 422)))]
async fn read(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>, range: Query<Range>) -> Result<Listing<DayPrice>> {
    staff.may(Permission::RateRead)?;
    let Range { room_type_id, from, to } = range.0;
    check_range(from, to)?;
    let db = tenant.connect().await?;
    must_be_a_plan(&db, id).await?;
    let items = store::month(&db, Asked { rate_plan: id, room_type: room_type_id, from, to }).await?;
    Ok(Listing::whole(items))
}

/// Sets the prices of a room type under a plan for a range of nights.
#[utoipa::path(put, path = "/rate-plans/{id}/prices", tag = "rates", request_body = Prices,
    responses((status = 200, body = Set), (status = 404), (status = 422)))]
async fn set(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>, wish: Body<Prices>) -> Result<Json<Set>> {
    staff.may(Permission::RateChange)?;
    let tx = tenant.begin().await?;
    let outcome = write(&tx, &tenant, &staff.actor(), id, wish.0).await;
    tx.settle(outcome).await.map(Json)
}

/// Sets the prices of a room type under a plan for a range of nights.
pub async fn write(db: &Session, tenant: &Tenant, actor: &Actor, plan: Uuid, prices: Prices) -> Result<Set> {
    prices.check()?;
    must_be_a_plan(db, plan).await?;
    let nights = store::set(db, plan, &prices).await?;
    audit::record(db, tenant, actor, "rate.change", ("rate_plan", plan), &prices).await?;
    Ok(Set { nights })
}

async fn must_be_a_plan(db: &Session, id: Uuid) -> Result<()> {
    if plans_by_id(db, &[id]).await?.is_empty() {
        return Err(AppError::new(Kind::NotFound, "unknown-rate-plan", "There is no such rate plan."));
    }
    Ok(())
}
