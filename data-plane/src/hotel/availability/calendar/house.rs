//! The house behind the calendar: its day, its taxes, what kinds of rooms it has and how it sells them.
use jiff::civil::Date;
use uuid::Uuid;

use crate::hotel::taxes::TaxRule;

/// What a search reads besides nights.
#[derive(Debug)]
pub(super) struct House {
    /// The first night that is sold.
    pub(super) business_date: Date,
    /// How it charges.
    pub(super) rule: TaxRule,
    /// In the house's order.
    pub(super) room_types: Vec<RoomType>,
    /// In the house's order.
    pub(super) rate_plans: Vec<RatePlan>,
}

/// A room type.
#[derive(Debug)]
pub(super) struct RoomType {
    pub(super) id: Uuid,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) max_adults: i16,
    pub(super) max_children: i16,
    /// How many rooms are in order: so many are free where no night has been counted yet.
    pub(super) rooms: i32,
}

/// A rate plan.
#[derive(Debug)]
pub(super) struct RatePlan {
    pub(super) id: Uuid,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) breakfast: bool,
    pub(super) free_cancellation_days: i16,
    pub(super) public: bool,
}

impl House {
    /// How much memory it takes, in bytes and about.
    pub(super) fn bytes(&self) -> usize {
        let kind = |kind: &RoomType| kind.code.len() + kind.name.len() + kind.description.len();
        let types: usize = self.room_types.iter().map(|it| size_of::<RoomType>() + kind(it)).sum();
        let plan = |plan: &RatePlan| plan.code.len() + plan.name.len();
        let plans: usize = self.rate_plans.iter().map(|it| size_of::<RatePlan>() + plan(it)).sum();
        size_of::<Self>() + types + plans
    }
}
