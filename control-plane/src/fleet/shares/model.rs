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
    /// Whether it was heard of lately. A seat that was not keeps what it has, and gets no more.
    pub alive: bool,
}

impl Claim {
    /// What counts against the budget: it may have heard the grant, and it may not have let go yet.
    fn kept(&self) -> u32 {
        self.granted.max(self.holding)
    }
}

/// So few are needed to begin anything: a sign-up takes two at a time.
const NEVER_LENT: u32 = 4;

/// The parts of a budget, in per cent: web at least 60, work 30, fleet 10. Where there is no work or no fleet its part is web's.
fn part(budget: u32, role: Role) -> u32 {
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
/// Shrinking is granted at once and frees what the next heartbeat no longer holds; growing is granted from what is free now.
pub fn plan(budget: u32, claims: &[Claim], asking: &str) -> Vec<(Seat, u32)> {
    let (own, others): (Vec<_>, Vec<_>) = claims.iter().partition(|claim| claim.seat.node == asking);
    let foreign: u32 = others.iter().fold(0, |sum, claim| sum.saturating_add(claim.kept()));
    let mut free = own.iter().fold(budget.saturating_sub(foreign), |free, claim| free.saturating_sub(claim.holding));
    let targets = targets(budget, claims);
    let mut grants: Vec<_> = own
        .iter()
        .map(|claim| {
            let target = targets.get(&claim.seat).copied().unwrap_or(0);
            let growth = target.saturating_sub(claim.holding).min(free);
            free -= growth;
            (claim.seat.clone(), claim.holding.min(target) + growth)
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
    let free = silent.iter().fold(budget, |free, claim| free.saturating_sub(claim.kept()));
    let fair = if sum(&fair) > free { split(free, &fair) } else { fair };
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
    /// What it does not want of its fair part. Half of that, and some, is never lent: a crowd that comes finds room before the rest is back.
    idle: u32,
    /// What it wants beyond its fair part.
    wish: u32,
}

impl Desk {
    fn of(claim: &Claim, fair: u32) -> Self {
        let wanted = claim.wanted.unwrap_or(fair);
        let idle = fair.saturating_sub(wanted.max(fair.div_ceil(2)).max(NEVER_LENT));
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

fn sum(amounts: &[u32]) -> u32 {
    amounts.iter().fold(0, |sum, amount| sum.saturating_add(*amount))
}

/// A seat's fair part: its role's part less what silent seats keep of theirs, divided among the living.
fn fair(budget: u32, claims: &[Claim], seat: &Seat) -> u32 {
    let mut living: Vec<&Seat> =
        claims.iter().filter(|c| c.seat.role == seat.role && c.alive).map(|c| &c.seat).collect();
    living.sort();
    let silent: Vec<&Claim> = claims.iter().filter(|c| c.seat.role == seat.role && !c.alive).collect();
    let mut whole = part(budget, seat.role);
    if seat.role == Role::Serve {
        let absent = [Role::Work, Role::Fleet].into_iter().filter(|&r| !claims.iter().any(|c| c.seat.role == r));
        whole += absent.map(|role| part(budget, role)).sum::<u32>();
    }
    // Somebody silent counts with a fair part at most: it may keep what other roles lent it, and these miss it too.
    let seats = u32::try_from(living.len() + silent.len()).unwrap_or(u32::MAX).max(1);
    let most = whole.div_ceil(seats);
    let whole = silent.iter().fold(whole, |left, claim| left.saturating_sub(claim.kept().min(most)));
    let Some(place) = living.iter().position(|other| *other == seat) else { return 0 };
    let (count, place) = (u32::try_from(living.len()).unwrap_or(u32::MAX), u32::try_from(place).unwrap_or(u32::MAX));
    whole / count + u32::from(place < whole % count)
}
