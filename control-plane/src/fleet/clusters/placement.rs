//! Where a hotel is put: one rule, over what is known of the clusters.
use hotelhub_protocol::ClusterId;

/// Whom a cluster is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Any hotel.
    Any,
    /// Hotels that share it.
    Shared,
    /// One hotel alone.
    Alone,
}

/// What a hotel's plan asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A place among others.
    Shared,
    /// A cluster of its own, where the vendor keeps such.
    Alone,
}

/// Why a hotel cannot come to a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// No cluster has this name.
    Unknown,
    /// It takes no hotels: it is closed, or being emptied.
    Closed,
    /// It is for others: for those that share one, or for one that is there already.
    ForOthers,
    /// It holds as many databases as it may.
    Full,
}

/// A cluster, as far as the choice goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub id: ClusterId,
    /// Whom it is for.
    pub tier: Tier,
    /// Whether it takes hotels at all.
    pub open: bool,
    /// The version of the hotel schema its template has, if it has one.
    pub template: Option<String>,
    /// Databases that are ready for the next hotels.
    pub ready: i64,
    /// Hotels that live there, or are on their way there.
    pub hotels: i64,
    /// Databases it holds.
    pub databases: i64,
    /// Databases it may hold.
    pub capacity: i64,
    /// Connections that its hotels' plans allow, all together.
    pub promised: i64,
    /// Connections all nodes together may open.
    pub budget: i64,
}

impl Tier {
    /// Reads what a row keeps.
    pub fn read(text: &str) -> Self {
        match text {
            "shared" => Self::Shared,
            "alone" => Self::Alone,
            _ => Self::Any,
        }
    }
}

impl Candidate {
    /// Whether a hotel of this need may come.
    pub fn takes(&self, need: Need) -> bool {
        self.refuses(need).is_none()
    }

    /// Why a hotel of this need may not come; nothing where it may.
    pub fn refuses(&self, need: Need) -> Option<Unfit> {
        let fits = match (self.tier, need) {
            (Tier::Any, _) | (Tier::Shared, Need::Shared) => true,
            (Tier::Alone, Need::Alone) => self.hotels == 0,
            (Tier::Shared, Need::Alone) | (Tier::Alone, Need::Shared) => false,
        };
        if !self.open {
            return Some(Unfit::Closed);
        }
        if !fits {
            return Some(Unfit::ForOthers);
        }
        // Where a database is ready, the hotel gets that one.
        (self.databases - self.ready >= self.capacity).then_some(Unfit::Full)
    }

    /// Whether it may hold one more database beside those that are ready: a hotel that brings its own, or shares one, takes none of them.
    pub fn has_room(&self) -> bool {
        self.databases < self.capacity
    }

    /// What is less is better: the clusters that are meant for it, those that can serve it soonest, and of these the one with most room.
    fn rank(&self, need: Need) -> (bool, bool, bool, i64, i64, &ClusterId) {
        let for_any = match need {
            Need::Alone => self.tier != Tier::Alone,
            Need::Shared => self.tier != Tier::Shared,
        };
        let part = |of: i64, whole: i64| of.saturating_mul(10_000) / whole.max(1);
        let held = self.databases - self.ready;
        let (full, busy) = (part(held, self.capacity), part(self.promised, self.budget));
        (for_any, self.template.is_none(), self.ready == 0, full, busy, &self.id)
    }
}

/// The cluster for a hotel of this need; none where none has room.
pub fn choose(candidates: &[Candidate], need: Need) -> Option<&Candidate> {
    candidates.iter().filter(|known| known.takes(need)).min_by_key(|known| known.rank(need))
}

/// The cluster of this name, for a hotel of this need; why not, where it cannot come there.
pub fn named<'a>(candidates: &'a [Candidate], need: Need, id: &ClusterId) -> Result<&'a Candidate, Unfit> {
    let named = candidates.iter().find(|known| known.id == *id).ok_or(Unfit::Unknown)?;
    named.refuses(need).map_or(Ok(named), Err)
}
