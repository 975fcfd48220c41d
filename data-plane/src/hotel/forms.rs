//! Forms of the desk and of guests: fields read as people type them, answers that lead on, refusals shown again.
use std::str::FromStr;

use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hotelhub_kernel::Rupiah;
use hotelhub_web::{AppError, Flash, IfMatch, Page, Refused, Result, Shell};
use jiff::civil::Date;

use super::fields::wrong;
use crate::tenancy::Tenant;

/// The headers that lead to `path`, where `flash` is said.
pub(crate) fn leading(path: &str, flash: &str) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::try_from(path).map_err(AppError::internal)?);
    if !flash.is_empty() {
        headers.insert(SET_COOKIE, Flash::good(flash).cookie());
    }
    Ok(headers)
}

/// The status and the words of a refusal that the form itself shows again; others go on as they are.
pub(crate) fn again(error: AppError) -> Result<(StatusCode, Refused)> {
    match error.refused() {
        Some(refused) => Ok((error.kind().status(), refused)),
        None => Err(error),
    }
}

/// A page as an answer of this status.
pub(crate) fn shown<P: Page>(tenant: &Tenant, status: StatusCode, shell: &Shell, page: &P) -> Result<Response> {
    Ok((status, tenant.node().templates.render(shell, page)?).into_response())
}

/// A key for the forms of a page.
pub(crate) fn key(tenant: &Tenant) -> String {
    tenant.ids().next().to_string()
}

/// Rupiah as people type them: `1210000`, `1.210.000`, `Rp 1.210.000`.
pub(crate) fn rupiah(field: &'static str, text: &str) -> Result<Rupiah> {
    let bare = text.trim().trim_start_matches("Rp").trim();
    let grouped = bare.split('.').skip(1).all(|group| group.len() == 3);
    let digits: String = bare.chars().filter(|c| *c != '.').collect();
    let amount = digits.parse::<i64>().ok().filter(|_| grouped);
    amount.map(Rupiah).ok_or_else(|| wrong(field, "whole rupiah"))
}

/// Rupiah, or nothing where nothing was typed.
pub(crate) fn maybe_rupiah(field: &'static str, text: &str) -> Result<Option<Rupiah>> {
    if text.trim().is_empty() { Ok(None) } else { rupiah(field, text).map(Some) }
}

/// A whole number.
pub(crate) fn whole<T: FromStr>(field: &'static str, text: &str) -> Result<T> {
    text.trim().parse().map_err(|_| wrong(field, "a whole number"))
}

/// A date as a date field sends it.
pub(crate) fn date(field: &'static str, text: &str) -> Result<Date> {
    text.trim().parse().map_err(|_| wrong(field, "a date"))
}

/// The version that the form was made of.
pub(crate) fn version(text: &str) -> Result<IfMatch> {
    whole("version", text).map(IfMatch)
}

/// An identity out of a choice.
pub(crate) fn choice<T: FromStr>(field: &'static str, text: &str) -> Result<T> {
    text.trim().parse().map_err(|_| wrong(field, "choose one"))
}

/// An identity out of a choice, or nothing where nothing was chosen.
pub(crate) fn maybe_choice<T: FromStr>(field: &'static str, text: &str) -> Result<Option<T>> {
    if text.trim().is_empty() { Ok(None) } else { choice(field, text).map(Some) }
}

/// The option of a select.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Choice {
    /// What is sent.
    pub(crate) value: String,
    /// What is read.
    pub(crate) label: String,
    /// Whether it is chosen.
    pub(crate) chosen: bool,
}

impl Choice {
    /// An option, chosen when it is `chosen`.
    pub(crate) fn new(value: impl ToString, label: impl Into<String>, chosen: &str) -> Self {
        let value = value.to_string();
        Self { chosen: value == chosen, value, label: label.into() }
    }
}
