//! A page of a list as a door answers it, which is also what its schema says.
use axum::Json;
use axum::response::{IntoResponse, Response};
use hotelhub_kernel::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list: `{"items": […], "next": "…"}`. A handler returns it and names it as its body, so that the two agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Listing<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// The `cursor` of the next page; null on the last.
    pub next: Option<String>,
}

impl<T> Listing<T> {
    /// A list that has one page.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

impl<T> From<Page<T>> for Listing<T> {
    fn from(page: Page<T>) -> Self {
        Self { items: page.items, next: page.next.map(String::from) }
    }
}

impl<T: Serialize> IntoResponse for Listing<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}
