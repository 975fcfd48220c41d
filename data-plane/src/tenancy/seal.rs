//! What a tenant's database keeps closed: an answer or a letter may hold a link that lets its reader in.
use super::Tenant;

impl Tenant {
    /// Closes what the row of this name keeps, under a key of the tenant: it opens at no other row.
    pub(crate) fn seal(&self, row: &str, plain: &[u8]) -> Vec<u8> {
        self.key("sealed").seal(row.as_bytes(), plain, &self.node().entropy)
    }

    /// Opens what the row of this name keeps; nothing where it was not closed for it, or under another key.
    pub(crate) fn open(&self, row: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.key("sealed").open(row.as_bytes(), sealed)
    }
}
