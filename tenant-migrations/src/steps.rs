//! The steps as they are embedded: their order, their checksums, what their first lines say.
use hotelhub_kernel::{hex, sha256};

/// What a tenant runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// Rooms by the night.
    Hotel,
}

impl Product {
    /// Its name as the `house` row and the template's name carry it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hotel => "hotel",
        }
    }
}

/// One file of the schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// `NNNN_verb_object.sql`.
    pub(crate) file: &'static str,
    /// Its text.
    pub(crate) sql: &'static str,
}

/// What a step's first line says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Old code goes on working after it.
    Expand,
    /// Takes away what only older code used.
    Contract,
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Contract => "contract",
        }
    }
}

impl Step {
    /// The number its name begins with.
    pub(crate) fn number(&self) -> Option<i32> {
        self.file.get(..4)?.parse().ok()
    }

    /// What its first line says; none when it says nothing known.
    pub(crate) fn phase(&self) -> Option<Phase> {
        match self.sql.lines().next()?.trim_end() {
            "-- expand" => Some(Phase::Expand),
            "-- contract" => Some(Phase::Contract),
            _ => None,
        }
    }

    /// The parts to run one by one outside a transaction, divided by lines `-- then`; none for the usual step, which runs as a whole in one.
    /// Such a step may run twice, so each part is written to be safe then (`if not exists`).
    pub(crate) fn loose_parts(&self) -> Option<Vec<&'static str>> {
        (self.sql.lines().nth(1)?.trim_end() == "-- no transaction").then(|| self.sql.split("\n-- then\n").collect())
    }

    pub(crate) fn checksum(&self) -> [u8; 32] {
        sha256(self.sql.as_bytes())
    }
}

const COMMON: &[Step] = &[
    Step { file: "0001_create_house.sql", sql: include_str!("../common/0001_create_house.sql") },
    Step { file: "0002_create_people.sql", sql: include_str!("../common/0002_create_people.sql") },
    Step { file: "0003_create_audit_log.sql", sql: include_str!("../common/0003_create_audit_log.sql") },
    Step { file: "0004_create_work.sql", sql: include_str!("../common/0004_create_work.sql") },
    Step {
        file: "0017_seal_answers_and_letters.sql",
        sql: include_str!("../common/0017_seal_answers_and_letters.sql"),
    },
];

const HOTEL: &[Step] = &[
    Step { file: "0010_create_rooms.sql", sql: include_str!("../hotel/0010_create_rooms.sql") },
    Step { file: "0011_create_rates.sql", sql: include_str!("../hotel/0011_create_rates.sql") },
    Step { file: "0012_create_reservations.sql", sql: include_str!("../hotel/0012_create_reservations.sql") },
    Step { file: "0013_create_folios.sql", sql: include_str!("../hotel/0013_create_folios.sql") },
    Step {
        file: "0014_create_reservation_sheets.sql",
        sql: include_str!("../hotel/0014_create_reservation_sheets.sql"),
    },
    Step { file: "0015_version_availability.sql", sql: include_str!("../hotel/0015_version_availability.sql") },
    Step { file: "0016_take_back_slips.sql", sql: include_str!("../hotel/0016_take_back_slips.sql") },
    Step { file: "0018_index_withheld_letters.sql", sql: include_str!("../hotel/0018_index_withheld_letters.sql") },
    Step { file: "0019_reprice_plans.sql", sql: include_str!("../hotel/0019_reprice_plans.sql") },
    Step { file: "0020_archive_types_and_plans.sql", sql: include_str!("../hotel/0020_archive_types_and_plans.sql") },
    Step { file: "0021_index_open_stays.sql", sql: include_str!("../hotel/0021_index_open_stays.sql") },
];

/// The last step that this program's statements need: that of the release before. Where a later one could not run yet, a hotel is served
/// without it.
pub fn needed(product: Product) -> i32 {
    match product {
        Product::Hotel => 20,
    }
}

/// Every step of a product, in the one order they run in.
pub(crate) fn of(product: Product) -> Vec<Step> {
    let own = match product {
        Product::Hotel => HOTEL,
    };
    let mut steps = [COMMON, own].concat();
    steps.sort_by_key(Step::number);
    steps
}

/// Number of the last step, and the head of the checksum of all.
pub(crate) fn version(steps: &[Step]) -> String {
    let sums: Vec<u8> =
        steps.iter().flat_map(|step| [sha256(step.file.as_bytes()), step.checksum()].concat()).collect();
    let number = steps.last().and_then(Step::number).unwrap_or(0);
    let head = sha256(&sums);
    format!("{number:04}_{}", hex(&head[..4]))
}

/// What a program knows of a version of its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is its own, or was: the number of the last step then.
    Until(i32),
    /// It has steps this program does not know.
    Newer,
    /// No program ever had it.
    Never,
}

/// What is known of a version.
pub(crate) fn known(steps: &[Step], wanted: &str) -> Known {
    let mut prefixes = (1..=steps.len()).filter_map(|count| steps.get(..count));
    let until = prefixes.find(|prefix| version(prefix) == wanted).and_then(|prefix| prefix.last()?.number());
    let number: Option<i32> = wanted.get(..4).and_then(|digits| digits.parse().ok());
    match until {
        Some(last) => Known::Until(last),
        None if number > steps.last().and_then(Step::number) => Known::Newer,
        None => Known::Never,
    }
}
