//! Which plan a tenant is on, and since when.
