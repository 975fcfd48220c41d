//! Passwords, colleagues and their roles, and what the log says of it all.
use serde_json::{Value, json};

use crate::house::{DESK, House, OWNER, PASSWORD, in_both};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_other_sessions_and_gives_this_one_a_fresh_token() {
    in_both(async |house: &House| {
        let (desk, other) = (house.desk().await, house.desk().await);
        let old = desk.cookie("__Host-session").unwrap();
        let wish = json!({ "current_password": "salah sekali ya", "new_password": "tujuh ekor angsa" });
        let wrong = desk.post("/api/v1/me/password", &wish).await.unwrap();
        assert_eq!((wrong.status.as_u16(), wrong.code().as_str()), (403, "wrong-password"));
        let wish = json!({ "current_password": PASSWORD, "new_password": "dewi@hotel.test" });
        assert_eq!(desk.post("/api/v1/me/password", &wish).await.unwrap().code(), "weak-password");
        let wish = json!({ "current_password": PASSWORD, "new_password": "tujuh ekor angsa" });
        for _ in 0..2 {
            let set = desk.post("/api/v1/me/password", &wish).await.unwrap();
            assert_eq!(set.status, 204, "also when asked again: {}", set.text);
        }
        assert_eq!(desk.get("/api/v1/session").await.unwrap().status, 200);
        assert_eq!(other.get("/api/v1/session").await.unwrap().status, 401);
        let thief = house.stranger();
        thief.put_cookie("__Host-session", &old);
        assert_eq!(thief.get("/api/v1/session").await.unwrap().status, 401, "the token before");
        let kept = house.sql().await.query_one("select count(*) from idempotency_keys", &[]).await.unwrap();
        assert_eq!(kept.get::<_, i64>(0), 0, "no fast hash of a password is kept");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_adds_changes_and_dismisses_a_colleague() {
    in_both(async |house: &House| {
        let owner = house.owner().await;
        let user = json!({ "name": " Made ", "email": "Made@Hotel.test", "roles": ["housekeeping", "housekeeping"] });
        let keyed = owner.with("idempotency-key", "made-the-first-time");
        let added = keyed.post("/api/v1/users", &user).await.unwrap();
        assert_eq!(added.status, 201, "{}", added.text);
        let made = added.json();
        assert_eq!((&made["name"], &made["email"]), (&json!("Made"), &json!("made@hotel.test")));
        assert_eq!((&made["roles"], added.etag()), (&json!(["housekeeping"]), Some("\"1\"")));
        assert_eq!(keyed.post("/api/v1/users", &user).await.unwrap().json(), made, "asked again");
        assert_eq!(owner.post("/api/v1/users", &user).await.unwrap().code(), "email-taken");
        let people = owner.get("/api/v1/users").await.unwrap().json();
        assert_eq!(people["items"].as_array().unwrap().len(), 3);

        let path = format!("/api/v1/users/{}", made["id"].as_str().unwrap());
        let given = owner.put(&format!("{path}/password"), &json!({ "password": "tujuh ekor angsa" })).await.unwrap();
        assert_eq!(given.status, 204, "{}", given.text);
        let colleague = house.stranger();
        let wish = json!({ "email": "made@hotel.test", "password": "tujuh ekor angsa" });
        assert_eq!(colleague.post("/api/v1/session", &wish).await.unwrap().status, 200);

        let roles = json!({ "roles": ["front_office"] });
        assert_eq!(owner.patch(&path, &roles).await.unwrap().status, 428);
        assert_eq!(owner.if_match(1).patch(&path, &roles).await.unwrap().status, 412);
        assert_eq!(owner.if_match(2).patch(&path, &roles).await.unwrap().status, 200);
        let now = colleague.get("/api/v1/session").await.unwrap().json();
        assert_eq!(now["user"]["roles"], json!(["front_office"]), "at once");
        let off = owner.if_match(3).patch(&path, &json!({ "status": "disabled" })).await.unwrap();
        assert_eq!(off.status, 200, "{}", off.text);
        assert_eq!(colleague.get("/api/v1/session").await.unwrap().status, 401);
        assert_eq!(colleague.post("/api/v1/session", &wish).await.unwrap().status, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gives_themselves_more_and_the_last_owner_stays() {
    in_both(async |house: &House| {
        let (owner, desk) = (house.owner().await, house.desk().await);
        let refused = desk.get("/api/v1/users").await.unwrap();
        assert_eq!((refused.status.as_u16(), &refused.json()["permission"]), (403, &json!("user.manage")));
        house.sql().await.execute("update users set roles = '{hr}' where email = $1", &[&DESK]).await.unwrap();
        let people = desk.get("/api/v1/users").await.unwrap().json();
        let of = |email: &str| {
            let item = people["items"].as_array().unwrap().iter().find(|item| item["email"] == json!(email)).unwrap();
            (format!("/api/v1/users/{}", item["id"].as_str().unwrap()), item["version"].as_i64().unwrap())
        };
        let ((ratna, ratna_seen), (dewi, dewi_seen)) = (of(OWNER), of(DESK));
        let code = async |answer: Result<hotelhub_testkit::Answer, anyhow::Error>| answer.unwrap().code();
        assert_eq!(code(desk.if_match(ratna_seen).patch(&ratna, &json!({ "name": "X" })).await).await, "owners-only");
        assert_eq!(
            code(desk.put(&format!("{ratna}/password"), &json!({ "password": "tujuh ekor angsa" })).await).await,
            "owners-only"
        );
        assert_eq!(
            code(desk.if_match(dewi_seen).patch(&dewi, &json!({ "roles": ["manager"] })).await).await,
            "own-account"
        );
        let puppet = json!({ "name": "X", "email": "x@hotel.test", "roles": ["owner"] });
        assert_eq!(code(desk.post("/api/v1/users", &puppet).await).await, "owners-only");
        assert_eq!(
            code(owner.if_match(ratna_seen).patch(&ratna, &json!({ "status": "disabled" })).await).await,
            "last-owner"
        );
        for (body, field) in [
            (json!({ "name": "", "email": "x@hotel.test", "roles": ["hr"] }), "name"),
            (json!({ "name": "X", "email": "x", "roles": ["hr"] }), "email"),
            (json!({ "name": "X", "email": "x@hotel.test", "roles": [] }), "roles"),
            (json!({ "name": "X", "email": "x@hotel.test", "roles": ["root"] }), "roles[0]"),
        ] {
            let answer = owner.post("/api/v1/users", &body).await.unwrap();
            assert_eq!((answer.status.as_u16(), &answer.json()["errors"][0]["field"]), (422, &json!(field)), "{body}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_team_is_kept_by_forms_and_the_log_tells_of_it() {
    in_both(async |house: &House| {
        let owner = house.owner().await;
        let page = owner.page("/team").await.unwrap();
        assert!(page.status == 200 && page.text.contains("Dewi Lestari"), "{}", page.text);
        let key = page.field("_key").unwrap();
        let fields = [("_key", key.as_str()), ("name", "Made"), ("email", "made@hotel.test"), ("role_hr", "on")];
        for _ in 0..2 {
            let added = owner.form("/team", &fields).await.unwrap();
            assert_eq!((added.status.as_u16(), added.location()), (303, Some("/team")), "{}", added.text);
        }
        let again = [("_key", "another-key"), ("name", "Made"), ("email", "made@hotel.test"), ("role_hr", "on")];
        let taken = owner.form("/team", &again).await.unwrap();
        assert_eq!((taken.status.as_u16(), taken.field("email").as_deref()), (409, Some("made@hotel.test")));

        let log = owner.get("/api/v1/audit?limit=200").await.unwrap().json();
        let actions: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
        assert_eq!(actions.iter().filter(|action| ***action == json!("user.add")).count(), 1);
        assert!(actions.contains(&&json!("session.open")));
        let first = owner.get("/api/v1/audit?limit=1").await.unwrap().json();
        let cursor = first["next"].as_str().unwrap();
        let second = owner.get(&format!("/api/v1/audit?limit=1&cursor={cursor}")).await.unwrap().json();
        assert!(second["items"][0]["seq"].as_i64() < first["items"][0]["seq"].as_i64());
        assert!(owner.page("/audit").await.unwrap().text.contains("user.add"));
        assert_eq!(house.desk().await.get("/api/v1/audit").await.unwrap().status, 403);
        let erase = house.sql().await.execute("delete from audit_log", &[]).await;
        assert!(erase.is_err(), "lines are only ever added");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_changed_by_who_knows_the_password_and_is_unconfirmed_then() {
    in_both(async |house: &House| {
        let (owner, other) = (house.owner().await, house.owner().await);
        let change = async |email: &str, password: &str| {
            owner.form("/account/email", &[("email", email), ("password", password)]).await.unwrap()
        };
        for (email, password, refused) in
            [("baru@hotel.test", "salah sekali ya", 403), ("none", PASSWORD, 422), (DESK, PASSWORD, 409)]
        {
            let answer = change(email, password).await;
            assert_eq!((answer.status.as_u16(), answer.field("email").as_deref()), (refused, Some(email)));
        }
        let user = async || owner.get("/api/v1/session").await.unwrap().json()["user"].clone();
        assert_eq!(user().await["email"], json!(OWNER));
        let changed = change(" Baru@Hotel.test", PASSWORD).await;
        assert_eq!((changed.status.as_u16(), changed.location()), (303, Some("/account")), "{}", changed.text);
        let now = user().await;
        assert_eq!((&now["email"], &now["email_confirmed"]), (&json!("baru@hotel.test"), &json!(false)));
        assert_eq!(other.get("/api/v1/session").await.unwrap().status, 401, "other sessions end");
        for (email, status) in [(OWNER, 401), ("baru@hotel.test", 200)] {
            let wish = json!({ "email": email, "password": PASSWORD });
            assert_eq!(house.stranger().post("/api/v1/session", &wish).await.unwrap().status, status, "{email}");
        }
        let letter = "select to_address from letters where kind = 'confirm-email'";
        assert_eq!(house.sql().await.query_one(letter, &[]).await.unwrap().get::<_, &str>(0), "baru@hotel.test");
        let log = owner.get("/api/v1/audit?limit=200").await.unwrap().json();
        assert!(log["items"].as_array().unwrap().iter().any(|line| line["action"] == json!("email.change")));
    })
    .await;
}
