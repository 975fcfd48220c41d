//! What the page shows.
use hotelhub_protocol::{ExportState, HowFar, OwnersExport};
use hotelhub_web::{Lang, Page, format};
use jiff::tz::TimeZone;
use serde::Serialize;

/// All of the hotel's data in one file: what there is, how far it is, where it is fetched.
#[derive(Serialize)]
pub(super) struct DataPage {
    /// A house of its own: there is a command for it.
    alone: bool,
    /// The control plane cannot be reached now.
    away: bool,
    exports: Vec<Line>,
    /// Whether one is under way: the page shows how far it is by itself, and no other is ordered.
    goes_on: bool,
    form_key: String,
}

/// One export.
#[derive(Serialize)]
pub(super) struct Line {
    state_key: &'static str,
    tone: &'static str,
    asked: String,
    by: String,
    far: Option<FarLine>,
    rows: Option<String>,
    size: Option<String>,
    until: Option<String>,
    /// The link that opens the file, while there is one.
    file: Option<String>,
    goes_on: bool,
}

/// How far one is that is being written.
#[derive(Serialize)]
struct FarLine {
    /// Of a hundred.
    percent: u64,
    tables_done: u32,
    tables: u32,
    rows_done: String,
    rows: String,
}

impl DataPage {
    /// In a house of its own.
    pub(super) fn alone() -> Self {
        Self { alone: true, ..Self::with(Vec::new(), String::new()) }
    }

    /// While nobody can be asked.
    pub(super) fn away() -> Self {
        Self { away: true, ..Self::with(Vec::new(), String::new()) }
    }

    /// With these exports, and a key for the form.
    pub(super) fn with(exports: Vec<Line>, form_key: String) -> Self {
        let goes_on = exports.iter().any(|export| export.goes_on);
        Self { alone: false, away: false, exports, goes_on, form_key }
    }
}

impl Line {
    /// An export as it stands; `file` opens it.
    pub(super) fn of(export: &OwnersExport, file: String, (zone, lang): (&TimeZone, Lang)) -> Self {
        let (state_key, tone) = match export.state {
            ExportState::Waiting => ("data.waiting", "warn"),
            ExportState::Writing => ("data.writing", "warn"),
            ExportState::Done => ("data.done", "good"),
            ExportState::Failed => ("data.failed", "bad"),
            ExportState::Expired => ("data.expired", "calm"),
        };
        let is_there = export.state == ExportState::Done;
        Self {
            state_key,
            tone,
            asked: format::date_time(export.asked_at, zone, lang),
            by: export.asked_by.clone(),
            far: export.how_far.map(|far| FarLine::of(far, lang)),
            rows: export.rows.map(|rows| count(rows, lang)),
            size: export.bytes.map(|bytes| size(bytes, lang)),
            until: export.until.filter(|_| is_there).map(|until| format::date_time(until, zone, lang)),
            file: is_there.then_some(file),
            goes_on: matches!(export.state, ExportState::Waiting | ExportState::Writing),
        }
    }
}

impl FarLine {
    fn of(far: HowFar, lang: Lang) -> Self {
        let hundredth = u128::from(far.rows_done.min(far.rows)) * 100 / u128::from(far.rows.max(1));
        Self {
            percent: if far.rows == 0 { 100 } else { u64::try_from(hundredth).unwrap_or(100) },
            tables_done: far.tables_done,
            tables: far.tables,
            rows_done: count(far.rows_done, lang),
            rows: count(far.rows, lang),
        }
    }
}

fn count(rows: u64, lang: Lang) -> String {
    format::count(i64::try_from(rows).unwrap_or(i64::MAX), lang)
}

/// Bytes in kilobytes or megabytes, with one place.
fn size(bytes: u64, lang: Lang) -> String {
    let (tenths, unit) = if bytes < 1_000_000 { (bytes / 100, "kB") } else { (bytes / 100_000, "MB") };
    let point = if lang == Lang::Id { ',' } else { '.' };
    format!("{}{point}{} {unit}", count(tenths / 10, lang), tenths % 10)
}

impl Page for DataPage {
    const TEMPLATE: &'static str = "owners_export/data";

    fn sample() -> Self {
        let line = |state_key, tone, goes_on: bool| Line {
            state_key,
            tone,
            asked: "03 Jul 2026 14:05".to_owned(),
            by: "Ratna Sari".to_owned(),
            far: goes_on.then(|| FarLine {
                percent: 42,
                tables_done: 8,
                tables: 19,
                rows_done: "5.054".to_owned(),
                rows: "12.034".to_owned(),
            }),
            rows: (!goes_on).then(|| "12.034".to_owned()),
            size: (!goes_on).then(|| "1,4 MB".to_owned()),
            until: (!goes_on).then(|| "10 Jul 2026 14:05".to_owned()),
            file: (!goes_on).then(|| "/desk/data/1/file?until=1783062000&proof=00".to_owned()),
            goes_on,
        };
        let lines = vec![line("data.writing", "warn", true), line("data.done", "good", false)];
        Self::with(lines, "sample-key".to_owned())
    }
}
