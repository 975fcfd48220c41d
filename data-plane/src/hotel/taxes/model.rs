//! A price split into net, service charge and PB1, exactly to the rupiah.
use hotelhub_kernel::{BasisPoints, Rupiah};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a property charges: its rates, and whether the prices it enters already hold them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxRule {
    /// Service charge on the net price.
    pub service: BasisPoints,
    /// The regional tax on hotels and restaurants.
    pub pb1: BasisPoints,
    /// Whether PB1 is also due on the service charge: by law it is, for the guest pays that too (UU 1/2022).
    pub pb1_base_includes_service: bool,
    /// Whether prices are entered as what the guest pays.
    pub prices_include_tax: bool,
}

/// What a price consists of; `gross = net + service + pb1` always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Taxes {
    /// The hotel's own revenue.
    #[serde(rename = "net_idr")]
    #[schema(value_type = i64)]
    pub net: Rupiah,
    /// Service charge.
    #[serde(rename = "service_idr")]
    #[schema(value_type = i64)]
    pub service: Rupiah,
    /// PB1.
    #[serde(rename = "pb1_idr")]
    #[schema(value_type = i64)]
    pub pb1: Rupiah,
    /// What the guest pays.
    #[serde(rename = "gross_idr")]
    #[schema(value_type = i64)]
    pub gross: Rupiah,
}

impl TaxRule {
    /// A rule with rates as a database keeps them: in basis points, never below nothing.
    pub(crate) fn kept(
        service_bp: i32,
        pb1_bp: i32,
        pb1_base_includes_service: bool,
        prices_include_tax: bool,
    ) -> Self {
        let [service, pb1] = [service_bp, pb1_bp].map(|rate| BasisPoints(u32::try_from(rate).unwrap_or(0)));
        Self { service, pb1, pb1_base_includes_service, prices_include_tax }
    }

    /// The same rule for a charge that bears only some of it.
    #[must_use]
    pub fn bearing(self, service: bool, pb1: bool) -> Self {
        let keep = |rate, bears| if bears { rate } else { BasisPoints(0) };
        Self { service: keep(self.service, service), pb1: keep(self.pb1, pb1), ..self }
    }

    /// Splits a price as the property enters prices; nothing when it does not fit 64 bits. The split of a negative price is
    /// the exact opposite of the positive one's.
    pub fn split(&self, price: Rupiah) -> Option<Taxes> {
        if self.prices_include_tax { self.split_gross(price) } else { self.add_to_net(price) }
    }

    fn add_to_net(&self, net: Rupiah) -> Option<Taxes> {
        let service = net.percent(self.service)?;
        let base = if self.pb1_base_includes_service { net.checked_add(service)? } else { net };
        let pb1 = base.percent(self.pb1)?;
        let gross = net.checked_add(service)?.checked_add(pb1)?;
        Some(Taxes { net, service, pb1, gross })
    }

    fn split_gross(&self, gross: Rupiah) -> Option<Taxes> {
        let (service_bp, pb1_bp) = (i64::from(self.service.0), i64::from(self.pb1.0));
        let under_pb1 = if self.pb1_base_includes_service { 0 } else { service_bp };
        let pb1 = gross.share(pb1_bp, BasisPoints::WHOLE + under_pb1 + pb1_bp)?;
        let base = gross.checked_sub(pb1)?;
        let service = base.share(service_bp, BasisPoints::WHOLE + service_bp)?;
        Some(Taxes { net: base.checked_sub(service)?, service, pb1, gross })
    }
}

impl Taxes {
    /// The sum of lines, never recomputed on their total; nothing when it does not fit.
    pub fn checked_sum(lines: impl IntoIterator<Item = Self>) -> Option<Self> {
        lines.into_iter().try_fold(Self::default(), Self::checked_add)
    }

    /// The sum of two, or nothing when it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            net: self.net.checked_add(other.net)?,
            service: self.service.checked_add(other.service)?,
            pb1: self.pb1.checked_add(other.pb1)?,
            gross: self.gross.checked_add(other.gross)?,
        })
    }

    /// The opposite: what a reversal posts.
    pub fn checked_neg(self) -> Option<Self> {
        Some(Self {
            net: self.net.checked_neg()?,
            service: self.service.checked_neg()?,
            pb1: self.pb1.checked_neg()?,
            gross: self.gross.checked_neg()?,
        })
    }
}
