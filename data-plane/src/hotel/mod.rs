//! The hotel product: one folder per capability.
pub mod availability;
pub mod booking_engine;
mod fields;
pub mod folios;
pub(crate) mod forms;
pub mod front_desk;
pub mod guests;
pub mod night_audit;
pub mod properties;
pub mod rates;
pub mod reservations;
pub mod rooms;
mod rules;
mod seed;
mod sheet;
pub(crate) mod shell;
pub(crate) mod step;
pub mod taxes;
#[cfg(test)]
mod tests;
mod wording;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::node::Node;

pub(crate) use rules::{RULES, STATEMENTS as RULE_STATEMENTS};
pub(crate) use seed::{Founding, STATEMENTS, found, prepare_founding};

/// The JSON doors of a hotel.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new()
        .merge(properties::router())
        .merge(night_audit::router())
        .merge(rooms::router())
        .merge(rates::router())
        .merge(availability::router())
        .merge(guests::router())
        .merge(reservations::router())
        .merge(front_desk::router())
        .merge(folios::router())
        .merge(booking_engine::router())
}

/// The pages of a hotel.
pub fn pages() -> Router<Node> {
    Router::new()
        .merge(properties::pages())
        .merge(rooms::pages())
        .merge(rates::pages())
        .merge(guests::pages())
        .merge(reservations::pages())
        .merge(front_desk::pages())
        .merge(folios::pages())
        .merge(booking_engine::pages())
}
