//! Counts and times, by route template and never by tenant.
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus::core::Collector;
use prometheus::{Encoder, Histogram, HistogramOpts, HistogramVec, IntGauge, Registry, TextEncoder};

use crate::AppError;
use crate::subject::Subject;

/// The metrics of one state; many live in one test process. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: Arc<HistogramVec>,
    in_flight: IntGauge,
}

impl Metrics {
    /// An empty registry with the HTTP metrics in it.
    pub fn new() -> Result<Self, prometheus::Error> {
        let options = HistogramOpts::new("hotelhub_http_request_seconds", "Time from request to response head.")
            .buckets(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]);
        let requests = HistogramVec::new(options, &["method", "route", "status"])?;
        let in_flight = IntGauge::new("hotelhub_http_requests_in_flight", "Requests being answered.")?;
        let registry = Registry::new();
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;
        Ok(Self { registry, requests: Arc::new(requests), in_flight })
    }

    /// Adds a metric of a capability; it must have no tenant among its labels.
    pub fn register(&self, metric: impl Collector + 'static) -> Result<(), prometheus::Error> {
        self.registry.register(Box::new(metric))
    }

    /// Requests answered since the start.
    pub fn answered_total(&self) -> u64 {
        let families = self.requests.collect();
        families.iter().flat_map(|family| family.get_metric()).map(|m| m.get_histogram().get_sample_count()).sum()
    }

    /// Everything in the text format of Prometheus.
    pub fn text(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }

    /// `GET /metrics`, for a listener of its own.
    pub fn router(&self) -> Router {
        let metrics = self.clone();
        let answer = async move || match metrics.text() {
            Ok(text) => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
            Err(error) => AppError::internal(error).into_response(),
        };
        Router::new().route("/metrics", get(answer))
    }

    /// Counts a request as being answered for as long as what is returned lives.
    pub(crate) fn started(&self) -> InFlight<'_> {
        self.in_flight.inc();
        InFlight(&self.in_flight)
    }

    pub(crate) fn answered(&self, subject: &Subject, status: StatusCode, took: Duration) {
        let method = &subject.method;
        let found = || self.times(method, subject.route(), status);
        let seconds = took.as_secs_f64();
        match subject.usual().filter(|_| status == StatusCode::OK) {
            Some(door) => match door.0.get_or_init(|| (method.clone(), found())) {
                (usual, times) if usual == method => times.observe(seconds),
                _ => found().observe(seconds),
            },
            None => found().observe(seconds),
        }
    }

    fn times(&self, method: &Method, route: &str, status: StatusCode) -> Histogram {
        let method = match *method {
            Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE => method.as_str(),
            _ => "other",
        };
        self.requests.with_label_values(&[method, route, status.as_str()])
    }
}

/// The times of one door's usual answer, a 200 to its method (a GET's door answers HEAD too): found once, then at hand. Doors are made at
/// the start and stand to the end, and so does this: what every request of a door would count up and down, nobody counts.
#[derive(Clone, Copy)]
pub(crate) struct Usual(&'static OnceLock<(Method, Histogram)>);

impl Default for Usual {
    fn default() -> Self {
        Self(Box::leak(Box::default()))
    }
}

/// Counts one request down when it is answered or given up.
pub(crate) struct InFlight<'a>(&'a IntGauge);

impl InFlight<'_> {
    /// How many are being answered now, this one among them.
    pub(crate) fn count(&self) -> usize {
        usize::try_from(self.0.get()).unwrap_or(0)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
