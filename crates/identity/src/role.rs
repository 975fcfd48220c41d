//! The ten roles of a hotel and what each may do.
use serde::{Deserialize, Serialize};

use crate::Permission::{
    AuditRead, DataExport, FolioPost, FolioRead, FolioReverse, FolioTransfer, FrontdeskAssign, FrontdeskCheckin,
    FrontdeskCheckout, FrontdeskRead, GuestRead, GuestUpdate, HousekeepingUpdate, PaymentReverse, PaymentTake,
    PropertyRead, RateChange, RateRead, ReportRead, ReservationAmend, ReservationCancel, ReservationCreate,
    ReservationRead, RoomChange, RoomRead, UserManage,
};
use crate::{Permission, Permissions};

/// A role in a hotel; somebody may have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
#[expect(missing_docs, reason = "each is a position that every hotel knows")]
pub enum HotelRole {
    Owner,
    Manager,
    FrontOffice,
    Housekeeping,
    PosCashier,
    Accounting,
    RevenueManager,
    Maintenance,
    Hr,
    ReadOnlyAuditor,
}

impl HotelRole {
    /// All of them, the widest first.
    pub const ALL: [Self; 10] = [
        Self::Owner,
        Self::Manager,
        Self::FrontOffice,
        Self::Housekeeping,
        Self::PosCashier,
        Self::Accounting,
        Self::RevenueManager,
        Self::Maintenance,
        Self::Hr,
        Self::ReadOnlyAuditor,
    ];

    /// The role as text, as a database keeps it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::FrontOffice => "front_office",
            Self::Housekeeping => "housekeeping",
            Self::PosCashier => "pos_cashier",
            Self::Accounting => "accounting",
            Self::RevenueManager => "revenue_manager",
            Self::Maintenance => "maintenance",
            Self::Hr => "hr",
            Self::ReadOnlyAuditor => "read_only_auditor",
        }
    }

    /// Reads a role's text; nothing for one that is not among the ten.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// What the role may do.
    pub fn permissions(self) -> Permissions {
        let all = || Permission::ALL.into_iter();
        match self {
            Self::Owner => all().collect(),
            // A manager runs the house; who works in it is the owner's and the personnel office's to say, and whether all it knows leaves it
            // is the owner's alone.
            Self::Manager => all().filter(|permission| ![UserManage, DataExport].contains(permission)).collect(),
            Self::FrontOffice => FRONT_OFFICE.iter().copied().collect(),
            Self::Housekeeping => [RoomRead, HousekeepingUpdate].into_iter().collect(),
            Self::PosCashier => [FolioRead, FolioPost, PaymentTake, FrontdeskRead].into_iter().collect(),
            Self::Accounting => ACCOUNTING.iter().copied().collect(),
            Self::RevenueManager => REVENUE.iter().copied().collect(),
            Self::Maintenance => [RoomRead, RoomChange].into_iter().collect(),
            Self::Hr => [UserManage].into_iter().collect(),
            Self::ReadOnlyAuditor => all().filter(|permission| permission.as_str().ends_with(".read")).collect(),
        }
    }

    /// What several roles may do together.
    pub fn union(roles: &[Self]) -> Permissions {
        roles.iter().fold(Permissions::NONE, |set, role| set.and(role.permissions()))
    }
}

const FRONT_OFFICE: &[Permission] = &[
    ReservationRead,
    ReservationCreate,
    ReservationAmend,
    ReservationCancel,
    GuestRead,
    GuestUpdate,
    FrontdeskRead,
    FrontdeskAssign,
    FrontdeskCheckin,
    FrontdeskCheckout,
    FolioRead,
    FolioPost,
    FolioTransfer,
    PaymentTake,
    RateRead,
    RoomRead,
    HousekeepingUpdate,
    PropertyRead,
];

const ACCOUNTING: &[Permission] = &[
    ReservationRead,
    GuestRead,
    FrontdeskRead,
    FolioRead,
    FolioPost,
    FolioReverse,
    FolioTransfer,
    PaymentTake,
    PaymentReverse,
    RateRead,
    PropertyRead,
    AuditRead,
    ReportRead,
];

const REVENUE: &[Permission] =
    &[ReservationRead, FrontdeskRead, RateRead, RateChange, RoomRead, PropertyRead, ReportRead];

impl From<HotelRole> for &'static str {
    fn from(role: HotelRole) -> Self {
        role.as_str()
    }
}

impl TryFrom<String> for HotelRole {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("there is no role {text}"))
    }
}
