//! Jobs: rows in the tenant's own database, inserted with the change that causes them.

/// Tells the workers that a tenant has something to do.
#[derive(Clone, Default)]
pub struct Hints;
