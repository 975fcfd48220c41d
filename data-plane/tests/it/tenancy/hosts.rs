//! The Host header, as friends, machines and enemies write it.
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::house::House;

/// Sends a request head as it stands and reads the whole answer.
async fn say(house: &House, head: &str) -> String {
    let address = house.server.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// What a GET of the hotel's public door with these host lines is answered: the status, and the name of the hotel it reached.
async fn reached(house: &House, lines: &str) -> (u16, Option<String>) {
    let lines = lines.replace("PORT", house.host.rsplit(':').next().unwrap());
    let rest = "accept: application/json\r\nconnection: close\r\n\r\n";
    told(&say(house, &format!("GET /api/v1/public/property HTTP/1.1\r\n{lines}{rest}")).await)
}

fn told(answer: &str) -> (u16, Option<String>) {
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    let name = ["Hotel Melati", "Villa Kenanga"].into_iter().find(|name| answer.contains(name));
    (status, name.map(str::to_owned))
}

/// Melati, and nobody else.
fn melati() -> (u16, Option<String>) {
    (200, Some("Hotel Melati".to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_is_the_right_hotel_or_nobody_at_all() {
    let house = House::saas().await;
    let long = "a".repeat(300);
    let right = [
        "Host: melati.hotelhub.localhost\r\n",
        "Host: MELATI.HotelHub.localhost:PORT\r\n",
        "Host: melati.hotelhub.localhost.\r\n",
        "Host: melati.hotelhub.localhost.:80\r\n",
        "Host: melati.hotelhub.localhost\r\nX-Forwarded-Host: kenanga.hotelhub.localhost\r\n",
        "Host: melati.hotelhub.localhost\r\nForwarded: host=kenanga.hotelhub.localhost\r\n",
        "Host: melati.hotelhub.localhost\r\nX-Original-Host: kenanga.hotelhub.localhost\r\n",
    ];
    for lines in right {
        assert_eq!(reached(&house, lines).await, melati(), "{lines}");
    }
    let wrong = [
        ("", 400),
        ("Host: \r\n", 400),
        ("Host: 127.0.0.1:PORT\r\n", 421),
        ("Host: [::1]:PORT\r\n", 421),
        ("Host: 2130706433\r\n", 421),
        ("Host: melati.hotelhub.localhost\r\nHost: kenanga.hotelhub.localhost\r\n", 400),
        ("Host: melati.hotelhub.localhost, kenanga.hotelhub.localhost\r\n", 400),
        ("Host: melati.hotelhub.localhost:port\r\n", 400),
        ("Host: melati.hotelhub.localhost:99999\r\n", 400),
        ("Host: melati.hotelhub.localhost/kenanga\r\n", 400),
        ("Host: melati@kenanga.hotelhub.localhost\r\n", 400),
        ("Host: melati.hotelhub.localhost.evil.test\r\n", 404),
        ("Host: evil-melati.hotelhub.localhost\r\n", 404),
        ("Host: melatihotelhub.localhost\r\n", 404),
        ("Host: xn--melat-4ya.hotelhub.localhost\r\n", 404),
        ("Host: hotelhub.localhost\r\n", 404),
        ("X-Forwarded-Host: melati.hotelhub.localhost\r\nHost: nobody.test\r\n", 404),
    ];
    for (lines, wanted) in wrong {
        assert_eq!(reached(&house, lines).await, (wanted, None), "{lines}");
    }
    assert_eq!(reached(&house, &format!("Host: {long}.hotelhub.localhost\r\n")).await, (400, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absolute_address_must_agree_with_the_host() {
    let house = House::saas().await;
    let rest = "accept: application/json\r\nconnection: close\r\n\r\n";
    let agrees = format!(
        "GET http://melati.hotelhub.localhost/api/v1/public/property HTTP/1.1\r\nHost: melati.hotelhub.localhost\r\n{rest}"
    );
    assert_eq!(told(&say(&house, &agrees).await), melati());
    let differs = agrees.replace("Host: melati", "Host: kenanga");
    assert_eq!(told(&say(&house, &differs).await), (400, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_at_home_is_the_vendors_page_and_no_database() {
    let house = House::saas().await;
    let answer = house.stranger().at("nobody.hotelhub.localhost").page("/").await.unwrap();
    assert_eq!(answer.status, 404);
    assert!(answer.text.contains("http://hotelhub.localhost:8081"), "{}", answer.text);
    assert_eq!(house.node.pools.open_connections(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standalone_house_answers_to_any_name_and_address() {
    let house = House::standalone().await;
    for lines in ["Host: 127.0.0.1:PORT\r\n", "Host: hotel.lan\r\n", "Host: [::1]\r\n"] {
        assert_eq!(reached(&house, lines).await, melati(), "{lines}");
    }
    assert_eq!(reached(&house, "Host: a b\r\n").await, (400, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_needs_no_hotel() {
    let house = House::saas().await;
    for path in ["/health", "/livez", "/readyz"] {
        let answer = house.stranger().at("127.0.0.1").get(path).await.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    assert_eq!(house.stranger().get("/health").await.unwrap().json()["checks"]["database"], "ok");
}
