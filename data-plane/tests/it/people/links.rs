//! Links that work once, and passwords chosen anew.
use hotelhub_identity::LinkToken;
use hotelhub_kernel::Entropy;
use hotelhub_testkit::Visitor;
use jiff::SignedDuration;
use serde_json::json;

use crate::house::{DESK, Hotel, House, OWNER, PASSWORD, in_both};

/// Puts a link of this purpose into a hotel, as a welcome letter carries it; it works for a day.
async fn plant(hotel: &Hotel, email: &str, purpose: &str) -> String {
    let token = LinkToken::mint(&Entropy::system());
    let sql = "insert into one_time_links (token_hash, user_id, purpose, created_at, expires_at)
               select $1, id, $3, '2026-07-03T02:00:00Z', '2026-07-04T02:00:00Z' from users where email = $2";
    hotel.sql().await.execute(sql, &[&token.hash().as_slice(), &email, &purpose]).await.unwrap();
    token.as_text()
}

/// The path of the one link in the newest letter to an address.
async fn link_to(house: &House, address: &str) -> String {
    let letter = house.letter_to(address).await;
    let behind = letter.links[0].split_once("://").unwrap().1;
    behind[behind.find('/').unwrap()..].to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_link_works_once_and_not_by_being_opened() {
    in_both(async |house: &House| {
        let sql = house.sql().await;
        let fresh = "update users set password_hash = null, email_confirmed_at = null where email = $1";
        sql.execute(fresh, &[&OWNER]).await.unwrap();
        let path = format!("/login/link/{}", plant(house, OWNER, "login").await);
        let scanner = house.stranger();
        for _ in 0..3 {
            let page = scanner.page(&path).await.unwrap();
            assert_eq!(page.status, 200);
            assert_eq!(page.text.matches("<button").count(), 1, "one button");
        }
        assert_eq!(scanner.cookie("__Host-session"), None);

        let owner = house.stranger();
        let answer = owner.form(&path, &[]).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.location()), (303, Some("/desk")), "{}", answer.text);
        let desk = owner.page("/desk").await.unwrap();
        assert!(desk.text.contains("action=\"/account/password\""), "asks for a password: {}", desk.text);
        let user = owner.get("/api/v1/session").await.unwrap().json()["user"].clone();
        // The sign-up door hands the same link to whoever fills its form: it proves no address.
        assert_eq!((&user["email"], &user["email_confirmed"]), (&json!(OWNER), &json!(false)));

        for _ in 0..2 {
            let again = house.stranger();
            assert_eq!(again.form(&path, &[]).await.unwrap().status, 410);
            assert_eq!(again.page(&path).await.unwrap().status, 410);
            assert_eq!(again.cookie("__Host-session"), None);
        }
        let chosen =
            owner.post("/api/v1/me/password", &json!({ "new_password": "dua belas ekor itik" })).await.unwrap();
        assert_eq!(chosen.status, 204, "{}", chosen.text);
        assert!(!owner.page("/desk").await.unwrap().text.contains("/account/password"), "asks no more");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_too_old_or_of_another_purpose_or_hotel_opens_nothing() {
    let house = House::saas().await;
    let [melati, kenanga] = &house.hotels[..] else { panic!("two hotels") };
    let token = plant(melati, OWNER, "login").await;
    for (hotel, path) in [
        (kenanga, format!("/login/link/{token}")),
        (melati, format!("/password/reset/{token}")),
        (melati, format!("/email/confirm/{token}")),
        (melati, "/login/link/nonsense".to_owned()),
    ] {
        assert_eq!(hotel.stranger().page(&path).await.unwrap().status, 410, "{path}");
        let fields = [("password", "tiga belas itik")];
        assert_eq!(hotel.stranger().form(&path, &fields).await.unwrap().status, 410, "{path}");
    }
    let two = [melati.stranger(), melati.stranger()];
    let path = format!("/login/link/{token}");
    let (one, other) = tokio::join!(two[0].form(&path, &[]), two[1].form(&path, &[]));
    let mut statuses = [one.unwrap().status.as_u16(), other.unwrap().status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410], "two at once");
    let late = plant(melati, OWNER, "login").await;
    house.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(melati.stranger().form(&format!("/login/link/{late}"), &[]).await.unwrap().status, 410);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_password_is_chosen_anew_and_ends_every_session() {
    in_both(async |house: &House| {
        let desk = house.desk().await;
        let stranger = house.stranger();
        let known = stranger.form("/password/forgot", &[("email", " Dewi@Hotel.test ")]).await.unwrap();
        let unknown = stranger.form("/password/forgot", &[("email", "nobody@hotel.test")]).await.unwrap();
        assert_eq!((known.status.as_u16(), &known.text), (200, &unknown.text), "nobody learns who is here");
        assert_eq!(stranger.form("/password/forgot", &[("email", "none")]).await.unwrap().status, 422);

        let path = link_to(house, DESK).await;
        assert_eq!(stranger.page(&path).await.unwrap().status, 200);
        let weak = stranger.form(&path, &[("password", "password123")]).await.unwrap();
        assert_eq!(weak.status, 422);
        let set = stranger.form(&path, &[("password", "tujuh ekor angsa")]).await.unwrap();
        assert_eq!((set.status.as_u16(), set.location()), (303, Some("/login")), "{}", set.text);
        assert_eq!(desk.get("/api/v1/session").await.unwrap().status, 401);
        assert_eq!(stranger.form(&path, &[("password", "delapan ekor angsa")]).await.unwrap().status, 410);
        let old = json!({ "email": DESK, "password": PASSWORD });
        assert_eq!(stranger.post("/api/v1/session", &old).await.unwrap().status, 401);
        let new = json!({ "email": DESK, "password": "tujuh ekor angsa" });
        assert_eq!(stranger.post("/api/v1/session", &new).await.unwrap().status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_confirmed_by_a_button_and_the_letters_kept_back_then_go() {
    in_both(async |house: &House| {
        let sql = house.sql().await;
        sql.execute("update users set email_confirmed_at = null", &[]).await.unwrap();
        let owner = house.owner().await;
        let user = json!({ "name": "Made", "email": "made@hotel.test", "roles": ["housekeeping"] });
        assert_eq!(owner.post("/api/v1/users", &user).await.unwrap().status, 201);
        let state = "select state from letters where kind = 'invitation'";
        assert_eq!(sql.query_one(state, &[]).await.unwrap().get::<_, &str>(0), "withheld");

        for _ in 0..2 {
            let pressed = owner.form("/account/confirm-email", &[("_key", "the-same-button")]).await.unwrap();
            assert_eq!((pressed.status.as_u16(), pressed.location()), (303, Some("/account")));
        }
        let letters = "select count(*) from letters where kind = 'confirm-email'";
        assert_eq!(sql.query_one(letters, &[]).await.unwrap().get::<_, i64>(0), 1, "pressed twice, written once");
        let path = link_to(house, OWNER).await;
        assert_eq!(house.stranger().page(&path).await.unwrap().status, 200);
        let unread = owner.get("/api/v1/session").await.unwrap().json()["user"]["email_confirmed"].clone();
        assert_eq!(unread, json!(false), "opening confirms nothing");
        assert_eq!(house.stranger().form(&path, &[]).await.unwrap().status, 303);
        let read = owner.get("/api/v1/session").await.unwrap().json()["user"]["email_confirmed"].clone();
        assert_eq!(read, json!(true));
        house.letter_to("made@hotel.test").await;
    })
    .await;
}

/// Whether a page says that one's own address is unconfirmed, and that letters to guests are held back.
async fn notices(who: &Visitor, path: &str) -> (bool, bool) {
    let page = who.page(path).await.unwrap();
    assert_eq!(page.status, 200, "{}", page.text);
    (page.text.contains("Alamat surel Anda belum dikonfirmasi"), page.text.contains("Surat kepada tamu ditahan"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_told_of_their_own_address_and_the_desk_of_letters_that_wait_for_an_owner() {
    in_both(async |house: &House| {
        let sql = house.sql().await;
        sql.execute("update users set email_confirmed_at = null where email = $1", &[&OWNER]).await.unwrap();
        let (owner, desk) = (house.owner().await, house.desk().await);
        assert_eq!(notices(&owner, "/desk").await, (true, false), "no letter waits yet");
        let user = json!({ "name": "Made", "email": "made@hotel.test", "roles": ["housekeeping"] });
        assert_eq!(owner.post("/api/v1/users", &user).await.unwrap().status, 201);
        assert_eq!(notices(&owner, "/desk").await, (true, true));
        assert_eq!(notices(&owner, "/desk/rooms").await, (true, false));
        assert_eq!(notices(&desk, "/desk").await, (false, true), "her own address is confirmed");

        let dewi = sql.query_one("select id::text, version from users where email = $1", &[&DESK]).await.unwrap();
        let (path, version) = (format!("/api/v1/users/{}", dewi.get::<_, &str>(0)), dewi.get::<_, i32>(1).into());
        let promoted = owner.if_match(version).patch(&path, &json!({ "roles": ["owner"] })).await.unwrap();
        assert_eq!(promoted.status, 200, "{}", promoted.text);
        assert_eq!(
            notices(&owner, "/desk").await,
            (true, false),
            "an owner with a confirmed address speaks for the hotel"
        );

        sql.execute("update users set email_confirmed_at = null where email = $1", &[&DESK]).await.unwrap();
        assert_eq!(notices(&desk, "/desk").await, (true, false));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_host_gets_into_no_letter() {
    let house = House::standalone().await;
    let forger = house.stranger().at("hotel.evil.test");
    let asked = forger.form("/password/forgot", &[("email", DESK)]).await.unwrap();
    assert!(asked.status.is_success() || asked.status.is_redirection(), "{}", asked.text);
    let reset = house.letter_to(DESK).await.text;
    assert!(!reset.contains("evil") && reset.contains(&format!("http://{}/password/reset/", house.host)), "{reset}");

    let owner = house.owner().await.at("hotel.evil.test");
    owner.put_cookie("__Host-session", &house.owner().await.cookie("__Host-session").unwrap());
    let new = json!({ "email": "baru@hotel.test", "name": "Baru", "roles": ["front_office"] });
    let invited = owner.post("/api/v1/users", &new).await.unwrap();
    assert_eq!(invited.status, 201, "{}", invited.text);
    let invitation = house.letter_to("baru@hotel.test").await.text;
    assert!(!invitation.contains("evil") && invitation.contains(&house.host), "{invitation}");
}
