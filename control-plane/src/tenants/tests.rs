//! What may happen to a tenant, and what it is then.
use jiff::{SignedDuration, Timestamp};

use super::{Change, Life, Refusal, Status};

const GRACE: SignedDuration = SignedDuration::from_hours(24 * 30);

fn in_trial() -> Life {
    let since = Timestamp::UNIX_EPOCH;
    Life { status: Status::Trial, since, reason: None, before: None, maintenance: None, deletion: None, kept: true }
}

fn at(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
}

fn after(life: &Life, change: &Change) -> Result<Life, Refusal> {
    life.after(change, at(1), GRACE)
}

fn suspend() -> Change {
    Change::Suspend("Tagihan Juli".to_owned())
}

fn delete() -> Change {
    Change::Delete { reason: "Hotel dijual".to_owned(), slug: "melati".to_owned() }
}

fn maintain(until: Option<Timestamp>) -> Change {
    Change::Maintain { text: "Pindah server".to_owned(), until }
}

#[test]
fn what_is_done_twice_changes_once_and_what_is_undone_leaves_nothing() {
    let trial = in_trial();
    for (there, back) in [(suspend(), Change::Resume), (maintain(None), Change::Reopen), (delete(), Change::Undelete)] {
        let once = after(&trial, &there).unwrap();
        assert_ne!(once, trial, "{there:?}");
        assert_eq!(after(&once, &there).unwrap(), once, "{there:?} twice");
        let undone = after(&once, &back).unwrap();
        assert_eq!(Life { since: trial.since, ..undone.clone() }, trial, "{there:?} and {back:?}");
        assert_eq!(after(&undone, &back).unwrap(), undone, "{back:?} twice");
    }
}

#[test]
fn a_suspended_hotel_that_was_deleted_comes_back_suspended() {
    let suspended = after(&in_trial(), &suspend()).unwrap();
    let deleted = after(&suspended, &delete()).unwrap();
    assert_eq!((deleted.status, deleted.deletion.as_ref().unwrap().drop_after), (Status::Churned, at(1) + GRACE));
    let back = after(&deleted, &Change::Undelete).unwrap();
    assert_eq!(
        (back.status, back.before, back.reason.as_deref()),
        (Status::Suspended, Some(Status::Trial), Some("Tagihan Juli"))
    );
}

#[test]
fn a_deleted_hotel_is_only_undeleted_and_one_whose_database_goes_is_gone() {
    let deleted = after(&in_trial(), &delete()).unwrap();
    for change in [suspend(), Change::Resume, maintain(None), Change::Reopen] {
        assert_eq!(after(&deleted, &change), Err(Refusal::Deleted), "{change:?}");
    }
    let gone = Life { kept: false, ..deleted };
    for change in [suspend(), Change::Resume, maintain(None), Change::Reopen, delete(), Change::Undelete] {
        assert_eq!(after(&gone, &change), Err(Refusal::Gone), "{change:?}");
    }
}

#[test]
fn nothing_is_done_without_a_reason_and_no_maintenance_ends_before_it_begins() {
    for text in ["", "  ", "ya", "a\u{7}b c"] {
        assert_eq!(after(&in_trial(), &Change::Suspend(text.to_owned())), Err(Refusal::NoReason), "{text:?}");
    }
    assert_eq!(after(&in_trial(), &maintain(Some(at(1)))), Err(Refusal::EndedAlready));
    let longer = after(&in_trial(), &maintain(Some(at(2)))).unwrap();
    let longer = longer.after(&maintain(Some(at(9))), at(2), GRACE).unwrap().maintenance.unwrap();
    assert_eq!((longer.since, longer.until), (at(1), Some(at(9))), "what is prolonged began when it began");
}
