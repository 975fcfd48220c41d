//! Which heartbeat is heard: each has a number, and one that was held up on its way changes nothing where a later one was heard.
use hotelhub_protocol::BeatNumber;

use crate::database::{DbError, Tx};

/// What a heartbeat is to those that were heard before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The newest; or the node does not count, as older ones do not.
    Newest,
    /// A later one of the same start was heard, or the very same.
    Late,
    /// Of another start than the one that is known, or of one that has no number yet: this is the next number.
    Begins(u64),
}

/// Notes that this heartbeat was heard. A start that is not the one known gets a number of its own, and nothing that was sent under another
/// counts any more: neither clocks nor chance tell an old start from a new one.
pub(super) async fn hear(tx: &mut Tx, node: &str, number: Option<BeatNumber>) -> Result<Heard, DbError> {
    let Some(number) = number else { return Ok(Heard::Newest) };
    let known = sqlx::query!("select start_number, beat_number from nodes where name = $1", node);
    let known = known.fetch_one(&mut **tx).await?;
    if number.start == 0 || i64::try_from(number.start) != Ok(known.start_number) {
        let begun = sqlx::query!(
            "update nodes set start_number = start_number + 1, beat_number = 0 where name = $1 returning start_number",
            node
        );
        let start = begun.fetch_one(&mut **tx).await?.start_number;
        return Ok(Heard::Begins(u64::try_from(start).unwrap_or(0)));
    }
    let beat = i64::try_from(number.beat).unwrap_or(i64::MAX);
    if beat <= known.beat_number {
        return Ok(Heard::Late);
    }
    sqlx::query!("update nodes set beat_number = $2 where name = $1", node, beat).execute(&mut **tx).await?;
    Ok(Heard::Newest)
}
