//! What a handler borrows from its tenant's pool: a connection, or a transaction on one.
use std::ops::Deref;

use hotelhub_web::AppError;

use super::{DbError, Session};

/// A borrowed connection. It goes back clean or is closed; nobody heals it.
pub struct TenantConn {
    session: Session,
}

/// A transaction. Dropped without an end it takes its connection with it.
pub struct TenantTx {
    conn: TenantConn,
}

impl Deref for TenantConn {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl Deref for TenantTx {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.conn
    }
}

impl TenantConn {
    /// Begins a transaction.
    pub async fn begin(self) -> Result<TenantTx, DbError> {
        self.forget_failure();
        self.say("begin").await?;
        Ok(TenantTx { conn: self })
    }
}

impl TenantTx {
    /// Makes it so. A transaction in which a statement failed is rolled back instead and reported.
    pub async fn commit(self) -> Result<(), DbError> {
        if self.has_failed() {
            self.conn.say("rollback").await?;
            return Err(DbError::aborted());
        }
        self.conn.say("commit").await
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
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a rollback failed; the connection is closed"
                    );
                }
                Err(refusal)
            }
        }
    }
}
