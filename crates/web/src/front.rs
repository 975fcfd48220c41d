//! What stands in front of every handler of both planes: one layer, in one order.
use std::any::Any;
use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::Either;
use hotelhub_kernel::Ids;
use serde::Serialize;
use tower::{Service as _, service_fn};
use tower_http::compression::Compression;

use crate::alarm::Alarm;
use crate::error::keep;
use crate::metrics::Metrics;
use crate::origin::{Scheme, authority, same_origin};
use crate::request_id::RequestId;
use crate::server::{Answers, Caller};
use crate::subject::Subject;
use crate::unread::Heard;
use crate::{
    AppError, ClientAddress, Doors, Kind, Layout, Page, Problem, Shell, Templates, Visit, request_id, security_headers,
};

/// What stands in front: host sanity, request id, load shedding, origin, time limit, panics, problems as pages,
/// security headers, metrics, compression of text.
#[derive(Clone)]
pub struct Front {
    /// Makes request ids.
    pub ids: Ids,
    /// Counts requests.
    pub metrics: Metrics,
    /// Renders the error page.
    pub templates: Arc<Templates>,
    /// The name on the error page.
    pub site_name: String,
    /// How browsers reach us.
    pub scheme: Scheme,
    /// Whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Path prefixes for machines that authenticate otherwise than by cookie: no Origin asked, no time limit (long polls).
    pub machine_paths: &'static [&'static str],
    /// The largest body in bytes; 256 KiB by default.
    pub body_limit: usize,
    /// A request is answered 503 after this.
    pub time_limit: Duration,
    /// Requests at once; the next is answered 503.
    pub in_flight: usize,
}

impl Front {
    /// The usual limits: 256 KiB, 30 s, 2,048 requests at once.
    pub fn new(ids: Ids, metrics: Metrics, templates: Arc<Templates>, scheme: Scheme) -> Self {
        Self {
            ids,
            metrics,
            templates,
            site_name: "HotelHub".to_owned(),
            scheme,
            trusted_proxies: Vec::new(),
            machine_paths: &[],
            body_limit: 256 * 1024,
            time_limit: Duration::from_secs(30),
            in_flight: 2_048,
        }
    }

    /// Puts everything around the doors. The assets and `POST /preferences` are added to them.
    pub fn around(self, doors: Doors) -> Entrance {
        let own = self.templates.assets().router().merge(crate::preferences::router());
        Entrance { router: doors.merge(Doors::of(own)).into_router(), front: Arc::new(self) }
    }

    fn is_machine(&self, path: &str) -> bool {
        self.machine_paths.iter().any(|prefix| path.starts_with(prefix))
    }
}

/// The doors with all that stands in front of them: what a listener serves.
#[derive(Clone)]
pub struct Entrance {
    front: Arc<Front>,
    router: Router,
}

impl Answers for Entrance {
    /// Pages are compressed for who takes it. What programs are answered is not: it is short.
    fn answer(self: Arc<Self>, caller: Caller, request: Request) -> impl Future<Output = Response> + Send + 'static {
        if !request.headers().contains_key(ACCEPT_ENCODING) || request.uri().path().starts_with("/api/") {
            return Either::Left(self.told(caller, request));
        }
        let answering = service_fn(move |request| self.clone().told(caller.clone(), request).map(Ok::<_, Infallible>));
        let answering = Compression::new(answering).compress_when(is_text).call(request);
        Either::Right(Box::pin(answering.map(|Ok(response)| response.map(Body::new))))
    }
}

impl Entrance {
    /// Answers, and lets all that is told meanwhile be told of this request.
    fn told(self: Arc<Self>, caller: Caller, request: Request) -> impl Future<Output = Response> + Send + 'static {
        let front = &self.front;
        let address = ClientAddress::seen_through(caller.address.ip(), request.headers(), &front.trusted_proxies);
        let subject = Subject::new(RequestId(front.ids.unordered()), request.method().clone(), address);
        subject.of(stand(self, caller, subject.clone(), request))
    }
}

/// What of a request the answer's last touch needs.
struct Asked {
    visit: Visit,
    wants_page: bool,
    flashed: bool,
}

/// From here on an answer counts as slow.
const SLOW: Duration = Duration::from_millis(500);

async fn stand(entrance: Arc<Entrance>, caller: Caller, subject: Arc<Subject>, mut request: Request) -> Response {
    let started = Instant::now();
    let Entrance { front, router } = &*entrance;
    let in_flight = front.metrics.started();
    let wants_page = wants_page(request.headers(), request.uri().path());
    let asked = Asked {
        visit: if wants_page { visit(&request) } else { Visit::default() },
        wants_page,
        flashed: wants_page && crate::cookies::read(request.headers(), "flash").is_some(),
    };
    if !request.body().is_end_stream() {
        request = request.map(Heard::of);
        DefaultBodyLimit::max(front.body_limit).apply(&mut request);
    }
    let response = if in_flight.count() > front.in_flight {
        busy()
    } else {
        answer(front, caller.alarm, started, request, router.clone()).await
    };
    let response = finish(front, response, &asked, subject.id);
    let took = started.elapsed();
    let status = response.status();
    front.metrics.answered(&subject, status, took);
    log(status, took);
    drop(in_flight);
    response
}

/// A request that went well and fast is counted by the metrics and told at `debug`; `info` tells what somebody may ask about.
fn log(status: StatusCode, took: Duration) {
    let millis = took.as_secs_f64() * 1_000.0;
    if status.is_server_error() || status.is_client_error() || took >= SLOW {
        tracing::info!(http.status = status.as_u16(), took_ms = millis, "answered");
    } else {
        tracing::debug!(http.status = status.as_u16(), took_ms = millis, "answered");
    }
}

fn busy() -> Response {
    let busy = AppError::new(Kind::Unavailable, "busy", "Too many requests at once. Try again in a moment.");
    busy.retry_after(1).into_response()
}

async fn answer(front: &Front, alarm: Alarm, started: Instant, request: Request, mut router: Router) -> Response {
    let machine = front.is_machine(request.uri().path());
    if let Err(refusal) = admit(&request, front.scheme, machine) {
        return refusal.into_response();
    }
    let deadline = started + front.time_limit;
    // Requests that share a connection are in tasks of their own: each has its own alarm.
    let alarm = if request.version() == Version::HTTP_2 { Alarm::default() } else { alarm };
    let running = AssertUnwindSafe(async move { router.call(request).await }).catch_unwind();
    let outcome = if machine { Some(running.await) } else { alarm.within(deadline, running).await };
    match outcome {
        Some(Ok(Ok(response))) => response,
        Some(Err(panic)) => AppError::internal(panic_text(&*panic)).into_response(),
        None => {
            let slow = AppError::new(Kind::Unavailable, "too-slow", "This took too long and was given up.");
            slow.retry_after(5).because("the time limit of a request").into_response()
        }
    }
}

fn admit(request: &Request, scheme: Scheme, machine: bool) -> Result<(), AppError> {
    let host = authority(request.headers(), request.uri())?;
    if machine { Ok(()) } else { same_origin(request.method(), request.headers(), scheme, host) }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a handler panicked: {}", text.unwrap_or("without a word"))
}

fn wants_page(headers: &HeaderMap, path: &str) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepts.contains("text/html") && !path.starts_with("/api/")
}

fn visit(request: &Request) -> Visit {
    Visit {
        lang: crate::Lang::of(request.headers()),
        theme: crate::cookies::read(request.headers(), "theme").and_then(crate::Theme::parse).unwrap_or_default(),
        path: crate::body::path_of(request.uri()).to_owned(),
        flash: None,
    }
}

/// Gives a refusal its request id and its face, and every response its headers.
fn finish(front: &Front, response: Response, asked: &Asked, id: RequestId) -> Response {
    let problem = response.extensions().get::<Problem>().cloned().or_else(|| stranger(&response));
    let mut response = match problem {
        Some(problem) => {
            let problem = Problem { request_id: Some(id.to_string()), ..problem };
            let page = if asked.wants_page { error_page(front, &asked.visit, &problem) } else { None };
            match page {
                Some(mut page) => {
                    keep(response.headers(), &mut page);
                    page
                }
                None => problem.into_response_with(response.headers()),
            }
        }
        None => response,
    };
    if asked.flashed && response.status().is_success() {
        response.headers_mut().append(SET_COOKIE, crate::cookies::clear("flash"));
    }
    security_headers::put(response.headers_mut(), front.scheme);
    response.headers_mut().insert(request_id::HEADER, id.to_header());
    response
}

/// A refusal that axum made itself: an unknown path, a wrong method, a path parameter that does not parse.
fn stranger(response: &Response) -> Option<Problem> {
    let status = response.status();
    let plain = response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !(status.is_client_error() || status.is_server_error()) || !plain {
        return None;
    }
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => ("not-found", "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => ("method-not-allowed", "This address does not take that method."),
        StatusCode::PAYLOAD_TOO_LARGE => ("body-too-large", "The body is larger than this door takes."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported-media", "The body is of the wrong type."),
        StatusCode::UNPROCESSABLE_ENTITY => ("invalid-body", "The body is wrong."),
        status if status.is_server_error() => ("internal", "Something went wrong on our side."),
        _ => ("malformed", "The request is malformed."),
    };
    Some(Problem::new(status, code, detail))
}

/// The page that says what went wrong.
#[derive(Serialize)]
pub(crate) struct ErrorPage {
    status: u16,
    title_key: String,
    text_key: String,
    request_id: String,
}

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "error";

    fn sample() -> Self {
        Self::of(404, "01980f6e-7b9a-7000-8000-000000000001")
    }
}

impl ErrorPage {
    fn of(status: u16, request_id: &str) -> Self {
        let family = match status {
            401 | 403 | 404 | 405 | 409 | 410 | 412 | 421 | 422 | 429 | 503 => status,
            400..=499 => 400,
            _ => 500,
        };
        Self {
            status,
            title_key: format!("error.{family}.title"),
            text_key: format!("error.{family}.text"),
            request_id: request_id.to_owned(),
        }
    }
}

fn error_page(front: &Front, visit: &Visit, problem: &Problem) -> Option<Response> {
    let page = ErrorPage::of(problem.status, problem.request_id.as_deref().unwrap_or_default());
    let shell = Shell::new(visit, Layout::Plain, &front.site_name, &page.title_key);
    let html = front.templates.render(&shell, &page).ok()?;
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Some((status, html).into_response())
}

fn is_text(_: StatusCode, _: axum::http::Version, headers: &HeaderMap, _: &axum::http::Extensions) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    [b"text/html".as_slice(), b"text/css", b"text/javascript", b"image/svg"].iter().any(|text| kind.starts_with(text))
}
