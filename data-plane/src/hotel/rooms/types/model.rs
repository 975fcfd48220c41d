//! A kind of room.
use hotelhub_web::AppError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hotel::fields;
use crate::hotel::step::Versioned;

/// A kind of room, sold as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoomType {
    /// Its identity.
    pub id: Uuid,
    /// Short and unique in the house: `DLX`.
    pub code: String,
    /// What guests read.
    pub name: String,
    /// What guests read below the name.
    pub description: String,
    /// How many adults it takes.
    pub max_adults: i16,
    /// How many children it takes besides.
    pub max_children: i16,
    /// Its place in lists.
    pub sort: i16,
    /// How many rooms of it there are.
    pub rooms: i64,
    /// Whether it is no longer sold: it stands in no search and no choice, and can be taken back.
    pub archived: bool,
    /// Counts up with each change.
    pub version: i32,
}

/// A room type to be.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoomType {
    /// Short and unique in the house.
    pub code: String,
    /// What guests read.
    pub name: String,
    /// What guests read below the name.
    #[serde(default)]
    pub description: String,
    /// How many adults it takes.
    #[serde(default = "two")]
    pub max_adults: i16,
    /// How many children it takes besides.
    #[serde(default)]
    pub max_children: i16,
    /// Its place in lists.
    #[serde(default)]
    pub sort: i16,
}

/// What is to change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomTypeChange {
    /// Short and unique in the house.
    pub code: Option<String>,
    /// What guests read.
    pub name: Option<String>,
    /// What guests read below the name.
    pub description: Option<String>,
    /// How many adults it takes.
    pub max_adults: Option<i16>,
    /// How many children it takes besides.
    pub max_children: Option<i16>,
    /// Its place in lists.
    pub sort: Option<i16>,
    /// Whether it is no longer sold. Refused while it is needed.
    pub archived: Option<bool>,
}

fn two() -> i16 {
    2
}

impl NewRoomType {
    /// The room type of this wish, or the field that is wrong.
    pub(super) fn checked(self, id: Uuid) -> Result<RoomType, AppError> {
        let Self { code, name, description, max_adults, max_children, sort } = self;
        let (rooms, archived, version) = (0, false, 1);
        RoomType { id, code, name, description, max_adults, max_children, sort, rooms, archived, version }.checked()
    }
}

impl Versioned for RoomType {
    fn version(&self) -> i32 {
        self.version
    }
}

impl RoomType {
    /// The room type after a change, or the field that is wrong.
    pub(super) fn changed(self, change: RoomTypeChange) -> Result<Self, AppError> {
        let changed = Self {
            code: change.code.unwrap_or(self.code),
            name: change.name.unwrap_or(self.name),
            description: change.description.unwrap_or(self.description),
            max_adults: change.max_adults.unwrap_or(self.max_adults),
            max_children: change.max_children.unwrap_or(self.max_children),
            sort: change.sort.unwrap_or(self.sort),
            archived: change.archived.unwrap_or(self.archived),
            ..self
        };
        changed.checked()
    }

    fn checked(self) -> Result<Self, AppError> {
        Ok(Self {
            code: fields::code("code", &self.code)?,
            name: fields::filled("name", &self.name, 120)?,
            description: fields::text("description", &self.description, 2_000)?,
            max_adults: fields::within("max_adults", self.max_adults, 1, 20)?,
            max_children: fields::within("max_children", self.max_children, 0, 20)?,
            ..self
        })
    }
}
