//! Signing in, and what a session is worth where.
use hotelhub_identity::SessionToken;
use hotelhub_kernel::{Entropy, Key};
use hotelhub_testkit::Visitor;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::house::{DESK, Hotel, House, OWNER, PASSWORD, in_both};

async fn try_in(visitor: &Visitor, email: &str, password: &str) -> (u16, String) {
    let answer = visitor.post("/api/v1/session", &json!({ "email": email, "password": password })).await.unwrap();
    (answer.status.as_u16(), answer.code())
}

async fn status(visitor: &Visitor) -> u16 {
    visitor.get("/api/v1/session").await.unwrap().status.as_u16()
}

async fn last_seen(hotel: &Hotel) -> Timestamp {
    let sql = "select max(last_seen_at) from sessions";
    hotel.sql().await.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_in_is_told_who_they_are_and_what_they_may() {
    in_both(async |house: &House| {
        let desk = house.desk().await;
        let user = desk.get("/api/v1/session").await.unwrap().json()["user"].clone();
        assert_eq!((&user["email"], &user["roles"]), (&json!(DESK), &json!(["front_office"])));
        let permissions = user["permissions"].as_array().unwrap();
        assert!(permissions.contains(&json!("frontdesk.checkin")) && !permissions.contains(&json!("folio.reverse")));
        assert_eq!(desk.delete("/api/v1/session").await.unwrap().status, 204);
        assert_eq!((status(&desk).await, desk.cookie("__Host-session")), (401, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    in_both(async |house: &House| {
        let stranger = house.stranger();
        let wrong = (401, "wrong-credentials".to_owned());
        assert_eq!(try_in(&stranger, DESK, "sembilan ekor itik").await, wrong);
        assert_eq!(try_in(&stranger, "nobody@hotel.test", PASSWORD).await, wrong);
        assert_eq!(try_in(&stranger, "no address", PASSWORD).await, wrong);
        house.sql().await.execute("update users set status = 'disabled' where email = $1", &[&DESK]).await.unwrap();
        assert_eq!(try_in(&stranger, DESK, PASSWORD).await, wrong);
        let unknown_field = json!({ "email": DESK, "password": PASSWORD, "admin": true });
        assert_eq!(stranger.post("/api/v1/session", &unknown_field).await.unwrap().status, 422);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_guesses_too_often_waits_and_then_may_try_again() {
    in_both(async |house: &House| {
        let stranger = house.stranger();
        for _ in 0..10 {
            assert_eq!(try_in(&stranger, DESK, "sembilan ekor itik").await.0, 401);
        }
        let body = json!({ "email": DESK, "password": PASSWORD });
        let answer = stranger.post("/api/v1/session", &body).await.unwrap();
        assert_eq!(answer.status, 429);
        let wait: i64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=900).contains(&wait), "{wait}");
        assert_eq!(try_in(&stranger, OWNER, PASSWORD).await.0, 200);
        house.clock.advance(SignedDuration::from_secs(wait));
        assert_eq!(try_in(&stranger, DESK, PASSWORD).await.0, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_one_hotel_is_worth_nothing_at_another() {
    let house = House::saas().await;
    let [melati, kenanga] = &house.hotels[..] else { panic!("two hotels") };
    let cookie = melati.owner().await.cookie("__Host-session").unwrap();
    let thief = kenanga.stranger();
    thief.put_cookie("__Host-session", &cookie);
    assert_eq!(status(&thief).await, 401);
    // Even a row in the other hotel's database does not make it one of its sessions.
    let copied = melati.sql().await.query_one("select token_hash from sessions", &[]).await.unwrap();
    let hash: &[u8] = copied.get(0);
    let plant = "insert into sessions (id, user_id, token_hash, created_at, rotated_at, last_seen_at, expires_at)
                 select gen_random_uuid(), id, $1, now(), now(), '2026-07-03T02:00:00Z', '2026-08-01' from users limit 1";
    kenanga.sql().await.execute(plant, &[&hash]).await.unwrap();
    assert_eq!(status(&thief).await, 401);
    let forged = SessionToken::mint(&Key::new([7; 32]), &Entropy::system()).as_cookie();
    for worthless in [forged.as_str(), "x", &"A".repeat(64), &"A".repeat(5_000)] {
        thief.put_cookie("__Host-session", worthless);
        assert_eq!(status(&thief).await, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_one_hotels_page_changes_nothing_at_another() {
    let house = House::saas().await;
    let [melati, kenanga] = &house.hotels[..] else { panic!("two hotels") };
    let owner = melati.owner().await;
    let foreign = [
        format!("http://{}", kenanga.host),
        "http://hotelhub.localhost".to_owned(),
        format!("https://{}", melati.host),
        "null".to_owned(),
        String::new(),
    ];
    for origin in &foreign {
        let lured = owner.with("origin", origin);
        let answer = lured.form("/account/password", &[("new", "sebelas ekor itik")]).await.unwrap();
        assert_eq!(answer.status, 403, "from {origin:?}");
        assert_eq!(lured.form("/logout", &[]).await.unwrap().status, 403, "from {origin:?}");
        let user = json!({ "name": "Maling", "email": "m@x.test", "roles": ["owner"] });
        let answer = lured.post("/api/v1/users", &user).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "cross-origin"), "from {origin:?}");
    }
    assert_eq!(status(&owner).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_planted_for_the_whole_domain_is_nobodys() {
    let house = House::saas().await;
    let [melati, kenanga] = &house.hotels[..] else { panic!("two hotels") };
    let planted = melati.owner().await.cookie("__Host-session").unwrap();
    let own = melati.owner().await.cookie("__Host-session").unwrap();
    let stranger = melati.stranger();
    stranger.put_cookie("session", &own);
    assert_eq!(status(&stranger).await, 401);
    let clerk = kenanga.desk().await;
    clerk.put_cookie("session", &planted);
    clerk.put_cookie("Host-session", &planted);
    let user = clerk.get("/api/v1/session").await.unwrap().json()["user"]["email"].clone();
    assert_eq!(user, json!(DESK));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_ended_elsewhere_is_over() {
    in_both(async |house: &House| {
        let (office, cafe) = (house.desk().await, house.desk().await);
        let sessions = office.get("/api/v1/sessions").await.unwrap().json();
        let items = sessions["items"].as_array().unwrap();
        assert_eq!((items.len(), &sessions["next"]), (2, &Value::Null));
        let other = items.iter().find(|session| session["current"] == json!(false)).unwrap();
        let path = format!("/api/v1/sessions/{}", other["id"].as_str().unwrap());
        assert_eq!(house.owner().await.delete(&path).await.unwrap().status, 404, "somebody else's");
        assert_eq!(office.delete(&path).await.unwrap().status, 204);
        assert_eq!((status(&cafe).await, status(&office).await), (401, 200));
        assert_eq!(office.delete(&path).await.unwrap().status, 404);
        let first = office.get("/api/v1/sessions?limit=1").await.unwrap().json();
        assert_eq!((first["items"].as_array().unwrap().len(), &first["next"]), (1, &Value::Null));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_when_it_was_not_used_for_a_day_or_is_two_weeks_old() {
    in_both(async |house: &House| {
        let desk = house.desk().await;
        for _ in 0..27 {
            house.clock.advance(SignedDuration::from_hours(12));
            assert_eq!(status(&desk).await, 200);
        }
        house.clock.advance(SignedDuration::from_hours(13));
        assert_eq!(status(&desk).await, 401, "two weeks");
        let desk = house.desk().await;
        house.clock.advance(SignedDuration::from_hours(24));
        assert_eq!(status(&desk).await, 401, "a day");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_a_session_was_seen_is_written_every_five_minutes_at_most() {
    in_both(async |house: &House| {
        let desk = house.desk().await;
        let begun = last_seen(house).await;
        for minutes in [1, 3] {
            house.clock.advance(SignedDuration::from_mins(minutes));
            assert_eq!(status(&desk).await, 200);
            assert_eq!(last_seen(house).await, begun);
        }
        house.clock.advance(SignedDuration::from_mins(1));
        assert_eq!(status(&desk).await, 200);
        assert_eq!(last_seen(house).await, begun + SignedDuration::from_mins(5));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_is_shown_the_door_and_comes_back_to_where_they_wanted() {
    in_both(async |house: &House| {
        let stranger = house.stranger();
        let answer = stranger.page("/account?x").await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.location()), (303, Some("/login?next=/account%3Fx")));
        let form = stranger.page(answer.location().unwrap()).await.unwrap();
        assert_eq!(form.field("next").as_deref(), Some("/account?x"));
        let fields = [("email", DESK), ("password", "salah sekali ya"), ("next", "/account?x")];
        let refused = stranger.form("/login", &fields).await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.field("email").as_deref()), (401, Some(DESK)));
        let fields = [("email", DESK), ("password", PASSWORD), ("next", "/account?x")];
        let answer = stranger.form("/login", &fields).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.location()), (303, Some("/account?x")));
        assert!(stranger.page("/account").await.unwrap().text.contains("Dewi Lestari"));
        for elsewhere in ["//evil.test", "https://evil.test", "/\\evil.test"] {
            let fields = [("email", DESK), ("password", PASSWORD), ("next", elsewhere)];
            assert_eq!(house.stranger().form("/login", &fields).await.unwrap().location(), Some("/"), "{elsewhere}");
        }
        assert_eq!(stranger.form("/logout", &[]).await.unwrap().location(), Some("/login"));
        assert_eq!(status(&stranger).await, 401);
    })
    .await;
}
