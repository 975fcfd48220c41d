//! What is sold, changed on its sheets by two clerks at once.
use super::{between, furnish, landed, seen, send};
use crate::house::{House, in_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_type_and_a_rate_plan_are_changed_on_their_sheets_and_the_slower_of_two_clerks_is_told() {
    let house = House::standalone().await;
    let owner = house.owner().await;
    furnish(&owner).await;
    let sheets = [
        ("/desk/rooms", "/desk/room-types/", vec![("max_adults", "3"), ("max_children", "0")]),
        ("/desk/rates", "/desk/rate-plans/", vec![("free_cancellation_days", "3"), ("public", "true")]),
    ];
    for (list, sheet, own) in sheets {
        let door = format!("{sheet}{}", between(&seen(&owner, list).await.text, &format!("href=\"{sheet}"), "\""));
        let opened = seen(&owner, &door).await;
        let with = |name: &'static str| [vec![("code", "NEW"), ("name", name), ("sort", "5")], own.clone()].concat();
        let wrong = send(&owner, &opened, &door, &with("")).await;
        assert_eq!((wrong.status.as_u16(), wrong.text.contains("wajib diisi")), (422, true), "{}", wrong.text);
        let slower = seen(&owner, &door).await;
        let saved = landed(&owner, &wrong, &door, &with("Nama baru")).await;
        assert!(saved.text.contains("Nama baru"), "{}", saved.text);
        let late = send(&owner, &slower, &door, &with("Nama lain")).await;
        assert_eq!(late.status, 412, "{}", late.text);
        assert!(late.text.contains("Sudah diubah orang lain") && late.text.contains("Nama baru"), "{}", late.text);
        landed(&owner, &late, &door, &with("Nama lain")).await;
        let put_away = [with("Nama lain"), vec![("archived", "true")]].concat();
        let answer = send(&owner, &seen(&owner, &door).await, &door, &put_away).await;
        if list == "/desk/rooms" {
            assert_eq!((answer.status.as_u16(), answer.text.contains("Masih ada kamar bertipe ini")), (409, true));
        } else {
            let archived = seen(&owner, answer.location().unwrap()).await;
            assert!(!archived.text.contains("/prices") && archived.text.contains(&door), "{}", archived.text);
            let back = [with("Nama lain"), vec![("archived", "false")]].concat();
            let sold = landed(&owner, &seen(&owner, &door).await, &door, &back).await;
            assert!(sold.text.contains("/prices"), "{}", sold.text);
        }
        assert_eq!(house.desk().await.page(&door).await.unwrap().status, 403, "the desk does not change {sheet}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_slower_of_two_who_set_prices_sees_the_other_prices_and_keeps_their_own_in_the_form() {
    in_both(async |house: &House| {
        let owner = house.owner().await;
        furnish(&owner).await;
        let (faster, slower) = (seen(&owner, "/desk/rates").await, seen(&owner, "/desk/rates").await);
        let door = format!("/desk/rate-plans/{}", between(&faster.text, "action=\"/desk/rate-plans/", "\""));
        let of = faster.field("room_type_id").unwrap();
        let with = |price: &'static str| {
            let range = [("from", "2026-07-20"), ("until", "2026-07-21"), ("fri", "true"), ("mon", "true")];
            let rest = [("room_type_id", of.as_str()), ("month", "2026-07-01"), ("min_nights", "2")];
            [range.as_slice(), &rest, &[("price_idr", price)]].concat()
        };
        let wrong = send(&owner, &faster, &door, &with("1,5")).await;
        assert_eq!((wrong.status.as_u16(), wrong.field("until").as_deref()), (422, Some("2026-07-21")));
        let saved = landed(&owner, &wrong, &door, &with("2.222.000")).await;
        assert_eq!(saved.text.matches("2.222.000").count(), 1, "the Monday alone: {}", saved.text);
        let late = send(&owner, &slower, &door, &with("3.333.000")).await;
        assert_eq!(late.status, 412, "{}", late.text);
        assert!(late.text.contains("Sudah diubah orang lain") && late.text.contains("2.222.000"), "{}", late.text);
        assert_eq!(late.field("price_idr").as_deref(), Some("3.333.000"));
        assert!(late.text.contains("name=\"fri\" value=\"true\" checked"), "{}", late.text);
        let anew = landed(&owner, &late, &door, &with("3.333.000")).await;
        assert!(anew.text.contains("3.333.000") && !anew.text.contains("2.222.000"), "{}", anew.text);
    })
    .await;
}
