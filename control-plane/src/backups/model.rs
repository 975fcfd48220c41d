//! When a tenant is backed up, and which backups are kept.
use std::collections::BTreeSet;

use hotelhub_kernel::{TenantId, sha256};
use hotelhub_web::{AppError, Kind};
use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _, Zoned};
use thiserror::Error;
use uuid::Uuid;

/// The first minute of the night in which backups are due, and how many minutes they are spread over.
const FIRST_HOUR: i8 = 1;
const MINUTES: u16 = 240;

/// Backups kept: the last of each of so many days, weeks and months that have any.
const DAYS: usize = 7;
const WEEKS: usize = 4;
const MONTHS: usize = 12;

/// One that somebody asked for is kept for so long, whatever else there is.
pub(super) const ASKED_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The latest instant, up to now, at which a tenant was to be backed up: the same minute of each of its nights, between one and five, spread
/// over all tenants.
pub fn due_before(tenant: TenantId, zone: &TimeZone, now: Timestamp) -> Timestamp {
    let digest = sha256(tenant.0.as_bytes());
    let minute = i64::from(u16::from_be_bytes([digest[0], digest[1]]) % MINUTES);
    let on = |day: jiff::civil::Date| {
        let at = day.to_datetime(time(FIRST_HOUR, 0, 0, 0)).saturating_add(minute.minutes());
        at.to_zoned(zone.clone()).map_or(now, |due| due.timestamp())
    };
    let today = now.to_zoned(zone.clone()).date();
    let due = on(today);
    if due <= now { due } else { on(today.saturating_sub(1.day())) }
}

/// A backup that is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Good {
    /// Which; later ones are greater.
    pub id: Uuid,
    /// The instant it shows.
    pub taken_at: Timestamp,
    /// Whether somebody asked for it.
    pub asked: bool,
}

/// The backups that nobody needs any more. The one that was made last is none of them, whatever the clocks said.
pub fn superfluous(good: &[Good], zone: &TimeZone, now: Timestamp) -> Vec<Uuid> {
    let mut newest_first = good.to_vec();
    newest_first.sort_by_key(|backup| std::cmp::Reverse((backup.taken_at, backup.id)));
    let mut kept: BTreeSet<Uuid> = good.iter().map(|backup| backup.id).max().into_iter().collect();
    kept.extend(last_of_each(&newest_first, DAYS, zone, |at| at.date()));
    kept.extend(last_of_each(&newest_first, WEEKS, zone, |at| {
        let week = at.date().iso_week_date();
        (week.year(), week.week())
    }));
    kept.extend(last_of_each(&newest_first, MONTHS, zone, |at| (at.year(), at.month())));
    let wanted = good.iter().filter(|backup| backup.asked && backup.taken_at > now - ASKED_FOR);
    kept.extend(wanted.map(|backup| backup.id));
    newest_first.iter().map(|backup| backup.id).filter(|id| !kept.contains(id)).collect()
}

/// The newest backup of each of the last so many periods that have one.
fn last_of_each<P: Ord>(
    newest_first: &[Good],
    periods: usize,
    zone: &TimeZone,
    period: impl Fn(&Zoned) -> P,
) -> Vec<Uuid> {
    let mut seen = BTreeSet::new();
    let firsts = newest_first.iter().filter(|backup| seen.insert(period(&backup.taken_at.to_zoned(zone.clone()))));
    firsts.take(periods).map(|backup| backup.id).collect()
}

/// Why nothing is backed up or restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    /// There is no tenant with this id.
    #[error("there is no such tenant")]
    UnknownTenant,
    /// There is no backup with this id.
    #[error("there is no such backup")]
    UnknownBackup,
    /// There is no restore with this id.
    #[error("there is no such restore")]
    UnknownRestore,
    /// The tenant has no database that is served.
    #[error("this tenant has no database that is served")]
    NotServed,
    /// No fleet worker has a store of backups.
    #[error("no fleet worker on this tenant's server has a store of backups")]
    NoStore,
    /// The tenant is being backed up.
    #[error("this tenant is being backed up already")]
    BackingUp,
    /// The tenant is being restored.
    #[error("a backup of this tenant is being restored already")]
    Restoring,
    /// The tenant is being moved.
    #[error("this tenant is being moved to another cluster: try again afterwards")]
    Moving,
    /// The tenant has no good backup.
    #[error("this tenant has no good backup")]
    NoneGood,
    /// The hotel was deleted, and the days of its backups are over.
    #[error("this hotel was deleted, and its backups are removed: their days are over")]
    Removed,
    /// The backup is not whole, or not there any more.
    #[error("this backup cannot be restored: it failed, or it is not kept any more")]
    NotGood,
    /// Another tenant's backup.
    #[error("this is another tenant's backup")]
    Foreign,
    /// Another tenant's name, given to confirm.
    #[error("this is not the tenant's name")]
    OtherName,
    /// Another tenant has the name the copy is to have.
    #[error("another hotel has this name already")]
    SlugTaken,
    /// The restore has ended, or goes on to its next step just now.
    #[error("this is not under way any more")]
    Over,
    /// What was restored is not what is served now, or what it replaced is not kept any more.
    #[error("this restore cannot be undone any more")]
    NotUndone,
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        let (kind, code) = match refusal {
            Refusal::UnknownTenant => (Kind::NotFound, "unknown-tenant"),
            Refusal::UnknownBackup => (Kind::NotFound, "unknown-backup"),
            Refusal::UnknownRestore => (Kind::NotFound, "unknown-restore"),
            Refusal::NotServed => (Kind::Conflict, "not-served"),
            Refusal::NoStore => (Kind::Conflict, "no-backup-store"),
            Refusal::BackingUp => (Kind::Conflict, "backup-open"),
            Refusal::Restoring => (Kind::Conflict, "restore-open"),
            Refusal::Moving => (Kind::Conflict, "move-open"),
            Refusal::NoneGood => (Kind::Conflict, "no-good-backup"),
            Refusal::Removed => (Kind::Conflict, "backups-removed"),
            Refusal::NotGood => (Kind::Conflict, "not-a-good-backup"),
            Refusal::Foreign => (Kind::Conflict, "foreign-backup"),
            Refusal::SlugTaken => (Kind::Conflict, "slug-taken"),
            Refusal::NotUndone => (Kind::Conflict, "not-undone"),
            Refusal::Over => (Kind::Conflict, "not-under-way"),
            Refusal::OtherName => {
                return Self::new(Kind::Invalid, "other-name", text.clone()).field("slug", text);
            }
        };
        Self::new(kind, code, text)
    }
}
