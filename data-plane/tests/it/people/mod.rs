//! Who may come in, told through the front door.
mod accounts;
mod links;
mod second_factor;
mod sessions;
