//! Whoever is not of this hotel, before each of its doors.
use hotelhub_data_plane::router::schema;
use hotelhub_testkit::{Answer, Visitor};
use reqwest::Method;
use serde_json::{Value, json};

use crate::clerk::{Stay, last};
use crate::furnished::{Furnished, furnish};
use crate::house::{Hotel, House};

/// The doors that ask nobody who they are. `GET /session` is not among them: it answers 401.
const PUBLIC: &[&str] = &[
    "DELETE /api/v1/session",
    "GET /api/v1/availability",
    "GET /api/v1/public/bookings/{token}",
    "GET /api/v1/public/property",
    "POST /api/v1/public/bookings/{token}/cancel",
    "POST /api/v1/public/holds",
    "POST /api/v1/public/holds/{id}/confirm",
    "POST /api/v1/session",
];

/// An id of nothing.
const NOBODY: &str = "00000000-0000-7000-8000-0000000000ff";

/// What the jobs of a hotel change by themselves.
const MOVING: &[&str] = &["jobs", "letters"];

/// A door of the schema.
struct Door {
    method: Method,
    path: String,
}

impl Door {
    fn all() -> Vec<Self> {
        let schema = serde_json::to_value(schema()).unwrap();
        let mut doors = Vec::new();
        for (path, methods) in schema["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                doors.push(Self { method, path: path.clone() });
            }
        }
        doors
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn is_public(&self) -> bool {
        PUBLIC.contains(&self.name().as_str())
    }

    /// The path with ids for its parameters; `id_of` is told the word before each.
    fn at(&self, id_of: impl Fn(&str) -> String) -> String {
        let mut path = String::new();
        let mut before = "";
        for part in self.path.trim_start_matches('/').split('/') {
            path.push('/');
            path.push_str(&if part.starts_with('{') { id_of(before) } else { part.to_owned() });
            before = part;
        }
        path
    }

    async fn knock(&self, visitor: &Visitor, path: &str, body: &Value) -> Answer {
        let visitor = visitor.if_match(1).with("idempotency-key", if self.method == Method::POST { KEY } else { "" });
        let body = if self.method == Method::GET { Vec::new() } else { serde_json::to_vec(body).unwrap() };
        visitor.raw(self.method.clone(), path, "application/json", body).await.unwrap()
    }
}

const KEY: &str = "key-of-a-stranger";

/// Everything in the hotel's database but what moves by itself.
async fn everything(hotel: &Hotel) -> Vec<(String, String)> {
    let sql = hotel.sql().await;
    let tables = "select table_name::text from information_schema.tables
        where table_schema = 'public' and table_type = 'BASE TABLE' order by 1";
    let mut kept = Vec::new();
    for row in sql.query(tables, &[]).await.unwrap() {
        let table: String = row.get(0);
        if MOVING.contains(&table.as_str()) {
            continue;
        }
        let rows = format!("select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from \"{table}\" t");
        kept.push((table, sql.query_one(&rows, &[]).await.unwrap().get(0)));
    }
    kept
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_past_any_door_but_the_public_ones() {
    let house = House::saas().await;
    let [melati, kenanga] = &house.hotels[..] else { panic!("two hotels") };
    let hotel = furnish(melati, 1).await;
    hotel.book("confirmed", "2026-07-10", "2026-07-12").await;
    let neighbour = melati.stranger();
    neighbour.put_cookie("__Host-session", &kenanga.owner().await.cookie("__Host-session").unwrap());
    let before = everything(melati).await;
    assert!(before.len() > 10, "{before:?}");
    for visitor in [melati.stranger(), neighbour] {
        let mut open = Vec::new();
        for door in Door::all() {
            let answer = door.knock(&visitor, &door.at(|_| NOBODY.to_owned()), &json!({})).await;
            if (answer.status.as_u16(), answer.code().as_str()) != (401, "not-signed-in") {
                open.push(door.name());
                assert!(door.is_public(), "{} is open to strangers: {} {}", door.name(), answer.status, answer.text);
            }
        }
        open.sort();
        assert_eq!(open, PUBLIC, "the list names what is open, and nothing else");
    }
    assert_eq!(everything(melati).await, before, "knocking changes nothing");
}

/// A stay of a guest in the house with a charge and a payment, and all that it hangs on.
async fn lived_in(hotel: &Hotel) -> (Furnished, Stay, Value) {
    let furnished = furnish(hotel, 2).await;
    let stay = Stay::in_room(&furnished, 0, "2026-07-03", "2026-07-05").await;
    stay.post("lines", json!({ "charge_code": "MINIBAR", "amount_idr": 45_000 })).await;
    let folio = stay.pay(45_000).await;
    (furnished, stay, folio)
}

/// A body that the door would take from its own people, if it takes any.
fn fitting(door: &Door, hotel: &Furnished) -> Value {
    let (method, behind) = (&door.method, door.path.rsplit('/').next().unwrap());
    match behind {
        "lines" => json!({ "charge_code": "MINIBAR", "amount_idr": 1_000 }),
        "payments" => json!({ "method": "cash", "amount_idr": 1_000 }),
        "reverse" => json!({ "reason": "Salah kamar" }),
        "prices" => {
            json!({ "room_type_id": hotel.room_type, "from": "2026-08-01", "to": "2026-08-02", "price_idr": 1 })
        }
        "assign-room" => json!({ "room_id": hotel.rooms[0] }),
        "move" => json!({ "arrival": "2026-07-03", "departure": "2026-07-06" }),
        "password" => json!({ "password": "sembilan ekor itik" }),
        "{id}" if *method == Method::PATCH => match door.path.as_str() {
            "/api/v1/reservations/{id}" => json!({ "notes": "Lantai atas" }),
            "/api/v1/rooms/{id}" => json!({ "housekeeping": "dirty" }),
            _ => json!({ "name": "Punya tetangga" }),
        },
        _ => json!({}),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_of_one_hotel_means_nothing_at_another() {
    let house = House::saas().await;
    let [melati, kenanga] = &house.hotels[..] else { panic!("two hotels") };
    let (furnished, stay, folio) = lived_in(melati).await;
    let own = furnish(kenanga, 1).await;
    let (seen, session) = (stay.seen().await, stay.desk.get("/api/v1/sessions").await.unwrap().json());
    let user = furnished.owner.get("/api/v1/session").await.unwrap().json()["user"]["id"].clone();
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no id: {value}")).to_owned();
    let theirs = |word: &str| match word {
        "bookings" => text(&seen["booking_id"]),
        "folios" => text(&folio["id"]),
        "guests" => text(&seen["guest"]["id"]),
        "lines" => last(&folio, "lines"),
        "payments" => last(&folio, "payments"),
        "rate-plans" => furnished.plan.clone(),
        "reservations" => stay.reservation.clone(),
        "room-types" => furnished.room_type.clone(),
        "rooms" => furnished.rooms[0].clone(),
        "sessions" => text(&session["items"][0]["id"]),
        "users" => text(&user),
        other => panic!("whose id stands behind {other}?"),
    };
    let (here, there) = (everything(melati).await, everything(kenanga).await);
    for door in Door::all().iter().filter(|door| door.path.contains('{') && !door.is_public()) {
        let mut path = door.at(theirs);
        if door.method == Method::GET && path.ends_with("/prices") {
            path.push_str(&format!("?room_type_id={}&from=2026-08-01&to=2026-08-02", own.room_type));
        }
        let answer = door.knock(&own.owner, &path, &fitting(door, &own)).await;
        assert_eq!(answer.status, 404, "{}: {}", door.name(), answer.text);
    }
    assert_eq!(everything(melati).await, here, "nothing changes where the ids are from");
    assert_eq!(everything(kenanga).await, there, "nor where they are asked");
}
