//! Which base backups are kept, and why none is taken.
use std::collections::BTreeSet;

use hotelhub_web::{AppError, Kind};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use uuid::Uuid;

/// A server is copied again after this.
pub(super) const EACH: SignedDuration = SignedDuration::from_hours(24);

/// Base backups kept: the newest ones, the newest of this week and of the last one that had any, and the newest that is old enough for every
/// instant of the last seven days; as long as none is, the oldest.
const NEWEST: usize = 2;
const WEEKS: usize = 2;
const REACH: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A base backup that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Good {
    pub(super) id: Uuid,
    /// From when on an instant can be made of it.
    pub(super) ended_at: Timestamp,
    /// The first file of WAL it needs.
    pub(super) from_wal: String,
    /// Whether something is being made of it.
    pub(super) in_use: bool,
}

/// What of a server's base backups is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pruning {
    pub(super) bases: Vec<Uuid>,
    /// The first file of WAL that one of the others needs.
    pub(super) first_wal: Option<String>,
}

/// What nobody needs any more of these.
pub(super) fn superfluous(good: &[Good]) -> Pruning {
    let mut newest_first: Vec<&Good> = good.iter().collect();
    newest_first.sort_by_key(|base| std::cmp::Reverse((base.ended_at, base.id)));
    let old_enough = newest_first
        .first()
        .and_then(|newest| newest_first.iter().find(|base| base.ended_at <= newest.ended_at - REACH))
        .or(newest_first.last())
        .map(|base| base.id);
    let mut weeks = BTreeSet::new();
    let mut kept = BTreeSet::new();
    for (place, base) in newest_first.iter().enumerate() {
        let week = base.ended_at.to_zoned(TimeZone::UTC).date().iso_week_date();
        let first_of_week = weeks.insert((week.year(), week.week())) && weeks.len() <= WEEKS;
        if place < NEWEST || first_of_week || base.in_use || old_enough == Some(base.id) {
            kept.insert(base.id);
        }
    }
    let first = newest_first.iter().filter(|base| kept.contains(&base.id)).map(|base| &base.from_wal);
    // Timelines aside: the numbers of files go on counting when a server is replaced by its standby.
    let first_wal = first.min_by_key(|name| name.get(8..).map(str::to_owned)).cloned();
    Pruning { bases: good.iter().map(|base| base.id).filter(|id| !kept.contains(id)).collect(), first_wal }
}

/// Why no base backup is taken, and nothing is made of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(in crate::backups) enum Refusal {
    /// There is no server of this name.
    #[error("no cluster has this name")]
    UnknownCluster,
    /// There is no base backup with this id.
    #[error("there is no such base backup")]
    UnknownBase,
    /// No fleet worker has a store of backups.
    #[error("no fleet worker on this cluster has a store of backups")]
    NoStore,
    /// The server keeps its WAL to itself.
    #[error(
        "this cluster archives no WAL, or fails to: set archive_mode = on and archive_command = 'hotelhub wal keep --cluster … %p %f' there"
    )]
    NotArchiving,
    /// One is being taken.
    #[error("a base backup of this cluster is being taken already")]
    UnderWay,
    /// None is old enough.
    #[error("no base backup of this hotel's cluster was whole before that instant")]
    NoneBefore,
    /// The instant has not come.
    #[error("this instant has not come yet")]
    Future,
    /// What is said of an instant, without one.
    #[error("a timeline, and that the store is all there is, are said of an instant: name one")]
    NoInstant,
    /// An instant and a backup at once.
    #[error("a backup shows an instant of its own: name one of the two")]
    Both,
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        let (kind, code) = match refusal {
            Refusal::UnknownCluster => (Kind::NotFound, "unknown-cluster"),
            Refusal::UnknownBase => (Kind::NotFound, "unknown-base-backup"),
            Refusal::NoStore => (Kind::Conflict, "no-backup-store"),
            Refusal::NotArchiving => (Kind::Conflict, "not-archiving"),
            Refusal::UnderWay => (Kind::Conflict, "base-backup-open"),
            Refusal::NoneBefore => (Kind::Conflict, "no-base-backup"),
            Refusal::Future => return Self::new(Kind::Invalid, "not-come-yet", text.clone()).field("at", text),
            Refusal::NoInstant => return Self::new(Kind::Invalid, "no-instant", text.clone()).field("at", text),
            Refusal::Both => return Self::new(Kind::Invalid, "backup-and-instant", text.clone()).field("at", text),
        };
        Self::new(kind, code, text)
    }
}
