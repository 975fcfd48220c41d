//! Nothing on a page moves by itself while somebody reads it or aims at a button.
use anyhow::{Context as _, Result, ensure};
use hotelhub_testkit::env;
use hotelhub_tests::{Hotel, House, sign_up, until_served};

use crate::browser::{Browser, Driver};
use crate::ground;

const PASSWORD: &str = "kopi pagi di teras";

/// A phone's and a desk's.
const SIZES: [(u32, u32); 2] = [(390, 844), (1440, 900)];

#[tokio::test(flavor = "multi_thread")]
async fn no_page_moves_by_itself() -> Result<()> {
    let (_servers, house) = ground::house("still").await?;
    let driver = Driver::start(&env::folder().join("still")).await?;
    let reader = driver.open(&env::folder().join("still"), "reader", (1440, 900)).await?;
    let pages = pages(&reader, &house).await?;
    for size in SIZES {
        reader.resize(size).await?;
        for page in &pages {
            reader.goto(page).await?;
            let shifts = reader.shifts().await?;
            ensure!(shifts.is_empty(), "{page} moves at {size:?}: {shifts:?}");
        }
    }
    reader.push_down().await?;
    ensure!(!reader.shifts().await?.is_empty(), "a page that moves is noticed");
    reader.close().await?;
    driver.stop().await?;
    house.stop().await
}

/// The hotel's dashboard, tape chart and offers and the vendor's list, with something on each, open to this reader.
async fn pages(reader: &Browser, house: &House) -> Result<[String; 4]> {
    let signed_up = sign_up(house, "melati").await?;
    let (port, host) = (house.node_port(), house.host("melati"));
    until_served(port, &host).await?;
    reader.enter(signed_up["login_link"].as_str().context("no link")?, PASSWORD).await?;
    let hotel = Hotel::by_password(port, host, "sari@melati.example", PASSWORD).await?;
    let stock = hotel.furnish(&[6, 4]).await?;
    for ahead in 0..4 {
        let wish = stock.booking("Wayan Suarti", stock.room(0, ahead, 2));
        hotel.post("/api/v1/bookings", &format!("booking-{ahead}"), &wish).await?;
    }
    reader.goto(&format!("{}/vendor/login", house.control_url())).await?;
    reader.fill("#email", &house.admin.email).await?;
    reader.fill("#password", &house.admin.password).await?;
    reader.fill("#code", &ground::code(house).await?).await?;
    reader.press("form[action='/vendor/login'] button", "table").await?;
    let home = format!("http://{}", hotel.host);
    let vendor = format!("{}/vendor/tenants", house.control_url());
    Ok([format!("{home}/desk"), format!("{home}/desk/tape"), format!("{home}/book"), vendor])
}
