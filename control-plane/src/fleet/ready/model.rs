//! How many databases to make.

/// What a cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stock {
    /// Ready databases of the current template.
    pub ready: u32,
    /// Databases being made.
    pub preparing: u32,
    /// Databases it may still take.
    pub room: u32,
}

/// Databases made at the same time on one server: a clone is a burst of small files, and its tenants feel it.
const AT_ONCE: u32 = 2;

/// How many more to order now.
pub fn plan(stock: Stock, target: u32) -> u32 {
    let missing = target.saturating_sub(stock.ready).saturating_sub(stock.preparing);
    missing.min(AT_ONCE.saturating_sub(stock.preparing)).min(stock.room)
}
