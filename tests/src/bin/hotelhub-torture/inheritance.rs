//! What lies in a database that was restored from a copy of another hotel's: that hotel's session, and an answer that was kept for it.
use anyhow::{Result, ensure};
use hotelhub_tests::Connection;

use crate::town::Town;
use crate::visits::{HEIR, INHERITED, inherited};

const KEPT: &str = "select request_hash, sealed from idempotency_keys where key = $1";

const INHERIT_ANSWER: &str = "update idempotency_keys set request_hash = $2, sealed = $3 where key = $1";

const TOKENS: &str = "select token_hash from sessions order by created_at limit 1";

const INHERIT_SESSION: &str = "
    insert into sessions (id, user_id, token_hash, created_at, rotated_at, last_seen_at, expires_at)
    select gen_random_uuid(), id, $1, now(), now(), now(), now() + interval '1 day' from users limit 1";

/// What one hotel leaves to the next.
struct Estate {
    token: Vec<u8>,
    request_hash: Vec<u8>,
    sealed: Vec<u8>,
}

/// Leaves to each hotel what the one before it has.
pub(crate) async fn leave(town: &Town) -> Result<()> {
    let mut estates = Vec::new();
    for hotel in &town.hotels {
        let mut guest = Connection::open_from(HEIR, town.port).await?;
        let reply = guest.send(&inherited(hotel, hotel)).await?;
        ensure!(reply.status == 201, "no room to leave behind: {}", String::from_utf8_lossy(&reply.body));
        let inside = town.inside(hotel).await?;
        let kept = inside.query_one(KEPT, &[&INHERITED]).await?;
        let token = inside.query_one(TOKENS, &[]).await?.get(0);
        estates.push(Estate { token, request_hash: kept.get(0), sealed: kept.get(1) });
    }
    estates.rotate_right(1);
    for (hotel, Estate { token, request_hash, sealed }) in town.hotels.iter().zip(estates) {
        let inside = town.inside(hotel).await?;
        inside.execute(INHERIT_ANSWER, &[&INHERITED, &request_hash, &sealed]).await?;
        inside.execute(INHERIT_SESSION, &[&token]).await?;
    }
    Ok(())
}
