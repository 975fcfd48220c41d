//! A page of a long list, and the cursor to the next.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// Where the next page starts; absent on the last.
    pub next: Option<Cursor>,
}

/// Where a page starts: behind the row of this sort key and id. Opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// The sort key of the last row seen, as text.
    pub key: String,
    /// The id of the last row seen: breaks ties.
    pub id: Uuid,
}

/// A cursor that no page of ours gave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this cursor was not given out by a page of this list")]
pub struct BadCursor;

impl<T> Page<T> {
    /// Makes a page of at most `limit` rows out of up to `limit + 1` fetched ones; `cursor` names a row's place.
    pub fn cut(mut rows: Vec<T>, limit: usize, cursor: impl Fn(&T) -> Cursor) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(cursor) } else { None };
        Self { items: rows, next }
    }
}

impl TryFrom<String> for Cursor {
    type Error = BadCursor;

    fn try_from(text: String) -> Result<Self, BadCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
        let (id, key) = bytes.split_first_chunk::<16>().ok_or(BadCursor)?;
        let key = String::from_utf8(key.to_vec()).map_err(|_| BadCursor)?;
        Ok(Self { key, id: Uuid::from_bytes(*id) })
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        URL_SAFE_NO_PAD.encode([cursor.id.as_bytes().as_slice(), cursor.key.as_bytes()].concat())
    }
}
