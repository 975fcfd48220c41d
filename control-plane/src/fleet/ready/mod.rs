//! Ready-made databases: kept in stock on every cluster, so that a sign-up only claims one.
mod drops;
mod governor;
mod jobs;
mod model;
mod retire;
mod shared;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use drops::{Going, let_go};
pub(crate) use governor::Governor;
pub use jobs::keep_stock;
pub use model::{Arrivals, Drop, Stock, Strain, UNSETTLED, may_drop, plan, wanted};
pub use retire::retire_old;
pub(crate) use shared::{claim_schema, name_schema};
pub(crate) use store::{claim, name, next, replace, take_turn};
