//! The rules of the bill.
use hotelhub_kernel::{BasisPoints, Rupiah};
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Cash, ChargeCode, Folio, FolioId, FolioStatus, Letterhead, Line, Payment, Pieces, Receipt, Refusal, Stayed, Totals,
    change, in_english, terbilang,
};
use crate::hotel::taxes::{TaxRule, Taxes};

const PLUS_PLUS: TaxRule = TaxRule {
    service: BasisPoints(1_000),
    pb1: BasisPoints(1_000),
    pb1_base_includes_service: true,
    prices_include_tax: false,
};

fn code(bears_service: bool, bears_pb1: bool) -> ChargeCode {
    let code = "MINIBAR".to_owned();
    ChargeCode { code, name_id: "Minibar".into(), name_en: "Minibar".into(), bears_pb1, bears_service }
}

fn line(amounts: Taxes) -> Line {
    Line {
        id: Uuid::from_u128(1),
        business_date: date(2026, 7, 3),
        posted_at: Timestamp::UNIX_EPOCH,
        charge_code: "MINIBAR".into(),
        name_id: "Minibar".into(),
        name_en: "Minibar".into(),
        description: String::new(),
        quantity: 1,
        amounts,
        reverses_id: None,
        reversed: false,
    }
}

fn paid(amount: i64) -> Payment {
    Payment {
        id: Uuid::from_u128(2),
        business_date: date(2026, 7, 3),
        received_at: Timestamp::UNIX_EPOCH,
        method: "cash".into(),
        amount: Rupiah(amount),
        tendered: None,
        change: None,
        reverses_id: None,
        reversed: false,
        note: String::new(),
    }
}

fn charged(price: i64) -> Taxes {
    Pieces::new(1, Rupiah(price)).unwrap().charged(PLUS_PLUS, &code(true, true)).unwrap()
}

#[test]
fn a_charge_bears_service_and_pb1_on_the_line_not_on_the_piece() {
    let three = Pieces::new(3, Rupiah(15_333)).unwrap();
    let amounts = three.charged(PLUS_PLUS, &code(true, true)).unwrap();
    // 45,999 net; 10 % is 4,599.9; 10 % of 50,599 is 5,059.9.
    let wanted = Taxes { net: Rupiah(45_999), service: Rupiah(4_600), pb1: Rupiah(5_060), gross: Rupiah(55_659) };
    assert_eq!(amounts, wanted);
}

#[test]
fn a_charge_without_tax_is_its_price() {
    let fee = Pieces::new(2, Rupiah(150_000)).unwrap().charged(PLUS_PLUS, &code(false, false)).unwrap();
    assert_eq!(fee, Taxes { net: Rupiah(300_000), gross: Rupiah(300_000), ..Taxes::default() });
}

#[test]
fn charges_are_above_zero_and_counted_to_999() {
    assert_eq!(Pieces::new(1, Rupiah(0)), Err(Refusal::NotPositive));
    assert_eq!(Pieces::new(1, Rupiah(-5)), Err(Refusal::NotPositive));
    assert_eq!(Pieces::new(0, Rupiah(5)), Err(Refusal::Quantity));
    assert_eq!(Pieces::new(1_000, Rupiah(5)), Err(Refusal::Quantity));
}

#[test]
fn what_does_not_fit_is_refused() {
    let dear = Pieces::new(2, Rupiah(i64::MAX)).unwrap();
    assert_eq!(dear.charged(PLUS_PLUS, &code(false, false)), Err(Refusal::TooLarge));
    let taxed = Pieces::new(1, Rupiah(i64::MAX)).unwrap();
    assert_eq!(taxed.charged(PLUS_PLUS, &code(true, true)), Err(Refusal::TooLarge));
    let most = line(Taxes { net: Rupiah(i64::MAX), gross: Rupiah(i64::MAX), ..Taxes::default() });
    assert_eq!(Totals::of(&[most.clone(), most], &[]), Err(Refusal::TooLarge));
}

#[test]
fn cash_gives_change_and_never_too_little() {
    let cash = Cash::new(Rupiah(85_000), Some(Rupiah(100_000))).unwrap();
    assert_eq!(change(cash.amount(), cash.tendered()), Some(Rupiah(15_000)));
    assert_eq!(change(Rupiah(85_000), None), None);
    assert_eq!(Cash::new(Rupiah(85_000), Some(Rupiah(84_999))), Err(Refusal::TenderedTooLittle));
    assert_eq!(Cash::new(Rupiah(0), None), Err(Refusal::NotPositive));
}

#[test]
fn a_line_is_reversed_once_and_a_reversal_never() {
    let mut minibar = line(charged(25_000));
    assert_eq!(minibar.reversal(), Ok(charged(25_000).checked_neg().unwrap()));
    minibar.reversed = true;
    assert_eq!(minibar.reversal(), Err(Refusal::AlreadyReversed));
    let opposite = Line { reverses_id: Some(minibar.id), ..line(charged(25_000).checked_neg().unwrap()) };
    assert_eq!(opposite.reversal(), Err(Refusal::IsReversal));
}

#[test]
fn a_payment_is_reversed_once_and_a_reversal_never() {
    let mut cash = paid(100_000);
    assert_eq!(cash.reversal(), Ok(Rupiah(-100_000)));
    cash.reversed = true;
    assert_eq!(cash.reversal(), Err(Refusal::AlreadyReversed));
    assert_eq!(Payment { reverses_id: Some(cash.id), ..paid(-100_000) }.reversal(), Err(Refusal::IsReversal));
}

#[test]
fn a_bill_is_settled_only_to_the_rupiah() {
    let lines = [line(charged(1_000_000))];
    let owed = |payments: &[Payment]| Totals::of(&lines, payments).unwrap().settled();
    assert_eq!(owed(&[paid(1_210_000)]), Ok(()));
    assert_eq!(owed(&[paid(1_209_999)]), Err(Refusal::BalanceDue(Rupiah(1))));
    assert_eq!(owed(&[paid(1_210_001)]), Err(Refusal::BalanceDue(Rupiah(-1))));
}

#[test]
fn the_receipt_shows_the_sum_of_lines_not_the_tax_of_the_sum() {
    let lines = vec![line(charged(333)), line(charged(333)), line(charged(333))];
    let payments = vec![paid(1_209)];
    let totals = Totals::of(&lines, &payments).unwrap();
    let stay = Stayed {
        reservation_id: Uuid::from_u128(3),
        booking_code: "BKG-8XK2".into(),
        guest: "Wayan Suarti".into(),
        room: Some("204".into()),
        arrival: date(2026, 7, 3),
        departure: date(2026, 7, 4),
        given_up: false,
    };
    let folio = Folio {
        id: FolioId(Uuid::from_u128(4)),
        number: "F-2026-000001".into(),
        status: FolioStatus::Closed,
        receipt_number: Some("KW-2026-000001".into()),
        receipt_at: Some(Timestamp::UNIX_EPOCH),
        stay,
        lines,
        payments,
        totals,
        version: 4,
    };
    let hotel =
        Letterhead { name: "Hotel Melati".into(), address: "Jakarta".into(), phone: "021".into(), email: "".into() };
    let receipt = Receipt::of(folio, hotel);
    // Each line is 333 + 33 + 37; the tax of the total would be 110.
    assert_eq!(receipt.totals.charges.gross, Rupiah(1_209));
    assert_eq!(receipt.totals.charges.pb1, Rupiah(3 * 37));
    assert_eq!(receipt.terbilang, "seribu dua ratus sembilan rupiah");
    assert_eq!(receipt.in_words, "one thousand two hundred nine rupiah");
}

proptest! {
    #[test]
    fn a_line_and_its_reversal_leave_nothing(price in 1_i64..1_000_000_000_000, quantity in 1_i16..=999) {
        let amounts = Pieces::new(quantity, Rupiah(price)).unwrap().charged(PLUS_PLUS, &code(true, true)).unwrap();
        prop_assert_eq!(amounts.net.0 + amounts.service.0 + amounts.pb1.0, amounts.gross.0);
        let there = line(amounts);
        let back = line(there.reversal().unwrap());
        prop_assert_eq!(Totals::of(&[there, back], &[]).unwrap(), Totals::of(&[], &[]).unwrap());
    }
}

#[test]
fn amounts_are_written_in_indonesian_words() {
    for (amount, words) in [
        (0, "nol rupiah"),
        (1, "satu rupiah"),
        (10, "sepuluh rupiah"),
        (11, "sebelas rupiah"),
        (15, "lima belas rupiah"),
        (20, "dua puluh rupiah"),
        (21, "dua puluh satu rupiah"),
        (100, "seratus rupiah"),
        (111, "seratus sebelas rupiah"),
        (999, "sembilan ratus sembilan puluh sembilan rupiah"),
        (1_000, "seribu rupiah"),
        (1_001, "seribu satu rupiah"),
        (1_100, "seribu seratus rupiah"),
        (2_000, "dua ribu rupiah"),
        (11_000, "sebelas ribu rupiah"),
        (21_000, "dua puluh satu ribu rupiah"),
        (101_000, "seratus satu ribu rupiah"),
        (1_000_000, "satu juta rupiah"),
        (1_001_000, "satu juta seribu rupiah"),
        (1_210_000, "satu juta dua ratus sepuluh ribu rupiah"),
        (1_000_000_000, "satu miliar rupiah"),
        (2_500_000_000_000, "dua triliun lima ratus miliar rupiah"),
        (1_000_000_001_000, "satu triliun seribu rupiah"),
        (-25_000, "minus dua puluh lima ribu rupiah"),
    ] {
        assert_eq!(terbilang(Rupiah(amount)), words, "{amount}");
    }
}

#[test]
fn amounts_are_written_in_english_words() {
    for (amount, words) in [
        (0, "zero rupiah"),
        (13, "thirteen rupiah"),
        (21, "twenty-one rupiah"),
        (40, "forty rupiah"),
        (90, "ninety rupiah"),
        (1_000, "one thousand rupiah"),
        (1_210_000, "one million two hundred ten thousand rupiah"),
        (3_000_000_000_015, "three trillion fifteen rupiah"),
        (-85_000, "minus eighty-five thousand rupiah"),
    ] {
        assert_eq!(in_english(Rupiah(amount)), words, "{amount}");
    }
}

#[test]
fn even_the_largest_amount_has_words() {
    assert!(terbilang(Rupiah(i64::MAX)).starts_with("sembilan kuintiliun dua ratus dua puluh tiga kuadriliun"));
    assert!(terbilang(Rupiah(i64::MIN)).starts_with("minus sembilan kuintiliun"));
}
