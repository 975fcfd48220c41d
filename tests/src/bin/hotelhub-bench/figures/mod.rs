//! The figures of the issues, one file for each thing that is measured.
pub(crate) mod budget;
pub(crate) mod change;
pub(crate) mod cold;
pub(crate) mod last_rooms;
pub(crate) mod lookup;
pub(crate) mod memory;
pub(crate) mod moving;
pub(crate) mod provision;
pub(crate) mod recover;
pub(crate) mod restart;
pub(crate) mod rollout;
pub(crate) mod schema;
pub(crate) mod search;
pub(crate) mod sign_up;
pub(crate) mod standalone;
pub(crate) mod warm;
