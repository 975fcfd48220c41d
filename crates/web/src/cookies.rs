//! Cookies that belong to one host: `__Host-`, Secure, HttpOnly, SameSite=Lax, Path=/.
use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The value of `__Host-<name>`, if the request carries it.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key.strip_prefix("__Host-")? == name).then_some(value)
    })
}

/// A `Set-Cookie` value for `__Host-<name>`. A value with bytes that no cookie carries becomes empty.
pub fn set_host(name: &str, value: &str, max_age: Duration) -> HeaderValue {
    let clean = value.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b',' | b';' | b'\\'));
    let value = if clean { value } else { "" };
    let seconds = max_age.as_secs();
    let line = format!("__Host-{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    HeaderValue::try_from(line).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A `Set-Cookie` value that takes `__Host-<name>` away.
pub fn clear(name: &str) -> HeaderValue {
    set_host(name, "", Duration::ZERO)
}
