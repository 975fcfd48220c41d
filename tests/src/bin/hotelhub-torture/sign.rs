//! What a finding is a sign of: where one guard was taken down, what that guard keeps out must be found, and not anything.
use std::fmt;

use anyhow::{Error, Result};
use hotelhub_data_plane::tenancy::Guard;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// One hotel's name or identifier at another.
    Foreign,
    /// An answer that does not show what was asked for.
    Confused,
    /// An answer that should be another, and is no failure.
    Misjudged,
    /// A failure that has no cause outside the node.
    Failure,
    /// A change that was committed in half.
    Half,
    /// An acknowledged booking that is not there.
    Lost,
    /// Nights that are counted and not booked, or the other way round.
    Miscounted,
    /// A change at a hotel that had left.
    Late,
}

impl Sign {
    /// An error that carries this sign, unless something holds.
    pub(crate) fn unless(self, holds: bool, told: impl FnOnce() -> String) -> Result<()> {
        if holds { Ok(()) } else { Err(Error::msg(told()).context(self)) }
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => "another hotel's",
            Self::Confused => "not what was asked for",
            Self::Misjudged => "another answer than the right one",
            Self::Failure => "a failure",
            Self::Half => "half a change",
            Self::Lost => "a booking is lost",
            Self::Miscounted => "nights are miscounted",
            Self::Late => "changed after it had left",
        })
    }
}

/// The first thing that was found.
#[derive(Debug)]
pub(crate) struct Finding {
    sign: Option<Sign>,
    /// The guard that the visit tries.
    tries: Option<Guard>,
    pub(crate) told: String,
}

impl Finding {
    /// Out of an error, and the guard that was tried by the visit that found it.
    pub(crate) fn of(error: &Error, tries: Option<Guard>, told: String) -> Self {
        Self { sign: error.downcast_ref().copied(), tries, told }
    }

    /// Whether this is what is seen where this guard is missing.
    pub(crate) fn betrays(&self, guard: Guard) -> bool {
        let Some(sign) = self.sign else { return false };
        match guard {
            // Who is lent a transaction that another left broken is refused everything he asks.
            Guard::CleanConnection => {
                matches!(sign, Sign::Half | Sign::Lost | Sign::Miscounted | Sign::Confused | Sign::Failure)
            }
            Guard::ProvenHouse => sign == Sign::Foreign,
            Guard::ClosedPool => matches!(sign, Sign::Lost | Sign::Late),
            Guard::SessionKey | Guard::SealingKey | Guard::OwnCalendar => {
                self.tries == Some(guard) && matches!(sign, Sign::Foreign | Sign::Confused | Sign::Misjudged)
            }
        }
    }
}
