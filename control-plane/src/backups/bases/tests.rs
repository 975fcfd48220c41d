//! Which base backups are kept.
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::model::{Good, Pruning, superfluous};

fn daily(days: u8) -> Vec<Good> {
    let first: Timestamp = "2026-07-01T20:00:00Z".parse().unwrap();
    let base = |day: u8| Good {
        id: Uuid::from_u128(day.into()),
        ended_at: first + SignedDuration::from_hours(24 * i64::from(day)),
        from_wal: format!("0000000100000000000000{day:02X}"),
        in_use: false,
    };
    (0..days).map(base).collect()
}

#[test]
fn the_first_one_stays_and_the_wal_before_it_goes() {
    let first_wal = Some("000000010000000000000000".to_owned());
    assert_eq!(superfluous(&daily(1)), Pruning { bases: vec![], first_wal });
    assert_eq!(superfluous(&[]), Pruning { bases: vec![], first_wal: None });
}

#[test]
fn every_instant_of_the_last_seven_days_can_be_made_on_every_day() {
    let mut kept: Vec<Good> = Vec::new();
    for (day, base) in daily(60).into_iter().enumerate() {
        let (now, first) = (base.ended_at, daily(1)[0].ended_at);
        kept.push(base);
        let gone = superfluous(&kept).bases;
        kept.retain(|base| !gone.contains(&base.id));
        let oldest = kept.iter().map(|base| base.ended_at).min().unwrap();
        assert!(oldest <= first.max(now - SignedDuration::from_hours(24 * 7)), "on day {day}");
        assert!(kept.len() <= 4, "{kept:?}");
    }
}

#[test]
fn what_something_is_being_made_of_stays_with_its_wal() {
    let mut all = daily(40);
    all[3].in_use = true;
    let pruning = superfluous(&all);
    assert!(!pruning.bases.contains(&all[3].id));
    assert_eq!(pruning.first_wal.as_deref(), Some("000000010000000000000003"));
}
