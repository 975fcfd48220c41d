//! Whose connection is closed to make room: replayed against closing the one that was used longest ago.
use std::collections::HashMap;

use hotelhub_kernel::TenantId;
use hotelhub_testkit::zipf;

use super::super::demand::Demand;
use super::super::tenant_pool::weight;
use super::tenant;

const BUDGET: usize = 200;
const REQUESTS: usize = 60_000;
/// Requests between two rounds of tidying.
const ROUND: usize = 1_000;

/// Cold opens where the connection goes that was used longest ago.
fn cold_by_age(trace: &[TenantId]) -> usize {
    let mut open: HashMap<TenantId, usize> = HashMap::new();
    let mut cold = 0;
    for (now, tenant) in trace.iter().enumerate() {
        if open.insert(*tenant, now).is_none() {
            cold += 1;
            if open.len() > BUDGET {
                let oldest = open.iter().min_by_key(|(_, used)| **used).map(|(tenant, _)| *tenant).unwrap();
                open.remove(&oldest);
            }
        }
    }
    cold
}

/// Cold opens where the connection goes that is asked for least.
fn cold_by_demand(trace: &[TenantId]) -> usize {
    let (mut demand, mut open) = (Demand::default(), HashMap::<TenantId, u32>::new());
    let mut cold = 0;
    for (now, tenant) in trace.iter().enumerate() {
        if now % ROUND == 0 {
            open.iter_mut().for_each(|(tenant, asked)| demand.add(*tenant, std::mem::take(asked)));
        }
        if !open.contains_key(tenant) {
            cold += 1;
            if open.len() == BUDGET {
                let worth = |asked: u32, tenant| weight(u64::from(demand.of(tenant)) + u64::from(asked), 1);
                let least = open.iter().min_by_key(|(tenant, asked)| (worth(**asked, **tenant), **tenant));
                let least = least.map(|(tenant, _)| *tenant).unwrap();
                demand.add(least, open.remove(&least).unwrap());
            }
        }
        *open.entry(*tenant).or_default() += 1;
    }
    cold
}

#[test]
fn fewer_connections_are_opened_than_if_the_one_used_longest_ago_were_closed() {
    for (hotels, seed) in [(1_000, 1), (10_000, 2)] {
        let trace: Vec<TenantId> =
            zipf(hotels, REQUESTS, seed).into_iter().map(|number| tenant(number as u128)).collect();
        let (by_age, by_demand) = (cold_by_age(&trace), cold_by_demand(&trace));
        assert!(by_demand * 10 <= by_age * 9, "{hotels} hotels: {by_demand} cold opens, by age {by_age}");
    }
}

#[test]
fn what_was_asked_for_is_never_counted_too_low_and_half_of_it_is_forgotten_in_time() {
    let mut demand = Demand::default();
    for number in 0..2_000_u128 {
        demand.add(tenant(number), u32::try_from(number % 7).unwrap());
    }
    assert!((0..2_000_u128).all(|number| u128::from(demand.of(tenant(number))) >= number % 7));
    demand.add(tenant(9_999), 30_000);
    let then = demand.of(tenant(9_999));
    demand.add(tenant(8_888), 30_000);
    assert_eq!(demand.of(tenant(9_999)), then / 2);
}

#[test]
fn two_connections_of_one_hotel_are_worth_half_as_much_each() {
    assert_eq!((weight(7, 1), weight(7, 2), weight(0, 0)), (700, 350, 0));
}
