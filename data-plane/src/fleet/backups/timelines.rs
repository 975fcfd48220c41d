//! The timelines of a server: which branched off from which, where and why. An instant may lie on more than one of them.
//! <https://www.postgresql.org/docs/15/continuous-archiving.html#BACKUP-TIMELINES>
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use hotelhub_vault::{WalName, WalShelf};

use crate::fleet::FleetError;

/// Why a timeline begins that a standby, or a server that was made anew of all its WAL, begins: nobody named an instant.
const PROMOTED: &str = "no recovery target specified";

/// A place in a server's WAL.
pub(super) type Lsn = u64;

/// Where a timeline was left for the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fork {
    from: u32,
    to: u32,
    at: Lsn,
    was_promoted: bool,
}

/// The timelines on which an instant may lie: the base backup's own first, then each that branched off from the one before, up to the one the
/// server is on now. The first that goes on after the instant is the one that was lived on then: a later one may have branched off before the
/// instant, when the server was taken back, and does not know what was written since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Timelines {
    in_order: Vec<u32>,
    forks: Vec<Fork>,
}

impl Timelines {
    /// One alone, which somebody chose.
    pub(super) fn only(timeline: u32) -> Self {
        Self { in_order: vec![timeline], forks: Vec::new() }
    }

    /// Those from a base backup's to the newest, by the history of that one.
    pub(super) async fn look(wal: &WalShelf, base: u32, newest: u32) -> Result<Self, FleetError> {
        if base == newest {
            return Ok(Self::only(base));
        }
        let name: WalName = format!("{newest:08X}.history").parse().map_err(FleetError::Unrecoverable)?;
        let missing =
            || FleetError::NotArchived(format!("{name}, the history of the server's timeline, is not in the store"));
        let history = wal.fetch(&name).await?.ok_or_else(missing)?;
        Ok(Self::read(base, newest, &String::from_utf8_lossy(&history)))
    }

    /// The timelines of a history from one on. One that is not in it was left by going back behind it: only what it has itself is known.
    fn read(base: u32, newest: u32, history: &str) -> Self {
        let left: Vec<(u32, Lsn, bool)> = history.lines().filter_map(left).collect();
        let next = left.iter().skip(1).map(|(from, ..)| *from).chain([newest]);
        let fork = |(&(from, at, was_promoted), to)| Fork { from, to, at, was_promoted };
        let forks: Vec<Fork> = left.iter().zip(next).map(fork).skip_while(|fork| fork.from != base).collect();
        let in_order: Vec<u32> = [base].into_iter().chain(forks.iter().map(|fork| fork.to)).collect();
        Self { in_order, forks }
    }

    /// In the order in which they are tried.
    pub(super) fn in_order(&self) -> impl Iterator<Item = u32> {
        self.in_order.clone().into_iter()
    }

    /// Refuses what is no one line: of a server that cannot be asked nobody knows which of its timelines was served.
    pub(super) fn must_be_all_of(&self, kept: &BTreeSet<u32>) -> Result<(), FleetError> {
        let first = self.in_order.first().copied().unwrap_or_default();
        if kept.iter().all(|timeline| *timeline < first || self.in_order.contains(timeline)) {
            return Ok(());
        }
        let known: Vec<String> = kept.iter().filter(|known| **known >= first).map(u32::to_string).collect();
        let known = known.join(", ");
        Err(FleetError::Unrecoverable(format!(
            "the store has the timelines {known} of the server, which did not follow one after the other: say by --timeline which is meant"
        )))
    }

    /// Refuses an instant that two timelines may claim: the one that was followed to it had been left before, by a standby that was promoted,
    /// and went on beside. Where a server was taken back to an earlier time, what it had written until then is what was lived.
    pub(super) fn must_be_one(&self, (timeline, stopped): (u32, Lsn)) -> Result<(), FleetError> {
        let beside = |fork: &&Fork| fork.from == timeline && fork.was_promoted && stopped > fork.at;
        let Some(Fork { from, to, .. }) = self.forks.iter().find(beside) else { return Ok(()) };
        Err(FleetError::Unrecoverable(format!(
            "two timelines of the server have this instant, for {from} went on after {to} was promoted from it: \
             say by --timeline which of them hotels were served from then"
        )))
    }
}

/// The timeline that a file of WAL is of.
pub(super) fn of_file(name: &str) -> Result<u32, FleetError> {
    let no_name = || FleetError::Unrecoverable(format!("`{name}` is no name of a file of WAL"));
    Ok(name.parse::<WalName>().map_err(|_| no_name())?.timeline())
}

/// Where the timeline before it was left, by the history of the newest.
pub(super) fn last_left(history: &str) -> Option<(u32, Lsn)> {
    history.lines().rev().find_map(left).map(|(timeline, at, _)| (timeline, at))
}

/// A line of a history: a timeline, where it was left, and whether that was a promotion.
fn left(line: &str) -> Option<(u32, Lsn, bool)> {
    let mut words = line.split_whitespace();
    let (timeline, at) = (words.next()?.parse().ok()?, words.next()?);
    let (high, low) = at.split_once('/')?;
    let half = |digits| u32::from_str_radix(digits, 16).ok().map(u64::from);
    let at = (half(high)? << 32) | half(low)?;
    Some((timeline, at, line.contains(PROMOTED)))
}
