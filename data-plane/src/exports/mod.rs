//! A hotel's data taken away and brought back: every table as CSV out of one snapshot, and into an empty database of the same schema.
//!
//! What is brought is a stranger's: nothing of it is run, tables and columns are the database's own, and every rule of the schema holds
//! while it is filled in. All of it comes in, or nothing does.
mod error;
mod lines;
mod packed;
mod tables;
#[cfg(test)]
mod tests;
mod unpacked;

use tokio_postgres::Error;

pub(crate) use error::ExportError;
pub(crate) use lines::{Inlet, Outlet};
pub(crate) use packed::pack;
pub(crate) use unpacked::{House, check, fill};

/// Every statement of this folder.
pub(crate) const STATEMENTS: &[&str] = &[
    packed::WHOSE_HOUSE,
    packed::HOTEL,
    packed::OWNER,
    tables::TABLES,
    tables::REFERENCES,
    tables::COUNTERS,
    unpacked::TAKE_HOUSE,
    unpacked::NOTE,
    unpacked::RELEASE_HOLDS,
];

/// One instant of a database for as long as the transaction lasts, and every value written the same way on every server.
pub(crate) const SETTLE_DOWN: &str = "
    begin isolation level repeatable read, read only;
    set local timezone = 'UTC'; set local datestyle = 'ISO'; set local intervalstyle = 'postgres';
    set local extra_float_digits = 1; set local bytea_output = 'hex'; set local statement_timeout = 0";

/// Names what was being done when a statement failed.
fn during(doing: &'static str) -> impl Fn(Error) -> ExportError {
    move |source| ExportError::Database { doing, source }
}
