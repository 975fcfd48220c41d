//! The tenants' connections.

/// Every pool of this node and the budgets they count against.
#[derive(Clone, Default)]
pub struct Pools;
