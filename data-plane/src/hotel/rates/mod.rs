//! Rates: rate plans, and what a night of a room type costs under each.
//!
//! What a guest pays on top is the tax rule's; what was agreed with a guest is the reservation's.
mod model;
mod pages;
mod plans;
mod prices;

use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;

pub use model::{DayPrice, RatePlan};
pub use pages::pages;
pub use plans::{NewRatePlan, RatePlanChange, add_plan, amend_plan, by_id as plans_by_id, of_house as plans_of_house};
pub use prices::{Asked, Priced, Prices, Set, month, prices, set_prices};

/// Every statement of this folder.
pub(crate) const STATEMENTS: &[&[&str]] = &[plans::STATEMENTS, prices::STATEMENTS];

/// The JSON doors of this capability.
pub fn router() -> OpenApiRouter<Node> {
    plans::router().merge(prices::router())
}

#[cfg(test)]
pub(crate) use pages::RatesPage;
