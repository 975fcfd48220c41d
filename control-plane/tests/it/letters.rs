//! Letters go out once.
use hotelhub_control_plane::mails::send_due;
use hotelhub_kernel::Secret;
use hotelhub_mail::Mailer;
use hotelhub_testkit::mail::{Fault, MailStandIn};
use jiff::SignedDuration;

use crate::office::Office;

async fn post_office() -> (MailStandIn, Mailer) {
    let mail = MailStandIn::start("127.0.0.1:0", "127.0.0.1:0").await.unwrap();
    let mailer = Mailer::new(&Secret::new(format!("smtp://{}", mail.smtp)), "halo@hotelhub.test").unwrap();
    (mail, mailer)
}

#[tokio::test]
async fn a_welcome_letter_is_sent_once_however_many_send_and_forgets_its_link() {
    let office = Office::open().await;
    let (mail, mailer) = post_office().await;
    let link = office.sign_up("melati").await.json()["login_link"].as_str().unwrap().to_owned();
    let senders = futures_util::future::join_all((0..4).map(|_| send_due(&office.app, &mailer))).await;
    assert_eq!(senders.into_iter().map(Result::unwrap).sum::<usize>(), 1);
    let mails = mail.inbox.mails(Some("budi@melati.test"));
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "Selamat datang di HotelHub, Hotel Melati");
    assert!(mails[0].links.contains(&link), "{:?}", mails[0].links);
    let row = office
        .scratch
        .connect()
        .await
        .unwrap()
        .query_one("select state, body_text, body_html from letters", &[])
        .await
        .unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1), row.get::<_, &str>(2)), ("sent", "", ""));
}

#[tokio::test]
async fn a_letter_the_server_does_not_take_now_goes_later_with_the_same_message_id() {
    let office = Office::open().await;
    let (mail, mailer) = post_office().await;
    mail.inbox.misbehave(Fault::Refuse, 1);
    office.sign_up("melati").await;
    assert_eq!(send_due(&office.app, &mailer).await.unwrap(), 0);
    let sql = office.scratch.connect().await.unwrap();
    let row = sql.query_one("select state, message_id, last_error is not null from letters", &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, bool>(2)), ("queued", true));
    office.clock.advance(SignedDuration::from_secs(5));
    assert_eq!(send_due(&office.app, &mailer).await.unwrap(), 1);
    let mails = mail.inbox.mails(None);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].message_id.contains(row.get::<_, &str>(1)), "{}", mails[0].message_id);
}

#[tokio::test]
async fn a_letter_that_no_server_takes_is_tried_for_half_a_day() {
    let office = Office::open().await;
    let (mail, mailer) = post_office().await;
    mail.inbox.misbehave(Fault::Refuse, usize::MAX);
    office.sign_up("melati").await;
    let (sql, began) = (office.scratch.connect().await.unwrap(), office.clock.now());
    loop {
        assert_eq!(send_due(&office.app, &mailer).await.unwrap(), 0);
        let row = sql.query_one("select state, due_at from letters", &[]).await.unwrap();
        if row.get::<_, &str>(0) == "failed" {
            break;
        }
        office.clock.advance(row.get::<_, jiff::Timestamp>(1).duration_since(office.clock.now()));
    }
    let tried_for = office.clock.now().duration_since(began);
    assert!(tried_for >= SignedDuration::from_hours(12), "{tried_for}");
}
