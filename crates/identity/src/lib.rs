//! Who someone is and what they may: rules only, the same for a hotel's people and the vendor's staff.
//!
//! Nothing here knows a tenant, a database or a request; clock and dice are handed in.
mod link;
mod password;
mod permission;
mod readable;
mod recovery;
mod role;
mod session;
mod staff;
#[cfg(test)]
mod tests;
mod throttle;
mod totp;

pub use link::LinkToken;
pub use password::{Password, PasswordHash, WeakPassword};
pub use permission::{Permission, Permissions};
pub use recovery::RecoveryCodes;
pub use role::HotelRole;
pub use session::SessionToken;
pub use staff::{StaffPermission, StaffRole};
pub use throttle::Throttle;
pub use totp::Totp;
