//! The hotel's people: accounts, their roles, and who may change whose.
mod model;
mod store;

pub(crate) use model::{Account, Status};
pub(crate) use store::{STATEMENTS, by_email, by_id, confirm_email, lock, roles_of, set_password};
