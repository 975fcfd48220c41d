//! Rate plans: their rows, doors and sheets.
mod model;
mod pages;
mod routes;
mod store;

pub use model::{NewRatePlan, RatePlanChange};
pub(super) use pages::pages;
pub use routes::{add as add_plan, amend as amend_plan};
pub(super) use routes::{one, reprice, router};
pub(super) use store::STATEMENTS;
pub use store::{by_id, of_house};
