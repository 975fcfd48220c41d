//! A hotel signs up, a guest books and is checked in and out: all of it pressed in a real browser.
use anyhow::{Context as _, Result, ensure};
use hotelhub_testkit::env;
use hotelhub_tests::House;
use serde_json::Value;

use crate::browser::{Browser, Driver};
use crate::ground;

const OWNER: &str = "sari@melati.example";
const GUEST: &str = "wayan@example.com";

/// Per night and per can: odd, so that every tax is rounded.
const NIGHT: i64 = 654_321;
const CAN: i64 = 17_777;

#[tokio::test(flavor = "multi_thread")]
async fn a_hotel_signs_up_and_serves_its_first_guest_in_a_browser() -> Result<()> {
    let (_servers, house) = ground::house("browser").await?;
    let dir = env::folder().join("browser");
    let driver = Driver::start(&dir).await?;
    let clerk = driver.open(&dir, "clerk", (1440, 900)).await?;
    let hotel = sign_up(&clerk, &house).await?;
    confirm_mail(&clerk, &house, &hotel).await?;
    furnish(&clerk, &hotel).await?;
    let guest = driver.open(&dir, "guest", (390, 844)).await?;
    book(&guest, &house, &hotel).await?;
    guest.close().await?;
    serve(&clerk, &hotel).await?;
    clerk.close().await?;
    driver.stop().await?;
    house.stop().await
}

/// Fills the form of the control plane, follows until the hotel is ready, and enters through the letter. Answers the hotel's address.
async fn sign_up(clerk: &Browser, house: &House) -> Result<String> {
    clerk.goto(&format!("{}/signup", house.control_url())).await?;
    clerk.fill("#hotel", "Hotel Melati").await?;
    ensure!(clerk.see("#slug").await?.prop("value").await?.as_deref() == Some("hotel-melati"), "no slug offered");
    clerk.fill("#slug", "melati").await?;
    clerk.fill("#rooms", "5").await?;
    clerk.fill("#owner", "Sari Dewi").await?;
    clerk.fill("#email", OWNER).await?;
    clerk.fill("#phone", "+62811000111").await?;
    clerk.press("form[data-signup] button.primary", "section.card .badge").await?;
    clerk.see("section.card .badge.good").await?;
    let link = link_in(&house.letters(OWNER, 1).await?, "/login/link/")?;
    let hotel = format!("http://{}", house.host("melati"));
    ensure!(link.starts_with(&hotel), "the letter's link leads to {link}");
    clerk.enter(&link, "kopi pagi di teras").await?;
    clerk.see("#arrivals").await?;
    Ok(hotel)
}

/// Until the owner's address is confirmed, strangers get no letters.
async fn confirm_mail(clerk: &Browser, house: &House, hotel: &str) -> Result<()> {
    clerk.goto(&format!("{hotel}/account")).await?;
    clerk.press("form[action='/account/confirm-email'] button", "#sessions-head").await?;
    let link = link_in(&house.letters(OWNER, 2).await?, "/email/confirm/")?;
    clerk.goto(&link).await?;
    clerk.press("form[action^='/email/confirm/'] button", "body").await?;
    clerk.goto(&format!("{hotel}/account")).await?;
    clerk.see(".head .badge.good").await?;
    Ok(())
}

/// One room type, five rooms, one rate plan, a month of prices.
async fn furnish(clerk: &Browser, hotel: &str) -> Result<()> {
    clerk.goto(&format!("{hotel}/desk/rooms")).await?;
    clerk.fill("#code", "DLX").await?;
    clerk.fill("#name", "Kamar Deluxe").await?;
    clerk.press("form[action='/desk/room-types'] button", "#numbers").await?;
    clerk.fill("#numbers", "101-105").await?;
    clerk.press("form[action='/desk/rooms'] button", ".room-tile:nth-of-type(5)").await?;
    clerk.goto(&format!("{hotel}/desk/rates")).await?;
    clerk.fill("#code", "BAR").await?;
    clerk.fill("#name", "Fleksibel").await?;
    clerk.press("form[action='/desk/rate-plans'] button", "#price_idr").await?;
    let today = business_date(clerk, hotel).await?;
    clerk.goto(&format!("{hotel}/desk/rates")).await?;
    clerk.set_date("#from", today).await?;
    clerk.set_date("#until", today.saturating_add(jiff::Span::new().days(30))).await?;
    clerk.fill("#price_idr", &NIGHT.to_string()).await?;
    clerk.press("form[action$='/prices'] button", ".month").await?;
    let month = clerk.text(".month").await?;
    ensure!(month.contains("654.321"), "{month}");
    Ok(())
}

/// The hotel's day: the first a guest may arrive on.
async fn business_date(browser: &Browser, hotel: &str) -> Result<jiff::civil::Date> {
    browser.goto(hotel).await?;
    Ok(browser.attr("#arrival", "min").await?.parse()?)
}

/// Search, hold, confirm, and the letter with the booking's link.
async fn book(guest: &Browser, house: &House, hotel: &str) -> Result<()> {
    let today = business_date(guest, hotel).await?;
    guest.set_date("#arrival", today).await?;
    guest.set_date("#departure", today.saturating_add(jiff::Span::new().days(1))).await?;
    guest.press("form.finder button", ".plan").await?;
    let price = guest.text(".price-tag").await?;
    ensure!(price == rupiah(gross(NIGHT)), "{price}");
    guest.press(".plan button", "form[action$='/confirm']").await?;
    guest.fill("#name", "Wayan Suarti").await?;
    guest.fill("#email", GUEST).await?;
    guest.press("form[action$='/confirm'] button", ".steps li:nth-child(3)[aria-current]").await?;
    let thanks = guest.text("h1").await?;
    ensure!(thanks.contains("Wayan Suarti"), "{thanks}");
    let link = link_in(&house.letters(GUEST, 1).await?, "/manage/")?;
    guest.goto(&link).await?;
    guest.see(".bill .total").await?;
    Ok(())
}

/// The clerk's part: from the arrivals of the day to the printed receipt.
async fn serve(clerk: &Browser, hotel: &str) -> Result<()> {
    clerk.goto(&format!("{hotel}/desk")).await?;
    let arrival = clerk.text("section[aria-labelledby='arrivals'] .who").await?;
    ensure!(arrival == "Wayan Suarti", "{arrival}");
    clerk.press("section[aria-labelledby='arrivals'] .act a", "#room_id").await?;
    clerk.press("form[action$='/assign-room'] button:not(.primary)", ".head form[action$='/check-in']").await?;
    clerk.press(".head form[action$='/check-in'] button", ".head a[href^='/desk/folios/']").await?;
    let stay = clerk.attr(".head form[action$='/check-out']", "action").await?;
    clerk.press(".head a[href^='/desk/folios/']", "#charge_code").await?;
    clerk.choose("#charge_code", "MINIBAR").await?;
    clerk.fill("#quantity", "3").await?;
    clerk.fill("#amount_idr", &CAN.to_string()).await?;
    clerk.press("form[action$='/lines'] button", "section[aria-labelledby='lines'] tbody tr").await?;
    clerk
        .press("form[action$='/post-nights'] button", "section[aria-labelledby='lines'] tbody tr:nth-child(2)")
        .await?;
    let total = gross(NIGHT) + gross(3 * CAN);
    let due = clerk.text("#balance").await?;
    ensure!(due == rupiah(total), "due {due} instead of {total}");
    let asked = clerk.see("#pay_idr").await?.prop("value").await?.unwrap_or_default();
    ensure!(asked.replace('.', "") == total.to_string(), "asks for {asked}");
    clerk.press("form[action$='/payments'] button", "section[aria-labelledby='payments'] tbody tr").await?;
    ensure!(clerk.text("#balance").await? == "Rp0", "something is left to pay");
    let receipt = clerk.attr(".head a[href$='/receipt']", "href").await?;
    clerk.goto(&format!("{hotel}{}", stay.trim_end_matches("/check-out"))).await?;
    clerk.press(".head form[action$='/check-out'] button", ".head a[href^='/desk/folios/']").await?;
    clerk.goto(&format!("{hotel}{receipt}")).await?;
    let sums = clerk.text(".paper-sum .total dd").await?;
    ensure!(sums == rupiah(total), "the receipt says {sums} instead of {total}");
    let paper = clerk.text(".paper").await?;
    ensure!(paper.contains("KW-") && paper.contains("Wayan Suarti"), "{paper}");
    Ok(())
}

/// Price with 10 % service charge and 10 % PB1 on both, each rounded to the rupiah.
fn gross(net: i64) -> i64 {
    let service = (net + 5) / 10;
    net + service + (net + service + 5) / 10
}

fn rupiah(amount: i64) -> String {
    let digits = amount.to_string();
    let mut text = String::from("Rp");
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// The newest letter's link that holds `part`.
pub(crate) fn link_in(letters: &[Value], part: &str) -> Result<String> {
    letters
        .iter()
        .rev()
        .flat_map(|letter| letter["links"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .find(|link| link.contains(part))
        .map(str::to_owned)
        .with_context(|| format!("no link with {part} in {letters:?}"))
}
