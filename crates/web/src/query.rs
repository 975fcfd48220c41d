//! What stands behind the question mark.
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hotelhub_kernel::Cursor;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::form::parse;
use crate::{AppError, Kind, Result};

/// A query string as a struct; refusals name the field.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let text = parts.uri.query().unwrap_or_default();
        if text.contains("%00") {
            return Err(AppError::new(Kind::Invalid, "invalid-query", "The query holds the character U+0000."));
        }
        parse(text).map(Self)
    }
}

/// Which page of a list is wanted: `?limit=50&cursor=…`. Other members of the query are left to their own extractor.
#[derive(Clone, Debug, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows per page, 1 to 200; 50 when absent.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 200)]
    pub limit: usize,
    /// Where the page starts: the `next` of the page before; absent for the first.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

impl<S: Send + Sync> FromRequestParts<S> for PageQuery {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let mut page = Self { limit: 50, cursor: None };
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                "limit" => page.limit = limit(&value)?,
                "cursor" => page.cursor = Some(cursor(value.into_owned())?),
                _ => {}
            }
        }
        Ok(page)
    }
}

fn limit(text: &str) -> Result<usize> {
    let limit = text.parse::<usize>().ok().filter(|limit| (1..=200).contains(limit));
    limit.ok_or_else(|| {
        AppError::new(Kind::Invalid, "invalid-query", "A page has 1 to 200 rows.").field("limit", "1 to 200")
    })
}

fn cursor(text: String) -> Result<Cursor> {
    Cursor::try_from(text).map_err(|error| {
        AppError::new(Kind::Invalid, "invalid-query", "The cursor is not one of ours.")
            .field("cursor", error.to_string())
    })
}
