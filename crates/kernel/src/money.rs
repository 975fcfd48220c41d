//! Money: whole rupiah, checked, with a named rounding. A float never touches it.
use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Serialize};

/// An amount in whole rupiah; negative where something is given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rupiah(pub i64);

/// A rate in basis points: 10 % is 1,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BasisPoints(pub u32);

impl BasisPoints {
    /// The whole: 100 %.
    pub const WHOLE: i64 = 10_000;
}

impl Rupiah {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The sum, or nothing when it does not fit 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or nothing when it does not fit 64 bits.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The product with a quantity, or nothing when it does not fit 64 bits.
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).map(Self)
    }

    /// The amount with its sign turned, or nothing for the one amount that has no opposite.
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }

    /// `self × numerator ÷ denominator`, rounded half up (half away from zero below it, so that a reversal is the exact
    /// opposite); nothing when the denominator is not positive or the result does not fit.
    pub fn share(self, numerator: i64, denominator: i64) -> Option<Self> {
        if denominator <= 0 {
            return None;
        }
        let product = i128::from(self.0) * i128::from(numerator);
        let denominator = i128::from(denominator);
        let rounded = (product.abs() * 2 + denominator) / (denominator * 2);
        i64::try_from(rounded * product.signum()).ok().map(Self)
    }

    /// The part that a rate takes, rounded half up to the rupiah.
    pub fn percent(self, rate: BasisPoints) -> Option<Self> {
        self.share(i64::from(rate.0), BasisPoints::WHOLE)
    }

    /// The sum of many, or nothing when it does not fit.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

/// `Rp1.210.000`: no decimals, dots between thousands, the sign in front.
impl fmt::Display for Rupiah {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.unsigned_abs().to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 3);
        if self.0 < 0 {
            text.push('-');
        }
        text.push_str("Rp");
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                text.push('.');
            }
            text.push(digit);
        }
        f.pad(&text)
    }
}

impl Sum for Rupiah {
    /// Saturates at the ends of 64 bits: for display of counted things. Money that is kept uses [`Rupiah::checked_sum`].
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.fold(0_i64, |sum, amount| sum.saturating_add(amount.0)))
    }
}
