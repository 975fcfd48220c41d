//! What of an import that failed is tried again.
use tokio_postgres::error::SqlState;

use super::unpacked::is_of_the_rows;

#[test]
fn only_what_is_said_of_the_rows_is_final() {
    for of_the_rows in [
        SqlState::UNIQUE_VIOLATION,
        SqlState::RESTRICT_VIOLATION,
        SqlState::BAD_COPY_FILE_FORMAT,
        SqlState::PROGRAM_LIMIT_EXCEEDED,
    ] {
        assert!(is_of_the_rows(&of_the_rows), "{of_the_rows:?}");
    }
    for passing in [
        SqlState::DISK_FULL,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::QUERY_CANCELED,
        SqlState::OUT_OF_MEMORY,
        SqlState::T_R_DEADLOCK_DETECTED,
    ] {
        assert!(!is_of_the_rows(&passing), "{passing:?}");
    }
}
