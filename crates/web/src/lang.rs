//! Indonesian first, English second.
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};

use crate::cookies;

/// The language of a page or letter: the cookie `__Host-lang`, then Accept-Language, then Indonesian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Indonesian.
    #[default]
    Id,
    /// English.
    En,
}

impl Lang {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::Id, Self::En];

    /// `id` or `en`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::En => "en",
        }
    }

    /// Reads `id` or `en`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.as_str() == text)
    }

    /// The language these headers ask for.
    pub fn of(headers: &HeaderMap) -> Self {
        if let Some(chosen) = cookies::read(headers, "lang").and_then(Self::parse) {
            return chosen;
        }
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        accepted
            .split(',')
            .find_map(|range| match range.trim().get(..2)?.to_ascii_lowercase().as_str() {
                "id" | "in" | "ms" => Some(Self::Id),
                "en" => Some(Self::En),
                _ => None,
            })
            .unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Lang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}
