//! A budget that is never exceeded, forgets no permit, and is fair.
mod demand;
mod dial;
mod fuse;
mod rights;

use std::time::Duration;

use hotelhub_kernel::TenantId;
use prometheus::IntGauge;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::budget::{Budget, Parting, Permit};
use super::turns::Turns;
use super::ways::Ways;

fn gauge(name: &str) -> IntGauge {
    IntGauge::new(name, "shown").unwrap()
}

fn tenant(number: u128) -> TenantId {
    TenantId(Uuid::from_u128(number))
}

fn budget(limit: usize) -> Budget {
    Budget::of(limit, gauge("open"), gauge("budget"))
}

#[test]
fn permits_are_as_many_as_the_limit_and_come_back_when_dropped() {
    let budget = budget(2);
    let (first, second) = (budget.try_take(None), budget.try_take(None));
    assert!(first.is_some() && second.is_some());
    assert!(budget.try_take(None).is_none());
    drop(first);
    assert_eq!(budget.out(), 1);
    assert!(budget.try_take(None).is_some());
}

#[tokio::test]
async fn what_was_wanted_at_the_most_is_told_once_also_of_those_who_had_to_wait() {
    let budget = budget(2);
    let out = [budget.try_take(None), budget.try_take(None)];
    {
        let _first = budget.ask(Some(tenant(1)));
        let _second = budget.ask(Some(tenant(2)));
    }
    drop(out);
    assert_eq!((budget.out(), budget.wanted()), (0, 4));
    assert_eq!(budget.wanted(), 0, "that was before");
    let _one = budget.try_take(None);
    assert_eq!([budget.wanted(), budget.wanted()], [1, 1]);
}

#[test]
fn a_smaller_limit_withdraws_what_is_out_as_it_comes_back() {
    let budget = budget(4);
    let mut out: Vec<_> = (0..4).map(|_| budget.try_take(None).unwrap()).collect();
    budget.set_limit(2);
    assert_eq!((budget.limit(), budget.owed()), (2, 2));
    out.pop();
    out.pop();
    assert_eq!((budget.owed(), budget.out()), (0, 2));
    assert!(budget.try_take(None).is_none(), "two are out and two are all there are");
    out.pop();
    assert!(budget.try_take(None).is_some());
}

#[test]
fn a_limit_that_grows_again_forgives_what_is_owed_first() {
    let budget = budget(4);
    let out: Vec<_> = (0..4).map(|_| budget.try_take(None).unwrap()).collect();
    budget.set_limit(1);
    budget.set_limit(5);
    assert_eq!(budget.owed(), 0);
    let fifth = budget.try_take(None);
    assert!(fifth.is_some() && budget.try_take(None).is_none());
    drop(out);
    assert_eq!(budget.out(), 1);
    assert_eq!((0..).map_while(|_| budget.try_take(None).map(std::mem::forget)).count(), 4);
}

#[test]
fn no_more_connections_are_closed_than_are_missing_though_the_server_takes_its_time() {
    let budget = budget(4);
    let out: Vec<_> = (0..4).map(|_| budget.try_take(None).unwrap()).collect();
    let partings: Vec<_> = out.iter().map(Permit::parting).collect();
    budget.set_limit(2);
    let told: Vec<_> = partings.iter().map(Parting::begin_if_short).collect();
    assert_eq!((told, budget.owed(), budget.short()), (vec![true, true, false, false], 2, 0));
    drop(out);
    partings.iter().for_each(Parting::begin);
    let _held = budget.try_take(None);
    budget.set_limit(0);
    assert_eq!(budget.short(), 1, "what has gone is not counted as going");
}

#[tokio::test]
async fn who_waits_and_gives_up_takes_nothing_along() {
    let budget = budget(1);
    let held = budget.try_take(None);
    let gave_up = tokio::time::timeout(Duration::from_millis(20), budget.take(None)).await;
    assert!(gave_up.is_err());
    assert_eq!(budget.waiting(), 0);
    drop(held);
    assert!(tokio::time::timeout(Duration::from_secs(60), budget.take(None)).await.is_ok());
    assert!(budget.try_take(None).is_some());
}

#[test]
fn parties_take_turns_and_of_one_party_the_first_is_first() {
    let mut turns = Turns::default();
    for (party, who) in [('a', 1), ('a', 2), ('a', 3), ('b', 4), ('c', 5), ('b', 6)] {
        turns.join(party, who);
    }
    let served: Vec<i32> = std::iter::from_fn(|| turns.next(None).map(|(_, who)| who)).collect();
    assert_eq!(served, [1, 4, 5, 2, 6, 3]);
}

#[test]
fn who_had_the_last_turn_has_the_next_only_where_nobody_else_waits() {
    let mut turns = Turns::default();
    turns.join('a', 1);
    turns.join('a', 2);
    turns.join('b', 3);
    assert_eq!(turns.first('a'), Some(&3));
    assert_eq!(turns.next(Some('a')), Some(('b', 3)));
    assert_eq!(turns.next(Some('a')), Some(('a', 1)));
    turns.leave('a', |who| *who == 2);
    assert_eq!((turns.next(None), turns.first('c')), (None, None));
}

#[tokio::test]
async fn behind_five_hundred_of_one_hotel_another_is_served_next() {
    let budget = budget(1);
    let (tell, mut served) = mpsc::unbounded_channel();
    let wait_for = |number| {
        let (budget, tell) = (budget.clone(), tell.clone());
        tokio::spawn(async move {
            let _permit = budget.take(Some(tenant(number))).await;
            tell.send(number).unwrap();
        })
    };
    let held = budget.try_take(Some(tenant(1)));
    let flood: Vec<_> = (0..500).map(|_| wait_for(1)).collect();
    let all_wait = async |count: usize| {
        while budget.waiting() != count {
            tokio::task::yield_now().await;
        }
    };
    all_wait(500).await;
    let (gives_up, other) = (wait_for(3), wait_for(2));
    all_wait(502).await;
    gives_up.abort();
    all_wait(501).await;
    drop(held);
    other.await.unwrap();
    for waiting in flood {
        waiting.await.unwrap();
    }
    assert_eq!(served.recv().await, Some(2));
    assert_eq!((budget.waiting(), budget.out()), (0, 0));
}

#[test]
fn after_a_way_that_did_not_open_the_others_are_tried_whichever_opened_meanwhile() {
    let ways = Ways::of(
        ["newest", "older", "oldest"].map(|key| tokio_postgres::Config::new().password(key).to_owned()).into_iter(),
    );
    let ways = ways.unwrap();
    let tried = ways.usual();
    ways.opened_by(1);
    assert_eq!(ways.others(tried).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(ways.others(ways.usual()).collect::<Vec<_>>(), [0, 2]);
}
