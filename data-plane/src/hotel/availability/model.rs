//! What a search finds.
use hotelhub_kernel::Rupiah;
use hotelhub_web::AppError;
use jiff::civil::Date;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hotel::fields;
use crate::hotel::taxes::{TaxRule, Taxes};

/// Who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// 1 to 20.
    pub adults: i16,
    /// 0 to 20.
    pub children: i16,
}

/// Through whose eyes the house is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// All plans, and stays of up to a year.
    ByStaff,
    /// Public plans, and stays of up to thirty nights.
    ByPublic,
}

/// What is free for a stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Availability {
    /// The first night.
    pub arrival: Date,
    /// The day of leaving.
    pub departure: Date,
    /// How many nights.
    pub nights: i32,
    /// The types that take the party, in the house's order; also those that are full.
    pub room_types: Vec<FreeType>,
}

/// A room type and what it is offered for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FreeType {
    /// The room type.
    pub id: Uuid,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// How many adults it takes.
    pub max_adults: i16,
    /// How many children it takes besides.
    pub max_children: i16,
    /// How many rooms of it are free on every night.
    pub available: i32,
    /// The plans that have a price for every night; none when the type is full.
    pub offers: Vec<Offer>,
}

/// A stay under a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Offer {
    /// The plan.
    pub rate_plan_id: Uuid,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether breakfast is included.
    pub breakfast: bool,
    /// Days before arrival until which cancelling is free.
    pub free_cancellation_days: i16,
    /// Every night and its price, as the property enters prices.
    pub nights: Vec<NightPrice>,
    /// What the stay costs: the sum of its nights.
    pub total: Taxes,
}

/// The price of a night, as the property enters prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NightPrice {
    /// The night of this date.
    #[serde(serialize_with = "iso_day")]
    pub date: Date,
    /// Its price.
    #[serde(rename = "price_idr")]
    #[schema(value_type = i64)]
    pub price: Rupiah,
}

impl Availability {
    /// The answer as JSON, written at once into as much memory as it is likely to take.
    pub(super) fn to_json(&self) -> Result<Vec<u8>, AppError> {
        let nights = |kind: &FreeType| kind.offers.iter().map(|offer| 320 + 44 * offer.nights.len()).sum::<usize>();
        let likely: usize = self.room_types.iter().map(|kind| 512 + nights(kind)).sum();
        let mut json = Vec::with_capacity(128 + likely);
        serde_json::to_writer(&mut json, self).map_err(AppError::internal)?;
        Ok(json)
    }
}

impl Party {
    /// A party of 1 to 20 adults and 0 to 20 children; `within` is the field that holds it, for the refusal.
    pub fn new(adults: i16, children: i16, within: &str) -> Result<Self, AppError> {
        let field = |name: &str| if within.is_empty() { name.to_owned() } else { format!("{within}.{name}") };
        let adults = fields::within(&field("adults"), adults, 1, 20)?;
        Ok(Self { adults, children: fields::within(&field("children"), children, 0, 20)? })
    }

    /// Whether it sleeps in a room that takes so many adults and children; a child may take an adult's place.
    pub fn fits(self, max_adults: i16, max_children: i16) -> bool {
        self.adults <= max_adults && self.adults + self.children <= max_adults + max_children
    }
}

/// The nights of a stay with their total; nothing when the total cannot be counted.
pub(super) fn priced(nights: Vec<NightPrice>, rule: &TaxRule) -> Option<(Vec<NightPrice>, Taxes)> {
    let add = |total: Taxes, night: &NightPrice| total.checked_add(rule.split(night.price)?);
    let total = nights.iter().try_fold(Taxes::default(), add)?;
    Some((nights, total))
}

/// `2026-07-31`, without the detour of a formatter: an answer has dozens of them.
fn iso_day<S: Serializer>(date: &Date, to: S) -> Result<S::Ok, S::Error> {
    let Ok(year) = u16::try_from(date.year()) else { return date.serialize(to) };
    let digit = |number: u16| b'0' + (number % 10).to_le_bytes()[0];
    let (month, day) = (u16::from(date.month().unsigned_abs()), u16::from(date.day().unsigned_abs()));
    let (years, months, days) = ([year / 1000, year / 100, year / 10, year], [month / 10, month], [day / 10, day]);
    let mut text = *b"0000-00-00";
    let places = [0, 1, 2, 3, 5, 6, 8, 9];
    for (place, number) in places.into_iter().zip(years.into_iter().chain(months).chain(days)) {
        text[place] = digit(number);
    }
    to.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
}
