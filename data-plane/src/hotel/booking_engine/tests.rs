//! The rules of the public doors.
use hotelhub_web::{Lang, Letter as _};
use jiff::civil::date;

use super::{Confirmation, cancellable, free_until};
use crate::hotel::reservations::Status;

#[test]
fn giving_up_is_free_until_so_many_days_before_the_arrival() {
    let arrival = date(2026, 7, 10);
    assert_eq!(free_until(arrival, 0), arrival);
    assert_eq!(free_until(arrival, 3), date(2026, 7, 7));
    let on = |today| cancellable(Status::Confirmed, free_until(arrival, 3), today, "021 555");
    assert!(on(date(2026, 7, 1)).is_ok());
    assert!(on(date(2026, 7, 7)).is_ok());
    let refused = on(date(2026, 7, 8)).unwrap_err();
    assert_eq!(refused.code(), "cancellation-fee");
    assert_eq!(refused.extra("phone").and_then(|phone| phone.as_str()), Some("021 555"));
}

#[test]
fn what_is_only_held_is_given_up_for_nothing() {
    assert!(cancellable(Status::Hold, date(2026, 7, 1), date(2026, 7, 9), "").is_ok());
}

#[test]
fn the_confirmation_is_written_in_both_languages() {
    let templates = crate::templates::templates().unwrap();
    for (lang, title) in [(Lang::Id, "Pesanan BKG-8XK2"), (Lang::En, "booking BKG-8XK2")] {
        let (subject, text, html) = templates.try_letter(lang, "Hotel Melati", &Confirmation::sample()).unwrap();
        assert!(subject.contains(title), "{subject}");
        for said in ["Wayan Suarti", "Kamar Deluxe", "Rp2.420.000", "https://melati.hotelhub.id/manage/4Zk0"] {
            assert!(text.contains(said) && html.contains(said), "{said} is not in {text}");
        }
    }
}
