//! Scaffold of the capability.
