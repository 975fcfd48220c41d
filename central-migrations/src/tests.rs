//! What every migration must be before it is run anywhere.
use crate::migrations;

#[test]
fn every_migration_says_on_its_first_line_whether_it_expands_or_contracts() {
    for migration in migrations() {
        let first = migration.sql.lines().next().unwrap_or_default();
        assert!(matches!(first, "-- expand" | "-- contract"), "{:04} {}", migration.version, migration.name);
    }
}

#[test]
fn migrations_are_numbered_upwards_without_a_number_twice() {
    let versions: Vec<i64> = migrations().iter().map(|m| m.version).collect();
    assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{versions:?}");
}
