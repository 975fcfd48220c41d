//! How busy the lanes are, and who goes where for it.
use std::fs;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::lane::{Lane, loads};

/// When lanes give guests away, and when they stop. How busy a lane is stands in thousandths: see [`Load::busy`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// How often a lane that has guests looks at itself.
    pub(super) turn: Duration,
    /// A lane takes new guests until it is so busy.
    pub(super) room: u32,
    /// What a guest is thought to need until its lane has looked: many may come within one turn.
    pub(super) newcomer: u32,
    /// From here on a lane gives guests away ...
    pub(super) full: u32,
    /// ... to one that is less busy by so much at least: what is nearly as busy is no help.
    pub(super) apart: u32,
    /// Guests with something to do that keep a lane from going to sleep between two of their requests: a lane that never sleeps and has twice
    /// as many gives half of them away, busy or not.
    pub(super) crowd: usize,
    /// Two lanes that are no busier than this together are one too many ...
    pub(super) little: u32,
    /// ... when it stays so for as many turns: connections are not thrown to and fro.
    pub(super) calm: u32,
}

impl Bounds {
    /// A lane may be busy nearly all of its time; one that is not needed is left after 5 s.
    pub(super) const USUAL: Self = Self {
        turn: Duration::from_millis(250),
        room: 500,
        newcomer: 2,
        full: 850,
        apart: 300,
        crowd: 8,
        little: 500,
        calm: 20,
    };
}

/// Busy all of the time.
pub(super) const ALL: u32 = 1_000;

/// What a lane has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Load {
    /// The thousandths of the last turn in which its thread did something and had a core to do it on. What it waited for a core does not
    /// count: where the cores are taken, another thread would take its time from who has them.
    pub(super) busy: u32,
    /// The thousandths in which it did something or could have: with what it waited for a core.
    pub(super) awake: u32,
    /// Its connections.
    pub(super) guests: usize,
    /// Those that had something to do in the last turn.
    pub(super) active: usize,
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
    loads.iter().position(|load| load.busy < bounds.room).or_else(|| least(loads, |load| load.busy))
}

/// The lane of which this is the least.
fn least(loads: &[Load], measure: fn(&Load) -> u32) -> Option<usize> {
    (0..loads.len()).min_by_key(|&place| loads.get(place).map(|load| (measure(load), load.guests)))
}

/// Whom a full lane sends on: as many of those that have something to do as leave both equally busy, if they are alike. One that is alone
/// stays.
///
/// A lane that waits for a core counts as full when it has a crowd to share: two threads get more of the cores than one, and neither goes to
/// sleep for want of guests.
pub(super) fn relief(bounds: Bounds, loads: &[Load], mine: usize) -> Option<Onward> {
    let own = loads.get(mine)?;
    let measure: fn(&Load) -> u32 = match own {
        own if own.busy >= bounds.full && own.active > 1 => |load| load.busy,
        own if own.awake >= bounds.full && own.active >= 2 * bounds.crowd => |load| load.awake,
        _ => return None,
    };
    let to = least(loads, measure)?;
    let apart = measure(own).checked_sub(measure(loads.get(to)?)).filter(|apart| *apart >= bounds.apart)?;
    let halves = usize::try_from(measure(own)).ok()?.checked_mul(2)?;
    let share = own.active.saturating_mul(usize::try_from(apart).ok()?).checked_div(halves).unwrap_or(0);
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
        if lane.is_empty() {
            lane.sleep().await;
            (before, calm) = (Reading::now(), 0);
        }
        tokio::time::sleep(bounds.turn).await;
        let now = Reading::now();
        lane.looks_back(now.since(before));
        before = now;
        let loads = loads(bounds, lanes);
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
    let brought =
        usize::try_from(own.busy).unwrap_or(0).saturating_mul(onward.guests) / own.active.max(onward.guests).max(1);
    other.expects(u32::try_from(brought).unwrap_or(0));
    lane.send_on(onward);
}

/// The clocks of a lane's thread.
#[derive(Clone, Copy)]
struct Reading {
    wall: Instant,
    /// How long its runtime was awake.
    awake: Duration,
    /// How long it could have gone on and had no core.
    waited: Duration,
}

impl Reading {
    /// Of the thread that asks.
    fn now() -> Self {
        let awake = Handle::current().metrics().worker_total_busy_duration(0);
        Self { wall: Instant::now(), awake, waited: waited().unwrap_or_default() }
    }

    /// See [`Load::busy`] and [`Load::awake`].
    fn since(self, before: Self) -> (u32, u32) {
        let awake = self.awake.saturating_sub(before.awake);
        let busy = awake.saturating_sub(self.waited.saturating_sub(before.waited));
        let passed = self.wall.duration_since(before.wall).as_nanos().max(1);
        let thousandths =
            |time: Duration| u32::try_from(time.as_nanos().saturating_mul(u128::from(ALL)) / passed).unwrap_or(ALL);
        (thousandths(busy), thousandths(awake))
    }
}

/// How long this thread has waited for a core: the second number of `schedstat`, in nanoseconds
/// (<https://docs.kernel.org/scheduler/sched-stats.html>). None where the system does not tell: the waiting counts as work then.
fn waited() -> Option<Duration> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}
