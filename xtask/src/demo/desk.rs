//! What a clerk does at the front desk, as calls of the hotel's own API.
use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::house::text;
use crate::visitor::Visitor;

/// A clerk who is signed in.
#[derive(Debug)]
pub(super) struct Desk<'a>(pub(super) &'a Visitor);

impl Desk<'_> {
    pub(super) fn property(&self) -> Result<Value> {
        self.0.get("/api/v1/property")?.expect(200)?.json()
    }

    pub(super) fn change_property(&self, changes: &Value) -> Result<()> {
        let version = version(&self.property()?)?;
        self.0.patch("/api/v1/property", version, changes)?.expect(200)?;
        Ok(())
    }

    /// Lets a hotel without rooms open on this day.
    pub(super) fn open_on(&self, day: Date) -> Result<()> {
        self.0.post("/api/v1/property/opening-day", &json!({ "business_date": day }))?.expect(200)?;
        Ok(())
    }

    /// Ends the hotel's day.
    pub(super) fn close_day(&self, day: Date) -> Result<()> {
        self.0.post("/api/v1/property/close-day", &json!({ "business_date": day }))?.expect(200)?;
        Ok(())
    }

    /// The room is ready for the next guest.
    pub(super) fn clean(&self, room: &str) -> Result<()> {
        let path = format!("/api/v1/rooms/{room}");
        self.0.patch(&path, self.seen(&path)?, &json!({ "housekeeping": "clean" }))?.expect(200)?;
        Ok(())
    }

    /// Adds a room type and answers its id.
    pub(super) fn add_room_type(&self, body: &Value) -> Result<String> {
        text(&self.0.post("/api/v1/room-types", body)?.expect(201)?.json()?, "id")
    }

    /// Adds rooms and answers their ids by number.
    pub(super) fn add_rooms(&self, room_type: &str, numbers: &[String]) -> Result<BTreeMap<String, String>> {
        let body = json!({ "room_type_id": room_type, "numbers": numbers });
        let said = self.0.post("/api/v1/rooms", &body)?.expect(201)?.json()?;
        let rooms = said["items"].as_array().context("adding rooms answers items")?;
        rooms.iter().map(|room| Ok((text(room, "number")?, text(room, "id")?))).collect()
    }

    pub(super) fn add_rate_plan(&self, body: &Value) -> Result<String> {
        text(&self.0.post("/api/v1/rate-plans", body)?.expect(201)?.json()?, "id")
    }

    pub(super) fn set_prices(&self, plan: &str, body: &Value) -> Result<()> {
        let path = format!("/api/v1/rate-plans/{plan}");
        self.0.put(&format!("{path}/prices"), self.seen(&path)?, body)?.expect(200)?;
        Ok(())
    }

    /// The version of what stands here now.
    fn seen(&self, path: &str) -> Result<i64> {
        version(&self.0.get(path)?.expect(200)?.json()?)
    }

    /// Books one stay and answers its reservation. The key makes a second try harmless.
    pub(super) fn book(&self, body: &Value, key: &str) -> Result<Value> {
        let said = self.0.post_once("/api/v1/bookings", body, key)?.expect(201)?.json()?;
        Ok(said["reservations"][0].clone())
    }

    pub(super) fn reservation(&self, id: &str) -> Result<Value> {
        self.0.get(&format!("/api/v1/reservations/{id}"))?.expect(200)?.json()
    }

    /// Does `verb` (`check-in`, `cancel`, …) to a reservation as it stands now.
    pub(super) fn act(&self, id: &str, verb: &str, body: &Value) -> Result<()> {
        let version = version(&self.reservation(id)?)?;
        let answer = self.0.post_seen(&format!("/api/v1/reservations/{id}/{verb}"), version, body)?;
        answer.expect(200)?;
        Ok(())
    }

    pub(super) fn folio(&self, id: &str) -> Result<Value> {
        self.0.get(&format!("/api/v1/folios/{id}"))?.expect(200)?.json()
    }

    pub(super) fn post_line(&self, folio: &str, charge_code: &str, quantity: i64, amount_idr: i64) -> Result<()> {
        let body = json!({ "charge_code": charge_code, "quantity": quantity, "amount_idr": amount_idr });
        self.to_folio(folio, "lines", &body)
    }

    pub(super) fn take_cash(&self, folio: &str, amount_idr: i64) -> Result<()> {
        let tendered = (amount_idr + 49_999) / 50_000 * 50_000;
        let body = json!({ "method": "cash", "amount_idr": amount_idr, "tendered_idr": tendered });
        self.to_folio(folio, "payments", &body)
    }

    /// Posts the nights, takes what is owed in cash and checks the guest out.
    pub(super) fn settle_and_check_out(&self, reservation: &str) -> Result<()> {
        let folio = text(&self.reservation(reservation)?, "folio_id")?;
        self.to_folio(&folio, "post-nights", &json!({}))?;
        let balance = self.folio(&folio)?["balance_idr"].as_i64().context("a folio has a balance")?;
        if balance > 0 {
            self.take_cash(&folio, balance)?;
        }
        self.act(reservation, "check-out", &json!({}))
    }

    fn to_folio(&self, folio: &str, door: &str, body: &Value) -> Result<()> {
        let version = version(&self.folio(folio)?)?;
        let answer = self.0.post_seen(&format!("/api/v1/folios/{folio}/{door}"), version, body)?;
        anyhow::ensure!(answer.status < 300, "{door} of a folio answered {}: {}", answer.status, answer.text);
        Ok(())
    }
}

fn version(value: &Value) -> Result<i64> {
    value["version"].as_i64().with_context(|| format!("no version in {value}"))
}
