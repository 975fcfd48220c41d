//! The visitor's language and light, kept in two cookies.
use std::time::Duration;

use axum::extract::Form;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, response::Redirect};
use serde::Deserialize;

use crate::{Lang, Theme, cookies};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

#[derive(Deserialize)]
struct Choice {
    lang: Option<String>,
    theme: Option<String>,
    back: Option<String>,
}

/// `POST /preferences` {lang?, theme?, back}: keeps the choice and goes back.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/preferences", post(choose))
}

async fn choose(Form(choice): Form<Choice>) -> Response {
    let mut headers = HeaderMap::new();
    if let Some(lang) = choice.lang.as_deref().and_then(Lang::parse) {
        headers.append(SET_COOKIE, cookies::set_host("lang", lang.as_str(), YEAR));
    }
    if let Some(theme) = choice.theme.as_deref().and_then(Theme::parse) {
        headers.append(SET_COOKIE, cookies::set_host("theme", theme.as_str(), YEAR));
    }
    (headers, Redirect::to(local(choice.back.as_deref().unwrap_or("/")))).into_response()
}

/// A path of this host, whatever was asked: anything else becomes `/`.
pub fn local(path: &str) -> &str {
    let ours =
        path.starts_with('/') && !path.starts_with("//") && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if ours { path } else { "/" }
}

/// 303 to a path of this host, with what just happened for the next page.
pub fn see_other(path: &str, flash: Option<&crate::Flash>) -> Response {
    let location = HeaderValue::try_from(local(path)).unwrap_or_else(|_| HeaderValue::from_static("/"));
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response();
    if let Some(flash) = flash {
        response.headers_mut().append(SET_COOKIE, flash.cookie());
    }
    response
}
