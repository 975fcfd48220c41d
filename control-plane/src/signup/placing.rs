//! Where staff may put a hotel that they sign up, and why not there.
use hotelhub_protocol::ClusterId;
use hotelhub_web::{AppError, Kind};
use thiserror::Error;

use crate::fleet::clusters::{Need, Unfit};
use crate::plans::{PlacedIn, Plan};

/// What staff choose for one hotel; what they leave open is as in any sign-up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// What it is placed in; as its plan says where nothing is chosen.
    pub(crate) placed_in: Option<PlacedIn>,
    /// The cluster it comes to; the one that is right for it where none is chosen.
    pub(crate) cluster: Option<ClusterId>,
}

impl Chosen {
    /// What a hotel of this plan is placed in. One that is to be alone on its server shares a database only where its plan says so.
    pub(super) fn placed_in(&self, plan: &Plan, need: Need) -> Result<PlacedIn, Unplaced> {
        let placed_in = self.placed_in.unwrap_or(plan.placed_in);
        let shares_alone = need == Need::Alone && placed_in == PlacedIn::Schema && placed_in != plan.placed_in;
        if shares_alone { Err(Unplaced::Alone) } else { Ok(placed_in) }
    }
}

/// Why a hotel is not put where staff chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unplaced {
    /// Its plan gives it a server of its own, and staff chose a database that others share.
    #[error("hotels of this plan lie alone on a server: they share no database")]
    Alone,
    /// There is no cluster with the name that was chosen.
    #[error("there is no such cluster")]
    UnknownCluster,
    /// The cluster that was chosen takes nobody.
    #[error("this cluster takes no hotels: it is closed, or being emptied")]
    ClusterClosed,
    /// The cluster that was chosen is not for a hotel of this plan.
    #[error("this cluster is not for a hotel of this plan: others share it, or one is alone there")]
    ClusterForOthers,
    /// The cluster that was chosen is full.
    #[error("this cluster is full: it holds as many databases as it may")]
    ClusterFull,
    /// None was chosen, and none has room.
    #[error("no open cluster has room for a hotel of this plan")]
    NoRoom,
}

impl From<Unfit> for Unplaced {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Unknown => Self::UnknownCluster,
            Unfit::Closed => Self::ClusterClosed,
            Unfit::ForOthers => Self::ClusterForOthers,
            Unfit::Full => Self::ClusterFull,
        }
    }
}

impl From<Unplaced> for AppError {
    fn from(refusal: Unplaced) -> Self {
        let text = refusal.to_string();
        let (kind, code, field) = match refusal {
            Unplaced::Alone => (Kind::Conflict, "plan-lies-alone", Some("placed_in")),
            Unplaced::UnknownCluster => (Kind::NotFound, "unknown-cluster", Some("cluster")),
            Unplaced::ClusterClosed => (Kind::Conflict, "cluster-closed", Some("cluster")),
            Unplaced::ClusterForOthers => (Kind::Conflict, "cluster-for-others", Some("cluster")),
            Unplaced::ClusterFull => (Kind::Conflict, "cluster-full", Some("cluster")),
            Unplaced::NoRoom => (Kind::Conflict, "no-room", None),
        };
        let refused = Self::new(kind, code, text.clone());
        match field {
            Some(field) => refused.field(field, text),
            None => refused,
        }
    }
}
