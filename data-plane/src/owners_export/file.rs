//! A file on its way from the control plane to its owner, as it is or sealed on the way. Nothing of it is kept here.
use std::io::{Error, ErrorKind};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::try_unfold;
use hotelhub_export::Sealing;
use tokio::time::timeout;

use crate::tenancy::Tenant;

/// A file that stands still for so long has broken off.
const STILL: Duration = Duration::from_secs(30);

/// What is still to come.
struct OnItsWay {
    from: reqwest::Response,
    sealing: Option<Sealing>,
    /// Sealed bytes that are ready.
    ready: Vec<u8>,
    is_over: bool,
}

/// The file as it is, or the part of it that was asked for.
pub(super) fn open(tenant: &Tenant, from: reqwest::Response) -> Response {
    let is_part = from.status() == StatusCode::PARTIAL_CONTENT;
    let told = [CONTENT_LENGTH, CONTENT_RANGE, ACCEPT_RANGES].map(|name| (from.headers().get(&name).cloned(), name));
    let body = body(OnItsWay { from, sealing: None, ready: Vec::new(), is_over: false });
    let mut response = attached(body, "application/zip", &format!("{}.zip", tenant.slug()));
    if is_part {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    for (value, name) in told {
        if let Some(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The file sealed: begun with what stands before the sealed bytes.
pub(super) fn sealed(tenant: &Tenant, from: reqwest::Response, (sealing, head): (Sealing, Vec<u8>)) -> Response {
    let body = body(OnItsWay { from, sealing: Some(sealing), ready: head, is_over: false });
    attached(body, "application/octet-stream", &format!("{}.zip.sealed", tenant.slug()))
}

fn attached(body: Body, kind: &'static str, name: &str) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

/// The bytes as they come. One that breaks off ends in an error, so that nobody takes it for whole.
fn body(on_its_way: OnItsWay) -> Body {
    Body::from_stream(try_unfold(on_its_way, |mut file| async move {
        loop {
            if !file.ready.is_empty() {
                let ready = std::mem::take(&mut file.ready);
                return Ok::<_, Error>(Some((Bytes::from(ready), file)));
            }
            if file.is_over {
                return Ok(None);
            }
            let still = |_| Error::new(ErrorKind::TimedOut, "the file stands still");
            match timeout(STILL, file.from.chunk()).await.map_err(still)?.map_err(Error::other)? {
                Some(bytes) => match &mut file.sealing {
                    Some(sealing) => file.ready = sealing.push(&bytes).map_err(Error::other)?,
                    None => return Ok(Some((bytes, file))),
                },
                None => {
                    file.is_over = true;
                    if let Some(sealing) = file.sealing.take() {
                        file.ready = sealing.finish().map_err(Error::other)?;
                    }
                }
            }
        }
    }))
}
