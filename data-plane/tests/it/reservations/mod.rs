//! Booking, changing and giving up, through the front door.
mod changing;

use std::collections::BTreeMap;

use hotelhub_kernel::Entropy;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::clerk::while_held;
use crate::furnished::{Furnished, first, furnish, id};
use crate::house::{House, in_both};

/// What the counters say less what the reservations weigh: nothing, or the books are wrong.
const DIFFERENCES: &str = "
    select i.day::text, i.sold, i.held, count(r.id) filter (where r.status in ('confirmed', 'in_house', 'checked_out')) as sold_truly,
           count(r.id) filter (where r.status = 'hold') as held_truly
      from inventory_days i
      left join reservation_nights n on n.room_type_id = i.room_type_id and n.day = i.day
      left join reservations r on r.id = n.reservation_id
     group by i.room_type_id, i.day
    having i.sold <> count(r.id) filter (where r.status in ('confirmed', 'in_house', 'checked_out'))
        or i.held <> count(r.id) filter (where r.status = 'hold')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_booking_keeps_its_prices_and_is_found_again() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let answer = hotel.try_book("confirmed", "2026-07-09", "2026-07-11").await;
        assert_eq!((answer.status.as_u16(), answer.etag()), (201, Some("\"1\"")), "{}", answer.text);
        let booking = answer.json();
        let reservation = &booking["reservations"][0];
        // Thursday and Friday.
        let nights = json!([
            { "date": "2026-07-09", "price_idr": 500_000 }, { "date": "2026-07-10", "price_idr": 600_000 }
        ]);
        assert_eq!(reservation["nights"], nights);
        assert_eq!(reservation["total"]["gross_idr"], 1_331_000);
        assert_eq!(reservation["status"], "confirmed");
        assert!(reservation["folio_id"].is_string(), "{reservation}");
        assert_eq!(reservation["allowed_actions"], json!(["assign-room", "move", "amend", "cancel"]));
        assert_eq!(hotel.free("2026-07-09", "2026-07-11").await, 1);

        let code = booking["code"].as_str().unwrap();
        for query in [code, &code.to_lowercase(), "wayan", "SUARTI"] {
            let found = hotel.desk.get(&format!("/api/v1/reservations?q={query}")).await.unwrap().json();
            assert_eq!(found["items"][0]["id"], reservation["id"], "{query}: {found}");
        }
        let none = hotel.desk.get("/api/v1/reservations?status=hold,cancelled").await.unwrap().json();
        assert_eq!(none["items"], json!([]));
        let read = hotel.desk.get(&format!("/api/v1/bookings/{}", id(&booking))).await.unwrap();
        assert_eq!(read.json(), booking);
        let log = "select count(*) from audit_log where action = 'booking.create' and subject_id = $1";
        let subject: uuid::Uuid = id(&booking).parse().unwrap();
        assert_eq!(house.sql().await.query_one(log, &[&subject]).await.unwrap().get::<_, i64>(0), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_buyers_of_the_last_ten_rooms_ten_succeed_and_the_others_are_told_the_night() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 12).await;
        // Two rooms are taken in the middle of the stay: ten are left, on one night only.
        let taken =
            hotel.desk.post("/api/v1/bookings", &hotel.wish("confirmed", "2026-07-11", "2026-07-12", 2)).await.unwrap();
        assert_eq!(taken.status, 201, "{}", taken.text);
        let wish = hotel.wish("confirmed", "2026-07-10", "2026-07-13", 1);
        let buyers = (0..200).map(|_| {
            let (desk, wish) = (hotel.desk.clone(), wish.clone());
            tokio::spawn(async move { desk.post("/api/v1/bookings", &wish).await.unwrap() })
        });
        let (mut sold, mut told) = (0, 0);
        for buyer in buyers.collect::<Vec<_>>() {
            let answer = buyer.await.unwrap();
            match answer.status.as_u16() {
                201 => sold += 1,
                409 => {
                    let full = json!([{ "date": "2026-07-11", "room_type_id": hotel.room_type, "available": 0 }]);
                    assert_eq!((answer.code().as_str(), &answer.json()["conflicts"]), ("sold-out", &full));
                    told += 1;
                }
                other => panic!("{other}: {}", answer.text),
            }
        }
        assert_eq!((sold, told), (10, 190));
        assert_eq!(differences(house).await, Vec::<String>::new());
        assert_eq!(hotel.free("2026-07-10", "2026-07-11").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_gets_all_its_rooms_or_none() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 3).await;
        let wish = hotel.wish("confirmed", "2026-07-10", "2026-07-12", 4);
        let refused = hotel.desk.post("/api/v1/bookings", &wish).await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "sold-out"), "{}", refused.text);
        assert_eq!(refused.json()["conflicts"].as_array().unwrap().len(), 2);
        assert_eq!(refused.json()["conflicts"][0]["available"], 3);
        assert_eq!(hotel.free("2026-07-10", "2026-07-12").await, 3);
        let three =
            hotel.desk.post("/api/v1/bookings", &hotel.wish("hold", "2026-07-10", "2026-07-12", 3)).await.unwrap();
        assert_eq!(three.json()["reservations"].as_array().unwrap().len(), 3, "{}", three.text);
        assert_eq!(hotel.free("2026-07-10", "2026-07-12").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_leaves_and_another_comes_on_the_same_day() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        hotel.book("confirmed", "2026-07-10", "2026-07-12").await;
        hotel.book("confirmed", "2026-07-12", "2026-07-14").await;
        hotel.book("confirmed", "2026-07-09", "2026-07-10").await;
        assert_eq!(hotel.try_book("confirmed", "2026-07-11", "2026-07-13").await.code(), "sold-out");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_clerks_at_one_reservation_the_second_reads_again() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let (reservation, version) = first(&hotel.book("confirmed", "2026-07-10", "2026-07-12").await);
        let longer = json!({ "departure": "2026-07-13" });
        let (one, two) = tokio::join!(
            hotel.amend(&reservation, version, longer.clone()),
            hotel.amend(&reservation, version, longer.clone()),
        );
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort();
        assert_eq!(statuses, [200, 412], "{} {}", one.text, two.text);
        assert_eq!(hotel.amend(&reservation, version, json!({ "notes": "late" })).await.status, 412);
        let blind = hotel.desk.patch(&format!("/api/v1/reservations/{reservation}"), &longer).await.unwrap();
        assert_eq!((blind.status.as_u16(), blind.code().as_str()), (428, "if-match-missing"));
        let read = hotel.desk.get(&format!("/api/v1/reservations/{reservation}")).await.unwrap();
        assert_eq!(read.etag(), Some("\"2\""));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_books_once_and_another_wish_under_it_is_refused() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 3).await;
        let clerk = hotel.desk.with("idempotency-key", "satu-kali-saja");
        let wish = hotel.wish("confirmed", "2026-07-10", "2026-07-12", 1);
        let (one, two) = tokio::join!(clerk.post("/api/v1/bookings", &wish), clerk.post("/api/v1/bookings", &wish));
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!((one.status.as_u16(), two.status.as_u16()), (201, 201), "{} {}", one.text, two.text);
        assert_eq!((one.json(), one.etag()), (two.json(), two.etag()));
        assert_eq!(hotel.free("2026-07-10", "2026-07-12").await, 2);
        let other =
            clerk.post("/api/v1/bookings", &hotel.wish("confirmed", "2026-07-10", "2026-07-13", 1)).await.unwrap();
        assert_eq!(other.status, 422, "{}", other.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_is_promised_in_time_or_its_room_is_anybodys() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let confirm = async |booking: &Value| {
            let path = format!("/api/v1/bookings/{}/confirm", id(booking));
            hotel.desk.if_match(booking["version"].as_i64().unwrap()).post(&path, &json!({})).await.unwrap()
        };
        let held = hotel.book("hold", "2026-07-10", "2026-07-12").await;
        assert_eq!(held["reservations"][0]["hold_until"], "2026-07-03T02:15:00Z");
        house.clock.advance(SignedDuration::from_mins(14));
        let confirmed = confirm(&held).await;
        assert_eq!(confirmed.status, 200, "{}", confirmed.text);
        let reservation = &confirmed.json()["reservations"][0];
        assert_eq!((&reservation["status"], &reservation["hold_until"]), (&json!("confirmed"), &Value::Null));
        assert!(reservation["folio_id"].is_string(), "{reservation}");

        let late = hotel.book("hold", "2026-07-10", "2026-07-12").await;
        assert_eq!(hotel.try_book("confirmed", "2026-07-11", "2026-07-12").await.code(), "sold-out");
        house.clock.advance(SignedDuration::from_mins(15));
        let refused = confirm(&late).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "hold-expired"), "{}", refused.text);
        // Nobody swept; the next who needs the room takes it.
        hotel.book("confirmed", "2026-07-11", "2026-07-12").await;
        let gone = hotel.desk.get(&format!("/api/v1/reservations/{}", first(&late).0)).await.unwrap().json();
        assert_eq!(gone["status"], "expired");
        assert_eq!(differences(house).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_that_no_hotel_grants_is_refused_by_its_field_and_changes_nothing() {
    in_both(async |house: &House| {
    let hotel = furnish(house, 2).await;
    let good = hotel.wish("confirmed", "2026-07-10", "2026-07-12", 1);
    let wrong = [
        ("/reservations/0/departure", json!("2026-07-10"), "no-nights"),
        ("/reservations/0/departure", json!("2026-07-01"), "no-nights"),
        ("/reservations/0/departure", json!("2036-07-10"), "stay-too-long"),
        ("/reservations/0/arrival", json!("2026-07-01"), "arrival-in-the-past"),
        ("/reservations/0/arrival", json!("-009999-01-01"), "no-such-year"),
        ("/reservations/0/arrival", json!("10 July"), "invalid-body"),
        ("/reservations/0/adults", json!(0), "invalid-field"),
        ("/reservations/0/adults", json!(-2), "invalid-field"),
        ("/reservations/0/adults", json!(3), "invalid-field"),
        ("/reservations/0/adults", json!(2.5), "invalid-body"),
        ("/reservations/0/room_type_id", json!(hotel.plan), "invalid-field"),
        ("/reservations/0/rate_plan_id", json!(hotel.room_type), "invalid-field"),
        ("/reservations/0/price_idr", json!(1), "invalid-body"),
        ("/reservations", json!([]), "wrong-number-of-rooms"),
        ("/guest/name", json!(""), "invalid-field"),
        ("/guest/email", json!("wayan"), "invalid-field"),
        ("/guest/name", json!("Wa\u{0}yan"), "invalid-body"),
        ("/status", json!("in_house"), "invalid-body"),
        ("/notes", json!("x".repeat(2_001)), "invalid-field"),
        ("/discount", json!(1), "invalid-body"),
    ];
    for (place, value, code) in wrong {
        let mut wish = good.clone();
        let (parent, name) = place.rsplit_once('/').unwrap();
        wish.pointer_mut(parent).unwrap()[name] = value;
        let refused = hotel.desk.post("/api/v1/bookings", &wish).await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, code), "{place}: {}", refused.text);
        if place != "/guest/name" {
            let field = place.trim_start_matches('/').replace("/0/", "[0].").replace('/', ".");
            assert_eq!(refused.json()["errors"][0]["field"], json!(field), "{}", refused.text);
        }
    }
    let unsold = hotel.try_book("confirmed", "2027-06-29", "2027-07-02").await;
    assert_eq!((unsold.status.as_u16(), unsold.code().as_str()), (409, "not-for-sale"), "{}", unsold.text);
    assert_eq!(unsold.json()["conflicts"][0]["date"], "2027-07-01");
    let nothing = "select (select count(*) from guests) + (select count(*) from bookings) + (select sum(sold + held) from inventory_days)";
    let left: i64 = house.sql().await.query_one(&format!("select ({nothing})::bigint"), &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_is_none_and_a_body_that_is_none_are_told_so() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let unknown = "/api/v1/reservations/00000000-0000-7000-8000-00000000dead";
        assert_eq!(hotel.desk.get(unknown).await.unwrap().code(), "unknown-reservation");
        assert_eq!(hotel.desk.if_match(1).post(&format!("{unknown}/cancel"), &json!({})).await.unwrap().status, 404);
        let crooked = hotel.desk.get("/api/v1/reservations/melati").await.unwrap();
        assert_eq!(crooked.status, 400, "{}", crooked.text);
        assert_eq!(crooked.headers["content-type"], "application/problem+json", "{}", crooked.text);
        for body in [json!(null), json!([]), json!("book"), json!(7)] {
            let refused = hotel.desk.post("/api/v1/bookings", &body).await.unwrap();
            assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "invalid-body"), "{}", refused.text);
        }
        let stranger =
            house.stranger().post("/api/v1/bookings", &hotel.wish("hold", "2026-07-10", "2026-07-12", 1)).await;
        assert_eq!(stranger.unwrap().status, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_turns_its_pages_by_arrival() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 5).await;
        for day in [14, 12, 13, 12, 11] {
            hotel.book("confirmed", &format!("2026-07-{day}"), &format!("2026-07-{}", day + 1)).await;
        }
        let (mut arrivals, mut query) = (Vec::new(), "limit=2&arrival_from=2026-07-12".to_owned());
        loop {
            let page = hotel.desk.get(&format!("/api/v1/reservations?{query}")).await.unwrap().json();
            arrivals
                .extend(page["items"].as_array().unwrap().iter().map(|r| r["arrival"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            query = format!("limit=2&arrival_from=2026-07-12&cursor={next}");
        }
        assert_eq!(arrivals, ["2026-07-12", "2026-07-12", "2026-07-13", "2026-07-14"]);
        assert_eq!(hotel.desk.get("/api/v1/reservations?limit=201").await.unwrap().status, 422);
        assert_eq!(hotel.desk.get("/api/v1/reservations?status=asleep").await.unwrap().status, 422);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_books_just_while_the_house_lets_a_hold_of_the_last_room_go_waits_and_gets_it() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let (held, _) = first(&hotel.book("hold", "2026-07-10", "2026-07-12").await);
        let nights = "day between '2026-07-10' and '2026-07-11'";
        let rows =
            format!("select from reservations r cross join inventory_days i where r.id = '{held}' and i.{nights}");
        let let_go = format!(
            "update reservations set status = 'expired', hold_until = null where id = '{held}';
             update inventory_days set held = held - 1 where {nights}"
        );
        let booking = async {
            // The house's own worker comes as well, and leaves alone what somebody has in hand.
            house.clock.advance(SignedDuration::from_mins(16));
            hotel.try_book("confirmed", "2026-07-10", "2026-07-12").await
        };
        let answer = while_held(house, &rows, &let_go, booking).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(differences(house).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_day_at_the_desk_the_counters_equal_the_reservations() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 4).await;
        let dice = Entropy::seeded(20_260_703);
        let mut known = BTreeMap::<String, String>::new();
        for step in 0..150 {
            let arrival = 10 + dice.below(10);
            let (from, to) = (format!("2026-07-{arrival}"), format!("2026-07-{}", arrival + 1 + dice.below(5)));
            let pick = known.iter().nth(dice.below(u32::try_from(known.len()).unwrap().max(1)) as usize);
            let (reservation, booking) = pick.map(|(r, b)| (r.clone(), b.clone())).unwrap_or_default();
            let answer = match (dice.below(6), reservation.is_empty()) {
                (0, _) | (_, true) => hotel.try_book("confirmed", &from, &to).await,
                (1, _) => hotel.try_book("hold", &from, &to).await,
                (2, _) => amend_now(&hotel, &reservation, json!({ "arrival": from, "departure": to })).await,
                (3, _) => {
                    hotel.act(&reservation, version_of(&hotel, "reservations", &reservation).await, "cancel").await
                }
                (4, _) => {
                    let version = version_of(&hotel, "bookings", &booking).await;
                    let path = format!("/api/v1/bookings/{booking}/confirm");
                    hotel.desk.if_match(version).post(&path, &json!({})).await.unwrap()
                }
                _ => {
                    house.clock.advance(SignedDuration::from_mins(4));
                    continue;
                }
            };
            // 412: the house let the hold go between the look and the step.
            assert!([200, 201, 409, 412].contains(&answer.status.as_u16()), "step {step}: {}", answer.text);
            if answer.status == 201 {
                known.insert(first(&answer.json()).0, id(&answer.json()));
            }
            assert_eq!(differences(house).await, Vec::<String>::new(), "step {step}: {}", answer.text);
        }
    })
    .await;
}

async fn amend_now(hotel: &Furnished, reservation: &str, change: Value) -> hotelhub_testkit::Answer {
    let version = version_of(hotel, "reservations", reservation).await;
    hotel.amend(reservation, version, change).await
}

async fn version_of(hotel: &Furnished, kind: &str, id: &str) -> i64 {
    hotel.desk.get(&format!("/api/v1/{kind}/{id}")).await.unwrap().json()["version"].as_i64().unwrap()
}

async fn differences(house: &House) -> Vec<String> {
    let told = |row: &tokio_postgres::Row| {
        let (day, sold, held): (String, i16, i16) = (row.get(0), row.get(1), row.get(2));
        format!("{day}: sold {sold}, held {held}; truly {}, {}", row.get::<_, i64>(3), row.get::<_, i64>(4))
    };
    house.sql().await.query(DIFFERENCES, &[]).await.unwrap().iter().map(told).collect()
}
