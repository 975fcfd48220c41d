//! Logs: JSON in service, pretty in a terminal.
use clap::ValueEnum;
use thiserror::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object a line.
    #[default]
    Json,
    /// For eyes.
    Pretty,
}

/// Why the log cannot start.
#[derive(Debug, Error)]
pub enum BadLog {
    /// The filter does not parse.
    #[error("the log filter does not parse: {0}")]
    Filter(String),
    /// A log runs already.
    #[error("a log runs already")]
    Running,
}

/// Starts logging to standard error; `filter` as in `info,hotelhub=debug`.
pub fn init(format: Format, filter: &str) -> Result<(), BadLog> {
    let filter = EnvFilter::try_new(filter).map_err(|error| BadLog::Filter(error.to_string()))?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = match format {
        Format::Json => registry.with(lines.json().flatten_event(true)).try_init(),
        Format::Pretty => registry.with(lines.with_target(false)).try_init(),
    };
    started.map_err(|_| BadLog::Running)
}
