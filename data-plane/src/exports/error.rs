//! Why data were not taken away or brought back.
use hotelhub_export::{Refused, TooLarge};
use hotelhub_store::StoreError;
use hotelhub_tenant_migrations::MigrateError;
use hotelhub_vault::VaultError;
use thiserror::Error;

/// Why data were not taken away or brought back. Where they were to be brought, nothing has changed.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The file is not believed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is too much of it.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Another product's data.
    #[error("the export is of the product {0:?}, this program runs hotels")]
    OtherProduct(String),
    /// A newer program wrote it.
    #[error(
        "the export has the schema {theirs}; this program knows {ours} and none after it: bring it to a newer version first"
    )]
    Newer {
        /// What it has.
        theirs: String,
        /// What is known here.
        ours: String,
    },
    /// No program wrote it.
    #[error("the export has the schema {0}, which no version of this program had")]
    NeverWas(String),
    /// The place is taken.
    #[error("the database holds a hotel already, or a newer schema than the export: an empty one is needed")]
    NotEmpty,
    /// A table that its schema does not have, or does not give away.
    #[error("the export holds {0}, which is no table that is taken in")]
    UnknownTable(String),
    /// A table that is not there.
    #[error("the export lacks the table {0}")]
    MissingTable(String),
    /// Other columns.
    #[error("the table {0} has other columns in the export than in its schema")]
    OtherColumns(String),
    /// A secret where none is taken in.
    #[error("the table {0} brings rows that are never taken in")]
    HeldBack(String),
    /// Fewer rows, or more.
    #[error("the table {table} has {found} rows in the export, and its manifest says {told}")]
    OtherRows {
        /// Which.
        table: String,
        /// What was filled in.
        found: u64,
        /// What was to be.
        told: u64,
    },
    /// It breaks a rule of the hotel.
    #[error("the table {table} breaks a rule of the schema: {said}")]
    BreaksRule {
        /// Which.
        table: String,
        /// The rule's name, or the code of what the database said: no values.
        said: String,
    },
    /// The schema of the tables refers in a circle.
    #[error("the schema's tables refer to one another in a circle")]
    Circle,
    /// Nobody's house.
    #[error("the database holds no hotel")]
    NoHouse,
    /// A file could not be read or written.
    #[error("{doing} failed: {source}")]
    File {
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store failed, or what lies there is not believed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The schema could not be made.
    #[error("the schema could not be brought up to date")]
    Migrate(#[from] MigrateError),
    /// The database said no.
    #[error("{doing} failed")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: tokio_postgres::Error,
    },
}

impl ExportError {
    /// Whether trying again leads to the same end.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::File { .. } | Self::Store(_) | Self::Database { .. } | Self::Migrate(_) => false,
            Self::Vault(error) => error.is_final(),
            _ => true,
        }
    }
}
