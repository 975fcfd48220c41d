//! A hotel with something to sell: one room type, its rooms, one plan, a year of prices.
use hotelhub_testkit::{Answer, Visitor};
use serde_json::{Value, json};

use crate::house::Hotel;

/// What was furnished, and who works there.
pub(crate) struct Furnished {
    pub(crate) owner: Visitor,
    pub(crate) desk: Visitor,
    pub(crate) room_type: String,
    pub(crate) plan: String,
    /// In the order of their numbers: `101`, `102`, ….
    pub(crate) rooms: Vec<String>,
}

/// What a weekday night costs; a night of Friday or Saturday costs 600,000.
pub(crate) const WEEKDAY: i64 = 500_000;

/// Furnishes a hotel with so many rooms of one type.
pub(crate) async fn furnish(hotel: &Hotel, rooms: usize) -> Furnished {
    let owner = hotel.owner().await;
    let room_type = made(
        &owner,
        "/api/v1/room-types",
        json!({ "code": "DLX", "name": "Deluxe", "max_adults": 2, "max_children": 1 }),
    )
    .await;
    let room_type = id(&room_type);
    let numbers: Vec<String> = (101..).take(rooms).map(|number: usize| number.to_string()).collect();
    let built =
        made(&owner, "/api/v1/rooms", json!({ "room_type_id": room_type, "floor": "1", "numbers": numbers })).await;
    let mut rooms: Vec<&Value> = built["items"].as_array().unwrap().iter().collect();
    rooms.sort_by_key(|room| room["number"].as_str().unwrap().to_owned());
    let rooms = rooms.into_iter().map(id).collect();
    let plan = made(&owner, "/api/v1/rate-plans", json!({ "code": "BAR", "name": "Harga terbaik" })).await;
    let plan = id(&plan);
    let prices = json!({
        "room_type_id": room_type, "from": "2026-07-01", "to": "2027-07-01",
        "price_idr": WEEKDAY, "weekend_price_idr": 600_000,
    });
    let hotel = Furnished { owner, desk: hotel.desk().await, room_type, plan, rooms };
    let set = hotel.price(&hotel.plan, &prices).await;
    assert_eq!(set.status, 200, "{}", set.text);
    hotel
}

impl Furnished {
    /// A wish for `rooms` rooms between two days of 2026.
    pub(crate) fn wish(&self, status: &str, arrival: &str, departure: &str, rooms: usize) -> Value {
        let room = json!({
            "room_type_id": self.room_type, "rate_plan_id": self.plan, "adults": 2,
            "arrival": arrival, "departure": departure,
        });
        let guest = json!({ "name": "Wayan Suarti", "email": "wayan@tamu.test", "phone": "+62811" });
        json!({ "guest": guest, "status": status, "reservations": vec![room; rooms] })
    }

    /// Books one room, or answers why not.
    pub(crate) async fn try_book(&self, status: &str, arrival: &str, departure: &str) -> Answer {
        self.desk.post("/api/v1/bookings", &self.wish(status, arrival, departure, 1)).await.unwrap()
    }

    /// Books one room that must be free.
    pub(crate) async fn book(&self, status: &str, arrival: &str, departure: &str) -> Value {
        let answer = self.try_book(status, arrival, departure).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    }

    /// What the owner is told who has just read a plan and sets prices under it.
    pub(crate) async fn price(&self, plan: &str, prices: &Value) -> Answer {
        let plan = format!("/api/v1/rate-plans/{plan}");
        up_to_date(&self.owner, &plan).await.put(&format!("{plan}/prices"), prices).await.unwrap()
    }

    /// How many rooms the search says are free.
    pub(crate) async fn free(&self, arrival: &str, departure: &str) -> i64 {
        let found =
            self.desk.get(&format!("/api/v1/availability?arrival={arrival}&departure={departure}")).await.unwrap();
        assert_eq!(found.status, 200, "{}", found.text);
        found.json()["room_types"][0]["available"].as_i64().unwrap()
    }

    /// What `PATCH /reservations/{id}` answers to the version given.
    pub(crate) async fn amend(&self, id: &str, version: i64, change: Value) -> Answer {
        self.desk.if_match(version).patch(&format!("/api/v1/reservations/{id}"), &change).await.unwrap()
    }

    /// What a state verb of a reservation answers to the version given.
    pub(crate) async fn act(&self, id: &str, version: i64, verb: &str) -> Answer {
        self.desk.if_match(version).post(&format!("/api/v1/reservations/{id}/{verb}"), &json!({})).await.unwrap()
    }
}

/// Somebody who has just read what stands here.
pub(crate) async fn up_to_date(who: &Visitor, path: &str) -> Visitor {
    let read = who.get(path).await.unwrap();
    who.with("if-match", read.etag().unwrap_or_else(|| panic!("{path}: {}", read.text)))
}

/// The first reservation of a booking: its id and version.
pub(crate) fn first(booking: &Value) -> (String, i64) {
    let reservation = &booking["reservations"][0];
    (id(reservation), reservation["version"].as_i64().unwrap())
}

/// The id of something made.
pub(crate) fn id(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

async fn made(visitor: &Visitor, path: &str, wish: Value) -> Value {
    let answer = visitor.post(path, &wish).await.unwrap();
    assert_eq!(answer.status, 201, "{path}: {}", answer.text);
    answer.json()
}
