//! The control plane and the central database are away, and it is no affair of the hotels.
use jiff::SignedDuration;
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_day_without_the_control_plane_is_a_day_like_any_other_also_for_a_node_that_starts_again() {
    let mut house = House::saas().await;
    house.keep_table();
    for hour in 1..=24 {
        house.clock.advance(SignedDuration::from_hours(1));
        if hour % 8 == 0 {
            house = house.again().await;
        }
        for hotel in &house.hotels {
            let told = hotel.guest().get("/api/v1/public/property").await.unwrap();
            assert_eq!(told.status, 200, "hour {hour}: {}", told.text);
            let (owner, code) = (hotel.owner().await, format!("T{hour}"));
            let kind = json!({"code": code, "name": code, "max_adults": 2, "max_children": 1, "sort": hour});
            let made = owner.post("/api/v1/room-types", &kind).await.unwrap();
            assert_eq!(made.status, 201, "hour {hour}: {}", made.text);
        }
    }
    assert_eq!(house.node.directory.version(), 1);
}

#[tokio::test]
async fn a_spoilt_table_on_the_disk_is_told_by_health() {
    let house = House::saas().await;
    house.keep_table();
    let newest = house.state_dir().join("routes.snapshot.json");
    std::fs::rename(&newest, house.state_dir().join("routes.snapshot.before.json")).unwrap();
    std::fs::write(&newest, "{").unwrap();
    let house = house.again().await;
    let health = house.guest().get("/health").await.unwrap();
    assert_eq!(health.status, 503, "{}", health.text);
    let told: serde_json::Value = serde_json::from_str(&health.text).unwrap();
    assert_eq!(told["checks"]["storage"], "routing table refused: unreadable");
    assert_eq!(house.guest().get("/readyz").await.unwrap().status, 200, "it serves by the one before");
    assert_eq!(house.guest().get("/api/v1/public/property").await.unwrap().status, 200);
}
