//! What leaves: one header each, one id each, and no letter to nowhere.
use hotelhub_kernel::{MailAddress, Secret};
use jiff::Timestamp;

use super::{Letter, Mailer, NotSent};

fn letter() -> Letter {
    Letter {
        id: "01980f6e".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        from_name: "Hotel Melati".to_owned(),
        to_name: "Wayan Suarti\r\nBcc: evil@example.test".to_owned(),
        to: "wayan@example.test".to_owned(),
        subject: "Pemesanan\r\nX: 1".to_owned(),
        text: "Terima kasih.".to_owned(),
        html: "<p>Terima kasih.</p>".to_owned(),
    }
}

#[tokio::test]
async fn a_letter_has_a_stable_id_and_no_second_header() {
    let url = Secret::new("smtp://127.0.0.1:1".to_owned());
    let mailer = Mailer::new(&url, "surat@hotelhub.test").unwrap();
    let text = String::from_utf8(mailer.message(&letter()).unwrap().formatted()).unwrap();
    assert!(text.contains("Message-ID: <01980f6e@hotelhub.test>"), "{text}");
    assert!(!text.contains("\r\nBcc:") && !text.contains("\r\nX: 1"), "{text}");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_for_good() {
    let url = Secret::new("smtp://127.0.0.1:1".to_owned());
    let mailer = Mailer::new(&url, "surat@hotelhub.test").unwrap();
    let refused = mailer.send(&Letter { to: "nobody".to_owned(), ..letter() }).await.unwrap_err();
    assert!(matches!(refused, NotSent::Permanent(_)));
    let refused = mailer.send(&letter()).await.unwrap_err();
    assert!(matches!(refused, NotSent::Transient(_)));
}

#[tokio::test]
async fn every_address_that_a_form_takes_a_letter_can_go_to() {
    let url = Secret::new("smtp://127.0.0.1:1".to_owned());
    let mailer = Mailer::new(&url, "surat@hotelhub.test").unwrap();
    let long = format!("{}@{}.id", "a".repeat(64), "b".repeat(63));
    for text in ["Wayan.Suarti+dps@mail.example-hotel.co.id", "o'brien_{1}!@x1.io", "owner@localhost", "1@2.3", &long] {
        let to = MailAddress::parse(text).unwrap().into();
        assert!(mailer.message(&Letter { to, ..letter() }).is_ok(), "{text}");
    }
    for text in [
        "a..b@c.id",
        ".a@c.id",
        "a.@c.id",
        "a@-c.id",
        "a@c-.id",
        "a@c..id",
        "a@c.id.",
        "a,b@c.id",
        "\u{fc}@c.id",
        "a@[::1]",
    ] {
        assert_eq!(MailAddress::parse(text), None, "{text}");
    }
}
