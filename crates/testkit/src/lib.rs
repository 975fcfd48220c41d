//! What tests need of the outside: scratch databases, visitors with a browser's manners, and stand-ins of outside services.
pub mod env;
mod hostile;
pub mod mail;
mod ports;
mod quarters;
mod routing;
mod schema;
mod scratch;
mod visitor;
mod zipf;

/// Has what goes wrong told by the test that it failed: the log is shown with a test's output, from warnings on.
pub fn log() {
    let told = tracing_subscriber::fmt().with_test_writer().with_max_level(tracing::Level::WARN);
    // The second of several houses finds it installed.
    let _ = told.try_init();
}

pub use hostile::Hostile;
pub use ports::free_port;
pub use quarters::{dsn_in, fresh_quarters, fresh_shared, shared_if_wished, tear_down};
pub use routing::routing_table;
pub use schema::Schema;
pub use scratch::{Scratch, Template, dsn_of};
pub use visitor::{Answer, Visitor};
pub use zipf::zipf;
