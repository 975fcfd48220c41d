//! What a guest owes, pays and takes home, to the rupiah.
use serde_json::{Value, json};

use crate::clerk::{Stay, last, let_it_be, receipt_number, while_held};
use crate::furnished::{Furnished, furnish, id};
use crate::house::{House, in_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_stays_two_nights_drinks_two_bottles_pays_and_takes_a_receipt_that_adds_up() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let stay = Stay::booked(&hotel, "2026-07-03", "2026-07-05").await;
        stay.done("assign-room", json!({ "room_id": hotel.rooms[0] })).await;
        assert_eq!(stay.done("check-in", json!({})).await["status"], "in_house");
        stay.post("lines", json!({ "charge_code": "MINIBAR", "quantity": 2, "amount_idr": 25_000 })).await;
        let_it_be(house, "2026-07-05").await;

        // Two nights at 600,000 and 50,000 of minibar, each with 10 % service and 10 % PB1 on both.
        let owed = stay.post("post-nights", json!({})).await;
        assert_eq!(owed["balance_idr"], 2 * 726_000 + 60_500);
        let wish = json!({ "method": "cash", "amount_idr": 1_512_500, "tendered_idr": 1_600_000 });
        let paid = stay.post("payments", wish).await;
        assert_eq!(paid["payments"][0]["change_idr"], 87_500);
        assert_eq!(paid["balance_idr"], 0);
        assert_eq!(stay.done("check-out", json!({})).await["status"], "checked_out");

        let receipt = hotel.desk.get(&format!("{}/receipt", stay.bill().await)).await.unwrap().json();
        assert_eq!(receipt["number"], "KW-2026-000001");
        let lines = receipt["lines"].as_array().unwrap();
        let sum = |field: &str| lines.iter().map(|line| line[field].as_i64().unwrap()).sum::<i64>();
        for field in ["net_idr", "service_idr", "pb1_idr", "gross_idr"] {
            assert_eq!(receipt[field], sum(field), "{field}");
        }
        assert_eq!(receipt["net_idr"], 1_250_000);
        assert_eq!(receipt["service_idr"], 125_000);
        assert_eq!(receipt["pb1_idr"], 137_500);
        assert_eq!(receipt["paid_idr"], 1_512_500);
        assert_eq!(receipt["terbilang"], "satu juta lima ratus dua belas ribu lima ratus rupiah");
        assert_eq!(receipt["hotel"]["name"], "Hotel Melati");
        assert_eq!(receipt["room"], "101");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_guests_leave_at_once_and_their_receipts_have_no_gap() {
    let house = House::saas_with(8, |_| {}).await;
    let hotel = furnish(&house, 20).await;
    let mut stays = Vec::new();
    for room in 0..20 {
        let stay = Stay::in_room(&hotel, room, "2026-07-03", "2026-07-04").await;
        stay.settle().await;
        stays.push(stay);
    }
    let mut leaving = tokio::task::JoinSet::new();
    for stay in stays {
        leaving.spawn(async move {
            stay.done("check-out", json!({})).await;
            receipt_number(&stay).await
        });
    }
    let mut numbers = leaving.join_all().await;
    numbers.sort();
    let wanted: Vec<String> = (1..=20).map(|number| format!("KW-2026-{number:06}")).collect();
    assert_eq!(numbers, wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_is_taken_back_once_by_who_may_and_leaves_nothing() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
        let posted = stay.post("lines", json!({ "charge_code": "LAUNDRY", "amount_idr": 33_333 })).await;
        let paid = stay.pay(10_000).await;
        let (line, payment) = (last(&posted, "lines"), last(&paid, "payments"));
        let (line, payment) = (format!("lines/{line}/reverse"), format!("payments/{payment}/reverse"));
        let reason = json!({ "reason": "salah kamar" });

        let clerk = stay.try_post(&hotel.desk, &line, reason.clone()).await;
        assert_eq!((clerk.status.as_u16(), clerk.code().as_str()), (403, "not-permitted"));
        for door in [&line, &payment] {
            let first = stay.try_post(&hotel.owner, door, reason.clone()).await;
            assert_eq!(first.status, 201, "{}", first.text);
            let again = stay.try_post(&hotel.owner, door, reason.clone()).await;
            assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "already-reversed"));
        }
        let folio = stay.folio().await;
        for field in ["net_idr", "service_idr", "pb1_idr", "gross_idr", "paid_idr", "balance_idr"] {
            assert_eq!(folio[field], 0, "{field}");
        }
        assert_eq!(folio["lines"].as_array().unwrap().len(), 2);
        let opposite = folio["lines"].as_array().unwrap().iter().find(|line| !line["reverses_id"].is_null()).unwrap();
        let opposite = format!("lines/{}/reverse", id(opposite));
        assert_eq!(stay.try_post(&hotel.owner, &opposite, reason).await.code(), "not-reversible");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_payment_sent_twice_is_one_payment() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
        let once =
            hotel.desk.if_match(stay.folio().await["version"].as_i64().unwrap()).with("idempotency-key", "tunai-0001");
        let door = format!("{}/payments", stay.bill().await);
        let wish = json!({ "method": "cash", "amount_idr": 50_000 });
        let first = once.post(&door, &wish).await.unwrap();
        let second = once.post(&door, &wish).await.unwrap();
        assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201), "{}", second.text);
        assert_eq!(first.json(), second.json());
        assert_eq!(first.etag(), second.etag());
        assert_eq!(stay.folio().await["paid_idr"], 50_000);
        let other = once.post(&door, &json!({ "method": "cash", "amount_idr": 60_000 })).await.unwrap();
        assert_eq!(other.status, 422, "{}", other.text);
        assert_eq!(stay.folio().await["paid_idr"], 50_000);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_amount_is_refused_and_the_field_is_named() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
        let line = |amount: Value| json!({ "charge_code": "MINIBAR", "amount_idr": amount });
        let cash = |amount: Value| json!({ "method": "cash", "amount_idr": amount });
        let twice = json!({ "charge_code": "MINIBAR", "quantity": 2, "amount_idr": i64::MAX });
        let short = json!({ "method": "cash", "amount_idr": 50_000, "tendered_idr": 20_000 });
        for (door, wish, field) in [
            ("payments", cash(json!(50_000.5)), "amount_idr"),
            ("payments", cash(json!("50000")), "amount_idr"),
            ("payments", cash(json!(0)), "amount_idr"),
            ("payments", cash(json!(-1)), "amount_idr"),
            ("payments", short, "tendered_idr"),
            ("lines", line(json!(1.0)), "amount_idr"),
            ("lines", line(json!(-25_000)), "amount_idr"),
            ("lines", line(json!(i64::MAX)), "amount_idr"),
            ("lines", twice, "amount_idr"),
            ("lines", json!({ "charge_code": "MINIBAR", "quantity": 0, "amount_idr": 1 }), "quantity"),
            ("lines", json!({ "charge_code": "MINIBAR", "quantity": 70_000, "amount_idr": 1 }), "quantity"),
            ("lines", json!({ "charge_code": "CASINO", "amount_idr": 1 }), "charge_code"),
            ("lines", json!({ "charge_code": "MINIBAR", "amount_idr": 1, "discount": 1 }), "discount"),
        ] {
            let answer = stay.try_post(&hotel.desk, door, wish.clone()).await;
            assert_eq!(answer.status, 422, "{wish}: {}", answer.text);
            assert_eq!(answer.json()["errors"][0]["field"], field, "{wish}: {}", answer.text);
        }
        assert_eq!(stay.folio().await["lines"], json!([]));
        assert_eq!(stay.folio().await["payments"], json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sum_that_no_longer_fits_is_refused() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
        let fee = json!({ "charge_code": "CANCELFEE", "amount_idr": i64::MAX / 2 });
        stay.post("lines", fee.clone()).await;
        stay.post("lines", fee.clone()).await;
        let refused = stay.try_post(&hotel.desk, "lines", fee).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "amount-too-large"));
        assert_eq!(stay.folio().await["lines"].as_array().unwrap().len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_clerks_at_one_folio_do_not_post_past_each_other() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
        let seen = hotel.desk.if_match(stay.folio().await["version"].as_i64().unwrap());
        let door = format!("{}/payments", stay.bill().await);
        let wish = json!({ "method": "cash", "amount_idr": 50_000 });
        let (one, other) = tokio::join!(seen.post(&door, &wish), seen.post(&door, &wish));
        let mut statuses = [one.unwrap().status.as_u16(), other.unwrap().status.as_u16()];
        statuses.sort();
        assert_eq!(statuses, [201, 412]);
        assert_eq!(stay.folio().await["paid_idr"], 50_000);
        assert_eq!(hotel.desk.post(&door, &wish).await.unwrap().status, 428);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_that_hold_the_tax_are_split_and_come_out_whole() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let property = hotel.owner.get("/api/v1/property").await.unwrap();
        let version = property.json()["version"].as_i64().unwrap();
        let change = json!({ "prices_include_tax": true });
        let changed = hotel.owner.if_match(version).patch("/api/v1/property", &change).await.unwrap();
        assert_eq!(changed.status, 200, "{}", changed.text);
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
        let folio = stay.post("lines", json!({ "charge_code": "FOOD", "amount_idr": 1_000_001 })).await;
        let line = &folio["lines"][0];
        let parts = ["net_idr", "service_idr", "pb1_idr", "gross_idr"].map(|field| line[field].as_i64().unwrap());
        assert_eq!(parts, [826_447, 82_645, 90_909, 1_000_001]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nights_are_posted_once_however_often_that_is_asked() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-06").await;
        let first = stay.post("post-nights", json!({})).await;
        assert_eq!(first["gross_idr"], 726_000);
        assert_eq!(stay.post("post-nights", json!({})).await["gross_idr"], 726_000);
        let_it_be(house, "2026-07-05").await;
        assert_eq!(stay.post("post-nights", json!({})).await["gross_idr"], 2 * 726_000);
        let texts: Vec<Value> =
            stay.folio().await["lines"].as_array().unwrap().iter().map(|line| line["description"].clone()).collect();
        assert_eq!(texts, ["Deluxe 03-07-2026", "Deluxe 04-07-2026"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_folio_takes_nothing_more() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
        stay.settle().await;
        stay.done("check-out", json!({})).await;
        for (door, wish) in [
            ("lines", json!({ "charge_code": "MINIBAR", "amount_idr": 1_000 })),
            ("payments", json!({ "method": "cash", "amount_idr": 1_000 })),
            ("post-nights", json!({})),
        ] {
            let refused = stay.try_post(&hotel.desk, door, wish).await;
            assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "folio-closed"), "{door}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folio_of_one_hotel_is_nothing_in_another() {
    let house = House::saas().await;
    let hotel = furnish(&house, 1).await;
    let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
    let bill = stay.bill().await;
    let neighbour = house.hotels[1].desk().await;
    assert_eq!(neighbour.get(&bill).await.unwrap().status, 404);
    assert_eq!(house.stranger().get(&bill).await.unwrap().status, 401);
    let wish = json!({ "method": "cash", "amount_idr": 1_000 });
    assert_eq!(neighbour.if_match(1).post(&format!("{bill}/payments"), &wish).await.unwrap().status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_folio_of_a_stay_that_will_not_be_is_settled_and_closed() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let kept = Stay::booked(&hotel, "2026-07-10", "2026-07-12").await;
        kept.pay(300_000).await;
        let early = kept.try_post(&hotel.desk, "close", json!({ "keep": true })).await;
        assert_eq!(early.code(), "stay-goes-on");
        kept.done("cancel", json!({ "reason": "Sakit" })).await;
        assert_eq!(kept.folio().await["status"], "open", "somebody paid");
        let owed = kept.try_post(&hotel.desk, "close", json!({})).await;
        assert_eq!((owed.code().as_str(), &owed.json()["balance_idr"]), ("balance-due", &json!(-300_000)));
        let closed = kept.post("close", json!({ "keep": true })).await;
        assert_eq!((&closed["status"], &closed["gross_idr"]), (&json!("closed"), &json!(300_000)));
        assert_eq!((&closed["lines"][0]["charge_code"], &closed["pb1_idr"]), (&json!("CANCELFEE"), &json!(0)));

        let refunded = Stay::booked(&hotel, "2026-07-10", "2026-07-12").await;
        let payment = last(&refunded.pay(300_000).await, "payments");
        refunded.done("cancel", json!({})).await;
        let back = format!("payments/{payment}/reverse");
        refunded.try_post(&hotel.owner, &back, json!({ "reason": "Batal" })).await;
        let closed = refunded.post("close", json!({})).await;
        assert_eq!((&closed["status"], &closed["balance_idr"]), (&json!("closed"), &json!(0)));
        assert_eq!(refunded.try_post(&hotel.desk, "close", json!({})).await.code(), "folio-closed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_on_the_bill_changes_its_price_once_its_posting_is_reversed() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let stay = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-05").await;
        let plan = dearer_plan(&hotel).await;
        for (plan, gross) in [(&plan, 968_000), (&hotel.plan, 726_000)] {
            let posted = stay.post("post-nights", json!({})).await;
            let other = json!({ "rate_plan_id": plan });
            let version = async || stay.seen().await["version"].as_i64().unwrap();
            let refused = hotel.amend(&stay.reservation, version().await, other.clone()).await;
            assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "nights-posted"), "{}", refused.text);
            let longer = json!({ "departure": stay.seen().await["departure"], "notes": "Lantai atas" });
            assert_eq!(hotel.amend(&stay.reservation, version().await, longer).await.status, 200);
            take_back(&stay, &hotel, &posted).await;
            let amended = hotel.amend(&stay.reservation, version().await, other).await;
            assert_eq!(amended.status, 200, "{}", amended.text);
            assert_eq!(stay.post("post-nights", json!({})).await["gross_idr"], gross);
            assert_eq!(stay.post("post-nights", json!({})).await["gross_idr"], gross, "once");
            take_back(&stay, &hotel, &stay.folio().await).await;
        }
        stay.done("revert-check-in", json!({})).await;
        stay.done("check-in", json!({})).await;
        assert_eq!(stay.act("check-out", json!({})).await.json()["balance_idr"], 726_000, "the night is owed again");
    })
    .await;
}

/// Another plan, under which every night costs 800,000.
async fn dearer_plan(hotel: &Furnished) -> String {
    let plan = hotel.owner.post("/api/v1/rate-plans", &json!({ "code": "FLEX", "name": "Fleksibel" })).await.unwrap();
    let plan = id(&plan.json());
    let prices =
        json!({ "room_type_id": hotel.room_type, "from": "2026-07-01", "to": "2026-08-01", "price_idr": 800_000 });
    let set = hotel.price(&plan, &prices).await;
    assert_eq!(set.status, 200, "{}", set.text);
    plan
}

/// Reverses the one line of a folio that stands.
async fn take_back(stay: &Stay, hotel: &Furnished, folio: &Value) {
    let stands = |line: &&Value| line["reverses_id"].is_null() && line["reversed"] == false;
    let line = id(folio["lines"].as_array().unwrap().iter().find(stands).unwrap());
    let wish = json!({ "reason": "Harga keliru" });
    let reversed = stay.try_post(&hotel.owner, &format!("lines/{line}/reverse"), wish).await;
    assert_eq!(reversed.status, 201, "{}", reversed.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_or_takes_back_waits_for_whoever_is_at_the_folio() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 2).await;
        let paid = |stay: &Stay| {
            format!(
                "insert into payments (id, folio_id, business_date, received_at, method, amount_idr)
                 select gen_random_uuid(), id, '2026-07-03', now(), 'cash', 50000
                   from folios where reservation_id = '{}'",
                stay.reservation
            )
        };
        let arrived = Stay::in_room(&hotel, 0, "2026-07-03", "2026-07-04").await;
        let slip = arrived.act("revert-check-in", json!({}));
        let refused = while_held(house, &arrived.folio_rows(), &paid(&arrived), slip).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "too-late-to-revert"));

        let booked = Stay::booked(&hotel, "2026-07-10", "2026-07-12").await;
        let given_up = booked.done("cancel", json!({ "reason": "Sakit" }));
        while_held(house, &booked.folio_rows(), &paid(&booked), given_up).await;
        let folio = booked.folio().await;
        assert_eq!((&folio["status"], &folio["balance_idr"]), (&json!("open"), &json!(-50_000)));
    })
    .await;
}
