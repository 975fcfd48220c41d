//! Why the bill refuses.
use hotelhub_kernel::Rupiah;
use thiserror::Error;

/// Why the bill refuses.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The folio is settled.
    #[error("this folio is closed: nothing more can be posted to it")]
    Closed,
    /// The folio moved on since it was read.
    #[error("this folio was changed meanwhile; read it again")]
    Stale,
    /// There is no such folio.
    #[error("there is no such folio")]
    UnknownFolio,
    /// The folio has no such line.
    #[error("this folio has no such line")]
    UnknownLine,
    /// The folio has no such payment.
    #[error("this folio has no such payment")]
    UnknownPayment,
    /// There is no such reservation.
    #[error("there is no such reservation")]
    UnknownReservation,
    /// The property has no such charge code.
    #[error("there is no charge code `{0}`")]
    UnknownCharge(String),
    /// The amount, its tax or the folio's sum does not fit.
    #[error("this amount is more than a folio can hold")]
    TooLarge,
    /// Charges and payments are above zero; a mistake is reversed instead.
    #[error("an amount is above zero; a mistake is reversed")]
    NotPositive,
    /// Pieces are counted from 1 to 999.
    #[error("a quantity is from 1 to 999")]
    Quantity,
    /// The guest handed over less than is paid.
    #[error("the guest handed over less than the payment")]
    TenderedTooLittle,
    /// A line or payment is reversed once.
    #[error("this was already reversed")]
    AlreadyReversed,
    /// A reversal is not reversed; post what is right.
    #[error("a reversal cannot be reversed; post what is right instead")]
    IsReversal,
    /// Nights are posted for a guest who stays or has stayed.
    #[error("room nights are posted while the guest is in house")]
    NotInHouse,
    /// The bill is not settled; carries the balance.
    #[error("the folio has a balance of {0}; settle it first")]
    BalanceDue(Rupiah),
    /// The folio of a stay that is to come or in house is closed by its check-out.
    #[error("the folio of a stay that goes on is closed at check-out")]
    StillComing,
}
