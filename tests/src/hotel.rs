//! A hotel to visit: signed up and furnished through the product's own doors.
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use jiff::ToSpan as _;
use serde_json::{Value, json};

use crate::House;
use crate::connection::{Connection, form, get, post, put};

/// A signed-up hotel and its owner's session.
#[derive(Clone, Debug)]
pub struct Hotel {
    /// The node's port.
    pub port: u16,
    /// The hotel's host and port, as it stands in `Host`.
    pub host: String,
    /// The owner's session, as it stands in `Cookie`.
    pub cookie: String,
}

/// What a hotel sells.
#[derive(Clone, Debug)]
pub struct Stock {
    /// Ids of room types.
    pub room_types: Vec<String>,
    /// The id of the one rate plan.
    pub rate_plan: String,
    /// The hotel's own day.
    pub business_date: jiff::civil::Date,
}

impl Stock {
    /// A room of this type for so many nights, the first of them so many days from now, for two.
    pub fn room(&self, kind: usize, ahead: i32, nights: i32) -> Value {
        let arrival = self.business_date.saturating_add(ahead.days());
        json!({"room_type_id": self.room_types.get(kind), "rate_plan_id": self.rate_plan, "arrival": arrival,
            "departure": arrival.saturating_add(nights.days()), "adults": 2, "children": 0})
    }

    /// A confirmed booking of one [`Self::room`] for a guest with an address of their own.
    pub fn booking(&self, guest: &str, room: Value) -> Value {
        json!({"guest": {"name": guest, "email": address_of(guest)}, "status": "confirmed", "reservations": [room]})
    }
}

/// Where a guest of [`Stock::booking`] reads letters.
pub fn address_of(guest: &str) -> String {
    format!("{}@example.com", guest.to_lowercase().replace(' ', "."))
}

/// Signs a hotel up at the control plane; gives the answer's body.
pub async fn sign_up(house: &House, slug: &str) -> Result<Value> {
    Connection::open(house.control_port()).await?.send(&sign_up_request(house, slug)).await?.json(201)
}

/// The sign-up of `Hotel <slug>` as it goes over the wire; its letters go to `sari@<slug>.example`.
pub fn sign_up_request(house: &House, slug: &str) -> Vec<u8> {
    let host = format!("hotelhub.localhost:{}", house.control_port());
    let body = json!({
        "hotel": format!("Hotel {slug}"), "owner": "Sari Dewi", "email": format!("sari@{slug}.example"),
        "phone": "+62811000111", "rooms": 42, "slug": slug
    });
    post(&host, "/api/v1/signups", &format!("sign-up-{slug}"), None, &body.to_string())
}

impl Hotel {
    /// Signs up, waits until the hotel is served, and logs the owner in by the one-time link.
    pub async fn open(house: &House, slug: &str) -> Result<Self> {
        let signed_up = sign_up(house, slug).await?;
        until_served(house.node_port(), &house.host(slug)).await?;
        Self::enter(house, slug, &signed_up).await
    }

    /// Logs the owner in by the one-time link of a sign-up's answer.
    pub async fn enter(house: &House, slug: &str, signed_up: &Value) -> Result<Self> {
        Self::by_link(house.node_port(), house.host(slug), &text(signed_up, "login_link")?).await
    }

    /// Presses the button behind a one-time link.
    pub async fn by_link(port: u16, host: String, link: &str) -> Result<Self> {
        let path = link.strip_prefix(&format!("http://{host}")).with_context(|| format!("{link} leads elsewhere"))?;
        Self::admitted(port, host.clone(), form(&host, path, None, "")).await
    }

    /// Signs in by the password.
    pub async fn by_password(port: u16, host: String, email: &str, password: &str) -> Result<Self> {
        let proof = json!({"email": email, "password": password}).to_string();
        Self::admitted(port, host.clone(), post(&host, "/api/v1/session", "unused-key", None, &proof)).await
    }

    async fn admitted(port: u16, host: String, request: Vec<u8>) -> Result<Self> {
        let reply = Connection::open(port).await?.send(&request).await?;
        let cookie = reply.session().with_context(|| format!("no session: {} {}", reply.status, reply.head))?;
        Ok(Self { port, host, cookie })
    }

    /// What booking a room at the desk looks like on the wire.
    pub fn booking(&self, key: &str, booking: &Value) -> Vec<u8> {
        post(&self.host, "/api/v1/bookings", key, Some(&self.cookie), &booking.to_string())
    }

    /// Posts as the owner.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Value> {
        let mut node = Connection::open(self.port).await?;
        node.send(&post(&self.host, path, key, Some(&self.cookie), &body.to_string())).await?.json(201)
    }

    /// Reads as the owner.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let mut node = Connection::open(self.port).await?;
        node.send(&get(&self.host, path, Some(&self.cookie))).await?.json(200)
    }

    /// Room types with this many rooms each, one public rate plan, and prices for a year.
    pub async fn furnish(&self, rooms: &[u32]) -> Result<Stock> {
        self.furnish_as(rooms, "").await
    }

    /// [`Self::furnish`] with a mark in the name of each type and plan, and before the number of each room.
    pub async fn furnish_as(&self, rooms: &[u32], mark: &str) -> Result<Stock> {
        let property = self.get("/api/v1/property").await?;
        let business_date = text(&property, "business_date")?.parse()?;
        let plan = json!({"code": "BAR", "name": format!("Harga terbaik {mark}").trim(), "description": "", "breakfast": true,
            "free_cancellation_days": 1, "public": true, "sort": 0});
        let rate_plan = text(&self.post("/api/v1/rate-plans", "bench-plan-1", &plan).await?, "id")?;
        let mut room_types = Vec::new();
        for (i, count) in rooms.iter().enumerate() {
            let kind = json!({"code": format!("T{i}"), "name": format!("Tipe {i} {mark}").trim(), "description": "",
                "max_adults": 2, "max_children": 1, "sort": i});
            let id = text(&self.post("/api/v1/room-types", &format!("bench-type-{i}"), &kind).await?, "id")?;
            let numbers: Vec<String> = (1..=*count).map(|n| format!("{mark}{}{n:02}", i + 1)).collect();
            let bulk = json!({"room_type_id": id, "numbers": numbers});
            self.post("/api/v1/rooms", &format!("bench-rooms-{i}"), &bulk).await?;
            self.put_prices(&rate_plan, i + 1, &id, business_date).await?;
            room_types.push(id);
        }
        Ok(Stock { room_types, rate_plan, business_date })
    }

    /// Sets a year of prices under a plan of which nobody knows yet but its `version`.
    async fn put_prices(&self, plan: &str, version: usize, kind: &str, from: jiff::civil::Date) -> Result<()> {
        let to = from.saturating_add(365.days());
        let body = json!({"room_type_id": kind, "from": from, "to": to, "price_idr": 650_000}).to_string();
        let path = format!("/api/v1/rate-plans/{plan}/prices");
        let request = put(&self.host, &path, version, &self.cookie, &body);
        let reply = Connection::open(self.port).await?.send(&request).await?;
        anyhow::ensure!(reply.status < 300, "prices: {} {}", reply.status, String::from_utf8_lossy(&reply.body));
        Ok(())
    }
}

/// Asks a host's liveness of its hotel until it answers 200: the public page's hotel door.
pub async fn until_served(port: u16, host: &str) -> Result<()> {
    let request = get(host, "/api/v1/public/property", None);
    let mut node = Connection::open(port).await?;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(120) {
        if node.send(&request).await?.status == 200 {
            return Ok(());
        }
        // The runtime's own timer would let one or two milliseconds pass, a sixth of what a sign-up takes.
        tokio::task::spawn_blocking(|| thread::sleep(Duration::from_micros(200))).await?;
    }
    anyhow::bail!("{host} is not served within 120 s")
}

fn text(value: &Value, name: &str) -> Result<String> {
    Ok(value.get(name).and_then(Value::as_str).with_context(|| format!("no {name} in {value}"))?.to_owned())
}
