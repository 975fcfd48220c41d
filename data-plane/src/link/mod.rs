//! The line to the control plane: feed, heartbeat, orders. Nothing else dials it.
