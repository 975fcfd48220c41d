//! A rate plan, and a price of a night.
use hotelhub_kernel::Rupiah;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hotel::step::Versioned;

/// The terms a room is sold under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RatePlan {
    /// Its identity.
    pub id: Uuid,
    /// Short and unique in the house: `BAR`.
    pub code: String,
    /// What guests read.
    pub name: String,
    /// What guests read below the name.
    pub description: String,
    /// Whether breakfast is included.
    pub breakfast: bool,
    /// Days before arrival until which a guest cancels without a fee.
    pub free_cancellation_days: i16,
    /// Whether guests see it on the booking page.
    pub public: bool,
    /// Its place in lists.
    pub sort: i16,
    /// Whether it is no longer sold: it stands in no search and no choice, and can be taken back.
    pub archived: bool,
    /// Counts up with each change.
    pub version: i32,
}

impl Versioned for RatePlan {
    fn version(&self) -> i32 {
        self.version
    }
}

/// A night's price under a plan for a room type, as the property enters prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayPrice {
    /// The night of this date.
    pub date: Date,
    /// Its price.
    #[serde(rename = "price_idr")]
    #[schema(value_type = i64)]
    pub price: Rupiah,
    /// Whether it is not for sale under this plan.
    pub closed: bool,
    /// A stay that holds this night has at least so many nights.
    pub min_nights: i16,
}
