//! Which plan a house may choose.
use hotelhub_kernel::Rupiah;
use hotelhub_web::{AppError, Kind};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// What a plan costs per month now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "basis", content = "monthly_idr", rename_all = "snake_case")]
pub enum Price {
    /// For each room.
    PerRoom(Rupiah),
    /// For the whole house.
    Fixed(Rupiah),
    /// Agreed one by one.
    Agreed,
}

/// What hotels are placed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlacedIn {
    /// A database of their own.
    Database,
    /// A schema in a database that others share.
    Schema,
}

impl PlacedIn {
    /// As a row keeps it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Schema => "schema",
        }
    }

    /// Reads what [`PlacedIn::as_str`] writes.
    pub fn read(text: &str) -> Option<Self> {
        [Self::Database, Self::Schema].into_iter().find(|known| known.as_str() == text)
    }
}

/// A plan on offer, with the price row that a customer of today buys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Its name in addresses and rows.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The fewest rooms it is meant for.
    pub rooms_from: u32,
    /// The most rooms it covers.
    pub rooms_to: Option<u32>,
    /// Staff accounts; absent where there is no limit.
    pub users: Option<u32>,
    /// What it costs.
    pub price: Price,
    /// Which row says so.
    pub price_id: Uuid,
    /// What it has that smaller ones lack.
    pub features: Vec<String>,
    /// What its hotels are placed in when they sign up.
    pub placed_in: PlacedIn,
}

impl Plan {
    /// Whether it covers so many rooms. A house may always choose a larger plan than it needs.
    pub fn covers(&self, rooms: u32) -> bool {
        self.rooms_to.is_none_or(|most| rooms <= most)
    }
}

/// Why a plan cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is none of this name, or not any more.
    #[error("no plan of this name is on offer")]
    Unknown,
    /// The house has more rooms than the plan covers.
    #[error("this plan does not cover so many rooms; choose a larger one")]
    TooSmall,
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::Unknown => "unknown-plan",
            Refusal::TooSmall => "plan-too-small",
        };
        Self::new(Kind::Invalid, code, refusal.to_string()).field("plan", refusal.to_string())
    }
}

/// The wanted plan if it covers the rooms; without a wish the smallest that does. `plans` stand from small to large.
pub fn choose<'a>(plans: &'a [Plan], rooms: u32, wanted: Option<&str>) -> Result<&'a Plan, Refusal> {
    match wanted {
        None => plans.iter().find(|plan| plan.covers(rooms)).ok_or(Refusal::TooSmall),
        Some(id) => {
            let plan = plans.iter().find(|plan| plan.id == id).ok_or(Refusal::Unknown)?;
            if plan.covers(rooms) { Ok(plan) } else { Err(Refusal::TooSmall) }
        }
    }
}
