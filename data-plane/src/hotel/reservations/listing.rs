//! `/desk/reservations`: what is booked, searched and by page.
use hotelhub_kernel::Page as Cut;
use hotelhub_web::{Lang, Page, format};
use serde::Serialize;
use uuid::Uuid;

use super::pages::Filter;
use super::{Reservation, Status};

/// The list.
#[derive(Serialize)]
pub(crate) struct ListPage {
    q: String,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    next: Option<String>,
    may_book: bool,
}

/// A choice of statuses.
#[derive(Serialize)]
struct Tab {
    status: String,
    key: String,
    current: bool,
}

/// A reservation in one line.
#[derive(Serialize)]
struct Row {
    id: Uuid,
    code: String,
    guest: String,
    status_key: String,
    tone: &'static str,
    arrival: String,
    departure: String,
    nights: usize,
    room_type: String,
    room: Option<String>,
    total: String,
    from_web: bool,
}

/// How a status is coloured.
pub(crate) fn tone(status: Status) -> &'static str {
    match status {
        Status::Hold => "warn",
        Status::Confirmed => "calm",
        Status::InHouse => "good",
        Status::NoShow => "bad",
        Status::CheckedOut | Status::Cancelled | Status::Expired => "",
    }
}

/// The catalogue's key of a status.
pub(crate) fn status_key(status: Status) -> String {
    format!("status.{status}")
}

impl ListPage {
    pub(super) fn of(cut: Cut<Reservation>, filter: &Filter, lang: Lang, may_book: bool) -> Self {
        let statuses = ["", "hold", "confirmed", "in_house", "checked_out", "cancelled", "no_show", "all"];
        let tab = |status: &str| Tab {
            key: if status.is_empty() { "status.open".to_owned() } else { format!("status.{status}") },
            current: status == filter.status,
            status: status.to_owned(),
        };
        Self {
            q: filter.q.clone(),
            tabs: statuses.into_iter().map(tab).collect(),
            rows: cut.items.iter().map(|reservation| Row::of(reservation, lang)).collect(),
            next: cut.next.map(String::from),
            may_book,
        }
    }
}

impl Row {
    fn of(reservation: &Reservation, lang: Lang) -> Self {
        Self {
            id: reservation.id,
            code: reservation.code.clone(),
            guest: reservation.guest.name.clone(),
            status_key: status_key(reservation.status),
            tone: tone(reservation.status),
            arrival: format::date(reservation.arrival, lang),
            departure: format::date(reservation.departure, lang),
            nights: reservation.nights.len(),
            room_type: reservation.room_type.name.clone(),
            room: reservation.room.as_ref().map(|room| room.number.clone()),
            total: format::rupiah(reservation.total.gross),
            from_web: reservation.source == "web",
        }
    }
}

impl Page for ListPage {
    const TEMPLATE: &'static str = "hotel/reservations/list";

    fn sample() -> Self {
        let row = |n: u128, guest: &str, status: Status, room: Option<&str>| Row {
            id: Uuid::from_u128(n),
            code: "K7M2QX".to_owned(),
            guest: guest.to_owned(),
            status_key: status_key(status),
            tone: tone(status),
            arrival: "03 Jul 2026".to_owned(),
            departure: "05 Jul 2026".to_owned(),
            nights: 2,
            room_type: "Deluxe".to_owned(),
            room: room.map(str::to_owned),
            total: "Rp2.420.000".to_owned(),
            from_web: n == 2,
        };
        let filter = Filter { status: String::new(), q: String::new() };
        let cut = Cut { items: Vec::new(), next: None };
        Self {
            rows: vec![
                row(1, "Wayan Suarti", Status::Confirmed, Some("204")),
                row(2, "John Smith", Status::Hold, None),
                row(3, "Dewi Lestari", Status::InHouse, Some("112")),
                row(4, "Agus Salim", Status::NoShow, None),
            ],
            next: Some("b3BhcXVl".to_owned()),
            ..Self::of(cut, &filter, Lang::Id, true)
        }
    }
}
