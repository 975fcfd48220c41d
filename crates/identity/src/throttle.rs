//! How often somebody may fail before they must wait; the counts are kept by others.
use std::time::Duration;

/// So many tries in so long a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Tries that are free.
    pub tries: u32,
    /// The window they are counted in.
    pub window: Duration,
}

impl Throttle {
    /// Sign-ins of one account, whoever tries; a success forgives them.
    pub const ACCOUNT: Self = Self::new(10, 15);
    /// Sign-ins from one address, whatever the account: a hotel's whole desk shares one.
    pub const ADDRESS: Self = Self::new(40, 15);
    /// Letters asked for by one account: new passwords, fresh links.
    pub const LETTERS: Self = Self::new(3, 60);
    /// Links tried and letters asked for from one address.
    pub const LINKS: Self = Self::new(30, 15);

    const fn new(tries: u32, minutes: u64) -> Self {
        Self { tries, window: Duration::from_secs(minutes * 60) }
    }
}
