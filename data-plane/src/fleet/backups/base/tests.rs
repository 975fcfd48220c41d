//! Names of files of WAL.
use super::*;

#[test]
fn the_files_between_two_of_one_timeline_are_named_as_postgres_names_them() {
    let names = between("0000000200000001000000FE", "000000020000000200000001", 16 * 1024 * 1024).unwrap();
    let expected = [
        "0000000200000001000000FE",
        "0000000200000001000000FF",
        "000000020000000200000000",
        "000000020000000200000001",
    ];
    assert_eq!(names, expected);
    assert_eq!(between("0000000200000001000000FE", "000000030000000200000001", 16 * 1024 * 1024), None);
}
