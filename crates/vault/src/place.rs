//! Where in a store backups lie. One place for each, named by ids alone, so that no name leads to another tenant's or server's.
use std::fmt;

use hotelhub_kernel::TenantId;
use hotelhub_store::Spot;
use uuid::Uuid;

/// Where one backup lies: `<tenant>/<backup>/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose it is.
    pub tenant: TenantId,
    /// Which.
    pub backup: Uuid,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.backup)
    }
}

/// A Postgres server as the store knows it: its id, which is safe as a folder's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server(String);

impl Server {
    /// The server of this id; nothing where that is no folder's name: letters, digits, hyphens and underscores, at most 63.
    pub fn named(id: &str) -> Option<Self> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let good = (1..=63).contains(&id.len()) && id.bytes().all(fits);
        good.then(|| Self(id.to_owned()))
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where one base backup of a server lies: `servers/<server>/base/<base>/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasePlace {
    /// Of which server.
    pub server: Server,
    /// Which.
    pub base: Uuid,
}

impl fmt::Display for BasePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "servers/{}/base/{}", self.server, self.base)
    }
}

impl From<Place> for Spot {
    fn from(place: Place) -> Self {
        Self::own(place.to_string())
    }
}

/// Postgres writes its WAL, the fleet role reads it: the group may.
impl From<&BasePlace> for Spot {
    fn from(place: &BasePlace) -> Self {
        Self::shared(place.to_string())
    }
}

/// Where a server's WAL lies: `servers/<server>/wal/`.
pub(crate) fn wal_of(server: &Server) -> Spot {
    Spot::shared(format!("servers/{server}/wal"))
}
