//! How busy the lanes are, and who goes where for it.
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};
use tokio::time::Instant;

use super::{Lane, loads};

/// How often a lane that has guests looks at itself.
const TURN: Duration = Duration::from_millis(250);

/// Where lanes begin to give guests away, and where they stop. Processor time in thousandths of a core.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// A lane takes new guests until it has used so much.
    pub(super) room: u32,
    /// From here on it gives guests away ...
    pub(super) full: u32,
    /// ... to one that is less busy by so much at least: what is nearly as busy is no help.
    pub(super) apart: u32,
    /// Two lanes that use no more than this together are one too many ...
    pub(super) little: u32,
    /// ... when it stays so for as many turns: connections are not thrown to and fro.
    pub(super) calm: u32,
}

impl Bounds {
    /// A lane may use nearly a whole core; one that is not needed goes after 5 s.
    pub(super) const USUAL: Self = Self { room: 500, full: 900, apart: 300, little: 500, calm: 20 };
}

/// What a lane has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Load {
    /// The processor time its thread used in the last turn, in thousandths of a core. Time in which it waited for a core does not count:
    /// where the cores are taken, another thread is no help.
    pub(super) busy: u32,
    /// Its connections.
    pub(super) guests: usize,
}

/// Guests that shall go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Onward {
    /// A place among the lanes.
    pub(super) to: usize,
    pub(super) guests: usize,
}

/// Where the next connection goes: to the first lane that has room, else to the least busy. None where there is no lane.
pub(super) fn first_with_room(bounds: Bounds, loads: &[Load]) -> Option<usize> {
    loads.iter().position(|load| load.busy < bounds.room).or_else(|| least_busy(loads))
}

fn least_busy(loads: &[Load]) -> Option<usize> {
    (0..loads.len()).min_by_key(|&place| loads.get(place).map(|load| (load.busy, load.guests)))
}

/// Whom a full lane sends on: as many as leave both equally busy, if its guests are alike. One that is alone stays.
pub(super) fn relief(bounds: Bounds, loads: &[Load], mine: usize) -> Option<Onward> {
    let own = loads.get(mine).filter(|own| own.busy >= bounds.full && own.guests > 1)?;
    let to = least_busy(loads)?;
    let apart = own.busy.checked_sub(loads.get(to)?.busy).filter(|apart| *apart >= bounds.apart)?;
    let share = own.guests.saturating_mul(usize::try_from(apart).ok()?) / usize::try_from(own.busy).ok()? / 2;
    Some(Onward { to, guests: share.max(1) })
}

/// Whom a lane sends on that is not needed: all, to the first of those before it that can bear them.
pub(super) fn retreat(bounds: Bounds, loads: &[Load], mine: usize) -> Option<Onward> {
    let own = loads.get(mine).filter(|own| own.guests > 0)?;
    let to = loads.iter().take(mine).position(|load| load.busy + own.busy <= bounds.little)?;
    Some(Onward { to, guests: own.guests })
}

/// Looks after one lane, on its own thread.
pub(super) async fn watch(bounds: Bounds, lanes: &[Lane], mine: usize) {
    let Some(lane) = lanes.get(mine) else { return };
    let (mut before, mut calm) = (Reading::now(), 0_u32);
    loop {
        if lane.guests.load(Ordering::Relaxed) == 0 {
            lane.busy.store(0, Ordering::Relaxed);
            lane.came.notified().await;
            (before, calm) = (Reading::now(), 0_u32);
        }
        tokio::time::sleep(TURN).await;
        let now = Reading::now();
        lane.busy.store(now.busy_since(before), Ordering::Relaxed);
        before = now;
        let loads = loads(lanes);
        let unneeded = retreat(bounds, &loads, mine);
        calm = if unneeded.is_some() { calm.saturating_add(1) } else { 0 };
        match relief(bounds, &loads, mine).or_else(|| unneeded.filter(|_| calm >= bounds.calm)) {
            Some(onward) => send_on(lanes, mine, &loads, onward),
            None => lane.all_stay(),
        }
    }
}

/// Sends guests on, and counts at once what they will bring along: the next lane to look sees it.
fn send_on(lanes: &[Lane], mine: usize, loads: &[Load], onward: Onward) {
    let (Some(lane), Some(own), Some(other)) = (lanes.get(mine), loads.get(mine), lanes.get(onward.to)) else { return };
    let brought = usize::try_from(own.busy).unwrap_or(0).saturating_mul(onward.guests) / own.guests.max(1);
    other.busy.fetch_add(u32::try_from(brought).unwrap_or(0), Ordering::Relaxed);
    lane.send_on(onward);
}

/// The clocks of a lane's thread.
#[derive(Clone, Copy)]
struct Reading {
    wall: Instant,
    used: Duration,
}

impl Reading {
    /// Of the thread that asks.
    fn now() -> Self {
        let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ThreadCPUTime);
        let seconds = Duration::from_secs(tv_sec.try_into().unwrap_or(0));
        Self { wall: Instant::now(), used: seconds + Duration::from_nanos(tv_nsec.try_into().unwrap_or(0)) }
    }

    /// See [`Load::busy`].
    fn busy_since(self, before: Self) -> u32 {
        let (used, passed) = (self.used.saturating_sub(before.used), self.wall.duration_since(before.wall));
        let thousandths = used.as_nanos().saturating_mul(1_000) / passed.as_nanos().max(1);
        u32::try_from(thousandths).unwrap_or(u32::MAX)
    }
}
