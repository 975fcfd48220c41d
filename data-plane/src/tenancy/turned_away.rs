//! How those are answered who are not let through to a hotel: a page for a browser, the problem for a program. Made of memory alone.
use axum::extract::Request;
use axum::http::header::{ACCEPT, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use hotelhub_kernel::Clock;
use hotelhub_protocol::Maintenance;
use hotelhub_web::{AppError, Kind, Lang, Layout, Page, Shell, Visit, format};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::Tenant;
use crate::node::Node;

/// How long a visitor is asked to stay away who was told no end, or one that is over, in seconds.
const A_WHILE: u32 = 120;
/// How long at most.
const AN_HOUR: u32 = 3_600;

/// Tells a visitor that nobody lives here, and where the vendor is.
#[derive(Serialize)]
struct NoHotelPage {
    vendor_url: Option<String>,
}

impl Page for NoHotelPage {
    const TEMPLATE: &'static str = "tenancy/no-hotel";

    fn sample() -> Self {
        Self { vendor_url: Some("https://hotelhub.id".to_owned()) }
    }
}

/// Tells a visitor that the hotel is closed for maintenance, why, and until when.
#[derive(Serialize)]
struct ClosedPage {
    hotel: String,
    text: String,
    until: Option<String>,
}

impl Page for ClosedPage {
    const TEMPLATE: &'static str = "tenancy/closed";

    fn sample() -> Self {
        Self {
            hotel: "Hotel Melati".to_owned(),
            text: "Pindah ke server yang lebih besar.".to_owned(),
            until: Some("3 Jul 2026 11.00 WIB".to_owned()),
        }
    }
}

/// What those hear who find no hotel.
pub(super) fn no_hotel(node: &Node, request: &Request, refusal: AppError) -> Response {
    let page = NoHotelPage { vendor_url: node.settings.vendor_url().map(str::to_owned) };
    answer(node, request, refusal, ("HotelHub", "no-hotel.title"), &page)
}

/// What those hear who find it closed.
pub(super) fn closed(tenant: &Tenant, request: &Request, closed: &Maintenance) -> Response {
    let detail = format!("This hotel is closed for maintenance: {}", closed.text);
    let refusal = AppError::new(Kind::Unavailable, "maintenance", detail)
        .with("text", &closed.text)
        .with("until", closed.until)
        .retry_after(pause(closed.until, tenant.clock()));
    let until = closed.until.map(|at| in_jakarta(at, Lang::of(request.headers())));
    let page = ClosedPage { hotel: tenant.name().to_owned(), text: closed.text.clone(), until };
    answer(tenant.node(), request, refusal, (tenant.name(), "closed.title"), &page)
}

fn answer(
    node: &Node,
    request: &Request,
    refusal: AppError,
    (site, title): (&str, &str),
    page: &impl Page,
) -> Response {
    let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepts.contains("text/html") || request.uri().path().starts_with("/api/") {
        return refusal.into_response();
    }
    let visit = Visit { lang: Lang::of(request.headers()), ..Visit::default() };
    match node.templates.render(&Shell::new(&visit, Layout::Plain, site, title), page) {
        Ok(html) => {
            let mut response = (refusal.kind().status(), html).into_response();
            if let Some(after) = refusal.pause() {
                response.headers_mut().insert(RETRY_AFTER, after.into());
            }
            response
        }
        Err(error) => error.into_response(),
    }
}

/// Seconds until it is worth asking again.
fn pause(until: Option<Timestamp>, clock: &Clock) -> u32 {
    let left = until.map_or(0, |until| until.duration_since(clock.now()).as_secs());
    u32::try_from(left).ok().filter(|left| *left > 0).map_or(A_WHILE, |left| left.min(AN_HOUR))
}

/// A moment as the vendor tells it: a hotel's own zone lies in its database, which nobody asks now.
fn in_jakarta(at: Timestamp, lang: Lang) -> String {
    let zone = TimeZone::get("Asia/Jakarta").unwrap_or(TimeZone::UTC);
    format!("{} WIB", format::date_time(at, &zone, lang))
}
