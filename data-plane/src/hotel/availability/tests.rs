//! What a stay costs, told without a database.
use hotelhub_kernel::{BasisPoints, Rupiah};
use jiff::civil::date;

use super::Party;
use super::model::priced;
use crate::hotel::reservations::Stay;
use crate::hotel::taxes::TaxRule;

const RULE: TaxRule = TaxRule {
    service: BasisPoints(1_000),
    pb1: BasisPoints(1_000),
    pb1_base_includes_service: true,
    prices_include_tax: false,
};

#[test]
fn a_stay_costs_the_sum_of_its_nights_not_the_tax_of_their_sum() {
    let stay = Stay::new(date(2026, 7, 31), date(2026, 8, 2)).unwrap();
    let (nights, total) = priced(stay, &[5, 5], &RULE).unwrap();
    assert_eq!(nights.iter().map(|night| night.date).collect::<Vec<_>>(), [date(2026, 7, 31), date(2026, 8, 1)]);
    assert_eq!((total.net, total.service, total.pb1, total.gross), (Rupiah(10), Rupiah(2), Rupiah(2), Rupiah(14)));
}

#[test]
fn a_party_has_somebody_grown_up() {
    assert!(Party::new(0, 2, "").is_err());
    assert!(Party::new(2, -1, "").is_err());
    assert!(Party::new(21, 0, "").is_err());
    assert!(Party::new(1, 0, "").is_ok());
}
