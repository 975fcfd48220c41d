//! What the pages of folio and receipt show, formatted.
use hotelhub_kernel::Rupiah;
use hotelhub_web::{Lang, Page, Refused, format};
use jiff::tz::TimeZone;
use serde::Serialize;
use uuid::Uuid;

use super::pages::name_of;
use super::{ChargeCode, Folio, FolioStatus, Letterhead, Line, Payment, Receipt, Stayed, Totals};
use crate::hotel::forms::Choice;

/// What the clerk may do on a folio.
#[derive(Clone, Copy)]
pub(super) struct May {
    pub(super) post: bool,
    pub(super) pay: bool,
    pub(super) reverse_lines: bool,
    pub(super) reverse_payments: bool,
}

/// One posting.
#[derive(Serialize)]
pub(crate) struct LineRow {
    id: Uuid,
    day: String,
    name: String,
    description: String,
    quantity: i16,
    net: String,
    service: String,
    pb1: String,
    gross: String,
    reversed: bool,
    is_reversal: bool,
    reversible: bool,
}

/// One payment.
#[derive(Serialize)]
pub(crate) struct PaymentRow {
    id: Uuid,
    day: String,
    method: String,
    note: String,
    amount: String,
    tendered: Option<String>,
    change: Option<String>,
    reversed: bool,
    is_reversal: bool,
    reversible: bool,
}

/// The sums at the foot.
#[derive(Serialize)]
pub(crate) struct Sums {
    net: String,
    service: String,
    pb1: String,
    gross: String,
    paid: String,
    balance: String,
    settled: bool,
}

/// `/desk/folios/{id}`.
#[derive(Serialize)]
pub(crate) struct FolioPage {
    id: Uuid,
    reservation_id: Uuid,
    number: String,
    booking_code: String,
    room: Option<String>,
    dates: String,
    open: bool,
    receipt_number: Option<String>,
    lines: Vec<LineRow>,
    payments: Vec<PaymentRow>,
    sums: Sums,
    codes: Vec<Choice>,
    due_idr: Option<i64>,
    /// Whether the stay will not be and the folio waits to be closed.
    closable: bool,
    /// What was paid ahead and can be kept as the fee.
    kept: Option<String>,
    may_post: bool,
    may_pay: bool,
    version: i32,
    pub(super) prices_include_tax: bool,
    pub(super) form_key: String,
    pub(super) refused: Option<Refused>,
    /// Of a payment: its fields are called as the charge's.
    pub(super) pay_refused: Option<Refused>,
}

/// `/desk/folios/{id}/receipt`.
#[derive(Serialize)]
pub(crate) struct ReceiptPage {
    folio_id: Uuid,
    number: Option<String>,
    issued: Option<String>,
    folio_number: String,
    booking_code: String,
    hotel: Letterhead,
    guest: String,
    room: Option<String>,
    dates: String,
    lines: Vec<LineRow>,
    payments: Vec<PaymentRow>,
    sums: Sums,
    words: String,
}

impl FolioPage {
    pub(super) fn of(folio: &Folio, codes: &[ChargeCode], lang: Lang, zone: &TimeZone, may: May) -> Self {
        let open = folio.status == FolioStatus::Open;
        let due = folio.totals.balance;
        // Nights are posted by their own button, once each.
        let typed = codes.iter().filter(|code| code.code != super::ROOM);
        Self {
            id: folio.id.0,
            reservation_id: folio.stay.reservation_id,
            number: folio.number.clone(),
            booking_code: folio.stay.booking_code.clone(),
            room: folio.stay.room.clone(),
            dates: dates(&folio.stay, lang),
            open,
            receipt_number: folio.receipt_number.clone().filter(|_| !open),
            lines: folio.lines.iter().map(|line| LineRow::of(line, lang, open && may.reverse_lines)).collect(),
            payments: folio
                .payments
                .iter()
                .map(|payment| PaymentRow::of(payment, lang, zone, open && may.reverse_payments))
                .collect(),
            sums: Sums::of(&folio.totals),
            codes: typed.map(|code| Choice::new(&code.code, name_of(lang, &code.name_id, &code.name_en), "")).collect(),
            due_idr: (due > Rupiah::ZERO).then_some(due.0),
            closable: open && may.post && folio.stay.given_up && due <= Rupiah::ZERO,
            kept: due.checked_neg().filter(|ahead| *ahead > Rupiah::ZERO).map(format::rupiah),
            may_post: open && may.post,
            may_pay: open && may.pay,
            version: folio.version,
            prices_include_tax: false,
            form_key: String::new(),
            refused: None,
            pay_refused: None,
        }
    }
}

impl ReceiptPage {
    pub(super) fn of(receipt: Receipt, folio: Uuid, lang: Lang, zone: &TimeZone) -> Self {
        Self {
            folio_id: folio,
            issued: receipt.issued_at.map(|at| format::date_time(at, zone, lang)),
            dates: dates(&receipt.stay, lang),
            lines: receipt.lines.iter().map(|line| LineRow::of(line, lang, false)).collect(),
            payments: receipt.payments.iter().map(|payment| PaymentRow::of(payment, lang, zone, false)).collect(),
            sums: Sums::of(&receipt.totals),
            words: name_of(lang, &receipt.terbilang, &receipt.in_words).to_owned(),
            number: receipt.number,
            folio_number: receipt.folio_number,
            booking_code: receipt.stay.booking_code,
            hotel: receipt.hotel,
            guest: receipt.stay.guest,
            room: receipt.stay.room,
        }
    }
}

fn dates(stay: &Stayed, lang: Lang) -> String {
    format!("{} – {}", format::date(stay.arrival, lang), format::date(stay.departure, lang))
}

impl LineRow {
    fn of(line: &Line, lang: Lang, may_reverse: bool) -> Self {
        Self {
            id: line.id,
            day: format::day_month(line.business_date, lang),
            name: name_of(lang, &line.name_id, &line.name_en).to_owned(),
            description: line.description.clone(),
            quantity: line.quantity,
            net: format::amount(line.amounts.net),
            service: format::amount(line.amounts.service),
            pb1: format::amount(line.amounts.pb1),
            gross: format::amount(line.amounts.gross),
            reversed: line.reversed,
            is_reversal: line.reverses_id.is_some(),
            reversible: may_reverse && !line.reversed && line.reverses_id.is_none(),
        }
    }
}

impl PaymentRow {
    fn of(payment: &Payment, lang: Lang, zone: &TimeZone, may_reverse: bool) -> Self {
        Self {
            id: payment.id,
            day: format::date_time(payment.received_at, zone, lang),
            method: payment.method.clone(),
            note: payment.note.clone(),
            amount: format::amount(payment.amount),
            tendered: payment.tendered.map(format::rupiah),
            change: payment.change.filter(|change| *change > Rupiah::ZERO).map(format::rupiah),
            reversed: payment.reversed,
            is_reversal: payment.reverses_id.is_some(),
            reversible: may_reverse && !payment.reversed && payment.reverses_id.is_none(),
        }
    }
}

impl Sums {
    fn of(totals: &Totals) -> Self {
        Self {
            net: format::rupiah(totals.charges.net),
            service: format::rupiah(totals.charges.service),
            pb1: format::rupiah(totals.charges.pb1),
            gross: format::rupiah(totals.charges.gross),
            paid: format::rupiah(totals.paid),
            balance: format::rupiah(totals.balance),
            settled: totals.balance == Rupiah::ZERO,
        }
    }
}

mod samples {
    use hotelhub_kernel::Rupiah;
    use jiff::Timestamp;
    use jiff::civil::date;
    use uuid::Uuid;

    use crate::hotel::folios::{Folio, FolioId, FolioStatus, Line, Payment, Stayed, Totals};
    use crate::hotel::taxes::Taxes;

    fn line(n: u128, code: (&str, &str, &str), description: &str, amounts: [i64; 4]) -> Line {
        let [net, service, pb1, gross] = amounts.map(Rupiah);
        Line {
            id: Uuid::from_u128(n),
            business_date: date(2026, 7, 2),
            posted_at: Timestamp::UNIX_EPOCH,
            charge_code: code.0.to_owned(),
            name_id: code.1.to_owned(),
            name_en: code.2.to_owned(),
            description: description.to_owned(),
            quantity: 1,
            amounts: Taxes { net, service, pb1, gross },
            reverses_id: None,
            reversed: false,
        }
    }

    pub(super) fn folio() -> Folio {
        let room = ("ROOM", "Kamar", "Room");
        let night = [1_000_000, 100_000, 110_000, 1_210_000];
        let mini = ("MINIBAR", "Minibar", "Minibar");
        let lines = vec![
            line(1, room, "Deluxe 01-07-2026", night),
            line(2, room, "Deluxe 02-07-2026", night),
            Line { reversed: true, ..line(3, mini, "Air mineral", [15_000, 1_500, 1_650, 18_150]) },
            Line {
                reverses_id: Some(Uuid::from_u128(3)),
                ..line(4, mini, "Salah kamar", [-15_000, -1_500, -1_650, -18_150])
            },
            line(5, mini, "Kacang mede", [25_000, 2_500, 2_750, 30_250]),
        ];
        let payments = vec![Payment {
            id: Uuid::from_u128(9),
            business_date: date(2026, 7, 2),
            received_at: Timestamp::UNIX_EPOCH,
            method: "cash".to_owned(),
            amount: Rupiah(1_210_000),
            tendered: Some(Rupiah(1_250_000)),
            change: Some(Rupiah(40_000)),
            reverses_id: None,
            reversed: false,
            note: String::new(),
        }];
        let stay = Stayed {
            reservation_id: Uuid::from_u128(7),
            booking_code: "K7M2QX".to_owned(),
            guest: "Wayan Suarti".to_owned(),
            room: Some("204".to_owned()),
            arrival: date(2026, 7, 1),
            departure: date(2026, 7, 3),
            given_up: true,
        };
        let totals = Totals::of(&lines, &payments).unwrap_or(Totals {
            charges: Taxes::default(),
            paid: Rupiah::ZERO,
            balance: Rupiah::ZERO,
        });
        Folio {
            id: FolioId(Uuid::from_u128(8)),
            number: "F-2026-000117".to_owned(),
            status: FolioStatus::Open,
            receipt_number: None,
            receipt_at: None,
            stay,
            lines,
            payments,
            totals,
            version: 6,
        }
    }
}

impl Page for FolioPage {
    const TEMPLATE: &'static str = "hotel/folios/folio";

    fn sample() -> Self {
        let code = |code: &str, id: &str, en: &str| ChargeCode {
            code: code.to_owned(),
            name_id: id.to_owned(),
            name_en: en.to_owned(),
            bears_pb1: true,
            bears_service: true,
        };
        let codes = [code("MINIBAR", "Minibar", "Minibar"), code("LAUNDRY", "Penatu", "Laundry")];
        let may = May { post: true, pay: true, reverse_lines: true, reverse_payments: true };
        let page = Self::of(&samples::folio(), &codes, Lang::Id, &TimeZone::UTC, may);
        Self { form_key: "sample-key".to_owned(), ..page }
    }
}

impl Page for ReceiptPage {
    const TEMPLATE: &'static str = "hotel/folios/receipt";

    fn sample() -> Self {
        let hotel = Letterhead {
            name: "Hotel Melati".to_owned(),
            address: "Jalan Cikini Raya 42, Jakarta 10330".to_owned(),
            phone: "+62 21 555 0142".to_owned(),
            email: "halo@melati.example".to_owned(),
        };
        let receipt = Receipt::of(samples::folio(), hotel);
        Self::of(receipt, Uuid::from_u128(8), Lang::Id, &TimeZone::UTC)
    }
}
