//! A hotel that is suspended, and one that is closed for a while: who is served, who is not, and whom they may ask.
use hotelhub_protocol::{Maintenance, TenantStatus};
use jiff::SignedDuration;
use serde_json::json;

use super::routes::{change, route};
use super::tenant_of;
use crate::doors::{Door, NOBODY};
use crate::house::House;
use crate::roles::fitting;

/// Where a suspended hotel's staff begin new business. Every other door that changes something goes on.
const NEW_BUSINESS: &[&str] = &[
    "POST /api/v1/bookings",
    "PATCH /api/v1/property",
    "POST /api/v1/rate-plans",
    "PATCH /api/v1/rate-plans/{id}",
    "PUT /api/v1/rate-plans/{id}/prices",
    "POST /api/v1/bookings/{id}/confirm",
    "POST /api/v1/reservations/{id}/reinstate",
    "POST /api/v1/room-types",
    "PATCH /api/v1/room-types/{id}",
    "POST /api/v1/rooms",
    "POST /api/v1/users",
];

async fn suspend(house: &House) {
    let melati = tenant_of(&house.node, &house.hotels[0]).await;
    let suspended = route(&melati, |route| {
        route.status = TenantStatus::Suspended;
        route.notices.suspension = Some("Tagihan Juli belum dibayar.".to_owned());
    });
    change(house, suspended);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_hotel_begins_nothing_new_and_goes_on_with_all_that_lands_a_guest() {
    let house = House::saas().await;
    let owner = house.owner().await;
    suspend(&house).await;
    let doors = Door::all();
    let missing = NEW_BUSINESS.iter().find(|name| !doors.iter().any(|door| door.name() == **name));
    assert_eq!(missing, None, "each is a door");
    let own = ["/api/v1/me/", "/api/v1/session", "/api/v1/public/"];
    let changing = |door: &&Door| door.method != "GET" && !own.iter().any(|start| door.path.starts_with(start));
    for (n, door) in doors.iter().filter(changing).enumerate() {
        let owner = owner.if_match(1).with("idempotency-key", &format!("suspended-{n}"));
        let body = if door.takes_body { serde_json::to_vec(&fitting(&door.name())).unwrap() } else { Vec::new() };
        let path = door.at(|_| NOBODY.to_owned());
        let answer = owner.raw(door.method.clone(), &path, "application/json", body).await.unwrap();
        let refused = answer.code() == "hotel-suspended";
        assert_eq!(refused, NEW_BUSINESS.contains(&door.name().as_str()), "{}: {}", door.name(), answer.text);
        if refused {
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["reason"]),
                (409, &json!("Tagihan Juli belum dibayar."))
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_staff_of_a_suspended_hotel_read_why_and_the_other_hotel_notices_nothing() {
    let house = House::saas().await;
    let owner = house.owner().await;
    suspend(&house).await;
    let desk = owner.page("/desk").await.unwrap();
    assert!(desk.text.contains("Langganan hotel ini tertunda") && desk.text.contains("Tagihan Juli belum dibayar."));
    let refused = owner
        .form(
            "/desk/rate-plans",
            &[("_key", "a-plan-too-late"), ("code", "BAR"), ("name", "Terbaik"), ("free_cancellation_days", "1")],
        )
        .await;
    let refused = refused.unwrap();
    assert_eq!(refused.status.as_u16(), 409, "{}", refused.text);
    assert!(refused.text.contains("Pemilik dapat menyelesaikannya"), "the form says whom to ask: {}", refused.text);
    let neighbour = house.hotels[1].owner().await;
    let plan = json!({ "code": "BAR", "name": "Terbaik" });
    assert_eq!(neighbour.post("/api/v1/rate-plans", &plan).await.unwrap().status.as_u16(), 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_closed_for_maintenance_tells_everybody_why_and_until_when_and_opens_as_it_was() {
    let house = House::saas().await;
    let owner = house.owner().await;
    let melati = tenant_of(&house.node, &house.hotels[0]).await;
    let until = Some(house.clock.now() + SignedDuration::from_mins(10));
    let text = "Pindah ke server <yang> lebih besar.".to_owned();
    change(&house, route(&melati, |route| route.notices.maintenance = Some(Maintenance { text: text.clone(), until })));

    let refused = owner.get("/api/v1/session").await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "maintenance"));
    assert_eq!((refused.headers["retry-after"].to_str().unwrap(), &refused.json()["text"]), ("600", &json!(text)));
    for (lang, title, when) in [
        ("id", "Sedang dalam pemeliharaan", "Kami perkirakan kembali 03 Jul 2026 09:10 WIB."),
        ("en", "Closed for maintenance", "We expect to be back 03 Jul 2026 09:10 WIB."),
    ] {
        let page = house.guest().with("accept-language", lang).page("/book").await.unwrap();
        assert_eq!((page.status.as_u16(), page.headers["retry-after"].to_str().unwrap()), (503, "600"));
        assert!(page.text.contains(title) && page.text.contains(when), "{}", page.text);
        assert!(page.text.contains("Hotel Melati") && page.text.contains("server &lt;yang&gt; lebih besar."));
    }
    house.clock.advance(SignedDuration::from_mins(11));
    let late = owner.get("/api/v1/session").await.unwrap();
    assert_eq!((late.status.as_u16(), late.headers["retry-after"].to_str().unwrap()), (503, "120"), "staff end it");
    assert_eq!(house.hotels[1].stranger().get("/api/v1/public/property").await.unwrap().status.as_u16(), 200);

    change(&house, route(&melati, |_| {}));
    assert_eq!(owner.get("/api/v1/session").await.unwrap().status.as_u16(), 200, "nobody was signed out");
}
