//! Rooms given, keys handed over and taken back, the day's lists and the tape chart.
use serde_json::{Value, json};

use crate::clerk::{Stay, let_it_be, receipt_number};
use crate::furnished::{Furnished, furnish};
use crate::house::{House, in_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_clerks_give_one_room_to_two_guests_at_once_and_one_wins() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let wish = json!({ "room_id": hotel.rooms[0] });
        for day in 10..15 {
            let (arrival, departure) = (format!("2026-07-{day}"), format!("2026-07-{}", day + 1));
            let one = Stay::booked(&hotel, &arrival, &departure).await;
            let other = Stay::booked(&hotel, &arrival, &departure).await;
            let (first, second) =
                tokio::join!(one.act("assign-room", wish.clone()), other.act("assign-room", wish.clone()));
            let (won, lost) = if first.status == 200 { (first, second) } else { (second, first) };
            assert_eq!(won.status, 200, "{}", won.text);
            assert_eq!((lost.status.as_u16(), lost.code().as_str()), (409, "room-taken"));
            assert_eq!(lost.json()["conflicts"], json!([{ "from": arrival, "to": departure }]));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_changes_hands_on_the_day_of_departure() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let wish = json!({ "room_id": hotel.rooms[0] });
        Stay::booked(&hotel, "2026-07-03", "2026-07-05").await.done("assign-room", wish.clone()).await;
        Stay::booked(&hotel, "2026-07-05", "2026-07-07").await.done("assign-room", wish.clone()).await;
        let between = Stay::booked(&hotel, "2026-07-04", "2026-07-06").await.act("assign-room", wish).await;
        assert_eq!(between.json()["conflicts"].as_array().unwrap().len(), 2, "{}", between.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_handed_over_only_for_a_room_that_is_ready() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let stay = Stay::booked(&hotel, "2026-07-03", "2026-07-05").await;
        assert_eq!(stay.act("check-in", json!({})).await.code(), "no-room");
        set_room(&hotel, 0, json!({ "housekeeping": "dirty" })).await;
        set_room(&hotel, 1, json!({ "service": "ooo" })).await;
        let with = |room: usize| json!({ "room_id": hotel.rooms[room] });
        assert_eq!(stay.act("check-in", with(0)).await.code(), "room-not-ready");
        assert_eq!(stay.act("check-in", with(1)).await.code(), "room-out-of-order");
        assert_eq!(stay.seen().await["room"], json!(null));
        let taken = stay.done("check-in", json!({ "room_id": hotel.rooms[0], "accept_dirty": true })).await;
        assert_eq!((&taken["status"], &taken["room"]["number"]), (&json!("in_house"), &json!("101")));
        assert_eq!(stay.act("check-in", json!({})).await.code(), "not-allowed-now");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_checks_in_before_the_day_and_late_comers_sleep_from_tonight() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::booked(&hotel, "2026-07-05", "2026-07-08").await;
        let wish = json!({ "room_id": hotel.rooms[0] });
        assert_eq!(stay.act("check-in", wish.clone()).await.code(), "not-allowed-now");
        let_it_be(house, "2026-07-06").await;
        stay.done("check-in", wish).await;
        let chart = hotel.desk.get("/api/v1/tape-chart?from=2026-07-05&days=7").await.unwrap().json();
        assert_eq!(
            (&chart["stays"][0]["from"], &chart["stays"][0]["to"]),
            (&json!("2026-07-06"), &json!("2026-07-08"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_leaves_with_a_bill_to_pay() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
        let refused = stay.act("check-out", json!({})).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "balance-due"));
        assert_eq!(refused.json()["balance_idr"], 726_000);
        assert_eq!(stay.seen().await["status"], "in_house");
        assert_eq!(stay.folio().await["lines"], json!([]), "a refused departure posts nothing");
        stay.pay(726_001).await;
        assert_eq!(stay.act("check-out", json!({})).await.json()["balance_idr"], -1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_early_gives_the_nights_back() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-08").await;
        let_it_be(house, "2026-07-05").await;
        assert_eq!(hotel.free("2026-07-05", "2026-07-08").await, 0);
        stay.settle().await;
        let gone = stay.done("check-out", json!({})).await;
        assert_eq!((&gone["status"], &gone["departure"]), (&json!("checked_out"), &json!("2026-07-05")));
        assert_eq!(hotel.free("2026-07-05", "2026-07-08").await, 1);
        assert_eq!(stay.folio().await["gross_idr"], 2 * 726_000);

        let next = Stay::booked(&hotel, "2026-07-05", "2026-07-06").await;
        next.done("assign-room", json!({ "room_id": hotel.rooms[0] })).await;
        assert_eq!(next.act("check-in", json!({})).await.code(), "room-not-ready", "the room was slept in");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_is_not_given_while_the_last_guest_is_still_in_it() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let late = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
        let_it_be(house, "2026-07-04").await;
        let next = Stay::booked(&hotel, "2026-07-04", "2026-07-05").await;
        next.done("assign-room", json!({ "room_id": hotel.rooms[0] })).await;
        assert_eq!(next.act("check-in", json!({ "accept_dirty": true })).await.code(), "room-occupied");
        late.settle().await;
        late.done("check-out", json!({})).await;
        next.done("check-in", json!({ "accept_dirty": true })).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slip_at_check_in_is_taken_back_before_anything_is_posted() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-05").await;
        let back = stay.done("revert-check-in", json!({})).await;
        assert_eq!((&back["status"], &back["room"]["number"]), (&json!("confirmed"), &json!("101")));
        stay.done("check-in", json!({})).await;
        stay.pay(1_000).await;
        assert_eq!(stay.act("revert-check-in", json!({})).await.code(), "too-late-to-revert");
        assert!(!offers(&stay.seen().await, "revert-check-in"), "something is paid");
        let other = Stay::in_room(&hotel, 1, "2026-07-03", "2026-07-05").await;
        assert!(offers(&other.seen().await, "revert-check-in"));
        assert!(offers(&day(&hotel).await["in_house"][1], "revert-check-in"));
        let_it_be(house, "2026-07-04").await;
        assert_eq!(other.act("revert-check-in", json!({})).await.code(), "too-late-to-revert");
        assert!(!offers(&other.seen().await, "revert-check-in"), "the day is over");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slip_at_check_out_is_taken_back_on_its_day_and_the_receipt_keeps_its_number() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
        let_it_be(house, "2026-07-04").await;
        stay.settle().await;
        let gone = stay.done("check-out", json!({})).await;
        assert_eq!(gone["allowed_actions"], json!(["revert-check-out"]));
        assert_eq!(day(&hotel).await["left"][0]["id"], gone["id"]);
        let number = receipt_number(&stay).await;
        let back = stay.done("revert-check-out", json!({})).await;
        assert_eq!((&back["status"], &back["room"]["number"]), (&json!("in_house"), &json!("101")));
        assert_eq!(stay.folio().await["status"], "open");
        stay.post("lines", json!({ "charge_code": "MINIBAR", "amount_idr": 10_000 })).await;
        assert_eq!(stay.act("check-out", json!({})).await.code(), "balance-due");
        stay.pay(12_100).await;
        stay.done("check-out", json!({})).await;
        assert_eq!(receipt_number(&stay).await, number);

        let next = Stay::booked(&hotel, "2026-07-04", "2026-07-05").await;
        next.done("check-in", json!({ "room_id": hotel.rooms[0], "accept_dirty": true })).await;
        assert_eq!(stay.act("revert-check-out", json!({})).await.code(), "room-given-away");
        next.done("revert-check-in", json!({})).await;
        let_it_be(house, "2026-07-05").await;
        assert_eq!(stay.act("revert-check-out", json!({})).await.code(), "left-before");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_given_up_or_missed_comes_after_all_if_the_nights_are_still_free() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        for verb in ["cancel", "no-show"] {
            let stay = Stay::booked(&hotel, "2026-07-03", "2026-07-05").await;
            let given_up = stay.done(verb, json!({ "reason": "salah tekan" })).await;
            assert_eq!(given_up["allowed_actions"], json!(["reinstate"]), "{verb}");
            assert_eq!(stay.folio().await["status"], "closed", "nothing was on it");
            let other = Stay::booked(&hotel, "2026-07-04", "2026-07-05").await;
            let refused = stay.act("reinstate", json!({})).await;
            assert_eq!(
                (refused.code().as_str(), &refused.json()["conflicts"][0]["date"]),
                ("sold-out", &json!("2026-07-04"))
            );
            other.done("cancel", json!({})).await;
            let again = stay.done("reinstate", json!({})).await;
            assert_eq!(
                (&again["status"], again["total"]["gross_idr"].as_i64()),
                (&json!("confirmed"), Some(1_452_000))
            );
            assert_eq!(
                (stay.folio().await["status"].clone(), hotel.free("2026-07-03", "2026-07-05").await),
                (json!("open"), 0)
            );
            stay.done("cancel", json!({})).await;
        }
    })
    .await;
}

/// The desk's day.
async fn day(hotel: &Furnished) -> Value {
    hotel.desk.get("/api/v1/front-desk").await.unwrap().json()
}

/// Whether a stay offers this step.
fn offers(stay: &Value, action: &str) -> bool {
    stay["allowed_actions"].as_array().unwrap().iter().any(|offered| offered == action)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_is_dragged_to_another_room_and_other_nights_all_or_nothing() {
    in_both(async |house: &House| {
    let hotel = furnish(house, 2).await;
    let stay = Stay::booked(&hotel, "2026-07-06", "2026-07-08").await;
    stay.done("assign-room", json!({ "room_id": hotel.rooms[0] })).await;
    let blocker = Stay::booked(&hotel, "2026-07-09", "2026-07-11").await;
    blocker.done("assign-room", json!({ "room_id": hotel.rooms[1] })).await;

    let to = |room: usize, arrival: &str, departure: &str| json!({ "room_id": hotel.rooms[room], "arrival": arrival, "departure": departure });
    let refused = stay.act("move", to(1, "2026-07-07", "2026-07-10")).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "room-taken"));
    let same = stay.seen().await;
    assert_eq!((&same["arrival"], &same["room"]["number"]), (&json!("2026-07-06"), &json!("101")));

    let moved = stay.done("move", to(1, "2026-07-07", "2026-07-09")).await;
    assert_eq!((&moved["arrival"], &moved["departure"]), (&json!("2026-07-07"), &json!("2026-07-09")));
    assert_eq!(moved["room"]["number"], "102");
    assert_eq!(hotel.free("2026-07-06", "2026-07-07").await, 2);
    assert_eq!(hotel.free("2026-07-08", "2026-07-09").await, 1);
    let stale = hotel.desk.if_match(1);
    let door = format!("/api/v1/reservations/{}/move", stay.reservation);
    assert_eq!(stale.post(&door, &to(0, "2026-07-07", "2026-07-09")).await.unwrap().status, 412);
    assert_eq!(hotel.desk.post(&door, &to(0, "2026-07-07", "2026-07-09")).await.unwrap().status, 428);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_in_house_moves_from_tonight_on_and_the_room_left_is_dirty() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-06").await;
        let_it_be(house, "2026-07-04").await;
        let wish = json!({ "room_id": hotel.rooms[1], "arrival": "2026-07-03", "departure": "2026-07-07" });
        assert_eq!(stay.done("move", wish).await["room"]["number"], "102");
        let chart = hotel.desk.get("/api/v1/tape-chart?from=2026-07-03&days=5").await.unwrap().json();
        let pieces = chart["stays"].as_array().unwrap().iter();
        let pieces: Vec<_> =
            pieces.map(|piece| (piece["room_id"].clone(), piece["from"].clone(), piece["to"].clone())).collect();
        let wanted = [
            (json!(hotel.rooms[0]), json!("2026-07-03"), json!("2026-07-04")),
            (json!(hotel.rooms[1]), json!("2026-07-04"), json!("2026-07-07")),
        ];
        assert_eq!(pieces, wanted);
        assert_eq!(chart["room_types"][0]["rooms"][0]["housekeeping"], "dirty");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_follows_the_nights_of_its_reservation() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let stay = Stay::booked(&hotel, "2026-07-06", "2026-07-08").await;
        stay.done("assign-room", json!({ "room_id": hotel.rooms[0] })).await;
        let version = async || stay.seen().await["version"].as_i64().unwrap();
        let longer = hotel.amend(&stay.reservation, version().await, json!({ "departure": "2026-07-10" })).await;
        assert_eq!(longer.status, 200, "{}", longer.text);
        let next = Stay::booked(&hotel, "2026-07-09", "2026-07-11").await;
        let wish = json!({ "room_id": hotel.rooms[0] });
        assert_eq!(next.act("assign-room", wish.clone()).await.code(), "room-taken");
        let shorter = hotel.amend(&stay.reservation, version().await, json!({ "departure": "2026-07-09" })).await;
        assert_eq!(shorter.status, 200, "{}", shorter.text);
        next.done("assign-room", wish.clone()).await;
        let again = hotel.amend(&stay.reservation, version().await, json!({ "departure": "2026-07-10" })).await;
        assert_eq!(again.code(), "room-taken", "{}", again.text);
        stay.done("cancel", json!({})).await;
        Stay::booked(&hotel, "2026-07-06", "2026-07-09").await.done("assign-room", wish).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desk_sees_who_comes_who_leaves_and_who_sleeps_here() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 4).await;
        let staying = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-06").await;
        let leaving = Stay::in_room(&hotel, 1, "2026-07-03", "2026-07-04").await;
        let coming = Stay::booked(&hotel, "2026-07-04", "2026-07-05").await;
        Stay::booked(&hotel, "2026-07-05", "2026-07-06").await;
        let_it_be(house, "2026-07-04").await;
        let day = hotel.desk.get("/api/v1/front-desk").await.unwrap().json();
        let ids = |list: &str| -> Vec<String> {
            day[list].as_array().unwrap().iter().map(|stay| stay["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids("arrivals"), [coming.reservation]);
        assert_eq!(ids("departures"), std::slice::from_ref(&leaving.reservation));
        assert_eq!(ids("in_house"), [leaving.reservation, staying.reservation]);
        assert_eq!(day["arrivals"][0]["label"], "due_in");
        assert_eq!(day["departures"][0]["label"], "due_out");
        assert_eq!((&day["rooms_total"], &day["rooms_occupied"]), (&json!(4), &json!(2)));
        assert_eq!(day["occupancy_bp"], 5_000);
        assert_eq!(house.stranger().get("/api/v1/front-desk").await.unwrap().status, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tape_chart_shows_rooms_by_days_and_whoever_waits_for_a_room() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let placed = Stay::booked(&hotel, "2026-07-03", "2026-07-05").await;
        placed.done("assign-room", json!({ "room_id": hotel.rooms[1] })).await;
        let waiting = Stay::booked(&hotel, "2026-07-04", "2026-07-06").await;
        Stay::booked(&hotel, "2026-07-25", "2026-07-26").await;
        let chart = hotel.desk.get("/api/v1/tape-chart?from=2026-07-03&days=14").await.unwrap().json();
        assert_eq!(chart["room_types"][0]["rooms"].as_array().unwrap().len(), 2);
        let stays = chart["stays"].as_array().unwrap().iter();
        let stays: Vec<_> = stays.map(|stay| (stay["reservation_id"].clone(), stay["room_id"].clone())).collect();
        let wanted = [(json!(placed.reservation), json!(hotel.rooms[1])), (json!(waiting.reservation), json!(null))];
        assert_eq!(stays, wanted);
        placed.done("unassign-room", json!({})).await;
        let chart = hotel.desk.get("/api/v1/tape-chart?from=2026-07-03").await.unwrap().json();
        assert!(chart["stays"].as_array().unwrap().iter().all(|stay| stay["room_id"].is_null()));
        for wrong in ["days=0", "days=94", "days=x", "from=tomorrow", "from=-009999-01-01"] {
            let answer = hotel.desk.get(&format!("/api/v1/tape-chart?{wrong}")).await.unwrap();
            assert_eq!(answer.status, 422, "{wrong}: {}", answer.text);
        }
    })
    .await;
}

/// Changes a room as its owner.
async fn set_room(hotel: &Furnished, room: usize, change: serde_json::Value) {
    let path = format!("/api/v1/rooms/{}", hotel.rooms[room]);
    let rooms = hotel.owner.get("/api/v1/rooms").await.unwrap().json();
    let known = rooms["items"].as_array().unwrap().iter().find(|known| known["id"] == hotel.rooms[room]).cloned();
    let version = known.unwrap()["version"].as_i64().unwrap();
    let changed = hotel.owner.if_match(version).patch(&path, &change).await.unwrap();
    assert_eq!(changed.status, 200, "{}", changed.text);
}
