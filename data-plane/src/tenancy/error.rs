//! What a tenant's database said no with.
use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

use hotelhub_web::{AppError, Kind};
use tokio_postgres::error::SqlState;

/// What the first statement of a transaction that failed was answered, once it is known.
pub(super) type FirstFailure = Arc<OnceLock<SqlState>>;

/// A statement that failed. It becomes a refusal by its constraint's name, or an [`AppError`] that tells nothing of its cause.
#[derive(Debug)]
pub struct DbError(Cause);

#[derive(Debug)]
enum Cause {
    Postgres(Box<tokio_postgres::Error>),
    /// It failed only because another statement of its transaction had.
    Echo(Box<tokio_postgres::Error>, FirstFailure),
    /// A commit was asked for although a statement of the transaction had failed.
    Aborted(FirstFailure),
}

impl DbError {
    /// A commit that cannot be: something in the transaction had failed, first with this.
    pub(super) fn aborted(first: &FirstFailure) -> Self {
        Self(Cause::Aborted(first.clone()))
    }

    /// A failure in a transaction whose first failure this may be, or an echo of.
    pub(super) fn within(first: &FirstFailure, error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(&SqlState::IN_FAILED_SQL_TRANSACTION) => Self(Cause::Echo(Box::new(error), first.clone())),
            Some(code) => {
                let _ = first.set(code.clone());
                error.into()
            }
            None => error.into(),
        }
    }

    /// The name of the constraint that refused, if one did.
    pub fn constraint(&self) -> Option<&str> {
        self.database().and_then(tokio_postgres::error::DbError::constraint)
    }

    /// What Postgres calls the failure, if it was Postgres that failed.
    pub fn code(&self) -> Option<&SqlState> {
        self.database().map(tokio_postgres::error::DbError::code)
    }

    /// The refusal that stands beside the name of the constraint that refused.
    pub fn refusal<R: Clone>(&self, refusals: &[(&str, R)]) -> Option<R> {
        let name = self.constraint()?;
        refusals.iter().find(|(constraint, _)| *constraint == name).map(|(_, refusal)| refusal.clone())
    }

    /// Whether the server is away, going, out of something, or takes no more connections.
    pub fn is_away(&self) -> bool {
        match (self.cause(), &self.0) {
            (Some(code), _) => AWAY.contains(code) || is_of(AWAY_CLASSES, code),
            (None, Cause::Postgres(error)) => {
                error.is_closed() || error.source().is_some_and(|cause| cause.is::<std::io::Error>())
            }
            (None, _) => false,
        }
    }

    /// Whether the same request may well succeed in a moment: somebody else, a time limit or an outlived plan stood in its way.
    pub fn is_passing(&self) -> bool {
        self.is_outlived() || self.cause().is_some_and(|code| PASSING.contains(code) || is_of(PASSING_CLASSES, code))
    }

    /// Whether the connection's prepared statements were made against tables that are others now: a new connection
    /// prepares them anew.
    pub(super) fn is_outlived(&self) -> bool {
        self.cause().is_some_and(|code| OUTLIVED.contains(code))
    }

    /// Whether the tenant may not write here: its data have moved, or are just moving, to another place.
    pub fn is_shut_out(&self) -> bool {
        self.cause() == Some(&SqlState::INSUFFICIENT_PRIVILEGE)
    }

    /// What Postgres calls the failure that all others of the transaction followed from.
    fn cause(&self) -> Option<&SqlState> {
        match &self.0 {
            Cause::Echo(_, first) | Cause::Aborted(first) => first.get(),
            Cause::Postgres(_) => self.code(),
        }
    }

    fn database(&self) -> Option<&tokio_postgres::error::DbError> {
        match &self.0 {
            Cause::Postgres(error) | Cause::Echo(error, _) => error.as_db_error(),
            Cause::Aborted(_) => None,
        }
    }
}

/// Lost connections, and a server that is out of memory or disk, or whose machine fails it.
const AWAY_CLASSES: &[&str] = &["08", "53", "58"];

const AWAY: &[SqlState] = &[
    SqlState::ADMIN_SHUTDOWN,
    SqlState::CRASH_SHUTDOWN,
    SqlState::CANNOT_CONNECT_NOW,
    SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    SqlState::IDLE_SESSION_TIMEOUT,
    SqlState::DATABASE_DROPPED,
];

/// Transactions that Postgres ended for another's sake: deadlocks, serialization.
const PASSING_CLASSES: &[&str] = &["40"];

const PASSING: &[SqlState] = &[SqlState::QUERY_CANCELED, SqlState::LOCK_NOT_AVAILABLE];

/// "cached plan must not change result type", and a prepared statement that the server does not know.
const OUTLIVED: &[SqlState] = &[SqlState::FEATURE_NOT_SUPPORTED, SqlState::INVALID_SQL_STATEMENT_NAME];

fn is_of(classes: &[&str], code: &SqlState) -> bool {
    classes.iter().any(|class| code.code().starts_with(class))
}

impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self(Cause::Postgres(Box::new(error)))
    }
}

impl From<DbError> for AppError {
    fn from(error: DbError) -> Self {
        if error.is_away() {
            away().because(error)
        } else if error.is_shut_out() {
            let detail = "The hotel's records are just moving to another server. Please try again.";
            AppError::new(Kind::Unavailable, "moving", detail).retry_after(1).because(error)
        } else if error.is_passing() {
            AppError::new(Kind::Unavailable, "busy", "Somebody else is changing the same thing. Please try again.")
                .retry_after(1)
                .because(error)
        } else {
            AppError::internal(error)
        }
    }
}

/// The refusal for a database that cannot be reached now.
pub(super) fn away() -> AppError {
    AppError::new(Kind::Unavailable, "database-away", "The hotel's records cannot be reached at the moment.")
        .retry_after(2)
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Postgres(error) | Cause::Echo(error, _) => match error.as_db_error() {
                Some(said) => write!(f, "{}: {}", said.code().code(), said.message()),
                None => error.fmt(f),
            },
            Cause::Aborted(_) => f.write_str("a statement of the transaction had failed before its commit"),
        }
    }
}

impl Error for DbError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Cause::Postgres(error) | Cause::Echo(error, _) => error.source(),
            Cause::Aborted(_) => None,
        }
    }
}
