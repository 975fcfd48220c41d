//! What the shelf keeps, told without a hotel.
use std::time::Duration;

use hotelhub_web::metrics::Metrics;
use uuid::Uuid;

use super::*;

fn shelf(hotels: u128) -> Calendars {
    let calendars = Calendars::register(&Metrics::new().unwrap()).unwrap();
    for hotel in 0..hotels {
        let shared = Shared::default();
        shared.weigh(100);
        calendars.shelf().insert(place(hotel), Arc::new(shared));
        std::thread::sleep(Duration::from_millis(2));
    }
    calendars
}

fn place(hotel: u128) -> Place {
    (TenantId(Uuid::from_u128(hotel)), 1)
}

#[test]
fn those_go_first_that_were_asked_for_longest_ago() {
    let calendars = shelf(4);
    calendars.fit(250);
    assert_eq!(calendars.0.bytes.get(), 200);
    let kept: Vec<bool> = (0..4).map(|hotel| calendars.shelf().contains_key(&place(hotel))).collect();
    assert_eq!(kept, [false, false, true, true]);
}

#[test]
fn what_nobody_asks_for_is_let_go() {
    let calendars = shelf(3);
    calendars.forget_idle(Duration::from_secs(60));
    assert_eq!(calendars.shelf().len(), 3);
    calendars.forget_idle(Duration::ZERO);
    assert_eq!((calendars.shelf().len(), calendars.0.bytes.get()), (0, 0));
}
