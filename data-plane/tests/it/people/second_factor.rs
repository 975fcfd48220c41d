//! The authenticator and its recovery codes.
use hotelhub_identity::Totp;
use hotelhub_testkit::Visitor;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::house::{DESK, House, PASSWORD, in_both};

async fn try_in(house: &House, code: Option<&str>) -> (u16, String, Visitor) {
    let visitor = house.stranger();
    let wish = json!({ "email": DESK, "password": PASSWORD, "code": code });
    let answer = visitor.post("/api/v1/session", &wish).await.unwrap();
    (answer.status.as_u16(), answer.code(), visitor)
}

/// The secret that was just enrolled, as the phone keeps it.
pub(crate) async fn phone(house: &House) -> Totp {
    let sql = "select totp_secret from users where email = $1";
    Totp::kept(house.sql().await.query_one(sql, &[&DESK]).await.unwrap().get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_with_an_authenticator_opens_by_password_and_a_fresh_code() {
    in_both(async |house: &House| {
        let (desk, other) = (house.desk().await, house.desk().await);
        let wrong = desk.post("/api/v1/me/totp", &json!({ "password": "salah sekali ya" })).await.unwrap();
        assert_eq!((wrong.status.as_u16(), wrong.code().as_str()), (403, "wrong-password"));
        let enrolled = desk.post("/api/v1/me/totp", &json!({ "password": PASSWORD })).await.unwrap();
        assert_eq!(enrolled.status, 201, "{}", enrolled.text);
        let phone = phone(house).await;
        assert_eq!(enrolled.json()["secret"], json!(phone.expose_base32()));
        assert!(
            enrolled.json()["uri"].as_str().unwrap().starts_with("otpauth://totp/Hotel%20Melati:dewi%40hotel.test")
        );
        assert_eq!(try_in(house, None).await.0, 200, "it guards nothing before its first code");

        let refused = desk.post("/api/v1/me/totp/confirm", &json!({ "code": "000000" })).await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "wrong-code"));
        let now = house.clock.now();
        let before = desk.cookie("__Host-session");
        let confirm = desk.post("/api/v1/me/totp/confirm", &json!({ "code": phone.code_at(now) })).await.unwrap();
        assert_eq!(confirm.status, 200, "{}", confirm.text);
        assert_ne!(desk.cookie("__Host-session"), before, "a fresh token");
        assert_eq!(desk.get("/api/v1/session").await.unwrap().status, 200);
        assert_eq!(other.get("/api/v1/session").await.unwrap().status, 401);

        assert_eq!(try_in(house, None).await.1, "code-needed");
        assert_eq!(try_in(house, Some(&phone.code_at(now))).await.1, "wrong-code", "the first code is used");
        house.clock.advance(SignedDuration::from_secs(30));
        let code = phone.code_at(house.clock.now());
        assert_eq!(try_in(house, Some(&code)).await.0, 200);
        assert_eq!(try_in(house, Some(&code)).await.1, "wrong-code", "a replay");

        let recovery = confirm.json()["recovery_codes"].clone();
        recovery_codes_work_once(house, &recovery).await;
    })
    .await;
}

async fn recovery_codes_work_once(house: &House, codes: &Value) {
    let codes: Vec<&str> = codes.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(codes.len(), 10);
    assert_eq!(try_in(house, Some("aaaa-bbbb-cccc-dddd")).await.1, "wrong-code");
    let typed = codes[3].to_uppercase().replace('-', " ");
    assert_eq!(try_in(house, Some(&typed)).await.0, 200);
    assert_eq!(try_in(house, Some(codes[3])).await.1, "wrong-code", "used");
    let (_, _, desk) = try_in(house, Some(codes[4])).await;

    let page = desk.page("/account").await.unwrap();
    assert!(page.text.contains("Sisa kode pemulihan: 8."), "{}", page.text);
    let body = serde_json::to_vec(&json!({ "password": PASSWORD })).unwrap();
    let off = desk.raw("DELETE".parse().unwrap(), "/api/v1/me/totp", "application/json", body).await.unwrap();
    assert_eq!(off.status, 204, "{}", off.text);
    assert_eq!(try_in(house, None).await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_link_does_not_go_around_an_authenticator_and_the_page_enrols_one() {
    in_both(async |house: &House| {
        let desk = house.desk().await;
        let shown = desk.form("/account/factor", &[("password", PASSWORD)]).await.unwrap();
        assert!(shown.status == 200 && shown.text.contains("<svg "), "{}", shown.text);
        let phone = phone(house).await;
        let wrong = desk.form("/account/factor/confirm", &[("code", "000000")]).await.unwrap();
        assert!(wrong.status == 422 && wrong.text.contains("<svg "), "the picture stays");
        let code = phone.code_at(house.clock.now());
        let done = desk.form("/account/factor/confirm", &[("code", &code)]).await.unwrap();
        assert_eq!((done.status.as_u16(), done.text.matches("<li><code>").count()), (200, 10));

        let token = hotelhub_identity::LinkToken::mint(&hotelhub_kernel::Entropy::system());
        let sql = "insert into one_time_links (token_hash, user_id, purpose, created_at, expires_at)
               select $1, id, 'login', '2026-07-03T02:00:00Z', '2026-07-04T02:00:00Z' from users where email = $2";
        house.sql().await.execute(sql, &[&token.hash().as_slice(), &DESK]).await.unwrap();
        let visitor = house.stranger();
        let answer = visitor.form(&format!("/login/link/{}", token.as_text()), &[]).await.unwrap();
        assert_eq!((answer.status.as_u16(), visitor.cookie("__Host-session")), (409, None));
    })
    .await;
}
