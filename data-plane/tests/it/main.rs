//! The data plane through its front door.
