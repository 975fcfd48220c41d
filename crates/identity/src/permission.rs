//! What somebody may do in a hotel, one thing at a time.
use serde::Serialize;

/// One thing that may be done in a hotel; its text is `subject.verb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(into = "&'static str")]
#[expect(missing_docs, reason = "each name says what it permits")]
pub enum Permission {
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
    FolioReverse,
    FolioTransfer,
    PaymentTake,
    PaymentReverse,
    RateRead,
    RateChange,
    RoomRead,
    RoomChange,
    HousekeepingUpdate,
    PropertyRead,
    PropertyChange,
    UserManage,
    AuditRead,
    ReportRead,
    DataExport,
}

impl Permission {
    /// All of them, in the order of a rights page.
    pub const ALL: [Self; 27] = [
        Self::ReservationRead,
        Self::ReservationCreate,
        Self::ReservationAmend,
        Self::ReservationCancel,
        Self::GuestRead,
        Self::GuestUpdate,
        Self::FrontdeskRead,
        Self::FrontdeskAssign,
        Self::FrontdeskCheckin,
        Self::FrontdeskCheckout,
        Self::FolioRead,
        Self::FolioPost,
        Self::FolioReverse,
        Self::FolioTransfer,
        Self::PaymentTake,
        Self::PaymentReverse,
        Self::RateRead,
        Self::RateChange,
        Self::RoomRead,
        Self::RoomChange,
        Self::HousekeepingUpdate,
        Self::PropertyRead,
        Self::PropertyChange,
        Self::UserManage,
        Self::AuditRead,
        Self::ReportRead,
        Self::DataExport,
    ];

    /// The permission as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReservationRead => "reservation.read",
            Self::ReservationCreate => "reservation.create",
            Self::ReservationAmend => "reservation.amend",
            Self::ReservationCancel => "reservation.cancel",
            Self::GuestRead => "guest.read",
            Self::GuestUpdate => "guest.update",
            Self::FrontdeskRead => "frontdesk.read",
            Self::FrontdeskAssign => "frontdesk.assign",
            Self::FrontdeskCheckin => "frontdesk.checkin",
            Self::FrontdeskCheckout => "frontdesk.checkout",
            Self::FolioRead => "folio.read",
            Self::FolioPost => "folio.post",
            Self::FolioReverse => "folio.reverse",
            Self::FolioTransfer => "folio.transfer",
            Self::PaymentTake => "payment.take",
            Self::PaymentReverse => "payment.reverse",
            Self::RateRead => "rate.read",
            Self::RateChange => "rate.change",
            Self::RoomRead => "room.read",
            Self::RoomChange => "room.change",
            Self::HousekeepingUpdate => "housekeeping.update",
            Self::PropertyRead => "property.read",
            Self::PropertyChange => "property.change",
            Self::UserManage => "user.manage",
            Self::AuditRead => "audit.read",
            Self::ReportRead => "report.read",
            Self::DataExport => "data.export",
        }
    }

    fn bit(self) -> u64 {
        1 << (self as u32)
    }
}

impl From<Permission> for &'static str {
    fn from(permission: Permission) -> Self {
        permission.as_str()
    }
}

/// A set of permissions: what somebody's roles give together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u64);

impl Permissions {
    /// None at all.
    pub const NONE: Self = Self(0);

    /// Whether this one is among them.
    pub fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// These and those.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Each of them, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |set, permission| set | permission.bit()))
    }
}
