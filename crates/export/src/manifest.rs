//! What an export says of itself: whose data, of which schema, and every entry with its length and checksum.
use hotelhub_kernel::TenantId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Refused;

/// The version of the format.
pub const FORMAT: u32 = 1;

/// The entry that says what the others are; the last one.
pub const MANIFEST: &str = "manifest.json";

/// The entry that tells people what the file is.
pub const README: &str = "README.txt";

/// A manifest of so many entries is not longer, in bytes: who says more of a few than there is to say is not listened to.
pub(crate) fn longest(entries: usize) -> usize {
    64 * 1024 + entries * 512
}

/// None of its words is longer, in bytes.
const LONGEST_WORD: usize = 1_000;

/// What is known of an export before it is packed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// The product whose data they are: `hotel`.
    pub product: String,
    /// The version of the product's schema.
    pub schema: String,
    /// The instant it shows.
    pub taken_at: Timestamp,
    /// Whose data.
    pub hotel: Hotel,
    /// Who answers for them.
    pub owner: Owner,
}

/// The hotel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hotel {
    /// What it was called where it was exported.
    pub tenant: TenantId,
    /// Its name in its address there.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its time zone, an IANA name.
    pub time_zone: String,
    /// How many rooms it has.
    pub rooms: u32,
}

/// The owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// The owner's name.
    pub name: String,
    /// The owner's mail address.
    pub email: String,
    /// The owner's telephone number.
    pub phone: String,
}

/// The manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// What it holds.
    pub contents: Contents,
    /// The entries before it, in their order.
    pub parts: Vec<Part>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its path in the ZIP.
    pub name: String,
    /// How long it is, unpacked, in bytes.
    pub bytes: u64,
    /// SHA-256 of these, in hexadecimal.
    pub sha256: String,
    /// Rows in it; absent for what is no table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// Only this much of a manifest is needed to see that the rest may mean something else.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

impl Manifest {
    /// Reads one.
    ///
    /// # Errors
    /// When it is none, or of another format.
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let head: Head = serde_json::from_slice(bytes).map_err(|_| Refused::Manifest)?;
        if head.format != FORMAT {
            return Err(Refused::Format { theirs: head.format, ours: FORMAT });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|_| Refused::Manifest)?;
        let Contents { product, schema, hotel, owner, .. } = &manifest.contents;
        let words =
            [product, schema, &hotel.slug, &hotel.name, &hotel.time_zone, &owner.name, &owner.email, &owner.phone];
        let is_short = words.iter().all(|word| word.len() <= LONGEST_WORD);
        if is_short { Ok(manifest) } else { Err(Refused::Manifest) }
    }

    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.parts.iter().filter_map(|part| part.rows).fold(0, u64::saturating_add)
    }

    /// Bytes of all entries, unpacked.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).fold(0, u64::saturating_add)
    }
}
