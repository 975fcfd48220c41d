//! The JSON door of a search, for staff and public alike.
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use hotelhub_web::{Query, Result};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Availability, Party, Seen};
use crate::hotel::reservations::{Refusal, Stay, field_of};
use crate::node::Node;
use crate::people::MaybeStaff;
use crate::tenancy::Tenant;

/// The door.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(search))
}

/// When and who.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// The first night.
    arrival: Date,
    /// The day of leaving.
    departure: Date,
    /// 1 to 20.
    #[serde(default = "two")]
    adults: i16,
    /// 0 to 20.
    #[serde(default)]
    children: i16,
}

fn two() -> i16 {
    2
}

/// Says which room types are free for a stay and what they cost; guests see public plans only.
#[utoipa::path(get, path = "/api/v1/availability", tag = "availability", params(Wish),
    responses((status = 200, body = Availability), (status = 422)))]
async fn search(tenant: Tenant, staff: MaybeStaff, wish: Query<Wish>) -> Result<Response> {
    let Wish { arrival, departure, adults, children } = wish.0;
    let stay = Stay::new(arrival, departure).map_err(|why| Refusal::stay(field_of(why), why))?;
    let party = Party::new(adults, children, "")?;
    let seen = if staff.0.is_some() { Seen::ByStaff } else { Seen::ByPublic };
    let found = super::search(&tenant, stay, party, seen).await?;
    Ok(([(CONTENT_TYPE, "application/json")], found.to_json()?).into_response())
}
