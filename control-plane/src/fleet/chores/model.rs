//! Whose databases are meant, and why a chore is not begun.
use hotelhub_protocol::Chore;
use hotelhub_web::{AppError, Kind, Result};
use serde::Deserialize;

/// A chore, and whose databases are meant: exactly one of `tenants`, `plan` and `all` is named.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChoreWish {
    /// `check`, `analyze`, `vacuum` or `reindex`.
    #[schema(value_type = String)]
    pub(super) chore: Chore,
    /// These hotels, by slug.
    #[serde(default)]
    pub(super) tenants: Option<Vec<String>>,
    /// Every hotel of this plan.
    #[serde(default)]
    pub(super) plan: Option<String>,
    /// Every hotel.
    #[serde(default)]
    pub(super) all: bool,
}

impl ChoreWish {
    /// Refuses a wish that names nobody, or two sorts.
    pub(super) fn must_name_one_sort(&self) -> Result<()> {
        let named = [self.tenants.as_ref().is_some_and(|tenants| !tenants.is_empty()), self.plan.is_some(), self.all];
        if named.into_iter().filter(|named| *named).count() == 1 {
            return Ok(());
        }
        let detail = "Name hotels, or a plan, or all: one of the three.";
        Err(AppError::new(Kind::Invalid, "invalid-chore", detail))
    }
}

/// Why a chore is not begun.
pub(super) fn unknown_tenant(slug: &str) -> AppError {
    AppError::new(Kind::NotFound, "unknown-tenant", format!("No hotel that is served has the name {slug}."))
}

/// Nobody is meant.
pub(super) fn nobody() -> AppError {
    AppError::new(Kind::NotFound, "nobody-meant", "No hotel that is served is meant.")
}

/// There is no such chore.
pub(super) fn unknown() -> AppError {
    AppError::new(Kind::NotFound, "unknown-chore", "No chore has this id.")
}
