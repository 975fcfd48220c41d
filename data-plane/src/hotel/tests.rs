//! Every page and letter of the hotel, rendered in both languages in every frame it may stand in.
mod wording;

use hotelhub_web::{Lang, Layout, Letter, Page, Shell, Templates, UserBadge, Visit};

use super::booking_engine::{ConfirmPage, Confirmation, HomePage, ManagePage, OffersPage};
use super::folios::{FolioPage, ReceiptPage};
use super::front_desk::{DashboardPage, TapePage};
use super::properties::PropertyPage;
use super::rates::{RatePlan, RatesPage};
use super::reservations::{DetailPage, ListPage, NewPage};
use super::rooms::{RoomType, RoomsPage};
use super::sheet::SheetPage;

fn templates() -> Templates {
    crate::templates::templates().expect("templates and catalogues parse")
}

fn renders<P: Page>(templates: &Templates, layout: Layout) {
    for lang in Lang::ALL {
        let visit = Visit { lang, ..Visit::default() };
        let mut shell = Shell::new(&visit, layout, "Hotel Melati", "nav.dashboard");
        shell.title = Some("Wayan Suarti".to_owned());
        shell.user = Some(UserBadge::of("Made Wirawan", Some("role.front_office".to_owned())));
        let html = templates.try_render(&shell, &P::sample());
        let html = html.unwrap_or_else(|error| panic!("{} in {lang:?}: {error}", P::TEMPLATE));
        for banned in [" style=", "<style", " onclick", "javascript:", "<script>"] {
            assert!(!html.contains(banned), "{} has {banned}, which the policy refuses", P::TEMPLATE);
        }
        keep(P::TEMPLATE, lang, &html);
    }
}

/// Leaves a page under `target/pages`, to be looked at.
fn keep(name: &str, lang: Lang, html: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/pages");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{}.{}.html", name.replace('/', "-"), lang.as_str())), html).unwrap();
}

#[test]
fn every_page_renders_in_both_languages() {
    let templates = templates();
    renders::<FolioPage>(&templates, Layout::Desk);
    renders::<DashboardPage>(&templates, Layout::Desk);
    renders::<HomePage>(&templates, Layout::Public);
    renders::<OffersPage>(&templates, Layout::Public);
    renders::<ConfirmPage>(&templates, Layout::Public);
    renders::<ManagePage>(&templates, Layout::Public);
    renders::<PropertyPage>(&templates, Layout::Desk);
    renders::<RoomsPage>(&templates, Layout::Desk);
    renders::<SheetPage<RoomType>>(&templates, Layout::Desk);
    renders::<RatesPage>(&templates, Layout::Desk);
    renders::<SheetPage<RatePlan>>(&templates, Layout::Desk);
    renders::<TapePage>(&templates, Layout::Desk);
    renders::<ListPage>(&templates, Layout::Desk);
    renders::<DetailPage>(&templates, Layout::Desk);
    renders::<NewPage>(&templates, Layout::Desk);
    renders::<ReceiptPage>(&templates, Layout::Print);
}

#[test]
fn every_letter_renders_in_both_languages() {
    let templates = templates();
    for lang in Lang::ALL {
        let (subject, text, html) = templates.try_letter(lang, "Hotel Melati", &Confirmation::sample()).unwrap();
        assert!(!subject.is_empty() && text.contains("/manage/") && html.contains("/manage/"), "{subject}\n{text}");
        keep(Confirmation::TEMPLATE, lang, &html);
    }
}

#[test]
fn every_text_stands_in_both_languages() {
    assert_eq!(templates().flaws(), Vec::<String>::new());
}
