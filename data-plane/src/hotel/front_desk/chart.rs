//! The tape chart as a table: a row per room, a column per day, a stay in one cell that spans its nights.
use hotelhub_web::{Lang, Page, Refused, format};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use serde::Serialize;
use uuid::Uuid;

use super::{ChartStay, ChartType, TapeChart};
use crate::hotel::forms::Choice;
use crate::hotel::reservations::Status;
use crate::hotel::rooms::Service;

/// `/desk/tape`.
#[derive(Serialize)]
pub(crate) struct TapePage {
    from: String,
    days: i32,
    title: String,
    earlier: String,
    later: String,
    today: String,
    spans: Vec<Span>,
    heads: Vec<Head>,
    types: Vec<TypeRow>,
    lane: Vec<StayCell>,
    pub(super) chosen: Option<Chosen>,
    pub(super) may_move: bool,
    pub(super) form_key: String,
    pub(super) refused: Option<Refused>,
}

/// A choice of how many days are shown.
#[derive(Serialize)]
struct Span {
    days: i32,
    current: bool,
}

/// A day's head.
#[derive(Serialize)]
struct Head {
    date: String,
    weekday: &'static str,
    day: i8,
    long: String,
    class: &'static str,
}

/// A room type: how many rooms are free each night, and its rooms.
#[derive(Serialize)]
struct TypeRow {
    name: String,
    free: Vec<Free>,
    rooms: Vec<RoomRow>,
}

/// Rooms of a type that are free on a night; below zero when unplaced guests are more.
#[derive(Serialize)]
struct Free {
    count: i64,
    full: bool,
}

/// A room and its days.
#[derive(Serialize)]
struct RoomRow {
    id: Uuid,
    number: String,
    cells: Vec<Cell>,
}

/// An empty day, or a stay across several.
#[derive(Serialize)]
struct Cell {
    span: i32,
    class: &'static str,
    stay: Option<StayCell>,
}

/// A stay on the chart.
#[derive(Clone, Serialize)]
pub(crate) struct StayCell {
    id: Uuid,
    version: i32,
    guest: String,
    code: String,
    status: &'static str,
    room_id: Option<Uuid>,
    arrival: String,
    departure: String,
    dates: String,
    movable: bool,
}

/// The stay whose form stands open.
#[derive(Serialize)]
pub(crate) struct Chosen {
    stay: StayCell,
    rooms: Vec<Choice>,
}

/// What the eye compares days with.
#[derive(Clone, Copy)]
struct Days {
    from: Date,
    to: Date,
    today: Date,
}

impl Days {
    fn all(self) -> impl Iterator<Item = Date> {
        self.from.series(1.day()).take_while(move |day| *day < self.to)
    }

    fn class(self, day: Date) -> &'static str {
        if day == self.today {
            "today"
        } else if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            "weekend"
        } else {
            ""
        }
    }
}

impl TapePage {
    pub(super) fn of(chart: &TapeChart, chosen: Option<Uuid>, lang: Lang, may_move: bool) -> Self {
        let to = chart.from.saturating_add(chart.days.days());
        let days = Days { from: chart.from, to, today: chart.business_date };
        let cell = |stay: &ChartStay| StayCell::of(stay, lang, may_move);
        let chosen = chosen.and_then(|id| chart.stays.iter().find(|stay| stay.reservation_id == id)).map(|stay| {
            let room = stay.room_id.map(|id| id.to_string()).unwrap_or_default();
            let rooms = chart.room_types.iter().flat_map(|of| room_choices(of, &room)).collect();
            Chosen { stay: cell(stay), rooms }
        });
        Self {
            from: chart.from.to_string(),
            days: chart.days,
            title: format!("{} – {}", format::date(chart.from, lang), format::date(to, lang)),
            earlier: chart.from.saturating_sub(7.days()).to_string(),
            later: chart.from.saturating_add(7.days()).to_string(),
            today: chart.business_date.to_string(),
            spans: [7, 14, 30, 90].map(|days| Span { days, current: days == chart.days }).into(),
            heads: days.all().map(|day| Head::of(day, days, lang)).collect(),
            types: chart.room_types.iter().map(|of| TypeRow::of(of, chart, days, &cell)).collect(),
            lane: chart.stays.iter().filter(|stay| stay.room_id.is_none()).map(cell).collect(),
            chosen,
            may_move,
            form_key: String::new(),
            refused: None,
        }
    }
}

fn room_choices<'a>(of: &'a ChartType, chosen: &'a str) -> impl Iterator<Item = Choice> + 'a {
    of.rooms.iter().map(move |room| Choice::new(room.id, format!("{} · {}", room.number, of.name), chosen))
}

impl Head {
    fn of(day: Date, days: Days, lang: Lang) -> Self {
        Self {
            date: day.to_string(),
            weekday: format::weekday_short(day, lang),
            day: day.day(),
            long: format::date_long(day, lang),
            class: days.class(day),
        }
    }
}

impl TypeRow {
    fn of(of: &ChartType, chart: &TapeChart, days: Days, cell: &impl Fn(&ChartStay) -> StayCell) -> Self {
        let own = |room: Uuid| of.rooms.iter().any(|known| known.id == room);
        let here = |stay: &&ChartStay| stay.room_id.map_or(stay.room_type_id == of.id, own);
        let sellable = of.rooms.iter().filter(|room| room.service != Service::Ooo).count();
        let free = |day: Date| {
            let taken = chart.stays.iter().filter(here).filter(|stay| stay.from <= day && day < stay.to).count();
            let count = i64::try_from(sellable).unwrap_or(0) - i64::try_from(taken).unwrap_or(0);
            Free { count, full: count <= 0 }
        };
        let row = |room: &super::DayRoom| RoomRow {
            id: room.id,
            number: room.number.clone(),
            cells: cells(room, chart, days, cell),
        };
        Self { name: of.name.clone(), free: days.all().map(free).collect(), rooms: of.rooms.iter().map(row).collect() }
    }
}

/// The cells of a room's row; together they span all days.
fn cells(room: &super::DayRoom, chart: &TapeChart, days: Days, cell: &impl Fn(&ChartStay) -> StayCell) -> Vec<Cell> {
    let mut pieces: Vec<&ChartStay> = chart.stays.iter().filter(|stay| stay.room_id == Some(room.id)).collect();
    pieces.sort_by_key(|stay| stay.from);
    let mut cells = Vec::new();
    let mut day = days.from;
    while day < days.to {
        let piece = pieces.iter().find(|stay| stay.from <= day && day < stay.to);
        let span = piece.map_or(1, |stay| day.until(stay.to.min(days.to)).map_or(1, |span| span.get_days()).max(1));
        let class = if room.service == Service::Ooo { "out" } else { days.class(day) };
        cells.push(Cell { span, class, stay: piece.map(|stay| cell(stay)) });
        day = day.saturating_add(span.days());
    }
    cells
}

impl StayCell {
    fn of(stay: &ChartStay, lang: Lang, may_move: bool) -> Self {
        let movable = matches!(stay.status, Status::Confirmed | Status::InHouse);
        Self {
            id: stay.reservation_id,
            version: stay.version,
            guest: stay.guest.clone(),
            code: stay.code.clone(),
            status: stay.status.as_str(),
            room_id: stay.room_id,
            arrival: stay.arrival.to_string(),
            departure: stay.departure.to_string(),
            dates: format!("{} – {}", format::day_month(stay.arrival, lang), format::day_month(stay.departure, lang)),
            movable: movable && may_move,
        }
    }
}

impl Page for TapePage {
    const TEMPLATE: &'static str = "hotel/front_desk/tape";

    fn sample() -> Self {
        use crate::hotel::rooms::Housekeeping;
        let from = jiff::civil::date(2026, 7, 1);
        let room = |n: u128, service| super::DayRoom {
            id: Uuid::from_u128(n),
            number: (100 + n).to_string(),
            housekeeping: Housekeeping::Clean,
            service,
        };
        let of = |n: u128, name: &str, rooms: Vec<super::DayRoom>| ChartType {
            id: Uuid::from_u128(n),
            code: name.to_uppercase(),
            name: name.to_owned(),
            rooms,
        };
        let stay = |n: u128, guest: &str, status: Status, room: Option<u128>, first: i64, nights: i64| ChartStay {
            reservation_id: Uuid::from_u128(n),
            version: 1,
            code: "K7M2QX".to_owned(),
            guest: guest.to_owned(),
            status,
            room_type_id: Uuid::from_u128(900),
            room_id: room.map(Uuid::from_u128),
            from: from.saturating_add(first.days()),
            to: from.saturating_add((first + nights).days()),
            arrival: from.saturating_add(first.days()),
            departure: from.saturating_add((first + nights).days()),
        };
        let deluxe: Vec<_> = (1..=8).map(|n| room(n, if n == 6 { Service::Ooo } else { Service::Ok })).collect();
        let chart = TapeChart {
            from,
            days: 14,
            business_date: jiff::civil::date(2026, 7, 3),
            room_types: vec![
                of(900, "Deluxe", deluxe),
                of(901, "Suite", (20..=23).map(|n| room(n, Service::Ok)).collect()),
            ],
            stays: vec![
                stay(1, "Dewi Lestari", Status::CheckedOut, Some(1), -1, 3),
                stay(2, "Wayan Suarti", Status::InHouse, Some(1), 2, 3),
                stay(3, "Agus Salim", Status::InHouse, Some(3), 0, 5),
                stay(4, "John Smith", Status::Confirmed, Some(4), 4, 7),
                stay(5, "Putu Ayu", Status::Hold, Some(2), 6, 1),
                stay(6, "Raden Ajeng Kartini", Status::Confirmed, Some(21), 3, 14),
                stay(7, "Made Wirawan", Status::Confirmed, None, 3, 2),
            ],
        };
        let page = Self::of(&chart, Some(Uuid::from_u128(4)), Lang::Id, true);
        Self { form_key: "sample-key".to_owned(), ..page }
    }
}
