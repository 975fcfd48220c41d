//! What is not as it should be, from what is recorded and what was seen.
use std::collections::{HashMap, HashSet};

use hotelhub_protocol::{Inventory, Quarters};
use jiff::SignedDuration;

/// What is too much is shown, and may be dropped, when it was seen for so long: five rounds of a worker. Two workers may list a server within the
/// same second, and what a slow one saw may be gone by then.
pub const SEEN_FOR: SignedDuration = SignedDuration::from_mins(10);

/// What is missing is shown when it was missed for so long: one round of a worker.
pub const MISSED_FOR: SignedDuration = SignedDuration::from_mins(2);

/// In what way something is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A database of which no record is left: the central database may come from a backup that is older.
    UnknownDatabase,
    /// A database that was reported dropped and is there.
    LeftDatabase,
    /// A login role without a database and without a record.
    UnknownRole,
    /// A database that is ready or lived in by the records, and is not there. Its hotel cannot be served.
    MissingDatabase,
    /// The role of such a database is not there: nobody can enter it.
    MissingRole,
}

impl Kind {
    /// Every kind, the worst first.
    pub const ALL: [Self; 5] =
        [Self::MissingDatabase, Self::MissingRole, Self::LeftDatabase, Self::UnknownDatabase, Self::UnknownRole];

    /// As it is written down.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownDatabase => "unknown_database",
            Self::LeftDatabase => "left_database",
            Self::UnknownRole => "unknown_role",
            Self::MissingDatabase => "missing_database",
            Self::MissingRole => "missing_role",
        }
    }

    /// Reads what [`Kind::as_str`] writes.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it is something too much, which may be dropped.
    pub fn is_too_much(self) -> bool {
        matches!(self, Self::UnknownDatabase | Self::LeftDatabase | Self::UnknownRole)
    }

    /// How far apart two inventories of the same must be before it is believed, by the control plane's clock.
    pub fn believed_after(self) -> SignedDuration {
        if self.is_too_much() { SEEN_FOR } else { MISSED_FOR }
    }

    /// What happened and what to do, for staff.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::UnknownDatabase => {
                "No record knows this database. If the central database was restored from a backup, a hotel may live here: compare before you drop it. One that is somebody's house is not dropped, nor one that hotels share."
            }
            Self::LeftDatabase => {
                "It was reported dropped and is there again, for the server may have been restored; or it was to be dropped and turned out to be somebody's house: the orders say whose; or a hotel was to move there, and its server was away when the move was given up: compare before you drop it."
            }
            Self::UnknownRole => "A login role whose database is gone. It can enter nothing.",
            Self::MissingDatabase => {
                "It should be there and is not. Its hotel cannot be served: restore it from a backup, or find out who dropped it."
            }
            Self::MissingRole => {
                "The database is there and the role that may enter it is not: its hotel cannot be served."
            }
        }
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stray {
    /// In what way.
    pub kind: Kind,
    /// The name of the database or role.
    pub name: String,
}

/// How far a recorded database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It may be there or not: it is being made or dropped, or was never finished.
    UnderWay,
    /// It is there: ready, or lived in.
    There,
    /// It is gone.
    Gone,
}

/// The role that belongs to a database, or to a schema of a shared one.
fn role_of(name: &str) -> &str {
    Quarters::parse(name).map_or(name, Quarters::role)
}

/// Compares what was seen on a server with what is recorded of it; sorted. Of what lies in a database that could not be looked into nothing
/// is said, nor of a role that may belong there.
pub fn find(recorded: &HashMap<String, Recorded>, seen: &Inventory) -> Vec<Stray> {
    let databases: HashSet<&String> = seen.databases.iter().collect();
    let roles: HashSet<&str> = seen.roles.iter().map(String::as_str).collect();
    let too_much = seen.databases.iter().chain(&seen.shared).filter_map(|name| match recorded.get(name) {
        None => Some((Kind::UnknownDatabase, name)),
        Some(Recorded::Gone) => Some((Kind::LeftDatabase, name)),
        Some(_) => None,
    });
    let seen_homes: HashSet<&str> = seen.databases.iter().map(|name| role_of(name)).collect();
    let known = recorded.iter().filter(|(_, state)| **state != Recorded::Gone);
    let known_homes: HashSet<&str> = known.map(|(name, _)| role_of(name)).collect();
    let is_unread = |name: &str| {
        let lies_in = Quarters::parse(name).map(Quarters::database);
        seen.unread.iter().any(|unread| Some(unread.as_str()) == lies_in)
    };
    let is_stray_role = |role: &&String| {
        seen.unread.is_empty() && !seen_homes.contains(role.as_str()) && !known_homes.contains(role.as_str())
    };
    let roles_too_much = seen.roles.iter().filter(is_stray_role).map(|name| (Kind::UnknownRole, name));
    let missing = recorded.iter().filter(|(_, state)| **state == Recorded::There).filter_map(|(name, _)| {
        match (databases.contains(name) || is_unread(name), roles.contains(role_of(name))) {
            (false, _) => Some((Kind::MissingDatabase, name)),
            (true, false) => Some((Kind::MissingRole, name)),
            (true, true) => None,
        }
    });
    let all = too_much.chain(roles_too_much).chain(missing);
    let mut strays: Vec<Stray> = all.map(|(kind, name)| Stray { kind, name: name.clone() }).collect();
    strays.sort_unstable();
    strays
}
