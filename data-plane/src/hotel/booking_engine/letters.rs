//! The letter that says the room is theirs.
use hotelhub_web::{Lang, Letter, Result, format};
use serde::Serialize;

use super::GuestBooking;
use crate::notify;
use crate::tenancy::{Session, Tenant};

/// What the confirmation letter says.
#[derive(Clone, Debug, Serialize)]
pub struct Confirmation {
    name: String,
    hotel: String,
    address: String,
    phone: String,
    code: String,
    stays: Vec<Room>,
    total: String,
    service: String,
    pb1: String,
    checkin: String,
    checkout: String,
    free_until: Option<String>,
    link: String,
}

/// A room of the letter.
#[derive(Clone, Debug, Serialize)]
struct Room {
    room_type: String,
    rate_plan: String,
    arrival: String,
    departure: String,
    nights: usize,
    adults: i16,
    children: i16,
}

impl Letter for Confirmation {
    const TEMPLATE: &'static str = "hotel/booking-engine/letters/confirmation";

    fn sample() -> Self {
        let room = Room {
            room_type: "Kamar Deluxe".into(),
            rate_plan: "Termasuk sarapan".into(),
            arrival: "Jumat, 3 Juli 2026".into(),
            departure: "Minggu, 5 Juli 2026".into(),
            nights: 2,
            adults: 2,
            children: 0,
        };
        Self {
            name: "Wayan Suarti".into(),
            hotel: "Hotel Melati".into(),
            address: "Jalan Melati 12, Jakarta".into(),
            phone: "+62 21 555 0134".into(),
            code: "BKG-8XK2".into(),
            stays: vec![room],
            total: "Rp2.420.000".into(),
            service: "Rp200.000".into(),
            pb1: "Rp220.000".into(),
            checkin: "14:00".into(),
            checkout: "12:00".into(),
            free_until: Some("Kamis, 2 Juli 2026".into()),
            link: "https://melati.hotelhub.id/manage/4Zk0".into(),
        }
    }
}

impl Confirmation {
    fn of(booking: &GuestBooking, lang: Lang, link: String) -> Self {
        let room = |stay: &super::GuestStay| Room {
            room_type: stay.room_type.clone(),
            rate_plan: stay.rate_plan.clone(),
            arrival: format::date_long(stay.arrival, lang),
            departure: format::date_long(stay.departure, lang),
            nights: stay.nights.len(),
            adults: stay.adults,
            children: stay.children,
        };
        let hour = |time: jiff::civil::Time| format!("{:02}:{:02}", time.hour(), time.minute());
        Self {
            name: booking.guest.as_ref().map(|guest| guest.name.clone()).unwrap_or_default(),
            hotel: booking.hotel.name.clone(),
            address: booking.hotel.address.clone(),
            phone: booking.hotel.phone.clone(),
            code: booking.code.clone(),
            stays: booking.stays.iter().map(room).collect(),
            total: format::rupiah(booking.total.gross),
            service: format::rupiah(booking.total.service),
            pb1: format::rupiah(booking.total.pb1),
            checkin: hour(booking.hotel.checkin_time),
            checkout: hour(booking.hotel.checkout_time),
            free_until: booking.can_cancel.then(|| format::date_long(booking.free_until, lang)),
            link,
        }
    }
}

/// Writes to the guest of a confirmed booking, in their language.
pub(super) async fn confirm(
    session: &Session,
    tenant: &Tenant,
    booking: &GuestBooking,
    lang: Lang,
    token: &str,
) -> Result<()> {
    let Some(guest) = &booking.guest else { return Ok(()) };
    let link = format!("{}/manage/{token}", tenant.origin());
    let letter = Confirmation::of(booking, lang, link);
    let (subject, text, html) = tenant.node().templates.letter(lang, tenant.name(), &letter)?;
    let (to_address, to_name) = (guest.email.as_str(), guest.name.as_str());
    let letter =
        notify::Letter { kind: "booking-confirmed", to_address, to_name, subject: &subject, text: &text, html: &html };
    notify::letter(session, tenant, letter).await.map(drop)
}
