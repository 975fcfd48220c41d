//! Folios: what a guest owes and has paid, line by line, and the receipt at the end.
//!
//! Lines and payments are only ever added; a mistake is reversed by its exact opposite, once. The balance is always
//! derived. Which nights a stay has is the reservation's; when a guest leaves is the front desk's.
mod model;
mod posting;
mod receipt;
mod refusal;
#[cfg(test)]
mod tests;
mod words;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;

pub use model::{Folio, FolioId, FolioStatus, Stayed, Totals};
pub use posting::{Cash, ChargeCode, Line, Payment, Pieces, ROOM, change};
pub use receipt::{Letterhead, Receipt};
pub use refusal::Refusal;
pub use words::{in_english, terbilang};

/// The JSON doors of this capability.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new()
}

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
}
