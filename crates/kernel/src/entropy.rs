//! Randomness as a value that is handed down.
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::{StdRng, ThreadRng};
use rand::{Rng, SeedableRng};

/// A source of random bytes: the operating system's in production, a seeded generator in tests.
#[derive(Clone)]
pub struct Entropy(Kind);

#[derive(Clone)]
enum Kind {
    /// A generator per thread: each request rolls dice, and none waits for another's.
    System,
    Seeded(Arc<Mutex<StdRng>>),
}

impl Entropy {
    /// Generators seeded by the operating system, cryptographically strong.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A generator that repeats itself for the same seed: for tests and simulations.
    pub fn seeded(seed: u64) -> Self {
        Self(Kind::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))))
    }

    /// Fresh random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Kind::System => dice().fill_bytes(&mut bytes),
            Kind::Seeded(generator) => generator.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
        }
        bytes
    }

    /// A number in `0..bound`, uniform but for a bias below 2⁻³²; 0 when `bound` is 0.
    pub fn below(&self, bound: u32) -> u32 {
        let wide = u128::from(u64::from_le_bytes(self.bytes())) * u128::from(bound);
        u32::try_from(wide >> 64).unwrap_or(0)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that rolls real dice")]
fn dice() -> ThreadRng {
    rand::rng()
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}
