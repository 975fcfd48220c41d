//! The bill: its postings, and a balance that is always derived.
use hotelhub_kernel::Rupiah;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Line, Payment, Refusal};
use crate::hotel::step::Versioned;
use crate::hotel::taxes::Taxes;

/// A folio's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct FolioId(pub Uuid);

/// Whether a folio still takes postings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FolioStatus {
    /// It takes lines and payments.
    Open,
    /// Settled to zero, its receipt numbered; nothing more is posted.
    Closed,
}

/// Who stayed where and when: the head of the bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Stayed {
    /// The reservation the folio belongs to.
    pub reservation_id: Uuid,
    /// The booking's code.
    pub booking_code: String,
    /// The guest's name.
    pub guest: String,
    /// The room's number, the last one if there were several.
    pub room: Option<String>,
    /// The first night.
    #[schema(value_type = String, format = Date)]
    pub arrival: Date,
    /// The day of leaving.
    #[schema(value_type = String, format = Date)]
    pub departure: Date,
    /// Whether the stay will not be: it was cancelled, or the guest never came.
    pub given_up: bool,
}

/// A folio with everything on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Folio {
    /// Its identity.
    pub id: FolioId,
    /// Its number in the house.
    pub number: String,
    /// Whether it still takes postings.
    pub status: FolioStatus,
    /// The gapless number of its receipt, from the first check-out on.
    pub receipt_number: Option<String>,
    /// When the receipt was issued; absent while the folio is open again.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub receipt_at: Option<Timestamp>,
    /// The stay it is for.
    #[serde(flatten)]
    pub stay: Stayed,
    /// Its postings, the oldest first.
    pub lines: Vec<Line>,
    /// Its payments, the oldest first.
    pub payments: Vec<Payment>,
    /// Its sums.
    #[serde(flatten)]
    pub totals: Totals,
    /// Counts up with each posting.
    pub version: i32,
}

/// The sums of a folio, each the sum of its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    /// All charges.
    #[serde(flatten)]
    pub charges: Taxes,
    /// All payments less what was given back.
    #[serde(rename = "paid_idr")]
    #[schema(value_type = i64)]
    pub paid: Rupiah,
    /// What is still owed; negative when the guest has paid ahead.
    #[serde(rename = "balance_idr")]
    #[schema(value_type = i64)]
    pub balance: Rupiah,
}

impl Versioned for Folio {
    fn version(&self) -> i32 {
        self.version
    }
}

impl FolioStatus {
    /// Reads the status as the database writes it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "open" => Some(Self::Open),
            "closed" => Some(Self::Closed),
            _ => None,
        }
    }
}

impl Totals {
    /// Adds up lines and payments; refused when a sum does not fit 64 bits.
    pub fn of(lines: &[Line], payments: &[Payment]) -> Result<Self, Refusal> {
        let charges = Taxes::checked_sum(lines.iter().map(|line| line.amounts)).ok_or(Refusal::TooLarge)?;
        let paid = Rupiah::checked_sum(payments.iter().map(|payment| payment.amount)).ok_or(Refusal::TooLarge)?;
        let balance = charges.gross.checked_sub(paid).ok_or(Refusal::TooLarge)?;
        Ok(Self { charges, paid, balance })
    }

    /// Refuses a bill that is not settled to the rupiah.
    pub fn settled(&self) -> Result<(), Refusal> {
        if self.balance == Rupiah::ZERO { Ok(()) } else { Err(Refusal::BalanceDue(self.balance)) }
    }
}
