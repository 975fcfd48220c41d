//! What a stay costs, told without a database.
use hotelhub_kernel::{BasisPoints, Rupiah};
use jiff::civil::date;

use super::model::priced;
use super::{NightPrice, Party};
use crate::hotel::taxes::TaxRule;

const RULE: TaxRule = TaxRule {
    service: BasisPoints(1_000),
    pb1: BasisPoints(1_000),
    pb1_base_includes_service: true,
    prices_include_tax: false,
};

#[test]
fn a_stay_costs_the_sum_of_its_nights_not_the_tax_of_their_sum() {
    let night = |date| NightPrice { date, price: Rupiah(5) };
    let (nights, total) = priced(vec![night(date(2026, 7, 31)), night(date(2026, 8, 1))], &RULE).unwrap();
    assert_eq!(nights.iter().map(|night| night.date).collect::<Vec<_>>(), [date(2026, 7, 31), date(2026, 8, 1)]);
    assert_eq!((total.net, total.service, total.pb1, total.gross), (Rupiah(10), Rupiah(2), Rupiah(2), Rupiah(14)));
}

#[test]
fn a_night_is_written_as_its_date_is() {
    for day in [date(1900, 1, 9), date(2026, 12, 31), date(2999, 10, 10), date(-1, 2, 3)] {
        let night = NightPrice { date: day, price: Rupiah(5) };
        let expected = format!(r#"{{"date":{},"price_idr":5}}"#, serde_json::to_string(&day).unwrap());
        assert_eq!(serde_json::to_string(&night).unwrap(), expected);
    }
}

#[test]
fn a_party_has_somebody_grown_up() {
    assert!(Party::new(0, 2, "").is_err());
    assert!(Party::new(2, -1, "").is_err());
    assert!(Party::new(21, 0, "").is_err());
    assert!(Party::new(1, 0, "").is_ok());
}
