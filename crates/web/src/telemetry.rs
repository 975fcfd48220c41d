//! Logs: JSON in service, pretty in a terminal; each line says of which request it is, where it is of one.
use std::fmt::{self, Write as _};
use std::io::IsTerminal as _;

use clap::ValueEnum;
use thiserror::Error;
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::subject;

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
    log_to(std::io::stderr, format, filter).try_init().map_err(|_| BadLog::Running)
}

/// A log that is written to `writer`.
pub(crate) fn log_to<W>(writer: W, format: Format, filter: EnvFilter) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        Format::Json => {
            Box::new(registry.with(lines.json().flatten_event(true).map_event_format(|line| About { line, format })))
        }
        Format::Pretty => {
            let colours = std::io::stderr().is_terminal();
            let lines = lines.with_target(false).with_ansi(colours);
            Box::new(registry.with(lines.map_event_format(|line| About { line: line.with_ansi(colours), format })))
        }
    }
}

/// A line with what is known of the request it is about. Nothing is formatted for a request that tells nothing.
struct About<F> {
    line: F,
    format: Format,
}

impl<S, N, F> FormatEvent<S, N> for About<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = String::with_capacity(512);
        self.line.format_event(context, Writer::new(&mut line), event)?;
        match self.format {
            Format::Json => add_members(&mut line)?,
            Format::Pretty => add_words(&mut line)?,
        }
        to.write_str(&line)
    }
}

/// Adds the request to a line that is one JSON object; what the line says of it itself stays.
fn add_members(line: &mut String) -> fmt::Result {
    let object = line.trim_end();
    line.truncate(object.strip_suffix('}').unwrap_or(object).len());
    let mut outcome = Ok(());
    subject::each_field(|name, value| {
        let member = format!("\"{name}\":");
        if !line.contains(&member) {
            outcome = outcome.and_then(|()| write!(line, ",{member}{}", serde_json::Value::from(value.to_string())));
        }
    });
    outcome?;
    line.write_str("}\n")
}

fn add_words(line: &mut String) -> fmt::Result {
    line.truncate(line.trim_end().len());
    let mut outcome = Ok(());
    subject::each_field(|name, value| outcome = outcome.and_then(|()| write!(line, " {name}={value}")));
    outcome?;
    line.write_str("\n")
}
