//! A guest books without asking the desk.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hotelhub_kernel::hex;
use hotelhub_protocol::{Change, Delta, Deltas, Role, TenantStatus};
use hotelhub_testkit::{Answer, Visitor};
use jiff::ToSpan as _;
use serde_json::{Value, json};

use crate::doors::rows;
use crate::furnished::{Furnished, furnish};
use crate::house::{DESK, House, in_both};

fn wish(hotel: &Furnished, arrival: &str, departure: &str) -> Value {
    json!({
        "room_type_id": hotel.room_type, "rate_plan_id": hotel.plan, "arrival": arrival, "departure": departure,
        "adults": 2, "children": 0,
    })
}

async fn held(guest: &Visitor, hotel: &Furnished, arrival: &str, departure: &str) -> Value {
    let answer = guest.post("/api/v1/public/holds", &wish(hotel, arrival, departure)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

async fn confirm(guest: &Visitor, held: &Value) -> Answer {
    let who =
        json!({ "name": "Bambang Sutrisno", "email": "bambang@tamu.test", "phone": "+62813", "nationality": "ID" });
    let body = json!({ "token": held["token"], "guest": who });
    let door = format!("/api/v1/public/holds/{}/confirm", held["id"].as_str().unwrap());
    guest.post(&door, &body).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_searches_books_and_gets_a_letter_with_a_link_that_manages_the_booking() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let guest = house.guest();
        let seen = guest.get("/api/v1/public/property").await.unwrap();
        assert_eq!(seen.json()["name"], "Hotel Melati");
        let search = "/api/v1/availability?arrival=2026-07-10&departure=2026-07-12&adults=2&children=0";
        let offer = guest.get(search).await.unwrap().json()["room_types"][0]["offers"][0].clone();
        assert_eq!(offer["total"]["gross_idr"], 2 * 726_000);

        let held = held(&guest, &hotel, "2026-07-10", "2026-07-12").await;
        assert_eq!((&held["status"], &held["guest"]), (&json!("hold"), &json!(null)));
        assert_eq!(held["total"]["gross_idr"], 2 * 726_000);
        assert_eq!(held["hold_until"], "2026-07-03T02:15:00Z");
        assert_eq!(hotel.free("2026-07-10", "2026-07-12").await, 0);

        let confirmed = confirm(&guest, &held).await;
        assert_eq!(confirmed.status, 200, "{}", confirmed.text);
        let confirmed = confirmed.json();
        assert_eq!((&confirmed["status"], &confirmed["code"]), (&json!("confirmed"), &held["code"]));
        assert_eq!(confirmed["free_until"], "2026-07-09");
        let letter = house.letter_to("bambang@tamu.test").await;
        assert!(letter.subject.contains(held["code"].as_str().unwrap()), "{}", letter.subject);
        let link = format!("http://{}/manage/{}", house.host, held["token"].as_str().unwrap());
        assert!(letter.links.contains(&link), "{link} is not in {:?}", letter.links);
        assert!(letter.text.contains("Rp1.452.000"), "{}", letter.text);

        let door = format!("/api/v1/public/bookings/{}", held["token"].as_str().unwrap());
        let found = guest.get(&door).await.unwrap().json();
        assert_eq!((&found["guest"]["name"], &found["can_cancel"]), (&json!("Bambang Sutrisno"), &json!(true)));
        let given_up = guest.post(&format!("{door}/cancel"), &json!({})).await.unwrap();
        assert_eq!(given_up.json()["status"], "cancelled", "{}", given_up.text);
        assert_eq!(hotel.free("2026-07-10", "2026-07-12").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_link_that_lets_somebody_in_lies_open_in_the_hotels_database() {
    // Nobody works here: what is to be sent lies where it was written.
    let house = House::saas_as(&[Role::Serve], 4, |_| {}).await;
    let hotel = furnish(&house, 3).await;
    let guest = house.guest();
    let (one, other) = (
        held(&guest, &hotel, "2026-07-10", "2026-07-12").await,
        held(&guest, &hotel, "2026-07-14", "2026-07-15").await,
    );
    assert_eq!(confirm(&guest, &one).await.status, 200);
    let (path, token) = (format!("/book/{}/confirm", other["id"].as_str().unwrap()), other["token"].as_str().unwrap());
    let who = [("token", token), ("name", "Bambang"), ("email", "bambang@tamu.test"), ("_key", "a-form-of-a-guest")];
    for _ in 0..2 {
        let answer = guest.form(&path, &who).await.unwrap();
        assert_eq!(answer.location(), Some(format!("/manage/{token}").as_str()), "{}", answer.text);
    }
    guest.form("/password/forgot", &[("email", DESK)]).await.unwrap();

    let kept = rows(&house).await;
    let count = |table: &str| kept.iter().find(|(name, _)| name == table).unwrap().1.split('|').count();
    assert!(count("letters") > 1 && count("idempotency_keys") > 3, "something was kept");
    for secret in [one["token"].as_str().unwrap(), token, "/manage/", "/password/reset/"] {
        let hidden =
            [secret.to_owned(), hex(secret.as_bytes()), hex(&URL_SAFE_NO_PAD.decode(secret).unwrap_or_default())];
        for shape in hidden.iter().filter(|shape| !shape.is_empty()) {
            let open = kept.iter().find(|(_, rows)| rows.contains(shape.as_str()));
            assert!(open.is_none(), "{shape} lies open in {open:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_opens_its_own_booking_and_nothing_else() {
    let house = House::saas().await;
    let hotel = furnish(&house, 2).await;
    let guest = house.guest();
    let mine = held(&guest, &hotel, "2026-07-10", "2026-07-12").await;
    let other = held(&guest, &hotel, "2026-07-10", "2026-07-12").await;
    let crossed = json!({ "id": mine["id"], "token": other["token"] });
    assert_eq!(confirm(&guest, &crossed).await.status, 404);
    for token in ["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%00"] {
        let answer = guest.get(&format!("/api/v1/public/bookings/{token}")).await.unwrap();
        assert_eq!(answer.status, 404, "{token}: {}", answer.text);
    }
    let neighbour = house.hotels[1].guest();
    let door = format!("/api/v1/public/bookings/{}", mine["token"].as_str().unwrap());
    assert_eq!(neighbour.get(&door).await.unwrap().status, 404);
    assert_eq!(guest.get(&door).await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_too_long_loses_the_room_to_the_next() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let (slow, quick) = (house.guest(), house.guest());
        let slowly = held(&slow, &hotel, "2026-07-10", "2026-07-12").await;
        let refused = quick.post("/api/v1/public/holds", &wish(&hotel, "2026-07-11", "2026-07-12")).await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "sold-out"));
        house.clock.advance(jiff::SignedDuration::from_mins(16));
        let quickly = held(&quick, &hotel, "2026-07-11", "2026-07-12").await;
        let late = confirm(&slow, &slowly).await;
        assert_eq!((late.status.as_u16(), late.code().as_str()), (409, "hold-expired"));
        assert_eq!(confirm(&quick, &quickly).await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn giving_up_late_is_the_desks_to_settle() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let change = json!({ "phone": "+62 21 555 0134" });
        let property = hotel.owner.get("/api/v1/property").await.unwrap().json();
        hotel.owner.if_match(property["version"].as_i64().unwrap()).patch("/api/v1/property", &change).await.unwrap();
        let guest = house.guest();
        let held = held(&guest, &hotel, "2026-07-05", "2026-07-06").await;
        assert_eq!(confirm(&guest, &held).await.status, 200);
        house.clock.advance(jiff::SignedDuration::from_hours(48));
        let door = format!("/api/v1/public/bookings/{}", held["token"].as_str().unwrap());
        assert_eq!(guest.get(&door).await.unwrap().json()["can_cancel"], false);
        let refused = guest.post(&format!("{door}/cancel"), &json!({})).await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "cancellation-fee"));
        assert_eq!(refused.json()["phone"], "+62 21 555 0134");
        assert_eq!(guest.get(&door).await.unwrap().json()["status"], "confirmed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_booked_is_refused_and_nothing_is_kept() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let guest = house.guest();
        let far = jiff::civil::date(2026, 7, 10).saturating_add(10.years()).to_string();
        for (arrival, departure, code) in [
            ("2026-07-12", "2026-07-10", "no-nights"),
            ("2026-07-10", "2026-07-10", "no-nights"),
            ("2026-07-02", "2026-07-04", "arrival-in-the-past"),
            ("2026-07-10", "2026-08-10", "stay-too-long"),
            ("2026-07-10", far.as_str(), "stay-too-long"),
        ] {
            let answer = guest.post("/api/v1/public/holds", &wish(&hotel, arrival, departure)).await.unwrap();
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, code), "{}", answer.text);
        }
        let mut crowd = wish(&hotel, "2026-07-10", "2026-07-12");
        crowd["adults"] = json!(-1);
        assert_eq!(guest.post("/api/v1/public/holds", &crowd).await.unwrap().status, 422);
        let held = held(&guest, &hotel, "2026-07-10", "2026-07-12").await;
        let door = format!("/api/v1/public/holds/{}/confirm", held["id"].as_str().unwrap());
        for (who, field) in [
            (json!({ "name": "Bambang" }), "guest.email"),
            (json!({ "name": "Bambang", "email": "kosong" }), "guest.email"),
            (json!({ "name": " ", "email": "bambang@tamu.test" }), "guest.name"),
            (json!({ "name": "Bambang", "email": "bambang@tamu.test", "vip": true }), "guest.vip"),
        ] {
            let answer = guest.post(&door, &json!({ "token": held["token"], "guest": who })).await.unwrap();
            assert_eq!(answer.status, 422, "{who}: {}", answer.text);
            assert_eq!(answer.json()["errors"][0]["field"], field, "{}", answer.text);
        }
        let count = house.sql().await.query_one("select count(*) from letters", &[]).await.unwrap();
        assert_eq!(count.get::<_, i64>(0), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_room_after_room_has_to_wait() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let guest = house.guest();
        held(&guest, &hotel, "2026-07-10", "2026-07-11").await;
        let mut last = None;
        for _ in 0..30 {
            let answer = guest.post("/api/v1/public/holds", &wish(&hotel, "2026-07-10", "2026-07-11")).await.unwrap();
            last = Some(answer);
        }
        let last = last.unwrap();
        assert_eq!((last.status.as_u16(), last.code().as_str()), (429, "too-many-attempts"));
        assert!(last.headers.contains_key("retry-after"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_in_arrears_takes_no_new_bookings_and_still_lets_its_guests_look() {
    let house = House::saas().await;
    let hotel = furnish(&house, 2).await;
    let guest = house.guest();
    let (promised, kept) = (
        held(&guest, &hotel, "2026-07-10", "2026-07-11").await,
        held(&guest, &hotel, "2026-07-10", "2026-07-11").await,
    );
    assert_eq!(confirm(&guest, &promised).await.status, 200);
    let mut route = house.node.directory.by_id(house.tenant).unwrap().route.clone();
    route.status = TenantStatus::Suspended;
    let since = house.node.directory.version();
    let delta = Delta { version: since + 1, change: Change::Route(Box::new(route)) };
    house.node.directory.apply_deltas(Deltas { since, deltas: vec![delta] });

    let refused = guest.post("/api/v1/public/holds", &wish(&hotel, "2026-07-20", "2026-07-21")).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "suspended"));
    assert_eq!(confirm(&guest, &kept).await.code(), "suspended");
    let door = format!("/api/v1/public/bookings/{}", promised["token"].as_str().unwrap());
    assert_eq!(guest.get(&door).await.unwrap().json()["status"], "confirmed");
}
