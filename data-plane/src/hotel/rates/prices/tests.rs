//! What a price list may say.
use hotelhub_kernel::Rupiah;
use jiff::civil::date;
use uuid::Uuid;

use super::model::Prices;

fn prices() -> Prices {
    Prices {
        room_type_id: Uuid::from_u128(1),
        from: date(2026, 7, 1),
        to: date(2027, 7, 1),
        price_idr: Rupiah(750_000),
        weekend_price_idr: None,
        closed: false,
        min_nights: 1,
        weekdays: Vec::new(),
    }
}

#[test]
fn a_year_of_prices_is_taken() {
    assert!(prices().check().is_ok());
    assert!(Prices { to: date(2028, 7, 1), ..prices() }.check().is_ok());
}

#[test]
fn a_list_that_no_hotel_means_is_refused() {
    let refused = [
        Prices { to: date(2026, 7, 1), ..prices() },
        Prices { to: date(2028, 7, 2), ..prices() },
        Prices { from: date(-9999, 1, 1), to: date(-9999, 1, 2), ..prices() },
        Prices { price_idr: Rupiah(-1), ..prices() },
        Prices { price_idr: Rupiah(1_000_000_001), ..prices() },
        Prices { weekend_price_idr: Some(Rupiah(i64::MAX)), ..prices() },
        Prices { min_nights: 0, ..prices() },
        Prices { weekdays: vec![0], ..prices() },
        Prices { weekdays: vec![1, 8], ..prices() },
    ];
    for wrong in refused {
        assert!(wrong.check().is_err(), "{wrong:?}");
    }
}
