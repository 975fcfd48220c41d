//! JSON doors of the hotel's day.
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::Permission;
use hotelhub_web::{Posted, Result};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::hotel::fields;
use crate::hotel::step::Clerk;
use crate::node::Node;

/// The doors.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new().routes(routes!(close)).routes(routes!(open))
}

/// A day of the hotel.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Day {
    /// The hotel's own day.
    #[schema(value_type = String, format = Date)]
    business_date: Date,
}

/// Ends the hotel's day and answers the next: every arrival is here or given up, every departure has left.
#[utoipa::path(post, path = "/api/v1/property/close-day", tag = "property", request_body = Day,
    responses((status = 200, body = Day), (status = 409)))]
async fn close(clerk: Clerk, wish: Posted<Day>) -> Result<Response> {
    let step = clerk.step(Permission::PropertyChange, &wish.key)?;
    step.answer(StatusCode::OK, async |tx| {
        let next = super::close_day(tx, &clerk.tenant, &clerk.actor(), wish.value.business_date).await?;
        Ok(Day { business_date: next })
    })
    .await
}

/// Lets a hotel without rooms open on another day, today or before.
#[utoipa::path(post, path = "/api/v1/property/opening-day", tag = "property", request_body = Day,
    responses((status = 200, body = Day), (status = 409), (status = 422)))]
async fn open(clerk: Clerk, wish: Posted<Day>) -> Result<Response> {
    let step = clerk.step(Permission::PropertyChange, &wish.key)?;
    let first = fields::date("business_date", wish.value.business_date)?;
    step.answer(StatusCode::OK, async |tx| {
        let first = super::open_on(tx, &clerk.tenant, &clerk.actor(), first).await?;
        Ok(Day { business_date: first })
    })
    .await
}
