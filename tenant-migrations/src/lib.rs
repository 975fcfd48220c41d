//! The tenants' schema and the runner that applies it, forward only.
//!
//! What it is applied to is the schema of the session, the first of its search path: `public` in a database of the tenant's own.
//!
//! The files of `common/` and of the product's folder form one numeric order. A database has run a prefix of it, file by file as it is
//! written here; anything else is refused.
mod runner;
mod steps;
#[cfg(test)]
mod tests;

pub use runner::{MigrateError, Report, is_current, lay_out, migrate, migrate_until, version_of};
pub use steps::{Known, Product, needed};

/// What the steps need of a database besides its tables. One that several tenants share has them before the first comes.
pub const EXTENSIONS: &[&str] = &["btree_gist"];

/// The version of a product's schema: the number of its last step and the first 8 hexadecimal digits of the checksum of all, `0013_1a2b3c4d`.
pub fn schema_version(product: Product) -> String {
    steps::version(&steps::of(product))
}

/// Whether a version is one that this program's schema had when it had fewer steps, or has now.
pub fn known(product: Product, version: &str) -> Known {
    steps::known(&steps::of(product), version)
}
