//! Who may come in, told through the front door.
mod accounts;
mod links;
pub(crate) mod second_factor;
mod sessions;
