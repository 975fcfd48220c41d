//! What makes a rate plan.
use hotelhub_web::AppError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hotel::fields;
use crate::hotel::rates::RatePlan;

/// A rate plan to be.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRatePlan {
    /// Short and unique in the house.
    pub code: String,
    /// What guests read.
    pub name: String,
    /// What guests read below the name.
    #[serde(default)]
    pub description: String,
    /// Whether breakfast is included.
    #[serde(default)]
    pub breakfast: bool,
    /// Days before arrival until which a guest cancels without a fee.
    #[serde(default = "one")]
    pub free_cancellation_days: i16,
    /// Whether guests see it on the booking page.
    #[serde(default = "yes")]
    pub public: bool,
    /// Its place in lists.
    #[serde(default)]
    pub sort: i16,
}

/// What is to change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatePlanChange {
    /// Short and unique in the house.
    pub code: Option<String>,
    /// What guests read.
    pub name: Option<String>,
    /// What guests read below the name.
    pub description: Option<String>,
    /// Whether breakfast is included.
    pub breakfast: Option<bool>,
    /// Days before arrival until which a guest cancels without a fee.
    pub free_cancellation_days: Option<i16>,
    /// Whether guests see it on the booking page.
    pub public: Option<bool>,
    /// Its place in lists.
    pub sort: Option<i16>,
    /// Whether it is no longer sold. Refused while it is needed.
    pub archived: Option<bool>,
}

fn one() -> i16 {
    1
}

fn yes() -> bool {
    true
}

impl NewRatePlan {
    /// The rate plan of this wish, or the field that is wrong.
    pub(super) fn checked(self, id: Uuid) -> Result<RatePlan, AppError> {
        let Self { code, name, description, breakfast, free_cancellation_days, public, sort } = self;
        let (archived, version) = (false, 1);
        checked(RatePlan {
            id,
            code,
            name,
            description,
            breakfast,
            free_cancellation_days,
            public,
            sort,
            archived,
            version,
        })
    }
}

impl RatePlanChange {
    /// The rate plan after this change, or the field that is wrong.
    pub(super) fn of(self, plan: RatePlan) -> Result<RatePlan, AppError> {
        checked(RatePlan {
            code: self.code.unwrap_or(plan.code),
            name: self.name.unwrap_or(plan.name),
            description: self.description.unwrap_or(plan.description),
            breakfast: self.breakfast.unwrap_or(plan.breakfast),
            free_cancellation_days: self.free_cancellation_days.unwrap_or(plan.free_cancellation_days),
            public: self.public.unwrap_or(plan.public),
            sort: self.sort.unwrap_or(plan.sort),
            archived: self.archived.unwrap_or(plan.archived),
            ..plan
        })
    }
}

fn checked(plan: RatePlan) -> Result<RatePlan, AppError> {
    Ok(RatePlan {
        code: fields::code("code", &plan.code)?,
        name: fields::filled("name", &plan.name, 120)?,
        description: fields::text("description", &plan.description, 2_000)?,
        free_cancellation_days: fields::within("free_cancellation_days", plan.free_cancellation_days, 0, 365)?,
        ..plan
    })
}
