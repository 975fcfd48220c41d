//! Night audit: closes the hotel's own day and opens the next.
//!
//! Nothing else moves a business date. A hotel that has no rooms yet says on which day it opens.
mod closing;
mod model;
mod routes;
mod store;

pub use closing::{close_day, open_on};
pub use model::Refusal;
pub use routes::router;
pub(crate) use store::STATEMENTS;
