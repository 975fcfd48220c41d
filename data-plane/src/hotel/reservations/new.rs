//! `/desk/reservations/new`: dates and party, what is free, who comes.
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use hotelhub_identity::Permission;
use hotelhub_web::{AppError, FormBody, Lang, Page, Query, Refused, Result, Visit, format};
use jiff::ToSpan as _;
use serde::{Deserialize, Serialize};

use super::{Booking, BookingWish, Promise, Refusal, RoomWish, Source, Stay, Through, booking};
use crate::hotel::availability::{self, Availability, Party, Seen};
use crate::hotel::fields::wrong;
use crate::hotel::guests::NewGuest;
use crate::hotel::rooms::inventory::FullNight;
use crate::hotel::step::{Clerk, or_again};
use crate::hotel::{fields, forms, properties, shell};
use crate::node::Node;

/// The pages of a new booking.
pub(super) fn pages() -> Router<Node> {
    Router::new().route("/desk/reservations/new", get(blank).post(book))
}

/// Everything the form holds, as it was typed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Form {
    #[serde(default)]
    arrival: String,
    #[serde(default)]
    departure: String,
    #[serde(default)]
    adults: String,
    #[serde(default)]
    children: String,
    /// How many rooms, each for such a party.
    #[serde(default)]
    rooms: String,
    /// `<room type>/<rate plan>`.
    #[serde(default)]
    offer: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    notes: String,
    #[serde(default)]
    status: String,
}

/// A room type that is free, or full.
#[derive(Serialize)]
struct TypeRow {
    name: String,
    available: i32,
    /// Whether there are as many as wanted.
    enough: bool,
    offers: Vec<OfferRow>,
}

/// A plan it can be had under.
#[derive(Serialize)]
struct OfferRow {
    value: String,
    plan: String,
    breakfast: bool,
    per_night: String,
    total: String,
    chosen: bool,
}

/// A night with too few rooms left.
#[derive(Serialize)]
struct FullRow {
    day: String,
    available: i32,
}

/// The page.
#[derive(Serialize)]
pub(crate) struct NewPage {
    form: Form,
    first_day: String,
    nights: Option<i32>,
    types: Vec<TypeRow>,
    /// The nights for which there are too few rooms, once a booking was refused.
    full: Vec<FullRow>,
    form_key: String,
    refused: Option<Refused>,
}

async fn blank(clerk: Clerk, visit: Visit, Query(form): Query<Form>) -> Result<Response> {
    clerk.staff.may(Permission::ReservationCreate)?;
    show(&clerk, &visit, form, StatusCode::OK, None, Vec::new()).await
}

async fn book(clerk: Clerk, visit: Visit, FormBody(form, key): FormBody<Form>) -> Result<Response> {
    let step = clerk.step(Permission::ReservationCreate, &key)?;
    let answer = step
        .land("flash.reservation.booked", async |tx| {
            let booking = booking::book(tx, &clerk.tenant, &clerk.actor(), Through::Desk, form.wish()?).await?;
            Ok(its_page(&booking))
        })
        .await;
    let full = answer.as_ref().err().map(|error| full_nights(error, visit.lang)).unwrap_or_default();
    or_again(answer, async |status, refused| show(&clerk, &visit, form, status, Some(refused), full).await).await
}

/// One room's own page; of several the list of all.
fn its_page(booking: &Booking) -> String {
    match booking.reservations.as_slice() {
        [room] => format!("/desk/reservations/{}", room.id),
        _ => format!("/desk/reservations?q={}", booking.code),
    }
}

/// The nights a refusal names, with the rooms left on each.
fn full_nights(refusal: &AppError, lang: Lang) -> Vec<FullRow> {
    let conflicts = refusal.extra("conflicts").cloned().filter(|_| refusal.code() == "sold-out");
    let nights: Vec<FullNight> = conflicts.and_then(|nights| serde_json::from_value(nights).ok()).unwrap_or_default();
    let row = |night: FullNight| FullRow { day: format::day_month(night.date, lang), available: night.available };
    nights.into_iter().map(row).collect()
}

/// The most rooms of one booking.
const MOST_ROOMS: usize = 30;

impl Form {
    /// How many rooms, 1 to 30; one when nobody said.
    fn rooms(&self) -> Result<usize> {
        if self.rooms.is_empty() {
            return Ok(1);
        }
        fields::within("rooms", forms::whole("rooms", &self.rooms)?, 1, MOST_ROOMS)
    }

    /// The booking that is asked, or the field that is wrong.
    fn wish(&self) -> Result<BookingWish> {
        let (room_type, plan) = self.offer.split_once('/').ok_or_else(|| wrong("offer", "choose one"))?;
        let room = RoomWish {
            room_type_id: forms::choice("offer", room_type)?,
            rate_plan_id: forms::choice("offer", plan)?,
            arrival: forms::date("arrival", &self.arrival)?,
            departure: forms::date("departure", &self.departure)?,
            adults: forms::whole("adults", &self.adults)?,
            children: forms::whole("children", &self.children)?,
        };
        let guest = NewGuest {
            name: self.name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            nationality: String::new(),
        };
        let status = if self.status == "hold" { Promise::Hold } else { Promise::Confirmed };
        let reservations = vec![room; self.rooms()?];
        Ok(BookingWish { guest, status, source: Source::Desk, notes: self.notes.clone(), reservations })
    }
}

async fn show(
    clerk: &Clerk,
    visit: &Visit,
    mut form: Form,
    status: StatusCode,
    refused: Option<Refused>,
    full: Vec<FullRow>,
) -> Result<Response> {
    let (tenant, staff) = (&clerk.tenant, &clerk.staff);
    let property = properties::the_one(&*tenant.connect().await?).await?;
    let first_day = property.business_date;
    let mut found = None;
    let mut refused = refused;
    fill(&mut form, first_day);
    let mut rooms = 1;
    match asked(&form).and_then(|(stay, party)| Ok((stay, party, form.rooms()?))) {
        Ok((stay, party, wanted)) => match availability::search(tenant, stay, party, Seen::ByStaff).await {
            Ok(free) => (found, rooms) = (Some(free), wanted),
            Err(error) => refused = refused.or(Some(forms::again(error)?.1)),
        },
        Err(error) => refused = refused.or(Some(forms::again(error)?.1)),
    }
    let shell = shell::of(&property, tenant, staff, visit, "reservation.new");
    let page = NewPage {
        first_day: first_day.to_string(),
        nights: found.as_ref().map(|free| free.nights),
        types: found.map(|free| type_rows(free, &form.offer, rooms)).unwrap_or_default(),
        full,
        form,
        form_key: forms::key(tenant),
        refused,
    };
    forms::shown(tenant, status, &shell, &page)
}

/// One room for one night from the hotel's own day, two adults, until somebody says otherwise.
fn fill(form: &mut Form, today: jiff::civil::Date) {
    let default = |field: &mut String, value: String| {
        if field.is_empty() {
            *field = value;
        }
    };
    default(&mut form.arrival, today.to_string());
    let arrival = form.arrival.parse::<jiff::civil::Date>().unwrap_or(today);
    default(&mut form.departure, arrival.saturating_add(1.day()).to_string());
    default(&mut form.adults, "2".to_owned());
    default(&mut form.children, "0".to_owned());
    default(&mut form.rooms, "1".to_owned());
}

fn asked(form: &Form) -> Result<(Stay, Party)> {
    let (arrival, departure) = (forms::date("arrival", &form.arrival)?, forms::date("departure", &form.departure)?);
    let stay = Stay::new(arrival, departure).map_err(|why| Refusal::stay("departure", why))?;
    let party = Party::new(forms::whole("adults", &form.adults)?, forms::whole("children", &form.children)?, "")?;
    Ok((stay, party))
}

/// What is free, at the price of `rooms` rooms.
fn type_rows(free: Availability, chosen: &str, rooms: usize) -> Vec<TypeRow> {
    let nights = i64::from(free.nights.max(1));
    let wanted = i32::try_from(rooms).unwrap_or(i32::MAX);
    let of_type = |of: availability::FreeType| TypeRow {
        offers: of
            .offers
            .into_iter()
            .map(|offer| {
                let value = format!("{}/{}", of.id, offer.rate_plan_id);
                let each = offer.total.gross.share(1, nights).unwrap_or_default();
                OfferRow {
                    chosen: value == chosen,
                    value,
                    plan: offer.name,
                    breakfast: offer.breakfast,
                    per_night: format::rupiah(each),
                    total: format::rupiah(offer.total.gross.checked_mul(wanted.into()).unwrap_or(offer.total.gross)),
                }
            })
            .collect(),
        name: of.name,
        available: of.available,
        enough: of.available >= wanted,
    };
    free.room_types.into_iter().map(of_type).collect()
}

impl Page for NewPage {
    const TEMPLATE: &'static str = "hotel/reservations/new";

    fn sample() -> Self {
        let offer = |value: &str, plan: &str, breakfast| OfferRow {
            value: value.to_owned(),
            plan: plan.to_owned(),
            breakfast,
            per_night: "Rp1.210.000".to_owned(),
            total: "Rp2.420.000".to_owned(),
            chosen: breakfast,
        };
        let form = Form {
            arrival: "2026-07-03".to_owned(),
            departure: "2026-07-05".to_owned(),
            adults: "2".to_owned(),
            children: "0".to_owned(),
            rooms: "2".to_owned(),
            ..Form::default()
        };
        Self {
            form,
            first_day: "2026-07-03".to_owned(),
            nights: Some(2),
            types: vec![
                TypeRow {
                    name: "Deluxe".to_owned(),
                    available: 3,
                    enough: true,
                    offers: vec![offer("1/1", "Kamar saja", false), offer("1/2", "Termasuk sarapan", true)],
                },
                TypeRow {
                    name: "Junior Suite".to_owned(),
                    available: 1,
                    enough: false,
                    offers: vec![offer("2/1", "Kamar saja", false)],
                },
                TypeRow { name: "Suite".to_owned(), available: 0, enough: false, offers: Vec::new() },
            ],
            full: vec![FullRow { day: "04 Jul".to_owned(), available: 1 }],
            form_key: "sample-key".to_owned(),
            refused: None,
        }
    }
}
