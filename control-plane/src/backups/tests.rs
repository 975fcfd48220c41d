//! When a tenant is backed up, and what is kept, as tables.
use hotelhub_kernel::TenantId;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Good, due_before, superfluous};

fn jakarta() -> TimeZone {
    TimeZone::get("Asia/Jakarta").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn tenant(n: u128) -> TenantId {
    TenantId(Uuid::from_u128(n))
}

#[test]
fn a_tenant_is_due_in_the_same_minute_of_each_of_its_nights() {
    for n in 0..500 {
        let due = due_before(tenant(n), &jakarta(), at("2026-07-03T12:00:00Z"));
        let night = due.to_zoned(jakarta());
        assert!((1..5).contains(&night.hour()), "{night}");
        assert_eq!(night.date().to_string(), "2026-07-03");
        let next = due_before(tenant(n), &jakarta(), at("2026-07-04T12:00:00Z"));
        assert_eq!(next.duration_since(due), SignedDuration::from_hours(24));
        assert_eq!(due_before(tenant(n), &jakarta(), due), due, "at the very minute it is due");
        let before = due_before(tenant(n), &jakarta(), due - SignedDuration::from_secs(1));
        assert_eq!(due.duration_since(before), SignedDuration::from_hours(24));
    }
    let now = at("2026-07-03T12:00:00Z");
    let minutes: std::collections::BTreeSet<_> = (0..500).map(|n| due_before(tenant(n), &jakarta(), now)).collect();
    assert!(minutes.len() > 150, "spread over the night: {}", minutes.len());
}

#[test]
fn a_night_without_the_hour_and_one_that_has_it_twice_have_one_backup_each() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    for n in 0..200 {
        let mut nights = std::collections::BTreeSet::new();
        let (mut now, end) = (at("2026-03-27T12:00:00Z"), at("2026-03-31T12:00:00Z"));
        while now < end {
            nights.insert(due_before(tenant(n), &berlin, now));
            now += SignedDuration::from_mins(10);
        }
        assert_eq!(nights.len(), 5, "{n}: the one before, and one for each night");
    }
}

/// One backup each day at two in the night, the last on 3 July 2026, numbered from the oldest.
fn daily(days: u32) -> Vec<Good> {
    let last = at("2026-07-02T19:00:00Z");
    let good = |n: u32| Good {
        id: Uuid::from_u128(u128::from(n) + 1),
        taken_at: last - SignedDuration::from_hours(24 * i64::from(days - 1 - n)),
        asked: false,
    };
    (0..days).map(good).collect()
}

/// The days of what is kept, the newest first.
fn kept(good: &[Good], now: Timestamp) -> Vec<String> {
    let gone = superfluous(good, &jakarta(), now);
    let mut left: Vec<_> = good.iter().filter(|backup| !gone.contains(&backup.id)).collect();
    left.sort_by_key(|backup| std::cmp::Reverse(backup.taken_at));
    left.iter().map(|backup| backup.taken_at.to_zoned(jakarta()).date().to_string()).collect()
}

#[test]
fn seven_days_four_weeks_and_twelve_months_are_kept() {
    let now = at("2026-07-03T12:00:00Z");
    for days in 1..=7 {
        assert_eq!(kept(&daily(days), now).len(), usize::try_from(days).unwrap(), "the first week nothing goes");
    }
    let year = kept(&daily(500), now);
    let days = ["2026-07-03", "2026-07-02", "2026-07-01", "2026-06-30", "2026-06-29", "2026-06-28", "2026-06-27"];
    assert_eq!(year[..7], days);
    assert_eq!(year[7..9], ["2026-06-21", "2026-06-14"], "the Sundays of the weeks before");
    let months: Vec<&str> = year[9..].iter().map(|day| &day[..7]).collect();
    let wanted =
        ["2026-05", "2026-04", "2026-03", "2026-02", "2026-01", "2025-12", "2025-11", "2025-10", "2025-09", "2025-08"];
    assert_eq!(months, wanted);
    assert_eq!(year.len(), 19);
    let again: Vec<Good> = {
        let gone = superfluous(&daily(500), &jakarta(), now);
        daily(500).into_iter().filter(|backup| !gone.contains(&backup.id)).collect()
    };
    assert!(superfluous(&again, &jakarta(), now).is_empty(), "what was kept stays kept");
}

#[test]
fn gaps_cost_nothing_and_the_last_one_stays_for_ever() {
    let one = &daily(1);
    assert!(superfluous(one, &jakarta(), at("2031-01-01T00:00:00Z")).is_empty());
    let sparse: Vec<Good> = daily(400).into_iter().step_by(40).collect();
    assert!(superfluous(&sparse, &jakarta(), at("2026-07-03T12:00:00Z")).is_empty(), "ten in a year");
    assert!(superfluous(&[], &jakarta(), Timestamp::UNIX_EPOCH).is_empty());
}

#[test]
fn clocks_that_jump_never_cost_the_newest_nor_what_is_recent() {
    let mut good = daily(30);
    let ahead = Good { id: Uuid::from_u128(100), taken_at: at("2099-01-01T00:00:00Z"), asked: false };
    good.push(ahead);
    let behind = Good { id: Uuid::from_u128(101), taken_at: at("1999-01-01T00:00:00Z"), asked: false };
    good.push(behind);
    for now in [at("2026-07-03T12:00:00Z"), at("1970-01-02T00:00:00Z"), at("2150-01-01T00:00:00Z")] {
        let gone = superfluous(&good, &jakarta(), now);
        assert!(!gone.contains(&ahead.id), "the newest by its clock");
        assert!(!gone.contains(&behind.id), "the one that was made last");
        assert!(!gone.contains(&Uuid::from_u128(30)), "the newest that is true");
    }
}

#[test]
fn one_that_was_asked_for_is_kept_for_a_week() {
    let asked = Good { id: Uuid::from_u128(1), taken_at: at("2026-07-02T18:00:00Z"), asked: true };
    let later = Good { id: Uuid::from_u128(2), taken_at: at("2026-07-02T19:00:00Z"), asked: false };
    let gone = |now| superfluous(&[asked, later], &jakarta(), now);
    assert!(gone(at("2026-07-03T12:00:00Z")).is_empty());
    assert!(gone(at("2026-07-09T17:00:00Z")).is_empty());
    assert_eq!(gone(at("2026-07-09T18:00:00Z")), [asked.id]);
}
