//! The vendor's staff: six roles and what each may do in the control plane.
use serde::{Deserialize, Serialize};

/// One thing that may be done at the vendor; its text is `subject.verb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(into = "&'static str")]
#[expect(missing_docs, reason = "each name says what it permits")]
pub enum StaffPermission {
    TenantRead,
    TenantChange,
    TenantDelete,
    SubscriptionRead,
    SubscriptionChange,
    PlanRead,
    PlanChange,
    FleetRead,
    FleetChange,
    MailRead,
    StaffManage,
    AuditRead,
}

impl StaffPermission {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::TenantRead,
        Self::TenantChange,
        Self::TenantDelete,
        Self::SubscriptionRead,
        Self::SubscriptionChange,
        Self::PlanRead,
        Self::PlanChange,
        Self::FleetRead,
        Self::FleetChange,
        Self::MailRead,
        Self::StaffManage,
        Self::AuditRead,
    ];

    /// The permission as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TenantRead => "tenant.read",
            Self::TenantChange => "tenant.change",
            Self::TenantDelete => "tenant.delete",
            Self::SubscriptionRead => "subscription.read",
            Self::SubscriptionChange => "subscription.change",
            Self::PlanRead => "plan.read",
            Self::PlanChange => "plan.change",
            Self::FleetRead => "fleet.read",
            Self::FleetChange => "fleet.change",
            Self::MailRead => "mail.read",
            Self::StaffManage => "staff.manage",
            Self::AuditRead => "audit.read",
        }
    }
}

impl From<StaffPermission> for &'static str {
    fn from(permission: StaffPermission) -> Self {
        permission.as_str()
    }
}

/// A role at the vendor; each member of staff has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
#[expect(missing_docs, reason = "each is a position the requirements name")]
pub enum StaffRole {
    SuperAdmin,
    Sales,
    Support,
    Finance,
    DevOps,
    ReadOnly,
}

impl StaffRole {
    /// All of them, the widest first.
    pub const ALL: [Self; 6] =
        [Self::SuperAdmin, Self::Sales, Self::Support, Self::Finance, Self::DevOps, Self::ReadOnly];

    /// The role as text, as a database keeps it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SuperAdmin => "super_admin",
            Self::Sales => "sales",
            Self::Support => "support",
            Self::Finance => "finance",
            Self::DevOps => "dev_ops",
            Self::ReadOnly => "read_only",
        }
    }

    /// Reads a role's text; nothing for one that is not among the six.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether the role may do this.
    pub fn may(self, permission: StaffPermission) -> bool {
        use StaffPermission as P;
        match self {
            Self::SuperAdmin => true,
            Self::Sales => {
                matches!(permission, P::TenantRead | P::SubscriptionRead | P::SubscriptionChange | P::PlanRead)
            }
            Self::Support => {
                matches!(permission, P::TenantRead | P::TenantChange | P::SubscriptionRead | P::FleetRead | P::MailRead)
            }
            Self::Finance => matches!(
                permission,
                P::TenantRead
                    | P::SubscriptionRead
                    | P::SubscriptionChange
                    | P::PlanRead
                    | P::PlanChange
                    | P::AuditRead
            ),
            Self::DevOps => {
                matches!(permission, P::TenantRead | P::FleetRead | P::FleetChange | P::MailRead | P::AuditRead)
            }
            Self::ReadOnly => permission.as_str().ends_with(".read"),
        }
    }
}

impl From<StaffRole> for &'static str {
    fn from(role: StaffRole) -> Self {
        role.as_str()
    }
}

impl TryFrom<String> for StaffRole {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("there is no role {text}"))
    }
}
