//! A guest, as the desk knows one.
use hotelhub_web::AppError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hotel::fields;
use crate::hotel::step::Versioned;

/// A guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Guest {
    /// The guest's identity.
    pub id: Uuid,
    /// In one field, as it is written.
    pub name: String,
    /// In lower case; empty when unknown.
    pub email: String,
    /// Empty when unknown.
    pub phone: String,
    /// Empty when unknown.
    pub nationality: String,
    /// What the desk keeps in mind.
    pub notes: String,
    /// Counts up with each change.
    pub version: i32,
}

/// A guest as a booking names one.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGuest {
    /// In one field, as it is written.
    pub name: String,
    /// Where letters go.
    #[serde(default)]
    pub email: String,
    /// For calls.
    #[serde(default)]
    pub phone: String,
    /// As the passport says.
    #[serde(default)]
    pub nationality: String,
}

/// What is to change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuestChange {
    /// Another name.
    pub name: Option<String>,
    /// Another address for letters.
    pub email: Option<String>,
    /// Another telephone.
    pub phone: Option<String>,
    /// Another nationality.
    pub nationality: Option<String>,
    /// Other notes.
    pub notes: Option<String>,
}

impl NewGuest {
    /// The guest of this wish; `within` is the field that holds it, for the refusal.
    pub fn checked(&self, id: Uuid, within: &str) -> Result<Guest, AppError> {
        let field = |name: &str| if within.is_empty() { name.to_owned() } else { format!("{within}.{name}") };
        Ok(Guest {
            id,
            name: fields::filled(&field("name"), &self.name, 120)?,
            email: fields::email(&field("email"), &self.email)?,
            phone: fields::text(&field("phone"), &self.phone, 40)?,
            nationality: fields::text(&field("nationality"), &self.nationality, 60)?,
            notes: String::new(),
            version: 1,
        })
    }
}

impl Versioned for Guest {
    fn version(&self) -> i32 {
        self.version
    }
}

impl Guest {
    /// The guest after a change, or the field that is wrong.
    pub fn changed(self, change: GuestChange) -> Result<Self, AppError> {
        let guest = NewGuest {
            name: change.name.unwrap_or(self.name),
            email: change.email.unwrap_or(self.email),
            phone: change.phone.unwrap_or(self.phone),
            nationality: change.nationality.unwrap_or(self.nationality),
        };
        let notes = change.notes.map_or(Ok(self.notes), |notes| fields::text("notes", &notes, 2_000))?;
        Ok(Self { notes, version: self.version, ..guest.checked(self.id, "")? })
    }
}
