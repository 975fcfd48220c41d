//! A room and its two axes: how clean it is, and whether it is for sale.
use hotelhub_identity::Permission;
use hotelhub_web::AppError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hotel::fields;
use crate::hotel::step::Versioned;

/// How clean a room is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Housekeeping {
    /// Slept in and not made.
    Dirty,
    /// Needs a hand before a guest sees it.
    Pickup,
    /// Made.
    Clean,
    /// Made and looked at: ready for a guest.
    Inspected,
}

/// Whether a room is for sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// For sale.
    Ok,
    /// Out of service: a flaw, still counted as for sale.
    Oos,
    /// Out of order: not counted.
    Ooo,
}

/// A room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Room {
    /// Its identity.
    pub id: Uuid,
    /// What stands on the door.
    pub number: String,
    /// The floor, as the house calls it.
    pub floor: String,
    /// Its type.
    pub room_type_id: Uuid,
    /// How clean it is.
    pub housekeeping: Housekeeping,
    /// Whether it is for sale.
    pub service: Service,
    /// Counts up with each change.
    pub version: i32,
}

/// Rooms to be, of one type.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRooms {
    /// The room type.
    pub room_type_id: Uuid,
    /// Its floor.
    #[serde(default)]
    pub floor: String,
    /// What stands on the doors, 1 to 500 of them.
    pub numbers: Vec<String>,
}

/// What is to change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomChange {
    /// Its floor.
    pub floor: Option<String>,
    /// How clean it is.
    pub housekeeping: Option<Housekeeping>,
    /// Whether it is for sale.
    pub service: Option<Service>,
    /// The room type.
    pub room_type_id: Option<Uuid>,
}

impl Housekeeping {
    const ALL: [Self; 4] = [Self::Dirty, Self::Pickup, Self::Clean, Self::Inspected];

    /// The word of database and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dirty => "dirty",
            Self::Pickup => "pickup",
            Self::Clean => "clean",
            Self::Inspected => "inspected",
        }
    }

    /// Reads what [`Housekeeping::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

impl Service {
    const ALL: [Self; 3] = [Self::Ok, Self::Oos, Self::Ooo];

    /// The word of database and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Oos => "oos",
            Self::Ooo => "ooo",
        }
    }

    /// Reads what [`Service::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

impl NewRooms {
    /// The floor and the numbers, each once, or the field that is wrong.
    pub(super) fn checked(&self) -> Result<(String, Vec<String>), AppError> {
        fields::within("numbers", self.numbers.len(), 1, 500)?;
        let mut numbers = Vec::with_capacity(self.numbers.len());
        for (n, number) in self.numbers.iter().enumerate() {
            let field = format!("numbers[{n}]");
            let number = fields::filled(&field, number, 12)?;
            if numbers.contains(&number) {
                return Err(fields::wrong(field, "named twice"));
            }
            numbers.push(number);
        }
        Ok((fields::text("floor", &self.floor, 20)?, numbers))
    }
}

impl RoomChange {
    /// What it takes to make this change: who cleans says how clean a room is, who looks after the rooms says the rest.
    pub(super) fn permissions(&self) -> impl Iterator<Item = Permission> + use<> {
        let cleaning = self.housekeeping.is_some();
        let rest = self.floor.is_some() || self.service.is_some() || self.room_type_id.is_some();
        let cleans = cleaning.then_some(Permission::HousekeepingUpdate);
        cleans.into_iter().chain((rest || !cleaning).then_some(Permission::RoomChange))
    }
}

impl Versioned for Room {
    fn version(&self) -> i32 {
        self.version
    }
}

impl Room {
    /// The room after a change, or the field that is wrong.
    pub(super) fn changed(self, change: &RoomChange) -> Result<Self, AppError> {
        Ok(Self {
            floor: change.floor.as_deref().map_or(Ok(self.floor), |floor| fields::text("floor", floor, 20))?,
            housekeeping: change.housekeeping.unwrap_or(self.housekeeping),
            service: change.service.unwrap_or(self.service),
            room_type_id: change.room_type_id.unwrap_or(self.room_type_id),
            ..self
        })
    }

    /// Whether the counters must follow the change from `before`.
    pub(super) fn counts_otherwise(&self, before: &Self) -> bool {
        let out = |room: &Self| room.service == Service::Ooo;
        self.room_type_id != before.room_type_id || out(self) != out(before)
    }
}
