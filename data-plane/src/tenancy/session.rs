//! One conversation with a tenant's database: what stores are given.
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, SimpleQueryMessage, Statement};

use super::DbError;
use super::error::FirstFailure;
use super::line::Line;

/// The values of a statement's `$1`, `$2`, ….
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection's client with its prepared statements. It speaks only named statements, and counts what it began and did not end.
pub struct Session {
    client: Client,
    /// The connection, where the calls themselves drive it.
    line: Option<Arc<Line>>,
    statements: Mutex<HashMap<(usize, usize), Statement, foldhash::fast::RandomState>>,
    /// Calls that were begun and not ended. A dropped future leaves its count here for ever: the connection is no one's any more.
    in_flight: AtomicU32,
    /// Whether a call failed since the transaction began.
    failed: AtomicBool,
    /// Whether its prepared statements have outlived the tables they were made against.
    outlived: AtomicBool,
    /// With what the first call since then failed. Calls that are under way together may learn of it before that call does.
    first_failure: Mutex<FirstFailure>,
}

impl Session {
    /// A session over a connection that its maker drives and answers for.
    pub(crate) fn over(client: Client) -> Self {
        let (in_flight, failed, outlived) = (AtomicU32::new(0), AtomicBool::new(false), AtomicBool::new(false));
        let (statements, first_failure) = (Mutex::default(), Mutex::default());
        Self { client, line: None, statements, in_flight, failed, outlived, first_failure }
    }

    /// A session whose calls drive the connection themselves.
    pub(super) fn driving(client: Client, line: Arc<Line>) -> Self {
        Self { line: Some(line), ..Self::over(client) }
    }

    /// All rows.
    pub async fn query(&self, sql: &'static str, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        self.counted(pin!(async { self.client.query(&self.prepared(sql).await?, params).await })).await
    }

    /// The one row there must be.
    pub async fn query_one(&self, sql: &'static str, params: Params<'_>) -> Result<Row, DbError> {
        self.counted(pin!(async { self.client.query_one(&self.prepared(sql).await?, params).await })).await
    }

    /// The one row there may be.
    pub async fn query_opt(&self, sql: &'static str, params: Params<'_>) -> Result<Option<Row>, DbError> {
        self.counted(pin!(async { self.client.query_opt(&self.prepared(sql).await?, params).await })).await
    }

    /// All rows, read right behind a statement with the same parameters, in one round trip once both are known: what is read is what was
    /// there when the first had its locks. Both are prepared before anything is sent, or the second would overtake the first.
    pub async fn query_behind(
        &self,
        first: &'static str,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<Vec<Row>, DbError> {
        let first = self.counted(pin!(self.prepared(first))).await?;
        let second = self.counted(pin!(self.prepared(sql))).await?;
        let (executing, asking) = (pin!(self.client.execute(&first, params)), pin!(self.client.query(&second, params)));
        let (done, rows) = tokio::join!(biased; self.counted(executing), self.counted(asking));
        done?;
        rows
    }

    /// The one row there may be, read as [`Session::query_behind`] does.
    pub async fn query_opt_behind(
        &self,
        first: &'static str,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<Option<Row>, DbError> {
        Ok(self.query_behind(first, sql, params).await?.pop())
    }

    /// How many rows were changed.
    pub async fn execute(&self, sql: &'static str, params: Params<'_>) -> Result<u64, DbError> {
        self.counted(pin!(async { self.client.execute(&self.prepared(sql).await?, params).await })).await
    }

    /// `begin`, of whichever kind, `commit` or `rollback`, and nothing else: it is not prepared.
    pub(super) async fn say(&self, word: &'static str) -> Result<(), DbError> {
        self.counted(pin!(async { self.client.batch_execute(word).await })).await
    }

    /// The first value of the first row, as text, of a statement that is asked once and not kept.
    pub(super) async fn first_text(&self, sql: &'static str) -> Result<Option<String>, DbError> {
        let messages = self.counted(pin!(self.client.simple_query(sql))).await?;
        Ok(messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        }))
    }

    /// Prepares a statement; one that takes no values is asked once, so that the server has planned it. Only for what reads.
    pub(super) async fn rehearse(&self, sql: &'static str) -> Result<(), DbError> {
        let statement = self.counted(pin!(self.prepared(sql))).await?;
        if statement.params().is_empty() {
            self.counted(pin!(self.client.query(&statement, &[]))).await?;
        }
        Ok(())
    }

    /// A statement and a word right behind it, in one round trip once the statement is known. The statement is prepared before anything is
    /// sent, or the word would overtake it.
    pub(super) async fn execute_and_say(
        &self,
        sql: &'static str,
        params: Params<'_>,
        word: &'static str,
    ) -> Result<u64, DbError> {
        let statement = self.counted(pin!(self.prepared(sql))).await?;
        let executing = pin!(self.client.execute(&statement, params));
        let (done, said) = tokio::join!(biased; self.counted(executing), self.say(word));
        let changed = done?;
        said.map(|()| changed)
    }

    /// Whether every call that was begun has ended.
    pub(super) fn is_quiet(&self) -> bool {
        self.in_flight.load(Ordering::Acquire) == 0
    }

    /// Whether its prepared statements are of no use any more.
    pub(super) fn has_outlived(&self) -> bool {
        self.outlived.load(Ordering::Acquire)
    }

    /// Whether a call failed since [`Session::forget_failure`].
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Why a transaction in which a call failed cannot be committed.
    pub(super) fn aborted(&self) -> DbError {
        DbError::aborted(&self.first_failure())
    }

    /// A new transaction begins: what failed before it is none of its business.
    pub(super) fn forget_failure(&self) {
        if self.failed.swap(false, Ordering::AcqRel) {
            *self.first_failure() = FirstFailure::default();
        }
    }

    /// Whether the connection is known to be gone.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    async fn counted<T, F>(&self, call: Pin<&mut F>) -> Result<T, DbError>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        let outcome = match &self.line {
            Some(line) => line.drive(call).await,
            None => call.await,
        };
        if outcome.is_err() {
            self.failed.store(true, Ordering::Release);
        }
        let others = self.in_flight.fetch_sub(1, Ordering::AcqRel) - 1;
        if others > 0
            && let Some(line) = &self.line
        {
            line.call_driver();
        }
        outcome.map_err(|error| {
            let error = DbError::within(&self.first_failure(), error);
            if error.is_outlived() {
                self.outlived.store(true, Ordering::Release);
            }
            error
        })
    }

    fn first_failure(&self) -> MutexGuard<'_, FirstFailure> {
        self.first_failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The statement of a constant, known by the constant's place in memory.
    async fn prepared(&self, sql: &'static str) -> Result<Statement, tokio_postgres::Error> {
        let place = (sql.as_ptr().addr(), sql.len());
        let known = self.statements.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).insert(place, statement.clone());
        Ok(statement)
    }
}
