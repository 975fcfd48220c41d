//! A hotel that has something behind each of its doors.
use serde_json::{Value, json};

use crate::clerk::{Stay, last};
use crate::furnished::{Furnished, furnish};
use crate::house::Hotel;

/// A hotel with a guest in the house, and the ids of all that the stay hangs on.
pub(crate) struct Lived {
    pub(crate) hotel: Furnished,
    reservation: Value,
    folio: Value,
    session: Value,
    user: Value,
}

impl Lived {
    /// A stay with a charge and a payment.
    pub(crate) async fn at(hotel: &Hotel) -> Self {
        let hotel = furnish(hotel, 2).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-05").await;
        stay.post("lines", json!({ "charge_code": "MINIBAR", "amount_idr": 45_000 })).await;
        let folio = stay.pay(45_000).await;
        let session = stay.desk.get("/api/v1/sessions").await.unwrap().json()["items"][0].clone();
        let user = hotel.owner.get("/api/v1/session").await.unwrap().json()["user"].clone();
        Self { reservation: stay.seen().await, hotel, folio, session, user }
    }

    /// The id that stands behind this word of a path.
    pub(crate) fn id(&self, word: &str) -> String {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no id: {value}")).to_owned();
        match word {
            "bookings" => text(&self.reservation["booking_id"]),
            "folios" => text(&self.folio["id"]),
            "guests" => text(&self.reservation["guest"]["id"]),
            "lines" => last(&self.folio, "lines"),
            "payments" => last(&self.folio, "payments"),
            "rate-plans" => self.hotel.plan.clone(),
            "reservations" => text(&self.reservation["id"]),
            "room-types" => self.hotel.room_type.clone(),
            "rooms" => self.hotel.rooms[0].clone(),
            "sessions" => text(&self.session["id"]),
            "users" => text(&self.user["id"]),
            other => panic!("whose id stands behind {other}?"),
        }
    }
}
