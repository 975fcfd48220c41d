//! A hotel's first day through its pages alone: forms, redirects, refusals shown again. No script runs here.
mod sheets;

use hotelhub_testkit::{Answer, Visitor};
use serde_json::json;

use crate::clerk::Stay;
use crate::furnished;
use crate::house::{House, OWNER, in_both};

/// A form of the page last seen, sent as a browser does: its key and version as the page printed them.
async fn send(who: &Visitor, page: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let key = format!("{}-{}", page.field("_key").expect("the page has a form"), path.len());
    let version = page.field("version");
    let mut all = vec![("_key", key.as_str())];
    all.extend(version.as_deref().map(|version| ("version", version)));
    all.extend(fields.iter().copied());
    who.form(path, &all).await.unwrap()
}

/// The page a form leads to.
async fn landed(who: &Visitor, page: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let answer = send(who, page, path, fields).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.text);
    let next = who.page(answer.location().unwrap()).await.unwrap();
    assert_eq!(next.status, 200, "{path}: {}", next.text);
    next
}

async fn seen(who: &Visitor, path: &str) -> Answer {
    let page = who.page(path).await.unwrap();
    assert_eq!(page.status, 200, "{path}: {}", page.text);
    assert!(page.text.starts_with("<!doctype html>"), "{path}");
    page
}

/// The part of a text between two others.
fn between<'a>(text: &'a str, lead: &str, end: &str) -> &'a str {
    text.split(lead).nth(1).and_then(|rest| rest.split(end).next()).unwrap_or_else(|| panic!("no {lead} in {text}"))
}

async fn furnish(owner: &Visitor) {
    let rooms = seen(owner, "/desk/rooms").await;
    let fields = [("code", "DLX"), ("name", "Kamar Deluxe"), ("max_adults", "2"), ("max_children", "1")];
    let rooms = landed(owner, &rooms, "/desk/room-types", &fields).await;
    let of =
        between(&rooms.text, "<select id=\"room_type_id\" name=\"room_type_id\"><option value=\"", "\"").to_owned();
    let refused = send(owner, &rooms, "/desk/rooms", &[("room_type_id", &of), ("numbers", "105-101")]).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let rooms = landed(owner, &rooms, "/desk/rooms", &[("room_type_id", &of), ("numbers", "101-105")]).await;
    assert!(rooms.text.contains("<b>105</b>"), "{}", rooms.text);
    let rates = seen(owner, "/desk/rates").await;
    let plan = [("code", "BAR"), ("name", "Fleksibel"), ("free_cancellation_days", "1"), ("public", "true")];
    let rates = landed(owner, &rates, "/desk/rate-plans", &plan).await;
    let door = format!("/desk/rate-plans/{}", between(&rates.text, "action=\"/desk/rate-plans/", "\""));
    let prices = [
        ("room_type_id", of.as_str()),
        ("month", "2026-07-01"),
        ("from", "2026-07-03"),
        ("until", "2026-07-31"),
        ("price_idr", "1.000.000"),
        ("min_nights", "1"),
    ];
    let rates = landed(owner, &rates, &door, &prices).await;
    assert!(rates.text.contains("1.000.000"), "{}", rates.text);
}

async fn book(guest: &Visitor) -> String {
    seen(guest, "/").await;
    let offers = seen(guest, "/book?arrival=2026-07-03&departure=2026-07-05&adults=2&children=0").await;
    assert!(offers.text.contains("Rp2.420.000"), "{}", offers.text);
    assert!(!offers.text.contains("Batal gratis"), "the last free day is over: {}", offers.text);
    let (of, plan) = (offers.field("room_type_id").unwrap(), offers.field("rate_plan_id").unwrap());
    let wish = [
        ("room_type_id", of.as_str()),
        ("rate_plan_id", plan.as_str()),
        ("arrival", "2026-07-03"),
        ("departure", "2026-07-05"),
        ("adults", "2"),
        ("children", "0"),
    ];
    let details = landed(guest, &offers, "/book", &wish).await;
    let door = between(&details.text, "method=\"post\" action=\"/book/", "\"");
    let (door, token) = (format!("/book/{door}"), details.field("token").unwrap());
    let refused =
        send(guest, &details, &door, &[("token", &token), ("name", "Wayan Suarti"), ("email", "wayan")]).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("value=\"Wayan Suarti\"") && refused.text.contains("guest.email-wrong"));
    let who = [("token", token.as_str()), ("name", "Wayan Suarti"), ("email", "wayan@example.test")];
    let manage = landed(guest, &refused, &door, &who).await;
    assert!(manage.text.contains("Terima kasih, Wayan Suarti"), "{}", manage.text);
    token
}

/// A payment that is none, and the folio that says so at the payment's own field.
async fn refused_payment(clerk: &Visitor, mut bill: Answer, door: &str) -> Answer {
    for nothing in ["0", "seribu"] {
        bill = send(clerk, &bill, door, &[("amount_idr", nothing)]).await;
        assert_eq!(bill.status, 422, "{}", bill.text);
        let says =
            |field: &str| between(&bill.text, &format!("<input id=\"{field}\""), "</div>").contains("class=\"wrong");
        assert!(says("pay_idr") && !says("amount_idr"), "{}", bill.text);
    }
    bill
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_opens_and_serves_its_first_guest_through_its_pages() {
    in_both(async |house: &House| {
        let (owner, guest) = (house.owner().await, house.guest());
        furnish(&owner).await;
        book(&guest).await;
        let desk = seen(&owner, "/desk").await;
        assert!(desk.text.contains("Wayan Suarti"), "{}", desk.text);
        let list = seen(&owner, "/desk/reservations?q=wayan").await;
        let id = between(&list.text, "class=\"strong\" href=\"/desk/reservations/", "\"").to_owned();
        let own = format!("/desk/reservations/{id}");
        let detail = seen(&owner, &own).await;
        let room = between(&detail.text, "<select id=\"room_id\" name=\"room_id\" required><option value=\"", "\"");
        let detail = landed(&owner, &detail, &format!("{own}/check-in"), &[("room_id", room)]).await;
        let folio = format!("/desk/folios/{}", between(&detail.text, "href=\"/desk/folios/", "\""));
        let bill = seen(&owner, &folio).await;
        let mini = [("charge_code", "MINIBAR"), ("quantity", "2"), ("amount_idr", "25.000")];
        let bill = landed(&owner, &bill, &format!("{folio}/lines"), &mini).await;
        let bill = landed(&owner, &bill, &format!("{folio}/post-nights"), &[]).await;
        assert_eq!(between(&bill.text, "<dd id=\"balance\">", "</dd>"), "Rp1.270.500");
        let early = send(&owner, &seen(&owner, &own).await, &format!("{own}/check-out"), &[]).await;
        assert_eq!(early.status, 409, "{}", early.text);
        let bill = refused_payment(&owner, bill, &format!("{folio}/payments")).await;
        let bill = landed(&owner, &bill, &format!("{folio}/payments"), &[("amount_idr", "1270500")]).await;
        assert_eq!(between(&bill.text, "<dd id=\"balance\">", "</dd>"), "Rp0");
        let detail = seen(&owner, &own).await;
        landed(&owner, &detail, &format!("{own}/check-out"), &[]).await;
        let receipt = seen(&owner, &format!("{folio}/receipt")).await;
        assert!(receipt.text.contains("KW-2026-000001"), "{}", receipt.text);
        assert!(receipt.text.contains("satu juta dua ratus tujuh puluh ribu lima ratus rupiah"), "{}", receipt.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_is_moved_by_the_plain_form_of_the_tape_chart() {
    in_both(async |house: &House| {
        let (owner, guest) = (house.owner().await, house.guest());
        furnish(&owner).await;
        book(&guest).await;
        let chart = seen(&owner, "/desk/tape?from=2026-07-03&days=14").await;
        let id = between(&chart.text, "data-id=\"", "\"").to_owned();
        let open = seen(&owner, &format!("/desk/tape?from=2026-07-03&days=14&stay={id}")).await;
        let room = between(&open.text, "<tr data-room=\"", "\"").to_owned();
        let door = format!("/desk/reservations/{id}/move");
        let wish = [
            ("room_id", room.as_str()),
            ("arrival", "2026-07-04"),
            ("departure", "2026-07-07"),
            ("from", "2026-07-03"),
        ];
        let moved = landed(&owner, &open, &door, &wish).await;
        assert!(moved.text.contains("data-arrival=\"2026-07-04\" data-departure=\"2026-07-07\""), "{}", moved.text);
        let version = open.field("version").unwrap();
        let late = [("room_id", room.as_str()), ("arrival", "2026-07-05"), ("departure", "2026-07-06")];
        let late = [late.as_slice(), &[("version", version.as_str()), ("_key", "another-form-of-it")]].concat();
        let stale = owner.form(&door, &late).await.unwrap();
        assert_eq!(stale.status, 412, "{}", stale.text);
        let after = seen(&owner, "/desk/tape?from=2026-07-03&days=14").await;
        assert!(
            after.text.contains("data-arrival=\"2026-07-04\" data-departure=\"2026-07-07\""),
            "it stays where it was"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_booking_is_given_up_behind_its_link_and_the_desk_changes_one_of_its_own() {
    in_both(async |house: &House| {
        let (owner, guest) = (house.owner().await, house.guest());
        furnish(&owner).await;
        let fresh =
            seen(&owner, "/desk/reservations/new?arrival=2026-07-10&departure=2026-07-12&adults=2&children=0").await;
        let offer = fresh.field("offer").unwrap();
        let wish = [
            ("offer", offer.as_str()),
            ("arrival", "2026-07-10"),
            ("departure", "2026-07-12"),
            ("adults", "2"),
            ("children", "0"),
            ("name", "Putu Ayu"),
            ("status", "confirmed"),
        ];
        let detail = landed(&owner, &fresh, "/desk/reservations/new", &wish).await;
        assert!(detail.text.contains("Putu Ayu"), "{}", detail.text);
        let own = format!("/desk/reservations/{}", between(&detail.text, "action=\"/desk/reservations/", "/"));
        let gone = landed(&owner, &detail, &format!("{own}/cancel"), &[("reason", "Sakit")]).await;
        assert!(gone.text.contains("Batal"), "{}", gone.text);

        let offers = seen(&guest, "/book?arrival=2026-07-20&departure=2026-07-21&adults=2").await;
        assert!(offers.text.contains("Batal gratis sampai"), "{}", offers.text);
        let (of, plan) = (offers.field("room_type_id").unwrap(), offers.field("rate_plan_id").unwrap());
        let wish = [
            ("room_type_id", of.as_str()),
            ("rate_plan_id", plan.as_str()),
            ("arrival", "2026-07-20"),
            ("departure", "2026-07-21"),
            ("adults", "2"),
            ("children", "0"),
        ];
        let details = landed(&guest, &offers, "/book", &wish).await;
        let token = details.field("token").unwrap();
        let door = format!("/book/{}", between(&details.text, "method=\"post\" action=\"/book/", "\""));
        let who = [("token", token.as_str()), ("name", "John Smith"), ("email", "john@example.test")];
        let manage = landed(&guest, &details, &door, &who).await;
        let ended = landed(&guest, &manage, &format!("/manage/{token}/cancel"), &[]).await;
        assert!(ended.text.contains("Pemesanan ini sudah berakhir"), "{}", ended.text);
        assert_eq!(guest.page("/manage/nobody").await.unwrap().status, 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_property_is_changed_by_its_form_and_pages_ask_strangers_to_sign_in() {
    in_both(async |house: &House| {
        let owner = house.owner().await;
        let page = seen(&owner, "/desk/property").await;
        let form = [
            ("name", "Hotel Melati Indah"),
            ("email", OWNER),
            ("time_zone", "Asia/Jakarta"),
            ("checkin_time", "14:00"),
            ("checkout_time", "11:00"),
            ("service", "10,5"),
            ("pb1", "10"),
        ];
        let slower = seen(&owner, "/desk/property").await;
        let page = landed(&owner, &page, "/desk/property", &form).await;
        assert!(page.text.contains("Hotel Melati Indah") && page.text.contains("value=\"10,5\""), "{}", page.text);
        let late = send(&owner, &slower, "/desk/property", &form).await;
        assert_eq!(late.status, 412, "{}", late.text);
        let shown = (late.field("name"), late.field("version"));
        assert_eq!(shown, (Some("Hotel Melati Indah".to_owned()), Some("2".to_owned())));
        for path in ["/desk", "/desk/tape", "/desk/reservations", "/desk/rooms", "/desk/rates", "/desk/property"] {
            let answer = house.stranger().page(path).await.unwrap();
            assert_eq!(
                (answer.status.as_u16(), answer.location().is_some_and(|to| to.starts_with("/login"))),
                (303, true)
            );
        }
    })
    .await;
}

/// The fields of a desk booking of this many rooms.
fn rooms_for<'a>(offer: &'a str, rooms: &'a str) -> [(&'a str, &'a str); 8] {
    [
        ("offer", offer),
        ("arrival", "2026-07-10"),
        ("departure", "2026-07-12"),
        ("adults", "2"),
        ("children", "0"),
        ("rooms", rooms),
        ("name", "Rombongan Ubud"),
        ("status", "confirmed"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_booking_at_the_desk_takes_several_rooms_or_none() {
    in_both(async |house: &House| {
        let owner = house.owner().await;
        furnish(&owner).await;
        let search = |rooms: u8| {
            format!("/desk/reservations/new?arrival=2026-07-10&departure=2026-07-12&adults=2&children=0&rooms={rooms}")
        };
        let fresh = seen(&owner, &search(3)).await;
        assert!(fresh.text.contains("Rp7.260.000"), "three rooms for two nights: {}", fresh.text);
        let offer = fresh.field("offer").unwrap();
        let list = landed(&owner, &fresh, "/desk/reservations/new", &rooms_for(&offer, "3")).await;
        assert_eq!(list.text.matches("Rombongan Ubud").count(), 3, "{}", list.text);

        let too_many = seen(&owner, &search(3)).await;
        assert!(too_many.text.contains("required disabled"), "two are left: {}", too_many.text);
        let refused = send(&owner, &too_many, "/desk/reservations/new", &rooms_for(&offer, "3")).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        assert!(
            refused.text.contains("10 Jul (sisa 2)") && refused.text.contains("11 Jul (sisa 2)"),
            "{}",
            refused.text
        );
        let last = seen(&owner, &search(2)).await;
        landed(&owner, &last, "/desk/reservations/new", &rooms_for(&offer, "2")).await;
        let all = owner.get("/api/v1/reservations").await.unwrap().json();
        assert_eq!(all["items"].as_array().unwrap().len(), 5, "the refused three left nothing behind");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_is_taken_back_by_a_button_long_before_the_guest_comes() {
    in_both(async |house: &House| {
        let hotel = furnished::furnish(house, 1).await;
        let stay = Stay::booked(&hotel, "2026-07-10", "2026-07-12").await;
        let door = format!("/desk/reservations/{}", stay.reservation);
        let taken = format!("{door}/unassign-room");
        assert!(!seen(&hotel.desk, &door).await.text.contains(&taken), "there is no room to take back");
        stay.done("assign-room", json!({ "room_id": hotel.rooms[0] })).await;
        let detail = seen(&hotel.desk, &door).await;
        assert!(detail.text.contains(&taken), "{}", detail.text);
        landed(&hotel.desk, &detail, &taken, &[]).await;
        assert_eq!(stay.seen().await["room"], json!(null));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_that_no_calendar_shows_is_the_present_one() {
    in_both(async |house: &House| {
        let hotel = furnished::furnish(house, 1).await;
        for month in ["-009999-01-01", "9999-12-31", "melati"] {
            let rates = seen(&hotel.desk, &format!("/desk/rates?month={month}")).await;
            assert!(rates.text.contains("Juli 2026"), "{month}: {}", rates.text);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desk_takes_its_slips_back_by_buttons() {
    in_both(async |house: &House| {
        let (owner, guest) = (house.owner().await, house.guest());
        furnish(&owner).await;
        book(&guest).await;
        let list = seen(&owner, "/desk/reservations?q=wayan").await;
        let own =
            format!("/desk/reservations/{}", between(&list.text, "class=\"strong\" href=\"/desk/reservations/", "\""));
        let detail = seen(&owner, &own).await;
        let room = between(&detail.text, "<select id=\"room_id\" name=\"room_id\" required><option value=\"", "\"");
        let detail = landed(&owner, &detail, &format!("{own}/check-in"), &[("room_id", room)]).await;
        assert!(detail.text.contains("Batalkan check-in"), "{}", detail.text);
        assert!(seen(&owner, "/desk").await.text.contains("/revert-check-in"));
        let detail = landed(&owner, &detail, &format!("{own}/revert-check-in"), &[]).await;
        assert!(!detail.text.contains("Batalkan check-in"), "{}", detail.text);

        let folio = format!("/desk/folios/{}", between(&detail.text, "href=\"/desk/folios/", "\""));
        let bill = seen(&owner, &folio).await;
        landed(&owner, &bill, &format!("{folio}/payments"), &[("amount_idr", "500000")]).await;
        let detail = landed(&owner, &seen(&owner, &own).await, &format!("{own}/cancel"), &[("reason", "Sakit")]).await;
        let detail = landed(&owner, &detail, &format!("{own}/reinstate"), &[]).await;
        landed(&owner, &detail, &format!("{own}/cancel"), &[("reason", "Sakit lagi")]).await;
        let bill = seen(&owner, &folio).await;
        assert!(bill.text.contains("Simpan Rp500.000 dan tutup"), "{}", bill.text);
        let closed = landed(&owner, &bill, &format!("{folio}/close"), &[("keep", "true")]).await;
        assert!(closed.text.contains("Biaya pembatalan") && closed.text.contains("KW-2026-000001"), "{}", closed.text);
    })
    .await;
}
