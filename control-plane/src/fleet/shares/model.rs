//! The rule that divides a budget.
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
    /// Whether it was heard of lately. A seat that was not keeps what it has, and gets no more.
    pub alive: bool,
}

impl Claim {
    /// What counts against the budget: it may have heard the grant, and it may not have let go yet.
    fn kept(&self) -> u32 {
        self.granted.max(self.holding)
    }
}

/// The parts of a budget, in per cent: web at least 60, work 30, fleet 10. What work and fleet leave is web's.
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
    let mut grants: Vec<_> = own
        .iter()
        .map(|claim| {
            let target = target(budget, claims, &claim.seat);
            let growth = target.saturating_sub(claim.holding).min(free);
            free -= growth;
            (claim.seat.clone(), claim.holding.min(target) + growth)
        })
        .collect();
    grants.sort();
    grants
}

/// A seat's fair part: its role's part less what silent seats keep of it, divided among the living.
fn target(budget: u32, claims: &[Claim], seat: &Seat) -> u32 {
    let mut living: Vec<&Seat> =
        claims.iter().filter(|c| c.seat.role == seat.role && c.alive).map(|c| &c.seat).collect();
    living.sort();
    let silent: u32 = claims
        .iter()
        .filter(|c| c.seat.role == seat.role && !c.alive)
        .fold(0, |sum, claim| sum.saturating_add(claim.kept()));
    let mut whole = part(budget, seat.role);
    if seat.role == Role::Serve {
        let absent = [Role::Work, Role::Fleet].into_iter().filter(|&r| !claims.iter().any(|c| c.seat.role == r));
        whole += absent.map(|role| part(budget, role)).sum::<u32>();
    }
    let whole = whole.saturating_sub(silent);
    let Some(place) = living.iter().position(|other| *other == seat) else { return 0 };
    let (count, place) = (u32::try_from(living.len()).unwrap_or(u32::MAX), u32::try_from(place).unwrap_or(u32::MAX));
    whole / count + u32::from(place < whole % count)
}
