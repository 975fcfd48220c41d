//! The search itself: arithmetic over the calendar's arrays.
use hotelhub_kernel::Rupiah;
use jiff::civil::Date;

use super::Calendar;
use super::chunks::{Part, parts};
use super::house::{RatePlan, RoomType};
use super::nights::{Fewest, Nights};
use super::prices::Prices;
use crate::hotel::availability::model::{NightPrice, priced};
use crate::hotel::availability::{Availability, FreeType, Offer, Party, Seen};
use crate::hotel::reservations::{BadStay, Stay};

/// A stay with the chunks that it reads.
struct Sought<'a> {
    stay: Stay,
    days: Vec<Date>,
    parts: Vec<(Part, &'a Nights, &'a Prices)>,
}

impl Calendar {
    /// What is free for a stay and a party, and what it costs; or why the stay is not sold.
    pub(in crate::hotel::availability) fn offers(
        &self,
        stay: Stay,
        party: Party,
        seen: Seen,
    ) -> Result<Availability, BadStay> {
        stay.sold_on(self.house.business_date)?;
        let sought = self.sought(stay);
        let fits = |kind: &&RoomType| party.fits(kind.max_adults, kind.max_children);
        Ok(Availability {
            arrival: stay.arrival(),
            departure: stay.departure(),
            nights: stay.nights(),
            room_types: self.house.room_types.iter().filter(fits).map(|kind| self.free(&sought, kind, seen)).collect(),
        })
    }

    fn sought(&self, stay: Stay) -> Sought<'_> {
        let chunks = |part: Part| {
            let loaded = self.nights.get(&part.chunk).zip(self.prices.get(&part.chunk));
            let (nights, prices) = loaded.expect("the chunks of a stay are loaded before it is searched");
            (part, &**nights, &**prices)
        };
        Sought { stay, days: stay.days().collect(), parts: parts(stay).map(chunks).collect() }
    }

    fn free(&self, sought: &Sought<'_>, kind: &RoomType, seen: Seen) -> FreeType {
        let available = sought.available(kind);
        let shown = |plan: &&RatePlan| available > 0 && (plan.public || seen == Seen::ByStaff);
        let plans = self.house.rate_plans.iter().filter(shown);
        FreeType {
            id: kind.id,
            code: kind.code.clone(),
            name: kind.name.clone(),
            description: kind.description.clone(),
            max_adults: kind.max_adults,
            max_children: kind.max_children,
            available,
            offers: plans.filter_map(|plan| self.offer(sought, kind, plan)).collect(),
        }
    }

    fn offer(&self, sought: &Sought<'_>, kind: &RoomType, plan: &RatePlan) -> Option<Offer> {
        let (nights, total) = priced(sought.prices(kind, plan)?, &self.house.rule)?;
        Some(Offer {
            rate_plan_id: plan.id,
            code: plan.code.clone(),
            name: plan.name.clone(),
            breakfast: plan.breakfast,
            free_cancellation_days: plan.free_cancellation_days,
            nights,
            total,
        })
    }
}

impl Sought<'_> {
    /// How many rooms of a type are free on every night. Where a night has not been counted yet nothing is sold, so that all rooms in
    /// order are free.
    fn available(&self, kind: &RoomType) -> i32 {
        let fewest = |fewest: Fewest, (part, nights, _): &(Part, &Nights, &Prices)| {
            fewest.and(nights.fewest(kind.id, part.places.clone()))
        };
        let Fewest { free, all_counted } = self.parts.iter().fold(Fewest::OF_NONE, fewest);
        let free = free.map_or(kind.rooms, i32::from);
        if all_counted { free } else { free.min(kind.rooms) }
    }

    /// Every night with its price; nothing when one of them cannot be had under the plan.
    fn prices(&self, kind: &RoomType, plan: &RatePlan) -> Option<Vec<NightPrice>> {
        let mut nights = Vec::with_capacity(self.days.len());
        let mut days = self.days.iter().copied();
        for (part, _, prices) in &self.parts {
            let of_part = prices.of(plan.id, kind.id, part.places.clone(), self.stay.nights())?;
            nights.extend(of_part.zip(days.by_ref()).map(|(price, date): (Rupiah, Date)| NightPrice { date, price }));
        }
        Some(nights)
    }
}
