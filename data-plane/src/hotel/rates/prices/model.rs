//! Prices that are asked for, and prices that are set.
use hotelhub_kernel::Rupiah;
use hotelhub_web::{AppError, Wrong};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hotel::fields;
use crate::hotel::rates::DayPrice;

/// Nights whose prices are asked for: from `from` up to, not including, `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Under this plan.
    pub rate_plan: Uuid,
    /// For this room type.
    pub room_type: Uuid,
    /// The first night.
    pub from: Date,
    /// The day after the last night.
    pub to: Date,
}

/// A price, and which of the asked it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priced {
    /// The place in the list that was asked.
    pub asked: usize,
    /// The night and its price.
    pub night: DayPrice,
}

/// The same price for many nights.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// The room type.
    pub room_type_id: Uuid,
    /// The first night.
    pub from: Date,
    /// The day after the last night, at most 731 days on.
    pub to: Date,
    /// What a night costs, as the property enters prices.
    #[schema(value_type = i64)]
    pub price_idr: Rupiah,
    /// For the nights of Friday and Saturday, where they cost more or less.
    #[schema(value_type = Option<i64>)]
    pub weekend_price_idr: Option<Rupiah>,
    /// Whether the nights are not for sale under this plan.
    #[serde(default)]
    pub closed: bool,
    /// A stay that holds one of the nights has at least so many, 1 to 30.
    #[serde(default = "one")]
    pub min_nights: i16,
    /// Only the nights of these days of the week, 1 for Monday to 7 for Sunday; all when there are none.
    #[serde(default)]
    pub weekdays: Vec<i32>,
}

/// The most a night may cost.
const DEAREST: Rupiah = Rupiah(1_000_000_000);

/// The most days that are set or read at once.
const LONGEST: i32 = 731;

fn one() -> i16 {
    1
}

impl Prices {
    /// Passes when every field is within its bounds.
    pub(super) fn check(&self) -> Result<(), AppError> {
        check_range(self.from, self.to)?;
        fields::within("price_idr", self.price_idr, Rupiah::ZERO, DEAREST)?;
        fields::within("weekend_price_idr", self.weekend_price_idr.unwrap_or_default(), Rupiah::ZERO, DEAREST)?;
        fields::within("min_nights", self.min_nights, 1, 30)?;
        if !self.weekdays.iter().all(|day| (1..=7).contains(day)) {
            return Err(fields::wrong("weekdays", "days of the week from 1 to 7"));
        }
        Ok(())
    }
}

/// Passes for 1 to 731 days of a thinkable calendar.
pub(super) fn check_range(from: Date, to: Date) -> Result<(), AppError> {
    fields::date("from", from)?;
    fields::date("to", to)?;
    if to <= from {
        return Err(fields::wrong("to", "after the first"));
    }
    if to > from.saturating_add(LONGEST.days()) {
        return Err(fields::wrong("to", Wrong::new("at most {most} days after the first").naming("most", LONGEST)));
    }
    Ok(())
}
