//! Every page and letter of this capability, rendered in both languages.
use hotelhub_web::{Lang, Layout, Letter, Page, Shell, Templates, Visit};

use super::account::{AccountPage, ConfirmEmail};
use super::links::LinkPage;
use super::passwords::{ForgotPage, NewPasswordLetter, ResetPage};
use super::sessions::LoginPage;
use super::users::{Invitation, TeamPage};
use crate::audit::AuditPage;

fn rendered<P: Page>(templates: &Templates, layout: Layout) {
    for lang in Lang::ALL {
        let shell = Shell::new(&Visit { lang, ..Visit::default() }, layout, "Hotel Melati", "people.login.title");
        let html = templates.try_render(&shell, &P::sample()).unwrap();
        assert!(html.contains("</html>") && !html.contains("style="), "{} in {lang:?}", P::TEMPLATE);
    }
}

fn written<L: Letter>(templates: &Templates) {
    for lang in Lang::ALL {
        let (subject, text, html) = templates.try_letter(lang, "Hotel Melati", &L::sample()).unwrap();
        assert!(!subject.is_empty() && text.contains("https://melati.hotelhub.id/") && html.contains("<a href="));
    }
}

#[test]
fn every_page_and_letter_speaks_both_languages() {
    let templates = crate::templates::templates().unwrap();
    rendered::<LoginPage>(&templates, Layout::Plain);
    rendered::<LinkPage>(&templates, Layout::Plain);
    rendered::<ForgotPage>(&templates, Layout::Plain);
    rendered::<ResetPage>(&templates, Layout::Plain);
    rendered::<AccountPage>(&templates, Layout::Desk);
    rendered::<TeamPage>(&templates, Layout::Desk);
    rendered::<AuditPage>(&templates, Layout::Desk);
    written::<Invitation>(&templates);
    written::<NewPasswordLetter>(&templates);
    written::<ConfirmEmail>(&templates);
}
