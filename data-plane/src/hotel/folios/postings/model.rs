//! What is posted to a folio: charges, cash, and their exact opposites.
use hotelhub_kernel::Rupiah;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hotel::folios::Refusal;
use crate::hotel::taxes::{TaxRule, Taxes};

/// What a charge is called and which taxes it bears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChargeCode {
    /// Its short code: `MINIBAR`.
    pub code: String,
    /// Its Indonesian name.
    pub name_id: String,
    /// Its English name.
    pub name_en: String,
    /// Whether PB1 is due on it.
    pub bears_pb1: bool,
    /// Whether it carries the service charge.
    pub bears_service: bool,
}

/// The code under which nights are posted.
pub const ROOM: &str = "ROOM";

/// The code under which what was paid for a stay that will not be is kept.
pub(in crate::hotel::folios) const FEE: &str = "CANCELFEE";

/// One posting: never changed, at most reversed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Line {
    /// Its identity.
    pub id: Uuid,
    /// The hotel's day it counts for.
    #[schema(value_type = String, format = Date)]
    pub business_date: Date,
    /// When it was written down.
    #[schema(value_type = String, format = DateTime)]
    pub posted_at: Timestamp,
    /// Its charge code.
    pub charge_code: String,
    /// The charge's Indonesian name.
    pub name_id: String,
    /// The charge's English name.
    pub name_en: String,
    /// What the clerk noted; of a reversal, its reason.
    pub description: String,
    /// How many pieces, 1 to 999.
    pub quantity: i16,
    /// The whole line's amounts.
    #[serde(flatten)]
    pub amounts: Taxes,
    /// The line that this one takes back.
    pub reverses_id: Option<Uuid>,
    /// Whether another line took this one back.
    pub reversed: bool,
}

/// Money taken, or given back when negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Payment {
    /// Its identity.
    pub id: Uuid,
    /// The hotel's day it counts for.
    #[schema(value_type = String, format = Date)]
    pub business_date: Date,
    /// When it was taken.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// How: `cash`.
    pub method: String,
    /// What counts towards the bill.
    #[serde(rename = "amount_idr")]
    #[schema(value_type = i64)]
    pub amount: Rupiah,
    /// What the guest handed over, where that was noted.
    #[serde(rename = "tendered_idr")]
    #[schema(value_type = Option<i64>)]
    pub tendered: Option<Rupiah>,
    /// What the guest got back of it.
    #[serde(rename = "change_idr")]
    #[schema(value_type = Option<i64>)]
    pub change: Option<Rupiah>,
    /// The payment that this one takes back.
    pub reverses_id: Option<Uuid>,
    /// Whether another payment took this one back.
    pub reversed: bool,
    /// Of a reversal, its reason.
    pub note: String,
}

/// What a clerk types for a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pieces {
    quantity: i16,
    price: Rupiah,
}

/// Cash on the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cash {
    amount: Rupiah,
    tendered: Option<Rupiah>,
}

impl Pieces {
    /// `quantity` pieces at `price` each, as the property enters prices.
    pub fn new(quantity: i16, price: Rupiah) -> Result<Self, Refusal> {
        if !(1..=999).contains(&quantity) {
            return Err(Refusal::Quantity);
        }
        if price <= Rupiah::ZERO {
            return Err(Refusal::NotPositive);
        }
        Ok(Self { quantity, price })
    }

    /// How many.
    pub fn quantity(self) -> i16 {
        self.quantity
    }

    /// What the line comes to: tax is reckoned on the line, not on the piece.
    pub fn charged(self, rule: TaxRule, code: &ChargeCode) -> Result<Taxes, Refusal> {
        let price = self.price.checked_mul(i64::from(self.quantity)).ok_or(Refusal::TooLarge)?;
        rule.bearing(code.bears_service, code.bears_pb1).split(price).ok_or(Refusal::TooLarge)
    }
}

impl Cash {
    /// A payment of `amount`, of which the guest handed over `tendered` if that was counted.
    pub fn new(amount: Rupiah, tendered: Option<Rupiah>) -> Result<Self, Refusal> {
        if amount <= Rupiah::ZERO {
            return Err(Refusal::NotPositive);
        }
        if tendered.is_some_and(|tendered| tendered < amount) {
            return Err(Refusal::TenderedTooLittle);
        }
        Ok(Self { amount, tendered })
    }

    /// What counts towards the bill.
    pub fn amount(self) -> Rupiah {
        self.amount
    }

    /// What the guest handed over.
    pub fn tendered(self) -> Option<Rupiah> {
        self.tendered
    }
}

/// What the guest gets back of what was handed over.
pub fn change(amount: Rupiah, tendered: Option<Rupiah>) -> Option<Rupiah> {
    tendered?.checked_sub(amount)
}

impl Line {
    /// The amounts that take this line back: its exact opposite, once.
    pub fn reversal(&self) -> Result<Taxes, Refusal> {
        reversible(self.reverses_id, self.reversed)?;
        self.amounts.checked_neg().ok_or(Refusal::TooLarge)
    }
}

impl Payment {
    /// The amount that takes this payment back: its exact opposite, once.
    pub fn reversal(&self) -> Result<Rupiah, Refusal> {
        reversible(self.reverses_id, self.reversed)?;
        self.amount.checked_neg().ok_or(Refusal::TooLarge)
    }
}

fn reversible(reverses: Option<Uuid>, reversed: bool) -> Result<(), Refusal> {
    match (reverses, reversed) {
        (Some(_), _) => Err(Refusal::IsReversal),
        (None, true) => Err(Refusal::AlreadyReversed),
        (None, false) => Ok(()),
    }
}
