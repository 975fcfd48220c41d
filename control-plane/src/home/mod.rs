//! The first page: what HotelHub is, what it costs, and where to begin.
mod pages;

pub use pages::{HomePage, pages};
