//! What a new tenant begins with.
use hotelhub_kernel::{Slug, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a new tenant's database starts with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantSeed {
    /// Whose it is from now on.
    pub tenant: TenantId,
    /// Its name in its address.
    pub slug: Slug,
    /// The hotel's name.
    pub hotel: String,
    /// Its time zone, an IANA name.
    pub time_zone: String,
    /// The owner's account.
    pub owner: OwnerSeed,
}

/// The owner's account, without a password until the owner sets one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerSeed {
    /// The account's id.
    pub user: Uuid,
    /// The owner's name.
    pub name: String,
    /// The owner's mail address, in lower case.
    pub email: String,
    /// The owner's telephone number.
    pub phone: String,
    /// SHA-256 of the one-time login token of the welcome letter, in hexadecimal.
    pub login_token_sha256: String,
    /// Until when that token opens.
    pub login_token_expires_at: Timestamp,
}
