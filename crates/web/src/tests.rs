//! Rules of the plumbing.
