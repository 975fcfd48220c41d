//! The vendor's page for those who find no hotel.
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::ACCEPT;
use axum::response::{IntoResponse, Response};
use hotelhub_web::{AppError, Lang, Layout, Page, Shell, Visit};
use serde::Serialize;

use crate::node::Node;

/// Tells a visitor that nobody lives here, and where the vendor is.
#[derive(Serialize)]
pub(crate) struct NoHotelPage {
    vendor_url: Option<String>,
}

impl Page for NoHotelPage {
    const TEMPLATE: &'static str = "tenancy/no-hotel";

    fn sample() -> Self {
        Self { vendor_url: Some("https://hotelhub.id".to_owned()) }
    }
}

/// The page for a browser, the problem for a program. Made of memory alone.
pub(super) fn answer(node: &Node, request: &Request, refusal: AppError) -> Response {
    let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepts.contains("text/html") || request.uri().path().starts_with("/api/") {
        return refusal.into_response();
    }
    let visit = Visit { lang: Lang::of(request.headers()), ..Visit::default() };
    let page = NoHotelPage { vendor_url: node.settings.vendor_url().map(str::to_owned) };
    let shell = Shell::new(&visit, Layout::Plain, "HotelHub", "no-hotel.title");
    match node.templates.render(&shell, &page) {
        Ok(html) => (StatusCode::NOT_FOUND, html).into_response(),
        Err(error) => error.into_response(),
    }
}
