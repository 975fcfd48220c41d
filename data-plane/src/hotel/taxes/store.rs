//! A property's rule in the rows of others.
use super::TaxRule;
use crate::tenancy::Row;

/// The rule in a row that holds a property's columns.
pub(in crate::hotel) fn rule(row: &Row) -> TaxRule {
    let (includes_service, include_tax) = (row.get("pb1_base_includes_service"), row.get("prices_include_tax"));
    TaxRule::kept(row.get("service_bp"), row.get("pb1_bp"), includes_service, include_tax)
}
