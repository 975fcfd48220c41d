//! One thing that somebody does at a hotel's door, what may be answered, and what the answer is worth remembering for.
use std::net::Ipv4Addr;

use anyhow::{Context as _, Result};
use hotelhub_data_plane::tenancy::Guard;
use hotelhub_tests::Reply;
use serde_json::Value;

use crate::dice::Dice;
use crate::guesthouse::{Booked, Guesthouse, Held, Moment, Standing};
use crate::owners::Owners;
use crate::sign::Sign;

/// A request, and what is known of its answer beforehand.
pub(crate) struct Visit {
    /// What it is called in reports.
    pub(crate) name: &'static str,
    pub(crate) request: Vec<u8>,
    /// What a hotel that is served answers, beside 503.
    pub(crate) right: &'static [u16],
    /// Whether a database is asked. What is answered from memory is never 503.
    pub(crate) asks_database: bool,
    /// Whether it is business that a suspended hotel refuses.
    pub(crate) is_business: bool,
    /// What of another hotel's it names: an answer may repeat it.
    pub(crate) asked: Option<String>,
    /// What a good answer must show.
    pub(crate) shows: Option<String>,
    /// The guard without which it is answered wrong.
    pub(crate) tries: Option<Guard>,
    /// Where it comes from, if that matters.
    pub(crate) from: Option<Ipv4Addr>,
    pub(crate) worth: Worth,
}

/// What an answer is worth remembering for.
pub(crate) enum Worth {
    /// Nothing.
    Nothing,
    /// A booking of a guest of this name.
    Booking(String),
    /// A room that is kept.
    Hold,
}

impl Visit {
    /// Somebody asks and is answered with 200.
    pub(crate) fn asking(name: &'static str, request: Vec<u8>) -> Self {
        Self {
            name,
            request,
            right: &[200],
            asks_database: true,
            is_business: false,
            asked: None,
            shows: None,
            tries: None,
            from: None,
            worth: Worth::Nothing,
        }
    }

    /// Judges an answer, and remembers what it is worth. An error is what the harness looks for.
    pub(crate) fn judge(
        &self,
        hotel: &Guesthouse,
        before: Moment,
        reply: &Reply,
        dice: &Dice,
        owners: &Owners,
    ) -> Result<()> {
        for part in [reply.head.as_bytes(), &reply.body] {
            owners.look(&hotel.mark, part, self.asked.as_deref(), || format!("at {}", hotel.mark))?;
        }
        self.judge_status(hotel, before, reply)?;
        if reply.status < 300 {
            self.judge_content(reply)?;
            self.remember(hotel, reply, dice)?;
        }
        Ok(())
    }

    fn judge_status(&self, hotel: &Guesthouse, before: Moment, reply: &Reply) -> Result<()> {
        let status = reply.status;
        let told = || format!("{status}: {}", String::from_utf8_lossy(&reply.body));
        let says_when = || reply.head.to_ascii_lowercase().contains("\nretry-after: ");
        Sign::Failure.unless(status != 503 || says_when(), || format!("no Retry-After: {}", told()))?;
        let right = self.right.contains(&status);
        Sign::Failure.unless(status < 500 || status == 503 || right, told)?;
        if hotel.now() != before {
            return Ok(());
        }
        let is_busy = status == 503 && self.asks_database;
        match before.standing() {
            Standing::Served => Sign::Misjudged.unless(right || is_busy, told),
            Standing::Suspended if self.is_business => {
                let refused = status == 403 || (right && status >= 300);
                Sign::Misjudged.unless(refused || is_busy, || format!("new business of a suspended hotel: {}", told()))
            }
            Standing::Suspended => Sign::Misjudged.unless(right || is_busy, || format!("while suspended, {}", told())),
            Standing::Gone => Sign::Misjudged.unless(status == 404, || format!("of a hotel that is gone, {}", told())),
            Standing::Away => Ok(()),
        }
    }

    fn judge_content(&self, reply: &Reply) -> Result<()> {
        let Some(shows) = &self.shows else { return Ok(()) };
        let text = String::from_utf8_lossy(&reply.body);
        Sign::Confused
            .unless(text.contains(shows), || format!("{shows} is not in the answer to its own question: {text}"))
    }

    fn remember(&self, hotel: &Guesthouse, reply: &Reply, dice: &Dice) -> Result<()> {
        let text = |value: &Value, name: &str| {
            let text = value[name].as_str().with_context(|| format!("no {name}: {value}")).context(Sign::Confused)?;
            Ok::<_, anyhow::Error>(text.to_owned())
        };
        match &self.worth {
            Worth::Nothing => {}
            Worth::Booking(guest) => {
                let booking: Value = serde_json::from_slice(&reply.body).context(Sign::Confused)?;
                let room = &booking["reservations"][0];
                let booked = Booked {
                    id: text(&booking, "id")?,
                    reservation: text(room, "id")?,
                    folio: room["folio_id"].as_str().map(str::to_owned),
                    guest: guest.clone(),
                    request: self.request.clone(),
                };
                hotel.remember(booked, dice);
            }
            Worth::Hold => {
                let held: Value = serde_json::from_slice(&reply.body).context(Sign::Confused)?;
                hotel.hold(Held { id: text(&held, "id")?, token: text(&held, "token")? });
            }
        }
        Ok(())
    }
}
