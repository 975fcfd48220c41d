//! The control plane through its front door.
