//! Exported hotels brought in: a file comes piece by piece into the exchange, and a worker of the fleet fills a new database with it.
//!
//! The worker believes nothing of the file. The tenant is there when all of its data is: until then there is a row here and nothing else, and
//! a file that is refused leaves nothing behind.
mod deeds;
mod desk;
mod model;
mod pieces;
mod reports;
mod store;

pub use desk::doors;
pub use reports::tidy;
pub(crate) use reports::{given_up, imported};
