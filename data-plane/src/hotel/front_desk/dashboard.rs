//! `/desk`: the day in one glance, and the next step with each guest.
use hotelhub_kernel::Rupiah;
use hotelhub_web::{AppError, Kind, Lang, Page, Refused, format};
use serde::Serialize;
use uuid::Uuid;

use super::{DayStay, FrontDesk, Label};
use crate::hotel::reservations::Action;
use crate::hotel::rooms::{Housekeeping, Service};

/// The day's lists.
#[derive(Serialize)]
pub(crate) struct DashboardPage {
    day: String,
    occupancy: String,
    occupancy_percent: i64,
    rooms_total: i64,
    rooms_occupied: i64,
    rooms_free: i64,
    arrivals: Vec<Row>,
    departures: Vec<Row>,
    left: Vec<Row>,
    in_house: Vec<Row>,
    may_book: bool,
    /// The mail address of who looks, while that account has no password yet.
    pub(super) newcomer: Option<String>,
    /// The day as its form sends it back.
    business_date: String,
    pub(super) may_close: bool,
    pub(super) form_key: String,
    pub(super) refused: Option<Refused>,
}

/// A guest, and what comes next.
#[derive(Serialize)]
pub(crate) struct Row {
    id: Uuid,
    version: i32,
    guest: String,
    code: String,
    room: Option<String>,
    room_type: String,
    until: String,
    nights: i32,
    balance: Option<String>,
    overdue: bool,
    not_ready: bool,
    folio_id: Option<Uuid>,
    next: Next,
    undo: Option<Undo>,
}

/// A step of today that can be taken back.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Undo {
    /// The key was handed over by mistake.
    CheckIn,
    /// The key was taken back by mistake.
    CheckOut,
}

/// The next step with a guest.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Next {
    /// Choose a room.
    Assign,
    /// Hand over the key.
    CheckIn,
    /// Take the rest of the money.
    Settle,
    /// Take the key back.
    CheckOut,
    /// Nothing today.
    Open,
}

/// Who looks.
#[derive(Clone, Copy)]
pub(super) struct May {
    pub(super) book: bool,
    pub(super) assign: bool,
    pub(super) check_in: bool,
    pub(super) check_out: bool,
}

impl DashboardPage {
    pub(super) fn of(day: &FrontDesk, lang: Lang, may: May) -> Self {
        let rows = |stays: &[DayStay]| stays.iter().map(|stay| Row::of(stay, lang, may)).collect();
        Self {
            day: format::date_long(day.business_date, lang),
            occupancy: percent(day.occupancy_bp, lang),
            occupancy_percent: day.occupancy_bp / 100,
            rooms_total: day.rooms_total,
            rooms_occupied: day.rooms_occupied,
            rooms_free: day.rooms_total - day.rooms_occupied,
            arrivals: rows(&day.arrivals),
            departures: rows(&day.departures),
            left: rows(&day.left),
            in_house: rows(&day.in_house),
            may_book: may.book,
            newcomer: None,
            business_date: day.business_date.to_string(),
            may_close: false,
            form_key: String::new(),
            refused: None,
        }
    }
}

/// Basis points as a percentage with one decimal: `71,4`.
fn percent(bp: i64, lang: Lang) -> String {
    let point = if lang == Lang::Id { ',' } else { '.' };
    format!("{}{point}{}", bp / 100, bp % 100 / 10)
}

impl Row {
    fn of(stay: &DayStay, lang: Lang, may: May) -> Self {
        let room = stay.room.as_ref();
        let clean = room.is_some_and(|room| matches!(room.housekeeping, Housekeeping::Clean | Housekeeping::Inspected));
        let not_ready = room.is_some_and(|room| !clean || room.service == Service::Ooo);
        Self {
            id: stay.id,
            version: stay.version,
            guest: stay.guest.clone(),
            code: stay.code.clone(),
            room: room.map(|room| room.number.clone()),
            room_type: stay.room_type.name.clone(),
            until: format::day_month(stay.departure, lang),
            nights: stay.nights,
            balance: (stay.balance != Rupiah::ZERO).then(|| format::rupiah(stay.balance)),
            overdue: stay.label == Some(Label::Overstay),
            not_ready: stay.label == Some(Label::DueIn) && not_ready,
            folio_id: stay.folio_id,
            next: next(stay, may, not_ready),
            undo: undo(stay, may),
        }
    }
}

/// What the desk does next: the first step that is open to this clerk.
fn next(stay: &DayStay, may: May, not_ready: bool) -> Next {
    let allowed = |action| stay.allowed_actions.contains(&action);
    let leaves = matches!(stay.label, Some(Label::DueOut | Label::Overstay));
    if allowed(Action::CheckIn) && stay.room.is_some() && !not_ready && may.check_in {
        Next::CheckIn
    } else if allowed(Action::CheckIn) && stay.room.is_none() && may.assign {
        Next::Assign
    } else if leaves && may.check_out {
        if stay.balance == Rupiah::ZERO && stay.folio_id.is_some() { Next::CheckOut } else { Next::Settle }
    } else {
        Next::Open
    }
}

fn undo(stay: &DayStay, may: May) -> Option<Undo> {
    let allowed = |action| stay.allowed_actions.contains(&action);
    let check_in = (allowed(Action::RevertCheckIn) && may.check_in).then_some(Undo::CheckIn);
    check_in.or((allowed(Action::RevertCheckOut) && may.check_out).then_some(Undo::CheckOut))
}

impl Page for DashboardPage {
    const TEMPLATE: &'static str = "hotel/front_desk/dashboard";

    fn sample() -> Self {
        let row = |n: u128, guest: &str, room: Option<&str>, next: Next| Row {
            id: Uuid::from_u128(n),
            version: 1,
            guest: guest.to_owned(),
            code: "K7M2QX".to_owned(),
            room: room.map(str::to_owned),
            room_type: "Deluxe".to_owned(),
            until: "05 Jul".to_owned(),
            nights: 2,
            balance: (next == Next::Settle).then(|| "Rp1.240.250".to_owned()),
            overdue: n == 4,
            not_ready: n == 3,
            folio_id: Some(Uuid::from_u128(8)),
            next,
            undo: match n {
                6 => Some(Undo::CheckIn),
                7 => Some(Undo::CheckOut),
                _ => None,
            },
        };
        Self {
            day: "Jumat, 3 Juli 2026".to_owned(),
            occupancy: "71,4".to_owned(),
            occupancy_percent: 71,
            rooms_total: 42,
            rooms_occupied: 30,
            rooms_free: 12,
            arrivals: vec![
                row(1, "Wayan Suarti", Some("204"), Next::CheckIn),
                row(2, "Raden Ajeng Kartini Sosroningrat", None, Next::Assign),
                row(3, "John Smith", Some("305"), Next::Open),
            ],
            departures: vec![
                row(4, "Dewi Lestari", Some("112"), Next::Settle),
                row(5, "Agus Salim", Some("108"), Next::CheckOut),
            ],
            left: vec![row(7, "Ketut Liyer", Some("210"), Next::Open)],
            in_house: vec![row(6, "Putu Ayu", Some("301"), Next::Open)],
            may_book: true,
            newcomer: Some("budi@melati.id".to_owned()),
            business_date: "2026-07-03".to_owned(),
            may_close: true,
            form_key: "sample-key".to_owned(),
            refused: AppError::new(Kind::Conflict, "day-not-done", "The day does not move.").refused(),
        }
    }
}
