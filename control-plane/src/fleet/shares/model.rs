//! The rule that divides a budget, and lends what is not wanted of it.
use std::collections::BTreeMap;

use hotelhub_protocol::Role;

/// One node's work of one kind on one cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat {
    /// Which node.
    pub node: String,
    /// Which work.
    pub role: Role,
}

/// What a seat was given and has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Whose.
    pub seat: Seat,
    /// What it was told last that it may use.
    pub granted: u32,
    /// What it said last that it lives by.
    pub holding: u32,
    /// How many it would have used since it was heard of before, had it had them; nothing where it did not say.
    pub wanted: Option<u32>,
    /// What is reserved for it: it may use as many at any time, whatever it was granted.
    pub reserved: u32,
    /// What is to be reserved for it, as soon as it is free.
    pub due: u32,
    /// Whether it was heard of lately. A seat that was not keeps what it has, and gets no more.
    pub alive: bool,
}

impl Claim {
    /// What counts against the budget: it may have heard the grant, it may not have let go yet, and it may live by its reserve.
    pub(super) fn kept(&self) -> u32 {
        self.granted.max(self.holding).max(self.reserved)
    }

    /// What it is to have in any case.
    fn least(&self) -> u32 {
        self.reserved.max(self.due)
    }

    /// Whether it does this work, or may hold a share for it.
    fn is_seated(&self) -> bool {
        self.alive || self.granted.max(self.holding) > 0
    }
}

/// So few are needed to begin anything: a sign-up takes two at a time.
const NEVER_LENT: u32 = 4;

/// The parts of a budget, in per cent: web at least 60, work 30, fleet 10. Where there is no work or no fleet its part is web's.
pub(super) fn part(budget: u32, role: Role) -> u32 {
    let percent = |p: u32| u32::try_from(u64::from(budget) * u64::from(p) / 100).unwrap_or(u32::MAX);
    match role {
        Role::Work => percent(30),
        Role::Fleet => percent(10),
        Role::Serve => budget - percent(30) - percent(10),
    }
}

/// New grants for the seats of the node that asks, and for no other: only its own heartbeat proves what it holds, for it has
/// either taken on the last answer or will never hear it.
///
/// Shrinking is granted at once and frees what the next heartbeat no longer holds; growing is granted from what is free now. What is reserved
/// for a seat is part of its grant, and free for nobody else.
pub fn plan(budget: u32, claims: &[Claim], asking: &str) -> Vec<(Seat, u32)> {
    let is_own = |claim: &&Claim| claim.seat.node == asking && claim.alive;
    let (own, others): (Vec<_>, Vec<_>) = claims.iter().partition(is_own);
    let foreign: u32 = others.iter().fold(0, |sum, claim| sum.saturating_add(claim.kept()));
    let has = |claim: &Claim| claim.holding.max(claim.reserved);
    let mut free = own.iter().fold(budget.saturating_sub(foreign), |free, claim| free.saturating_sub(has(claim)));
    let targets = targets(budget, claims);
    let mut grants: Vec<_> = own
        .iter()
        .map(|claim| {
            let target = targets.get(&claim.seat).copied().unwrap_or(0).max(claim.reserved);
            let growth = target.saturating_sub(has(claim)).min(free);
            free -= growth;
            (claim.seat.clone(), has(claim).min(target) + growth)
        })
        .collect();
    grants.sort();
    grants
}

/// What each living seat is to have: its fair part, and what others lend.
fn targets(budget: u32, claims: &[Claim]) -> BTreeMap<Seat, u32> {
    let (living, silent): (Vec<_>, Vec<_>) = claims.iter().partition(|claim| claim.alive);
    let fair: Vec<u32> = living.iter().map(|claim| fair(budget, claims, &claim.seat)).collect();
    // What somebody silent keeps beyond a fair part, for it was lent, is missed by all in proportion.
    let free = silent.iter().fold(budget, |free, claim| free.saturating_sub(claim.kept().max(claim.due)));
    let least: Vec<u32> = living.iter().map(|claim| claim.least()).collect();
    let fair = if sum(&fair) > free { shrunk(free, &fair, &least) } else { fair };
    let mut desks: Vec<Desk> = living.into_iter().zip(fair).map(|(claim, fair)| Desk::of(claim, fair)).collect();
    for role in [Role::Serve, Role::Work, Role::Fleet] {
        lend(&mut desks, |from, to| from == role && to == role);
    }
    // The web's part is not lent to others: it stays at least 60 per cent.
    lend(&mut desks, |from, _| from != Role::Serve);
    desks.into_iter().map(|desk| (desk.seat, desk.target)).collect()
}

/// A living seat while it is decided what it is to have.
struct Desk {
    seat: Seat,
    target: u32,
    /// What it does not want of its fair part. Half of that, and some, is never lent, nor what is reserved: a crowd that comes finds room
    /// before the rest is back.
    idle: u32,
    /// What it wants beyond its fair part.
    wish: u32,
}

impl Desk {
    fn of(claim: &Claim, fair: u32) -> Self {
        let wanted = claim.wanted.unwrap_or(fair);
        let own = wanted.max(fair.div_ceil(2)).max(NEVER_LENT).max(claim.least());
        let idle = fair.saturating_sub(own);
        Self { seat: claim.seat.clone(), target: fair, idle, wish: wanted.saturating_sub(fair) }
    }
}

/// Lends what is idle to who wishes more, where the one's role may lend to the other's. Each lends and is lent in proportion.
fn lend(desks: &mut [Desk], may: impl Fn(Role, Role) -> bool) {
    let roles: Vec<Role> = desks.iter().map(|desk| desk.seat.role).collect();
    let lends = |role: Role| roles.iter().any(|to| may(role, *to));
    let borrows = |role: Role| roles.iter().any(|from| may(*from, role));
    let idle: Vec<u32> = desks.iter().map(|desk| if lends(desk.seat.role) { desk.idle } else { 0 }).collect();
    let wishes: Vec<u32> = desks.iter().map(|desk| if borrows(desk.seat.role) { desk.wish } else { 0 }).collect();
    let lent = sum(&idle).min(sum(&wishes));
    for ((desk, given), taken) in desks.iter_mut().zip(split(lent, &idle)).zip(split(lent, &wishes)) {
        desk.idle -= given;
        desk.wish -= taken;
        desk.target = desk.target + taken - given;
    }
}

/// A number divided in proportion to these, none getting more than its own; it is not above their sum.
fn split(whole: u32, by: &[u32]) -> Vec<u32> {
    let all = u64::from(sum(by)).max(1);
    let part = |of: &u32| u32::try_from(u64::from(whole) * u64::from(*of) / all).unwrap_or(0);
    let mut parts: Vec<u32> = by.iter().map(part).collect();
    let mut rest = whole - sum(&parts);
    for (part, most) in parts.iter_mut().zip(by) {
        let more = rest.min(1).min(most - *part);
        *part += more;
        rest -= more;
    }
    parts
}

/// Fair parts when there is less than their sum: what is reserved stays, the rest is missed in proportion.
fn shrunk(whole: u32, fair: &[u32], least: &[u32]) -> Vec<u32> {
    let kept: Vec<u32> = fair.iter().zip(least).map(|(fair, least)| *fair.min(least)).collect();
    let Some(rest) = whole.checked_sub(sum(&kept)) else { return split(whole, fair) };
    let above: Vec<u32> = fair.iter().zip(&kept).map(|(fair, kept)| fair - kept).collect();
    split(rest, &above).iter().zip(&kept).map(|(part, kept)| part + kept).collect()
}

/// A number divided evenly, nobody getting less than the least; in proportion to the least where it is not enough for that.
fn level(whole: u32, least: &[u32]) -> Vec<u32> {
    if whole < sum(least) {
        return split(whole, least);
    }
    let (mut rest, mut open) = (whole, vec![true; least.len()]);
    loop {
        let count = u32::try_from(open.iter().filter(|open| **open).count()).unwrap_or(u32::MAX).max(1);
        let even = rest / count;
        let Some(above) = (0..least.len()).find(|at| open[*at] && least[*at] > even) else {
            let mut more = rest % count;
            let mut of = |at: usize| {
                let one = u32::from(open[at] && more > 0);
                more -= one;
                if open[at] { even + one } else { least[at] }
            };
            return (0..least.len()).map(&mut of).collect();
        };
        (open[above], rest) = (false, rest - least[above]);
    }
}

fn sum(amounts: &[u32]) -> u32 {
    amounts.iter().fold(0, |sum, amount| sum.saturating_add(*amount))
}

/// A seat's fair part: its role's part less what silent seats keep of theirs, divided among the living.
fn fair(budget: u32, claims: &[Claim], seat: &Seat) -> u32 {
    let of_role = || claims.iter().filter(|claim| claim.seat.role == seat.role);
    let mut living: Vec<&Claim> = of_role().filter(|claim| claim.alive).collect();
    living.sort_by(|one, other| one.seat.cmp(&other.seat));
    let silent: Vec<&Claim> = of_role().filter(|claim| !claim.alive).collect();
    let mut whole = part(budget, seat.role);
    if seat.role == Role::Serve {
        let is_absent = |role: &Role| !claims.iter().any(|claim| claim.seat.role == *role && claim.is_seated());
        whole += [Role::Work, Role::Fleet].into_iter().filter(is_absent).map(|role| part(budget, role)).sum::<u32>();
    }
    // Somebody silent counts with a fair part at most: it may keep what other roles lent it, and these miss it too.
    let seats = u32::try_from(living.len() + silent.len()).unwrap_or(u32::MAX).max(1);
    let most = whole.div_ceil(seats);
    let kept = |claim: &Claim| claim.kept().max(claim.due).min(most);
    let whole = silent.iter().fold(whole, |left, claim| left.saturating_sub(kept(claim)));
    let least: Vec<u32> = living.iter().map(|claim| claim.least()).collect();
    let place = living.iter().position(|claim| claim.seat == *seat);
    place.and_then(|place| level(whole, &least).get(place).copied()).unwrap_or(0)
}
