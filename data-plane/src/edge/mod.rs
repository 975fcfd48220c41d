//! The listener's door: limits, the Host header parsed once, health before any tenant.
