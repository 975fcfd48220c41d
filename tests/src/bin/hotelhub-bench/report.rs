//! A figure, and how it is shown.
use serde::Serialize;

use crate::compare::{Compared, interval, median};

/// One measured thing, as a line of JSON on standard output.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: String,
    /// The measurement.
    pub(crate) value: f64,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// What it is compared with, in the same unit.
    pub(crate) baseline: Option<f64>,
    /// Measurement over baseline: the median of interleaved windows.
    pub(crate) ratio: Option<f64>,
    /// The 95 % interval of the ratio, or of the value where that is a difference.
    pub(crate) interval: Option<[f64; 2]>,
    /// What the issue asks for, in words.
    pub(crate) goal: String,
    /// Whether it holds; absent where the interval straddles the goal.
    pub(crate) ok: Option<bool>,
}

impl Figure {
    /// A figure without a baseline that must not exceed `most`.
    pub(crate) fn at_most(
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        most: f64,
        goal: impl Into<String>,
    ) -> Self {
        Self::exact(name, value, unit, value <= most, goal)
    }

    /// A figure without a baseline that must reach `least`.
    pub(crate) fn at_least(
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        least: f64,
        goal: impl Into<String>,
    ) -> Self {
        Self::exact(name, value, unit, value >= least, goal)
    }

    /// With what the same takes otherwise, for the reader: it decides nothing.
    pub(crate) fn beside(self, baseline: f64) -> Self {
        Self { baseline: Some(baseline), ratio: Some(self.value / baseline), ..self }
    }

    /// A figure that is right or wrong.
    pub(crate) fn exact(
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        ok: bool,
        goal: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            baseline: None,
            ratio: None,
            interval: None,
            goal: goal.into(),
            ok: Some(ok),
        }
    }

    /// A figure that is decided by its ratio to a baseline: at most `most` times as much.
    pub(crate) fn ratio_at_most(
        name: impl Into<String>,
        unit: &'static str,
        compared: &Compared,
        most: f64,
        goal: impl Into<String>,
    ) -> Self {
        let ok = if compared.high <= most {
            Some(true)
        } else if compared.low > most {
            Some(false)
        } else {
            None
        };
        Self::compared(name, unit, compared, goal, ok)
    }

    /// A figure that is decided by its ratio to a baseline: at least `least` times as much.
    pub(crate) fn ratio_at_least(
        name: impl Into<String>,
        unit: &'static str,
        compared: &Compared,
        least: f64,
        goal: impl Into<String>,
    ) -> Self {
        let ok = if compared.low >= least {
            Some(true)
        } else if compared.high < least {
            Some(false)
        } else {
            None
        };
        Self::compared(name, unit, compared, goal, ok)
    }

    /// A figure that is decided by how much more it is than its baseline, over pairs of both: at most `most` more.
    pub(crate) fn more_at_most(
        name: impl Into<String>,
        unit: &'static str,
        pairs: &[(f64, f64)],
        most: f64,
        goal: impl Into<String>,
    ) -> Self {
        let more: Vec<f64> = pairs.iter().map(|(value, baseline)| value - baseline).collect();
        let (low, high) = interval(&more);
        let baseline = median(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>());
        let ok = if high <= most { Some(true) } else { (low > most).then_some(false) };
        Self {
            name: name.into(),
            value: median(&more),
            unit,
            baseline: Some(baseline),
            ratio: None,
            interval: Some([low, high]),
            goal: goal.into(),
            ok,
        }
    }

    fn compared(
        name: impl Into<String>,
        unit: &'static str,
        compared: &Compared,
        goal: impl Into<String>,
        ok: Option<bool>,
    ) -> Self {
        Self {
            name: name.into(),
            value: compared.value,
            unit,
            baseline: Some(compared.baseline),
            ratio: Some(compared.ratio),
            interval: Some([compared.low, compared.high]),
            goal: goal.into(),
            ok,
        }
    }
}
