//! `/desk/reservations/{id}`: a reservation, and every step that is open.
use hotelhub_identity::Permission;
use hotelhub_kernel::Rupiah;
use hotelhub_web::{AppError, Kind, Lang, Page, Refused, format};
use serde::Serialize;
use uuid::Uuid;

use super::listing::{status_key, tone};
use super::{Action, Reservation, Status};
use crate::hotel::forms::Choice;
use crate::hotel::front_desk::TapeChart;
use crate::hotel::rates::RatePlan;
use crate::hotel::rooms::{Housekeeping, RoomType, Service};
use crate::people::Staff;

/// A reservation's page.
#[derive(Serialize)]
pub(crate) struct DetailPage {
    id: Uuid,
    booking_id: Uuid,
    version: i32,
    code: String,
    status_key: String,
    tone: &'static str,
    from_web: bool,
    arrival: String,
    departure: String,
    arrival_on: String,
    departure_on: String,
    nights: Vec<NightRow>,
    room_type: String,
    rate_plan: String,
    guest: String,
    email: String,
    phone: String,
    room: Option<String>,
    adults: i16,
    children: i16,
    notes: String,
    folio_id: Option<Uuid>,
    net: String,
    service: String,
    pb1: String,
    total: String,
    balance: String,
    settled: bool,
    can: Steps,
    free_rooms: Vec<Choice>,
    room_types: Vec<Choice>,
    rate_plans: Vec<Choice>,
    pub(super) hold_until: Option<String>,
    pub(super) form_key: String,
    pub(super) refused: Option<Refused>,
}

/// A night and its price.
#[derive(Serialize)]
struct NightRow {
    day: String,
    price: String,
}

/// Which steps are open to this clerk.
#[derive(Clone, Copy, Default, Serialize)]
struct Steps {
    confirm: bool,
    assign: bool,
    unassign: bool,
    check_in: bool,
    check_out: bool,
    amend: bool,
    no_show: bool,
    cancel: bool,
    revert_check_in: bool,
    revert_check_out: bool,
    reinstate: bool,
}

/// What the clerk may do at all.
#[derive(Clone, Copy)]
pub(super) struct May {
    create: bool,
    amend: bool,
    cancel: bool,
    assign: bool,
    check_in: bool,
    check_out: bool,
}

impl May {
    pub(super) fn of(staff: &Staff) -> Self {
        Self {
            create: staff.can(Permission::ReservationCreate),
            amend: staff.can(Permission::ReservationAmend),
            cancel: staff.can(Permission::ReservationCancel),
            assign: staff.can(Permission::FrontdeskAssign),
            check_in: staff.can(Permission::FrontdeskCheckin),
            check_out: staff.can(Permission::FrontdeskCheckout),
        }
    }
}

impl Steps {
    fn of(reservation: &Reservation, may: May) -> Self {
        let open = |action| reservation.allowed_actions.contains(&action);
        Self {
            confirm: open(Action::Confirm) && may.create,
            assign: open(Action::AssignRoom) && may.assign,
            unassign: reservation.status == Status::Confirmed && reservation.room.is_some() && may.assign,
            check_in: open(Action::CheckIn) && may.check_in,
            check_out: open(Action::CheckOut) && may.check_out,
            amend: open(Action::Amend) && may.amend,
            no_show: open(Action::NoShow) && may.cancel,
            cancel: open(Action::Cancel) && may.cancel,
            revert_check_in: open(Action::RevertCheckIn) && may.check_in,
            revert_check_out: open(Action::RevertCheckOut) && may.check_out,
            reinstate: open(Action::Reinstate) && may.cancel,
        }
    }
}

impl DetailPage {
    pub(super) fn of(
        reservation: &Reservation,
        chart: &TapeChart,
        types: &[RoomType],
        plans: &[RatePlan],
        lang: Lang,
        may: May,
    ) -> Self {
        let kind = reservation.room_type.id.to_string();
        let plan = reservation.rate_plan.id.to_string();
        let night = |night: &crate::hotel::availability::NightPrice| NightRow {
            day: format!("{} {}", format::weekday_short(night.date, lang), format::date(night.date, lang)),
            price: format::amount(night.price),
        };
        Self {
            id: reservation.id,
            booking_id: reservation.booking_id,
            version: reservation.version,
            code: reservation.code.clone(),
            status_key: status_key(reservation.status),
            tone: tone(reservation.status),
            from_web: reservation.source == "web",
            arrival: format::date_long(reservation.arrival, lang),
            departure: format::date_long(reservation.departure, lang),
            arrival_on: reservation.arrival.to_string(),
            departure_on: reservation.departure.to_string(),
            nights: reservation.nights.iter().map(night).collect(),
            room_type: reservation.room_type.name.clone(),
            rate_plan: reservation.rate_plan.name.clone(),
            guest: reservation.guest.name.clone(),
            email: reservation.guest.email.clone(),
            phone: reservation.guest.phone.clone(),
            room: reservation.room.as_ref().map(|room| room.number.clone()),
            adults: reservation.adults,
            children: reservation.children,
            notes: reservation.notes.clone(),
            folio_id: reservation.folio_id,
            net: format::rupiah(reservation.total.net),
            service: format::rupiah(reservation.total.service),
            pb1: format::rupiah(reservation.total.pb1),
            total: format::rupiah(reservation.total.gross),
            balance: format::rupiah(reservation.balance),
            settled: reservation.balance == Rupiah::ZERO,
            can: Steps::of(reservation, may),
            free_rooms: free_rooms(reservation, chart),
            room_types: sold(types.iter().map(|of| (Choice::new(of.id, of.name.clone(), &kind), of.archived))),
            rate_plans: sold(plans.iter().map(|of| (Choice::new(of.id, of.name.clone(), &plan), of.archived))),
            hold_until: None,
            form_key: String::new(),
            refused: None,
        }
    }
}

/// Rooms that nobody else has on the chart's days: those of the booked type first, clean ones first.
fn free_rooms(reservation: &Reservation, chart: &TapeChart) -> Vec<Choice> {
    let taken =
        |room: Uuid| chart.stays.iter().any(|stay| stay.room_id == Some(room) && stay.reservation_id != reservation.id);
    let own = reservation.room.as_ref().map(|room| room.id);
    let mut rooms: Vec<(bool, bool, Choice)> = Vec::new();
    for of in &chart.room_types {
        let free = of.rooms.iter().filter(|room| !taken(room.id) && room.service != Service::Ooo);
        for room in free.filter(|room| Some(room.id) != own) {
            let clean = matches!(room.housekeeping, Housekeeping::Clean | Housekeeping::Inspected);
            let mark = if clean { "✓" } else { "–" };
            let label = format!("{} · {} {mark}", room.number, of.name);
            rooms.push((of.id != reservation.room_type.id, !clean, Choice::new(room.id, label, "")));
        }
    }
    rooms.sort_by(|a, b| (a.0, a.1, &a.2.label).cmp(&(b.0, b.1, &b.2.label)));
    rooms.into_iter().map(|(.., choice)| choice).collect()
}

/// What is still sold, and what the stay has booked.
fn sold(choices: impl Iterator<Item = (Choice, bool)>) -> Vec<Choice> {
    choices.filter(|(choice, archived)| choice.chosen || !archived).map(|(choice, _)| choice).collect()
}

impl Page for DetailPage {
    const TEMPLATE: &'static str = "hotel/reservations/detail";

    fn sample() -> Self {
        let night = |day: &str| NightRow { day: day.to_owned(), price: "1.000.000".to_owned() };
        Self {
            id: Uuid::from_u128(7),
            booking_id: Uuid::from_u128(6),
            version: 3,
            code: "K7M2QX".to_owned(),
            status_key: "status.confirmed".to_owned(),
            tone: "calm",
            from_web: true,
            arrival: "Jumat, 3 Juli 2026".to_owned(),
            departure: "Minggu, 5 Juli 2026".to_owned(),
            arrival_on: "2026-07-03".to_owned(),
            departure_on: "2026-07-05".to_owned(),
            nights: vec![night("Jum 03 Jul 2026"), night("Sab 04 Jul 2026")],
            room_type: "Deluxe".to_owned(),
            rate_plan: "Termasuk sarapan".to_owned(),
            guest: "Wayan Suarti".to_owned(),
            email: "wayan@example.test".to_owned(),
            phone: "+62 812 5550 1234".to_owned(),
            room: Some("204".to_owned()),
            adults: 2,
            children: 1,
            notes: "Lantai tinggi, jauh dari lift.".to_owned(),
            folio_id: Some(Uuid::from_u128(8)),
            net: "Rp2.000.000".to_owned(),
            service: "Rp200.000".to_owned(),
            pb1: "Rp220.000".to_owned(),
            total: "Rp2.420.000".to_owned(),
            balance: "Rp0".to_owned(),
            settled: true,
            can: Steps {
                confirm: true,
                assign: true,
                unassign: true,
                check_in: true,
                check_out: true,
                amend: true,
                no_show: true,
                cancel: true,
                revert_check_in: true,
                revert_check_out: true,
                reinstate: true,
            },
            free_rooms: vec![Choice::new("1", "205 · Deluxe ✓", ""), Choice::new("2", "206 · Deluxe –", "")],
            room_types: vec![Choice::new("1", "Deluxe", "1"), Choice::new("2", "Suite", "1")],
            rate_plans: vec![Choice::new("1", "Termasuk sarapan", "1")],
            hold_until: Some("14:15".to_owned()),
            form_key: "sample-key".to_owned(),
            refused: AppError::new(Kind::Conflict, "room-taken", "Room 205 is taken for some of these nights.")
                .refused(),
        }
    }
}
