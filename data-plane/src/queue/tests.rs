//! The rules of when to look where.
use std::time::Duration;

use hotelhub_kernel::TenantId;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::Hint;
use super::agenda::Agenda;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_000_000 + millis).unwrap()
}

fn tenant(n: u128) -> TenantId {
    TenantId(Uuid::from_u128(n))
}

fn hint(n: u128, job: u128, due: Timestamp) -> Hint {
    Hint { tenant: tenant(n), job: Uuid::from_u128(job), due }
}

#[test]
fn a_hinted_job_is_looked_for_until_it_is_found() {
    let agenda = Agenda::default();
    agenda.note(hint(1, 7, at(0)), at(0));
    assert_eq!(agenda.due(at(4)), None, "its transaction has yet to commit");
    assert_eq!(agenda.due(at(5)), Some(tenant(1)));
    agenda.looked(tenant(1), at(6));
    assert_eq!(agenda.due(at(55)), None);
    assert_eq!(agenda.due(at(56)), Some(tenant(1)), "it was not found the first time");
    agenda.found(tenant(1), Uuid::from_u128(7));
    agenda.looked(tenant(1), at(57));
    assert_eq!(agenda.pause(at(57)), Duration::MAX, "nothing is left to look for");
}

#[test]
fn a_hint_of_a_transaction_that_was_rolled_back_is_given_up() {
    let agenda = Agenda::default();
    agenda.note(hint(1, 7, at(0)), at(0));
    let mut now = at(0);
    let mut looks = 0;
    while agenda.pause(now) < Duration::MAX {
        now += SignedDuration::try_from(agenda.pause(now)).unwrap();
        assert_eq!(agenda.due(now), Some(tenant(1)));
        agenda.looked(tenant(1), now);
        looks += 1;
    }
    assert_eq!(looks, 5);
    assert!(now.duration_since(at(0)) > SignedDuration::from_secs(60));
}

#[test]
fn a_delayed_job_is_looked_for_when_it_is_due_and_not_before() {
    let agenda = Agenda::default();
    agenda.note(hint(1, 7, at(900_000)), at(0));
    agenda.note(hint(2, 8, at(0)), at(0));
    assert_eq!(agenda.due(at(10)), Some(tenant(2)));
    assert_eq!(agenda.due(at(899_999)), None);
    assert_eq!(agenda.due(at(900_005)), Some(tenant(1)));
}

#[test]
fn one_tenant_is_looked_at_by_one_hand_at_a_time_and_the_earliest_plan_counts() {
    let agenda = Agenda::default();
    agenda.look_at(tenant(1), at(50));
    agenda.look_at(tenant(1), at(10));
    agenda.look_at(tenant(1), at(70));
    assert_eq!(agenda.due(at(10)), Some(tenant(1)));
    agenda.look_at(tenant(1), at(10));
    assert_eq!(agenda.due(at(10)), None, "it is being looked at");
    agenda.looked(tenant(1), at(11));
    assert_eq!(agenda.due(at(11)), Some(tenant(1)));
}

#[test]
fn a_tenant_is_new_once_until_hints_may_have_been_lost() {
    let agenda = Agenda::default();
    assert!(agenda.is_new(tenant(1)) && !agenda.is_new(tenant(1)));
    agenda.forget_seen();
    assert!(agenda.is_new(tenant(1)));
}
