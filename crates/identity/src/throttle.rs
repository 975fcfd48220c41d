//! How often somebody may fail before they must wait: a pure rule over counts that others keep.
use std::time::Duration;

/// So many failures in so long a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Failures that are free.
    pub tries: u32,
    /// The window they are counted in.
    pub window: Duration,
}

/// What a throttle says to the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try.
    Go,
    /// Not before so many seconds.
    Wait(u32),
}

impl Throttle {
    /// Failed sign-ins of one account, whoever tries.
    pub const ACCOUNT: Self = Self::new(10, 15);
    /// Failed sign-ins from one address, whatever the account: a hotel's whole desk shares one.
    pub const ADDRESS: Self = Self::new(40, 15);
    /// Letters asked for by one account: new passwords, fresh links.
    pub const LETTERS: Self = Self::new(3, 60);
    /// Links tried and letters asked for from one address.
    pub const LINKS: Self = Self::new(30, 15);

    const fn new(tries: u32, minutes: u64) -> Self {
        Self { tries, window: Duration::from_secs(minutes * 60) }
    }

    /// Whether one may try after `failures` in a window that ends in `left`.
    pub fn verdict(self, failures: u32, left: Duration) -> Verdict {
        if failures < self.tries {
            return Verdict::Go;
        }
        let left = left.min(self.window);
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Verdict::Wait(u32::try_from(seconds).unwrap_or(u32::MAX).max(1))
    }
}
