//! The rule's golden figures and its promises.
use hotelhub_kernel::{BasisPoints, Rupiah};
use proptest::prelude::*;

use super::{TaxRule, Taxes};

const PLUS_PLUS: TaxRule = TaxRule {
    service: BasisPoints(1_000),
    pb1: BasisPoints(1_000),
    pb1_base_includes_service: true,
    prices_include_tax: false,
};
const INCLUSIVE: TaxRule = TaxRule { prices_include_tax: true, ..PLUS_PLUS };

fn taxes(net: i64, service: i64, pb1: i64, gross: i64) -> Option<Taxes> {
    Some(Taxes { net: Rupiah(net), service: Rupiah(service), pb1: Rupiah(pb1), gross: Rupiah(gross) })
}

#[test]
fn plus_plus_is_twenty_one_percent() {
    assert_eq!(PLUS_PLUS.split(Rupiah(1_000_000)), taxes(1_000_000, 100_000, 110_000, 1_210_000));
}

#[test]
fn a_region_that_leaves_service_untaxed_asks_for_twenty() {
    let rule = TaxRule { pb1_base_includes_service: false, ..PLUS_PLUS };
    assert_eq!(rule.split(Rupiah(1_000_000)), taxes(1_000_000, 100_000, 100_000, 1_200_000));
    let inclusive = TaxRule { prices_include_tax: true, ..rule };
    assert_eq!(inclusive.split(Rupiah(1_200_000)), taxes(1_000_000, 100_000, 100_000, 1_200_000));
}

#[test]
fn an_inclusive_price_splits_without_a_rupiah_left() {
    assert_eq!(INCLUSIVE.split(Rupiah(1_210_000)), taxes(1_000_000, 100_000, 110_000, 1_210_000));
    assert_eq!(INCLUSIVE.split(Rupiah(1_000_001)), taxes(826_447, 82_645, 90_909, 1_000_001));
}

#[test]
fn a_charge_that_bears_nothing_is_all_net() {
    assert_eq!(PLUS_PLUS.bearing(false, false).split(Rupiah(75_000)), taxes(75_000, 0, 0, 75_000));
    assert_eq!(INCLUSIVE.bearing(false, true).split(Rupiah(110_000)), taxes(100_000, 0, 10_000, 110_000));
}

#[test]
fn a_price_beyond_counting_is_refused_not_wrapped() {
    assert_eq!(PLUS_PLUS.split(Rupiah(i64::MAX)), None);
    let most = INCLUSIVE.split(Rupiah(i64::MAX)).unwrap();
    assert_eq!(Taxes::checked_sum([most, most]), None);
}

proptest! {
    #[test]
    fn every_split_sums_exactly_and_a_reversal_is_its_opposite(
        price in 0_i64..=1_000_000_000_000,
        service in 0_u32..=1_100,
        pb1 in 0_u32..=2_000,
        pb1_base_includes_service: bool,
        prices_include_tax: bool,
    ) {
        let (service, pb1) = (BasisPoints(service), BasisPoints(pb1));
        let rule = TaxRule { service, pb1, pb1_base_includes_service, prices_include_tax };
        let split = rule.split(Rupiah(price)).unwrap();
        prop_assert_eq!(split.gross.0, split.net.0 + split.service.0 + split.pb1.0);
        prop_assert_eq!(if prices_include_tax { split.gross } else { split.net }, Rupiah(price));
        prop_assert!(split.net.0 >= 0 && split.service.0 >= 0 && split.pb1.0 >= 0);
        prop_assert_eq!(rule.split(Rupiah(-price)), split.checked_neg());
    }

    #[test]
    fn an_inclusive_split_is_at_most_two_rupiah_from_the_forward_sum(
        net in 0_i64..=10_000_000_000, service in 0_u32..=1_100, pb1 in 0_u32..=2_000, pb1_base_includes_service: bool,
    ) {
        let (service, pb1) = (BasisPoints(service), BasisPoints(pb1));
        let forward = TaxRule { service, pb1, pb1_base_includes_service, prices_include_tax: false };
        let there = forward.split(Rupiah(net)).unwrap();
        let back = TaxRule { prices_include_tax: true, ..forward }.split(there.gross).unwrap();
        prop_assert!((there.net.0 - back.net.0).abs() <= 2);
    }
}
