//! Letters of the control plane: rows, rendered when they are caused, sent by its work role.
mod store;

pub(crate) use store::{NewLetter, enqueue};
