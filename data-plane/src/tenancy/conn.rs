//! What a handler borrows from its tenant's pool: a connection, or a transaction on one.
use std::error::Error;
use std::ops::Deref;

use hotelhub_web::AppError;

use super::pool::Lent;
use super::{DbError, Params, Session};

/// A borrowed connection. It goes back clean or is closed; nobody heals it.
pub struct TenantConn {
    lent: Lent,
}

/// A transaction. Dropped without an end it takes its connection with it.
pub struct TenantTx {
    conn: TenantConn,
}

impl Deref for TenantConn {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.lent.session()
    }
}

impl Deref for TenantTx {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.conn
    }
}

impl TenantConn {
    pub(super) fn of(lent: Lent) -> Self {
        Self { lent }
    }

    /// Begins a transaction.
    pub async fn begin(self) -> Result<TenantTx, DbError> {
        self.forget_failure();
        self.say("begin").await?;
        Ok(TenantTx { conn: self })
    }

    /// Begins a transaction with its first statement, in one round trip once the statement is known. The statement can tell whether it is in
    /// this transaction or, where `begin` was refused, in none: deferrable means nothing to a transaction that writes, and none is unless told.
    pub(super) async fn begin_and(self, sql: &'static str, params: Params<'_>) -> Result<(TenantTx, u64), DbError> {
        self.forget_failure();
        let (begun, first) = tokio::join!(biased; self.say("begin deferrable"), self.execute(sql, params));
        begun?;
        let tx = TenantTx { conn: self };
        match first {
            Ok(changed) => Ok((tx, changed)),
            Err(error) => {
                tx.rollback().await?;
                Err(error)
            }
        }
    }
}

impl TenantTx {
    /// Makes it so. A transaction in which a statement failed is rolled back instead and reported.
    pub async fn commit(self) -> Result<(), DbError> {
        if self.has_failed() {
            self.conn.say("rollback").await?;
            return Err(self.conn.aborted());
        }
        self.conn.say("commit").await
    }

    /// Commits with a last statement, in one round trip once the statement is known. Either both count or neither.
    pub(super) async fn commit_with(self, sql: &'static str, params: Params<'_>) -> Result<(), DbError> {
        if self.has_failed() {
            return self.commit().await;
        }
        // After a statement that failed, `commit` rolls back; one that cannot even be prepared drops the transaction here.
        self.execute_and_say(sql, params, "commit").await?;
        Ok(())
    }

    /// Leaves everything as it was.
    pub async fn rollback(self) -> Result<(), DbError> {
        self.conn.say("rollback").await
    }

    /// Commits when all went well, rolls back when not; the outcome stays what it was unless the commit fails.
    pub async fn settle<T>(self, outcome: Result<T, AppError>) -> Result<T, AppError> {
        match outcome {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(refusal) => {
                if let Err(error) = self.rollback().await {
                    tracing::warn!(error = &error as &dyn Error, "a rollback failed; the connection is closed");
                }
                Err(refusal)
            }
        }
    }
}
