//! A fuse blows after some failures in a row, lets one try at a time, and mends with the first success.
use std::sync::Arc;
use std::time::Duration;

use hotelhub_kernel::{Clock, Entropy};
use jiff::{SignedDuration, Timestamp};
use prometheus::IntGauge;

use super::super::fuse::{Chance, Change, Fuse};
use super::{gauge, tenant};

struct Line {
    fuse: Arc<Fuse>,
    clock: Clock,
    shown: IntGauge,
}

impl Line {
    fn new(make: fn(Chance, IntGauge) -> Arc<Fuse>) -> Self {
        let (clock, shown) = (Clock::at(Timestamp::UNIX_EPOCH), gauge("away"));
        let chance = Chance { clock: clock.clone(), entropy: Entropy::seeded(7) };
        Self { fuse: make(chance, shown.clone()), clock, shown }
    }

    fn try_once(&self, number: u128, well: bool) -> Option<Change> {
        self.fuse.attempt(tenant(number)).expect("it may be tried").ended(well)
    }

    fn blown() -> Self {
        let line = Self::new(Fuse::of_database);
        assert_eq!([line.try_once(1, false), line.try_once(1, false)], [None, None]);
        assert_eq!(line.try_once(1, false), Some(Change::Blew));
        line
    }

    /// How long the present pause is, which then is over.
    fn sits_out_its_pause(&self) -> Duration {
        let pause = self.fuse.wait().expect("it is blown");
        self.clock.advance(SignedDuration::try_from(pause).unwrap());
        pause
    }
}

#[test]
fn it_blows_after_three_failures_in_a_row_and_not_after_three_in_all() {
    let line = Line::new(Fuse::of_database);
    for well in [false, false, true, false, false, true] {
        assert_eq!(line.try_once(1, well), None);
    }
    assert_eq!(line.fuse.wait(), None);
    let line = Line::blown();
    assert!(line.fuse.attempt(tenant(1)).is_err());
    assert_eq!(line.shown.get(), 1);
}

#[test]
fn one_tries_at_a_time_and_a_success_mends_it() {
    let line = Line::blown();
    line.sits_out_its_pause();
    let trying = line.fuse.attempt(tenant(1)).unwrap();
    assert!(line.fuse.attempt(tenant(1)).is_err(), "somebody is trying");
    assert_eq!(trying.ended(true), Some(Change::Mended));
    assert_eq!((line.fuse.wait(), line.shown.get()), (None, 0));
}

#[test]
fn whoever_tries_and_gives_up_leaves_it_to_the_next() {
    let line = Line::blown();
    line.sits_out_its_pause();
    drop(line.fuse.attempt(tenant(1)));
    assert_eq!(line.try_once(1, true), Some(Change::Mended));
}

#[test]
fn while_one_tries_nobody_who_began_before_it_blew_ends_his_trial() {
    let line = Line::new(Fuse::of_database);
    let mut early: Vec<_> = (0..5).map(|_| line.fuse.attempt(tenant(1)).unwrap()).collect();
    let late = early.split_off(3);
    assert_eq!(early.into_iter().find_map(|attempt| attempt.ended(false)), Some(Change::Blew));
    line.sits_out_its_pause();
    let trying = line.fuse.attempt(tenant(1)).unwrap();
    let mut late = late.into_iter();
    drop(late.next());
    assert!(line.fuse.attempt(tenant(1)).is_err(), "somebody is trying");
    assert_eq!(late.next().unwrap().ended(false), None);
    drop(trying);
    assert!(line.fuse.attempt(tenant(1)).is_ok(), "who tried gave up: the next may try, without a pause");
}

#[test]
fn pauses_grow_to_ten_seconds_and_no_further() {
    let line = Line::blown();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        pauses.push(line.sits_out_its_pause());
        assert_eq!(line.try_once(1, false), None, "it is told once that it blew");
    }
    let within = |from: u64, to: u64| Duration::from_millis(from)..=Duration::from_millis(to);
    assert!(within(500, 1_000).contains(&pauses[0]) && within(1_000, 2_000).contains(&pauses[1]), "{pauses:?}");
    assert!(pauses[4..].iter().all(|pause| within(5_000, 10_000).contains(pause)), "{pauses:?}");
}

#[test]
fn what_began_before_it_blew_counts_no_more_unless_it_succeeds() {
    let line = Line::new(Fuse::of_database);
    let early: Vec<_> = (0..5).map(|_| line.fuse.attempt(tenant(1)).unwrap()).collect();
    let changes: Vec<_> = early.into_iter().enumerate().map(|(nth, attempt)| attempt.ended(nth == 4)).collect();
    assert_eq!(changes, [None, None, Some(Change::Blew), None, Some(Change::Mended)]);
}

#[test]
fn a_server_is_given_up_when_several_hotels_are_let_down_and_not_for_one() {
    let line = Line::new(Fuse::of_server);
    for _ in 0..10 {
        assert_eq!(line.try_once(1, false), None);
    }
    assert_eq!(line.try_once(2, false), None);
    assert_eq!(line.try_once(2, true), None, "another is served: all begins anew");
    assert_eq!([line.try_once(1, false), line.try_once(2, false)], [None, None]);
    assert_eq!(line.try_once(3, false), Some(Change::Blew));
}

#[test]
fn a_failure_or_two_are_no_reason_to_remember_a_database_that_nobody_asks_for() {
    let line = Line::new(Fuse::of_database);
    assert_eq!([line.try_once(1, false), line.try_once(1, false)], [None, None]);
    assert!(line.fuse.is_forgettable());
}

#[test]
fn a_clock_that_is_set_back_lengthens_no_pause_and_one_that_nobody_asks_is_forgotten() {
    let line = Line::blown();
    assert!(!line.fuse.is_forgettable());
    line.clock.advance(SignedDuration::from_secs(30));
    assert!(line.fuse.is_forgettable());
    line.clock.advance(SignedDuration::from_hours(-1));
    assert_eq!(line.fuse.wait(), None);
    let shown = line.shown.clone();
    drop(line);
    assert_eq!(shown.get(), 0, "what is forgotten is not shown as away");
}
