//! The hosts a tenant is served at.
