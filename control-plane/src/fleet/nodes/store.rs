//! Nodes as rows.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hotelhub_kernel::{Entropy, sha256};
use hotelhub_protocol::{Heartbeat, Role};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::PgPool;
use sqlx::types::Json;

use super::role;
use crate::database::{DbError, Tx};
use crate::fleet::shares;

/// A node as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it was enrolled for.
    pub roles: Vec<String>,
    /// The program's version, once it was heard.
    pub version: Option<String>,
    /// When it started last.
    pub started_at: Option<Timestamp>,
    /// When it was heard last.
    pub last_heartbeat_at: Option<Timestamp>,
    /// What it said then.
    #[schema(value_type = Option<Object>)]
    pub load: Option<Heartbeat>,
    /// When staff retired it.
    pub retired_at: Option<Timestamp>,
}

impl Node {
    /// Whether it is in service and was heard after this moment.
    pub(crate) fn is_heard_after(&self, moment: Timestamp) -> bool {
        self.retired_at.is_none() && self.last_heartbeat_at.is_some_and(|at| moment < at)
    }
}

/// What a new node is given, once.
#[derive(Clone, Debug, Serialize)]
pub struct Enrolled {
    /// Its name.
    pub name: String,
    /// What it shows at our doors; only its hash is kept here.
    pub token: String,
}

/// What is known of a token.
pub(super) struct Credentials {
    pub(super) token_hash: Vec<u8>,
    pub(super) roles: Vec<Role>,
}

pub(super) async fn credentials(pool: &PgPool, name: &str) -> Result<Option<Credentials>, DbError> {
    let row = sqlx::query!("select token_hash, roles from nodes where name = $1 and retired_at is null", name)
        .fetch_optional(pool)
        .await?;
    Ok(row.map(|row| Credentials {
        token_hash: row.token_hash,
        roles: row.roles.iter().filter_map(|name| role::read(name)).collect(),
    }))
}

/// Writes a node down, or gives a known one a new token and new roles; the old token is worth nothing from then on.
pub async fn enrol(
    tx: &mut Tx,
    name: &str,
    roles: &[Role],
    entropy: &Entropy,
    now: Timestamp,
) -> Result<Enrolled, DbError> {
    let token = format!("{name}.{}", URL_SAFE_NO_PAD.encode(entropy.bytes::<32>()));
    let hash = sha256(token.as_bytes());
    let roles: Vec<String> = roles.iter().map(|&r| role::text(r).to_owned()).collect();
    sqlx::query!(
        "insert into nodes (name, token_hash, roles, created_at) values ($1, $2, $3, $4)
         on conflict (name) do update set token_hash = excluded.token_hash, roles = excluded.roles, retired_at = null",
        name,
        hash.as_slice(),
        &roles,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(Enrolled { name: name.to_owned(), token })
}

/// Retires a node that is gone: its token opens nothing, its connection shares and its reserve are free. Whether there was one.
pub async fn retire(tx: &mut Tx, name: &str, at: Timestamp) -> Result<bool, DbError> {
    shares::in_turn(tx).await?;
    let now = at.to_sqlx();
    let retired =
        sqlx::query!("update nodes set retired_at = $2 where name = $1 and retired_at is null", name, now as _)
            .execute(&mut **tx)
            .await?;
    sqlx::query!(
        "update work_orders set leased_until = least(leased_until, $2) where leased_by = $1 and state = 'leased'",
        name,
        now as _
    )
    .execute(&mut **tx)
    .await?;
    shares::forget(tx, name, at).await?;
    Ok(retired.rows_affected() > 0)
}

/// Keeps a sign of life. A node that started anew lets go of the orders its former process leased.
pub(super) async fn keep(pool: &PgPool, name: &str, beat: &Heartbeat, now: Timestamp) -> Result<(), DbError> {
    let started = beat.started_at.to_sqlx();
    let now = now.to_sqlx();
    let before = sqlx::query!(
        r#"with before as (select started_at from nodes where name = $1)
         update nodes set version = $2, started_at = $3, last_heartbeat_at = $4, load = $5
          where name = $1
         returning (select started_at from before) is distinct from $3 as "restarted!""#,
        name,
        beat.version,
        started as _,
        now as _,
        Json(beat) as _
    )
    .fetch_one(pool)
    .await?;
    if before.restarted {
        sqlx::query!(
            "update work_orders set leased_until = $3
              where leased_by = $1 and state = 'leased' and leased_at < $2 and leased_until > $3",
            name,
            started as _,
            now as _
        )
        .execute(pool)
        .await?;
    }
    Ok(())
}

/// Every node, those in service first.
pub async fn list(pool: &PgPool) -> Result<Vec<Node>, DbError> {
    let rows = sqlx::query!(
        r#"select name, roles, version, started_at, last_heartbeat_at, load as "load: Json<Heartbeat>", retired_at
             from nodes order by retired_at nulls first, name"#
    )
    .fetch_all(pool)
    .await?;
    let node = rows.into_iter().map(|row| Node {
        name: row.name,
        roles: row.roles,
        version: row.version,
        started_at: row.started_at.map(|at| at.to_jiff()),
        last_heartbeat_at: row.last_heartbeat_at.map(|at| at.to_jiff()),
        load: row.load.map(|Json(load)| load),
        retired_at: row.retired_at.map(|at| at.to_jiff()),
    });
    Ok(node.collect())
}
