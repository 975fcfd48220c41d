//! The receipt: what the guest takes home. Its sums are those of the lines, never reckoned again on the total.
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{in_english, terbilang};
use super::{Folio, FolioStatus, Line, Payment, Stayed, Totals};

/// What stands at the head of the hotel's paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Letterhead {
    /// The hotel's name.
    pub name: String,
    /// Where it stands.
    pub address: String,
    /// Its telephone.
    pub phone: String,
    /// Its mail address.
    pub email: String,
}

/// A folio as it is printed; without a number it is a draft for the guest to look over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Receipt {
    /// The gapless number of this property and year, from check-out on.
    pub number: Option<String>,
    /// When it was issued.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Timestamp>,
    /// The folio's own number.
    pub folio_number: String,
    /// Who issues it.
    pub hotel: Letterhead,
    /// Who stayed where and when.
    #[serde(flatten)]
    pub stay: Stayed,
    /// Every posting, reversals too.
    pub lines: Vec<Line>,
    /// Every payment, money given back too.
    pub payments: Vec<Payment>,
    /// The sums, each of the lines.
    #[serde(flatten)]
    pub totals: Totals,
    /// The charges in Indonesian words.
    pub terbilang: String,
    /// The charges in English words.
    pub in_words: String,
}

impl Receipt {
    /// The receipt of a folio as it stands.
    pub fn of(folio: Folio, hotel: Letterhead) -> Self {
        let charged = folio.totals.charges.gross;
        Self {
            number: folio.receipt_number.filter(|_| folio.status == FolioStatus::Closed),
            issued_at: folio.receipt_at,
            folio_number: folio.number,
            hotel,
            stay: folio.stay,
            lines: folio.lines,
            payments: folio.payments,
            totals: folio.totals,
            terbilang: terbilang(charged),
            in_words: in_english(charged),
        }
    }
}
