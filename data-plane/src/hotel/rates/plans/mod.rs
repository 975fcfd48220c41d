//! Rate plans: their rows and doors.
mod model;
mod routes;
mod store;

pub use model::{NewRatePlan, RatePlanChange};
pub(super) use routes::router;
pub use routes::{add as add_plan, amend as amend_plan};
pub(super) use store::STATEMENTS;
pub use store::{by_id, of_house};
