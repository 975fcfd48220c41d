//! The rules of the kernel's values.
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use crate::{Backoff, BadHost, BadSlug, BasisPoints, Clock, Cursor, Entropy, Host, Ids, Key, Page, Rupiah, Slug};

#[test]
fn a_slug_is_refused_for_the_reason_that_it_breaks() {
    let cases = [
        ("ab", BadSlug::Length),
        ("a234567890123456789012345678901", BadSlug::Length),
        ("Melati", BadSlug::Character),
        ("melati_1", BadSlug::Character),
        ("-melati", BadSlug::Hyphen),
        ("melati-", BadSlug::Hyphen),
        ("xn--melati", BadSlug::Hyphen),
        ("12345", BadSlug::OnlyDigits),
        ("admin", BadSlug::Reserved),
        ("www", BadSlug::Reserved),
    ];
    for (text, why) in cases {
        assert_eq!(Slug::parse(text), Err(why), "{text}");
    }
    for good in ["melati", "villa-kenanga", "h0tel-88", "a--bc"] {
        assert!(Slug::parse(good).is_ok(), "{good}");
    }
}

#[test]
fn a_hotels_name_becomes_a_slug_and_a_taken_one_gets_a_number() {
    let slug = Slug::from_name("Hotel Melati & Spa, Jakarta!").unwrap();
    assert_eq!(slug.as_str(), "hotel-melati-spa-jakarta");
    assert_eq!(slug.numbered(2).unwrap().as_str(), "hotel-melati-spa-jakarta-2");
    assert_eq!(Slug::from_name("Ø"), None);
    let long = Slug::parse("abcdefghijabcdefghijabcdefghij").unwrap();
    assert_eq!(long.numbered(12).unwrap().as_str(), "abcdefghijabcdefghijabcdefg-12");
}

#[test]
fn a_host_is_read_as_browsers_and_proxies_write_it() {
    let same = ["melati.hotelhub.id", "MELATI.hotelhub.ID", "melati.hotelhub.id.", "melati.hotelhub.id:8080"];
    for text in same {
        assert_eq!(Host::parse(text).unwrap().as_str(), "melati.hotelhub.id", "{text}");
    }
    let bad = [
        ("", BadHost::Empty),
        (".", BadHost::Empty),
        (":80", BadHost::Empty),
        ("127.0.0.1", BadHost::Address),
        ("127.0.0.1:80", BadHost::Address),
        ("[::1]:80", BadHost::Address),
        ("::1", BadHost::Address),
        ("melati.hotelhub.id:x", BadHost::Port),
        ("melati.hotelhub.id:99999", BadHost::Port),
        ("melati..id", BadHost::Shape),
        ("melati.hotelhub.id..", BadHost::Shape),
        ("-melati.id", BadHost::Shape),
        ("mel ati.id", BadHost::Shape),
        ("melati.id/x", BadHost::Shape),
        ("a,b.id", BadHost::Shape),
    ];
    for (text, why) in bad {
        assert_eq!(Host::parse(text), Err(why), "{text}");
    }
    assert_eq!(Host::parse(&"a.".repeat(150)), Err(BadHost::Length));
}

#[test]
fn money_rounds_half_up_and_reads_as_indonesians_write_it() {
    assert_eq!(Rupiah(1_210_000).to_string(), "Rp1.210.000");
    assert_eq!(Rupiah(-5).to_string(), "-Rp5");
    assert_eq!(Rupiah(100).to_string(), "Rp100");
    assert_eq!(Rupiah(5).percent(BasisPoints(1_000)), Some(Rupiah(1)));
    assert_eq!(Rupiah(4).percent(BasisPoints(1_000)), Some(Rupiah(0)));
    assert_eq!(Rupiah(-5).percent(BasisPoints(1_000)), Some(Rupiah(-1)));
    assert_eq!(Rupiah(i64::MAX).checked_mul(2), None);
    assert_eq!(Rupiah(i64::MAX).share(2, 1), None);
}

proptest! {
    #[test]
    fn a_share_is_never_off_by_more_than_half_and_turns_with_its_sign(amount in -1_000_000_000_000_i64..1_000_000_000_000, rate in 0_u32..20_000) {
        let share = Rupiah(amount).percent(BasisPoints(rate)).unwrap();
        let exact = i128::from(amount) * i128::from(rate);
        prop_assert!((i128::from(share.0) * 10_000 - exact).abs() * 2 <= 10_000);
        prop_assert_eq!(Rupiah(-amount).percent(BasisPoints(rate)), share.checked_neg());
    }

    #[test]
    fn a_cursor_survives_its_trip_through_a_client(key in any::<String>(), id in any::<u128>()) {
        let cursor = Cursor { key, id: uuid::Uuid::from_u128(id) };
        prop_assert_eq!(Cursor::try_from(String::from(cursor.clone())).unwrap(), cursor);
    }

    #[test]
    fn no_text_makes_the_host_parser_panic_and_what_it_takes_it_takes_again(text in any::<String>()) {
        if let Ok(host) = Host::parse(&text) {
            prop_assert_eq!(Host::parse(host.as_str()).unwrap(), host);
        }
    }
}

#[test]
fn a_page_names_the_next_only_when_there_is_one() {
    let place = |n: &u128| Cursor { key: n.to_string(), id: uuid::Uuid::from_u128(*n) };
    let page = Page::cut(vec![1, 2, 3], 2, place);
    assert_eq!(page.items, [1, 2]);
    assert_eq!(page.next.unwrap().key, "2");
    assert_eq!(Page::cut(vec![1, 2], 2, place).next, None);
}

#[test]
fn a_hand_held_clock_moves_only_by_hand_and_its_clones_follow() {
    let clock = Clock::at(Timestamp::from_second(1_000).unwrap());
    let other = clock.clone();
    clock.advance(SignedDuration::from_secs(5));
    assert_eq!(other.now(), Timestamp::from_second(1_005).unwrap());
}

#[test]
fn ids_are_version_seven_and_sort_by_birth() {
    let clock = Clock::at(Timestamp::from_second(1_000).unwrap());
    let ids = Ids::timed(clock.clone(), Entropy::seeded(1));
    let mut born: Vec<_> = (0..5_000).map(|_| ids.next()).collect();
    clock.advance(SignedDuration::from_secs(-1));
    born.push(ids.clone().next());
    clock.advance(SignedDuration::from_secs(2));
    born.push(ids.next());
    assert!(born.is_sorted_by(|earlier, later| earlier < later), "within a moment, and when the clock is put back");
    assert!(born.iter().all(|id| id.get_version_num() == 7));
    let (seconds, _) = born[5_001].get_timestamp().unwrap().to_unix();
    assert_eq!(seconds, 1_001);
    let counted = Ids::counted();
    assert_eq!(counted.next().to_string(), "00000000-0000-7000-8000-000000000001");
    assert_eq!(counted.next().to_string(), "00000000-0000-7000-8000-000000000002");
}

#[test]
fn waiting_grows_to_its_ceiling_and_never_beyond() {
    let backoff = Backoff { base: Duration::from_millis(100), ceiling: Duration::from_secs(5) };
    let entropy = Entropy::seeded(7);
    for failures in 1..80 {
        let wait = backoff.after(failures, &entropy);
        assert!(wait <= backoff.ceiling && wait >= backoff.base / 2, "{failures}: {wait:?}");
    }
    assert!(backoff.after(40, &entropy) >= Duration::from_millis(2_500));
}

#[test]
fn a_key_gives_unrelated_keys_to_unrelated_labels_and_checks_what_it_signed() {
    let key = Key::new([7; 32]);
    assert_ne!(key.derive("a"), key.derive("b"));
    let tag = key.mac(b"melati");
    assert!(key.verifies(b"melati", &tag) && key.verifies(b"melati", &tag[..16]));
    assert!(!key.verifies(b"melati", &tag[..8]) && !key.verifies(b"kenanga", &tag));
    assert_eq!(Key::from_base64(&key.expose_base64()), Some(key));
    assert_eq!(format!("{:?}", Key::new([1; 32])), "Key([redacted])");
}
