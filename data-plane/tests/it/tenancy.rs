//! Whose request it is, and whose connection: never another hotel's.
use crate::house::{House, in_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clerk_signs_in_to_either_kind_of_house() {
    in_both(async |house: &House| {
        let answer = house.desk().await.get("/api/v1/session").await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    })
    .await;
}
