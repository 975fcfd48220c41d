//! What stands between one hotel's bytes and another's, by name. A guard cannot be taken down but in a build with the feature `unguarded`,
//! which proves that the leak harness sees what each of them keeps out.
#[cfg(feature = "unguarded")]
use std::sync::atomic::{AtomicU32, Ordering};

/// One of the guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A connection is lent again only when nothing is under way on it and no transaction is open.
    CleanConnection,
    /// A database says whose house it is before anybody is lent a connection to it.
    ProvenHouse,
    /// A session token is marked with the key of its own tenant.
    SessionKey,
    /// An answer that is kept is sealed with the key of its own tenant.
    SealingKey,
    /// The pool of a placement that is over lends nothing any more.
    ClosedPool,
    /// A calendar in memory is one tenant's, at one placement.
    OwnCalendar,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::CleanConnection,
        Self::ProvenHouse,
        Self::SessionKey,
        Self::SealingKey,
        Self::ClosedPool,
        Self::OwnCalendar,
    ];

    /// Its name: `clean-connection`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CleanConnection => "clean-connection",
            Self::ProvenHouse => "proven-house",
            Self::SessionKey => "session-key",
            Self::SealingKey => "sealing-key",
            Self::ClosedPool => "closed-pool",
            Self::OwnCalendar => "own-calendar",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// The one that rests on a key of this purpose.
    pub(super) fn of_key(purpose: &str) -> Self {
        if purpose == "session" { Self::SessionKey } else { Self::SealingKey }
    }

    /// Whether it stands.
    #[cfg(not(feature = "unguarded"))]
    #[inline]
    pub(crate) const fn stands(self) -> bool {
        true
    }

    /// Whether it stands.
    #[cfg(feature = "unguarded")]
    pub(crate) fn stands(self) -> bool {
        DOWN.load(Ordering::Relaxed) & self.bit() == 0
    }

    /// Takes it down for the rest of the process's life.
    #[cfg(feature = "unguarded")]
    pub fn take_down(self) {
        DOWN.fetch_or(self.bit(), Ordering::Relaxed);
    }

    #[cfg(feature = "unguarded")]
    fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// The guards that were taken down, a bit each.
#[cfg(feature = "unguarded")]
static DOWN: AtomicU32 = AtomicU32::new(0);
