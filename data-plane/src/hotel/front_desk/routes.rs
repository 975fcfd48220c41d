//! The desk's JSON doors.
use axum::Json;
use hotelhub_identity::Permission;
use hotelhub_web::{Query, Result};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{FrontDesk, TapeChart};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::Tenant;

/// The JSON doors of this capability.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(front_desk)).routes(routes!(tape_chart))
}

/// Which days the chart shows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChartQuery {
    /// The first day; the business date when absent.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// How many days, 1 to 93.
    #[serde(default = "fortnight")]
    days: i32,
}

fn fortnight() -> i32 {
    14
}

/// The desk's day: arrivals, departures, guests in house, occupancy.
#[utoipa::path(get, path = "/front-desk", tag = "front desk", responses((status = 200, body = FrontDesk)))]
async fn front_desk(tenant: Tenant, staff: Staff) -> Result<Json<FrontDesk>> {
    staff.may(Permission::FrontdeskRead)?;
    let conn = tenant.connect().await?;
    Ok(Json(super::front_desk(&conn).await?))
}

/// Rooms by days, with the stays in them.
#[utoipa::path(get, path = "/tape-chart", tag = "front desk", params(ChartQuery), responses((status = 200, body = TapeChart)))]
async fn tape_chart(tenant: Tenant, staff: Staff, Query(days): Query<ChartQuery>) -> Result<Json<TapeChart>> {
    staff.may(Permission::FrontdeskRead)?;
    let conn = tenant.connect().await?;
    Ok(Json(super::tape_chart(&conn, days.from, days.days, tenant.clock().now()).await?))
}
