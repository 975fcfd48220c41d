//! An owner takes all of the hotel's data away: ordered at the control plane, followed here, fetched by a link that soon is over.
//!
//! The file is written by the fleet role and lies in the exchange; it passes through this process and is not kept. A passphrase seals it on
//! its way, and is known to nobody else and nowhere afterwards. A standalone house has a command for the same.
mod file;
mod model;
mod pages;
#[cfg(test)]
mod tests;
mod view;

use axum::Router;

use crate::node::Node;

/// Where it is.
const PATH: &str = "/desk/data";

/// The pages of this capability.
pub(crate) fn pages() -> Router<Node> {
    pages::pages()
}
