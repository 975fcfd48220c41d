//! HTTP plumbing both planes share: errors, bodies, cookies, origins, limits, pages, assets, logs, metrics and the server itself.
//!
//! It knows no plane and no database: extractors are generic over the state, templates are handed in as folders.
mod address;
mod alarm;
mod assets;
mod because;
mod body;
pub mod cookies;
mod doors;
mod error;
mod form;
pub mod format;
mod front;
pub mod health;
pub mod lanes;
mod lang;
pub mod limits;
mod listing;
pub mod metrics;
pub mod once;
pub mod origin;
mod page;
mod preconditions;
pub mod preferences;
mod query;
mod refused;
pub mod request_id;
mod saying;
pub mod schema;
pub mod security_headers;
pub mod server;
pub mod subject;
pub mod telemetry;
mod templates;
#[cfg(test)]
mod tests;
mod unread;
mod wording;

pub use address::ClientAddress;
pub use assets::{Assets, Folder};
pub use body::{Body, Nothing, Octets, Posted, RequestKey};
pub use doors::Doors;
pub use error::{AppError, FieldError, Kind, Problem, Result};
pub use form::FormBody;
pub use front::{Entrance, Front};
pub use lang::Lang;
pub use listing::Listing;
pub use page::{Badge, Flash, Layout, NavItem, Page, Shell, Theme, UserBadge, Visit};
pub use preconditions::{IfMatch, etag};
pub use query::{PageQuery, Query};
pub use refused::Refused;
pub use templates::{BadTemplates, Letter, Templates};
pub use wording::{Named, Told, Wrong};
