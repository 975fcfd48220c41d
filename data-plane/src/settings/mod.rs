//! What a tenant set, by name.
