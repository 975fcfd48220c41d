//! JSON doors of prices.
use axum::extract::Path;
use axum::http::header::ETAG;
use axum::response::{IntoResponse as _, Response};
use hotelhub_identity::Permission;
use hotelhub_web::{Body, IfMatch, Listing, Query, Result, etag};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::model::{Prices, check_range};
use super::{Asked, store};
use crate::audit::{self, Actor};
use crate::hotel::rates::{DayPrice, plans};
use crate::hotel::step::{Clerk, Versioned};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{Business, Session, Tenant};

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
    /// The rate plan's version from now on: its prices are part of it.
    pub version: i32,
}

impl Versioned for Set {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Reads the prices of a room type under a plan; the `ETag` is the plan's.
#[utoipa::path(get, path = "/api/v1/rate-plans/{id}/prices", tag = "rates", params(Range),
    responses((status = 200, body = Listing<DayPrice>), (status = 404), (status = 422)))]
async fn read(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>, range: Query<Range>) -> Result<Response> {
    staff.may(Permission::RateRead)?;
    let Range { room_type_id, from, to } = range.0;
    check_range(from, to)?;
    let db = tenant.connect().await?;
    // The version first: what is saved against prices read too early is refused, never lost.
    let version = plans::one(&db, id).await?.version;
    let items = store::month(&db, Asked { rate_plan: id, room_type: room_type_id, from, to }).await?;
    Ok(([(ETAG, etag(version))], Listing::whole(items)).into_response())
}

/// Sets the prices of a room type under a plan for a range of nights.
#[utoipa::path(put, path = "/api/v1/rate-plans/{id}/prices", tag = "rates", request_body = Prices,
    responses((status = 200, body = Set), (status = 404), (status = 412), (status = 422)))]
async fn set(clerk: Clerk, Path(id): Path<Uuid>, seen: IfMatch, wish: Body<Prices>) -> Result<Response> {
    clerk.staff.may(Permission::RateChange)?;
    clerk.amend(async |tx| write(tx, &clerk.tenant, &clerk.actor(), id, seen, wish.0).await).await
}

/// Sets the prices of a room type under a plan for a range of nights, as of the plan's version seen.
pub async fn write(
    db: &Session,
    tenant: &Tenant,
    actor: &Actor,
    plan: Uuid,
    seen: IfMatch,
    prices: Prices,
) -> Result<Set> {
    tenant.may_begin(Business::Rates)?;
    prices.check()?;
    let version = plans::reprice(db, tenant, plan, seen).await?;
    let nights = store::set(db, plan, &prices).await?;
    audit::record(db, tenant, actor, "rate.change", ("rate_plan", plan), &prices).await?;
    Ok(Set { nights, version })
}
