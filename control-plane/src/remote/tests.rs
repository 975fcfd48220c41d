//! What is said to eyes.
use serde_json::json;

use super::shown::export;

#[test]
fn an_export_that_is_being_written_says_how_far_it_is() {
    let mut told = json!({ "id": "e1", "slug": "melati", "state": "ordered", "at_work": false, "how_far": null });
    assert_eq!(export(&told), "export e1 of melati: ordered, waits for a worker");
    told["at_work"] = json!(true);
    assert_eq!(export(&told), "export e1 of melati: ordered");
    told["how_far"] = json!({ "tables_done": 7, "tables": 19, "rows_done": 3_008, "rows": 12_034, "bytes": 51_200 });
    assert_eq!(export(&told), "export e1 of melati: ordered, 24 % of the rows, 7 of 19 tables");
    told["how_far"] = json!({ "tables_done": 0, "tables": 19, "rows_done": 0, "rows": 0, "bytes": 0 });
    assert_eq!(export(&told), "export e1 of melati: ordered, 100 % of the rows, 0 of 19 tables");
}
