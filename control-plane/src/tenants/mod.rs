//! The vendor's view of its tenants.
