//! The whole house: both planes as processes on real servers, and what must hold when one of them dies.
mod bad_days;
mod ground;
