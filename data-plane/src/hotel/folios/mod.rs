//! Folios: what a guest owes and has paid, line by line, and the receipt at the end.
//!
//! Lines and payments are only ever added; a mistake is reversed by its exact opposite, once. The balance is always
//! derived. Which nights a stay has is the reservation's; when a guest leaves is the front desk's.
mod closing;
mod model;
mod pages;
mod postings;
mod receipt;
mod refusal;
mod routes;
mod sheet;
mod store;
#[cfg(test)]
mod tests;
mod words;

pub use closing::{
    close, close_unused, has_posted, hold_all_open, is_untouched, open, open_all, post_nights_before, read, receipt,
    reopen, settle,
};
pub use model::{Folio, FolioId, FolioStatus, Stayed, Totals};
pub use pages::pages;
pub use postings::{
    Cash, Charge, ChargeCode, Line, Payment, Pieces, ROOM, Seen, change, charge, charge_codes, post_nights,
    reverse_line, reverse_payment, take_cash,
};
pub use receipt::{Letterhead, Receipt};
pub use refusal::Refusal;
pub use routes::router;
pub use words::{in_english, terbilang};

use closing::hold;
pub(crate) use postings::STATEMENTS as POSTING_STATEMENTS;
#[cfg(test)]
pub(crate) use sheet::{FolioPage, ReceiptPage};
pub(crate) use store::STATEMENTS;
