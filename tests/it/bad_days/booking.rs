//! A room is booked at the desk and by a guest while somebody dies.
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use anyhow::{Context as _, Result, ensure};
use hotelhub_tests::{Hotel, House, Servers, Stock, address_of, connect, post};
use serde_json::{Value, json};

use super::{Victim, Wish, one_letter_each, strikes, texts};
use crate::ground;

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_there_once_whoever_is_killed_and_whenever() -> Result<()> {
    let (mut servers, mut house) = ground::house("bad-booking").await?;
    let hotel = Hotel::open(&house, "melati").await?;
    let stock = hotel.furnish(&[40]).await?;
    let kept = connect(&house.tenant_dsn("melati").await?).await?;
    // Before an owner has confirmed an address, guests get no letters.
    kept.batch_execute("update users set email_confirmed_at = now()").await?;
    let (mut codes, mut guests) = (BTreeSet::new(), BTreeSet::new());
    for (strike, from) in strikes().zip(1..) {
        let from = Ipv4Addr::new(127, 0, 1, from);
        let buyer = Buyer { hotel: &hotel, stock: &stock, from, name: format!("{:?} {}", strike.0, strike.1), strike };
        codes.insert(buyer.at_the_desk(&mut house, &mut servers).await?);
        codes.insert(buyer.online(&mut house, &mut servers).await?);
        guests.insert(address_of(&buyer.name));
    }
    ensure!(codes.len() == 2 * guests.len(), "two bookings of one code: {codes:?}");
    let kept = connect(&house.tenant_dsn("melati").await?).await?;
    let booked = texts(&kept, "select code from bookings").await?;
    ensure!(booked == codes, "answered {codes:?}, kept {booked:?}");
    let counters = "select distinct sold::int, held::int from inventory_days where sold + held > 0";
    let counters = kept.query(counters, &[]).await?;
    let counters: Vec<(i32, i32)> = counters.iter().map(|row| (row.get(0), row.get(1))).collect();
    ensure!(counters == [(i32::try_from(codes.len())?, 0)], "sold and held: {counters:?}");
    one_letter_each(&house, &kept, guests).await?;
    house.stop().await
}

/// Who books while somebody dies.
struct Buyer<'a> {
    hotel: &'a Hotel,
    stock: &'a Stock,
    from: Ipv4Addr,
    name: String,
    strike: (Victim, u64),
}

impl Buyer<'_> {
    /// The clerk books for them; the booking's code.
    async fn at_the_desk(&self, house: &mut House, servers: &mut Servers) -> Result<String> {
        let booking = self.stock.booking("Wayan Suarti", self.room());
        let request = self.hotel.booking(&self.key("desk"), &booking);
        code(&self.granted(request, 201, house, servers).await?)
    }

    /// They hold a room and confirm it themselves; the booking's code.
    async fn online(&self, house: &mut House, servers: &mut Servers) -> Result<String> {
        let held = self.request("/api/v1/public/holds", &self.room());
        let held = self.granted(held, 201, house, servers).await?;
        let door = format!("/api/v1/public/holds/{}/confirm", held["id"].as_str().context("no id")?);
        let guest = json!({ "name": self.name, "email": address_of(&self.name) });
        let confirm = self.request(&door, &json!({ "token": held["token"], "guest": guest }));
        let confirmed = self.granted(confirm, 200, house, servers).await?;
        ensure!(confirmed["status"] == "confirmed" && confirmed["code"] == held["code"], "{held}, then {confirmed}");
        code(&confirmed)
    }

    fn key(&self, of: &str) -> String {
        format!("{}-{of}", self.name.replace(' ', "-"))
    }

    fn room(&self) -> Value {
        self.stock.room(0, 3, 2)
    }

    fn request(&self, door: &str, body: &Value) -> Vec<u8> {
        post(&self.hotel.host, door, &self.key(door), None, &body.to_string())
    }

    async fn granted(&self, request: Vec<u8>, answer: u16, house: &mut House, servers: &mut Servers) -> Result<Value> {
        let (victim, moment) = self.strike;
        let wish = Wish { from: self.from, port: self.hotel.port, request, answer };
        victim.struck_after(moment, &wish, house, servers).await
    }
}

fn code(booking: &Value) -> Result<String> {
    Ok(booking["code"].as_str().context("no code")?.to_owned())
}
