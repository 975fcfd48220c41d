//! What a link opens, and the page in both languages.
use hotelhub_kernel::Key;
use hotelhub_web::{Lang, Layout, Page as _, Shell, Visit};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::model::{LINK_TIME, Opened, Proof, is_passphrase, wish};
use super::view::DataPage;

const RATNA: Uuid = Uuid::from_u128(1);
const FILE: Opened = Opened { export: Uuid::from_u128(7), owner: RATNA };

fn proof(link: &str) -> Proof {
    serde_json::from_value(link.split_once('?').unwrap().1.split('&').fold(serde_json::json!({}), |mut all, pair| {
        let (name, value) = pair.split_once('=').unwrap();
        all[name] = value.parse::<i64>().map_or_else(|_| value.into(), Into::into);
        all
    }))
    .unwrap()
}

#[test]
fn a_link_opens_its_file_to_its_owner_for_its_time() {
    let (key, now): (_, Timestamp) = (Key::new([1; 32]), "2026-07-03T02:00:00Z".parse().unwrap());
    let link = FILE.link(&key, now + LINK_TIME);
    assert!(link.starts_with(&format!("/desk/data/{}/file?until=", FILE.export)), "{link}");
    let good = proof(&link);
    assert!(FILE.is_by(&key, &good, now) && FILE.is_by(&key, &good, now + LINK_TIME - SignedDuration::from_secs(1)));
    assert!(!FILE.is_by(&key, &good, now + LINK_TIME), "it is over");
    assert!(!FILE.is_by(&Key::new([2; 32]), &good, now), "another hotel's");
    assert!(!Opened { owner: Uuid::from_u128(2), ..FILE }.is_by(&key, &good, now), "another owner's");
    assert!(!Opened { export: Uuid::from_u128(8), ..FILE }.is_by(&key, &good, now), "another file's");
    let until = (now + LINK_TIME).as_second();
    for bent in [link.replace(&until.to_string(), &(until + 60).to_string()), link[..link.len() - 40].to_owned()] {
        assert!(!FILE.is_by(&key, &proof(&bent), now), "{bent}");
    }
}

#[test]
fn a_form_that_is_sent_twice_is_one_wish_and_a_passphrase_is_long_enough() {
    assert_eq!(wish(RATNA, "form-1"), wish(RATNA, "form-1"));
    assert_ne!(wish(RATNA, "form-1"), wish(RATNA, "form-2"));
    assert_ne!(wish(RATNA, "form-1"), wish(Uuid::from_u128(2), "form-1"));
    for (text, fits) in [("kopi pagi", false), ("kopi pagi di teras", true), (&"x".repeat(257), false)] {
        assert_eq!(is_passphrase(text), fits, "{text}");
    }
}

#[test]
fn the_page_renders_in_both_languages_in_each_of_its_states() {
    let templates = crate::templates::templates().unwrap();
    for lang in Lang::ALL {
        let shell = Shell::new(&Visit { lang, ..Visit::default() }, Layout::Desk, "Hotel Melati", "nav.data");
        for page in [DataPage::sample(), DataPage::alone(), DataPage::away(), DataPage::with(Vec::new(), "key".into())]
        {
            let html = templates.try_render(&shell, &page).unwrap();
            assert!(html.contains("</html>") && !html.contains(" style=") && !html.contains("<script>"), "{html}");
        }
    }
}
