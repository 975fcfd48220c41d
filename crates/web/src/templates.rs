//! Templates and catalogues: read once, strict, in two languages.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::response::Html;
use handlebars::{Handlebars, Helper, RenderError};
use rust_embed::RustEmbed;
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::because::because;
use crate::refused::{banner, wrong_field};
use crate::saying::{self, first_text, other};
use crate::{AppError, Assets, Folder, Lang, Page, Result, Shell};

/// A struct that is all a letter's templates may see: `<TEMPLATE>.hbs` is its HTML, `<TEMPLATE>.txt.hbs` its subject (first
/// line) and text.
pub trait Letter: Serialize {
    /// The template's name: `hotel/booking-engine/letters/confirmation`.
    const TEMPLATE: &'static str;

    /// One that could be real: for the test that renders every letter.
    fn sample() -> Self;
}

#[derive(RustEmbed)]
#[folder = "templates/"]
struct Own;

/// Why templates cannot be used.
#[derive(Debug, Error)]
pub enum BadTemplates {
    /// A file is not UTF-8.
    #[error("{0} is not UTF-8")]
    NotText(String),
    /// A template does not parse.
    #[error("{0}: {1}")]
    Template(String, String),
    /// A catalogue is no flat JSON object of texts.
    #[error("{0} is no flat JSON object of texts: {1}")]
    Catalogue(String, String),
}

pub(crate) type Catalogue = BTreeMap<String, String>;

/// Every template and text of a plane.
pub struct Templates {
    html: Handlebars<'static>,
    text: Handlebars<'static>,
    catalogues: Arc<[Catalogue; 2]>,
    named: BTreeSet<String>,
    assets: Assets,
}

impl Templates {
    /// Reads the shared folder and then `folders`: `*.hbs` are templates, `i18n/**/id.json` and `i18n/**/en.json` catalogues.
    pub fn new(folders: &[Folder], assets: Assets) -> Result<Self, BadTemplates> {
        let mut html = Handlebars::new();
        let mut text = Handlebars::new();
        text.register_escape_fn(handlebars::no_escape);
        let mut catalogues = [Catalogue::new(), Catalogue::new()];
        let mut named = BTreeSet::new();
        let own = Folder::of::<Own>();
        for (path, bytes) in own.files.iter().chain(folders.iter().flat_map(|folder| &folder.files)) {
            let content = std::str::from_utf8(bytes).map_err(|_| BadTemplates::NotText(path.clone()))?;
            if path.ends_with(".hbs") {
                named.extend(named_keys(content));
            }
            let wrong = |error: handlebars::TemplateError| BadTemplates::Template(path.clone(), error.to_string());
            if let Some(name) = path.strip_suffix(".txt.hbs") {
                text.register_template_string(name, content).map_err(wrong)?;
            } else if let Some(name) = path.strip_suffix(".hbs") {
                html.register_template_string(name, content).map_err(wrong)?;
            } else if let Some(lang) = catalogue_lang(path) {
                let texts: Catalogue = serde_json::from_str(content)
                    .map_err(|error| BadTemplates::Catalogue(path.clone(), error.to_string()))?;
                catalogues[if lang == Lang::En { 1 } else { 0 }].extend(texts);
            }
        }
        let catalogues = Arc::new(catalogues);
        for registry in [&mut html, &mut text] {
            registry.set_strict_mode(true);
            registry.set_prevent_indent(true);
            teach(registry, &catalogues, &assets);
        }
        Ok(Self { html, text, catalogues, named, assets })
    }

    /// A page in its shell.
    pub fn render<P: Page>(&self, shell: &Shell, page: &P) -> Result<Html<String>> {
        self.try_render(shell, page).map(Html).map_err(AppError::internal)
    }

    /// As [`Templates::render`], with the renderer's own error: for tests.
    pub fn try_render<P: Page>(&self, shell: &Shell, page: &P) -> Result<String, RenderError> {
        // The key of a flash comes out of a cookie: one that no catalogue knows is not shown.
        let known = |flash: &crate::Flash| self.catalogue(shell.lang).contains_key(&flash.key);
        let mut shell = shell.clone();
        shell.flash = shell.flash.filter(known);
        let shell = &shell;
        let content = self.html.render(P::TEMPLATE, &json!({ "shell": shell, "page": page }))?;
        let layout = match shell.layout {
            crate::Layout::Desk => "layout/desk",
            crate::Layout::Public => "layout/public",
            crate::Layout::Plain => "layout/plain",
            crate::Layout::Print => "layout/print",
        };
        self.html.render(layout, &json!({ "shell": shell, "content": content }))
    }

    /// A letter: subject, text, HTML.
    pub fn letter<L: Letter>(&self, lang: Lang, site_name: &str, letter: &L) -> Result<(String, String, String)> {
        self.try_letter(lang, site_name, letter).map_err(AppError::internal)
    }

    /// As [`Templates::letter`], with the renderer's own error: for tests.
    pub fn try_letter<L: Letter>(
        &self,
        lang: Lang,
        site_name: &str,
        letter: &L,
    ) -> Result<(String, String, String), RenderError> {
        let shell = json!({ "lang": lang, "site_name": site_name });
        let data = json!({ "shell": shell, "letter": letter });
        let written = self.text.render(L::TEMPLATE, &data)?;
        let (subject, text) = written.split_once('\n').unwrap_or((&written, ""));
        let content = self.html.render(L::TEMPLATE, &data)?;
        let html = self.html.render("layout/letter", &json!({ "shell": shell, "content": content }))?;
        Ok((subject.trim().to_owned(), format!("{}\n", text.trim()), html))
    }

    /// A text of the catalogue without parameters; the key itself when there is none.
    pub fn text<'a>(&'a self, lang: Lang, key: &'a str) -> &'a str {
        self.catalogue(lang).get(key).map_or(key, String::as_str)
    }

    /// The texts of a language.
    pub fn catalogue(&self, lang: Lang) -> &BTreeMap<String, String> {
        catalogue(&self.catalogues, lang)
    }

    /// What is missing: keys that one language lacks, and keys that a template names and no language has.
    pub fn flaws(&self) -> Vec<String> {
        let [id, en] = &*self.catalogues;
        let mut flaws: Vec<String> = Vec::new();
        flaws.extend(id.keys().filter(|key| !en.contains_key(*key)).map(|key| format!("en lacks {key}")));
        flaws.extend(en.keys().filter(|key| !id.contains_key(*key)).map(|key| format!("id lacks {key}")));
        flaws.extend(self.named.iter().filter(|key| !id.contains_key(*key)).map(|key| format!("no text for {key}")));
        flaws
    }

    /// The static files that these templates name.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }
}

/// The words of the templates.
fn teach(registry: &mut Handlebars<'static>, catalogues: &Arc<[Catalogue; 2]>, assets: &Assets) {
    let texts = catalogues.clone();
    registry.register_helper("t", saying::text(move |helper, lang| translate(catalogue(&texts, lang), helper)));
    let texts = catalogues.clone();
    registry.register_helper("because", saying::text(move |helper, lang| because(catalogue(&texts, lang), helper)));
    registry.register_helper("concat", saying::text(|helper, _| Ok(concat(helper))));
    let files = assets.clone();
    registry.register_helper("asset", saying::text(move |helper, _| asset(&files, helper)));
    let files = assets.clone();
    registry.register_helper("icon", saying::html(move |helper, _| icon(&files, helper)));
    let texts = catalogues.clone();
    registry.register_helper(
        "refused",
        saying::html(move |helper, lang| Ok(banner(helper, catalogue(&texts, lang), lang))),
    );
    let texts = catalogues.clone();
    registry.register_helper(
        "wrong",
        saying::html(move |helper, lang| Ok(wrong_field(helper, catalogue(&texts, lang), lang))),
    );
}

/// `i18n/en.json` and `i18n/hotel/en.json` are English.
fn catalogue_lang(path: &str) -> Option<Lang> {
    let name = path.strip_prefix("i18n/")?.strip_suffix(".json")?;
    Lang::parse(name.rsplit('/').next().unwrap_or(name))
}

/// The keys that stand as literals behind `t` in a template.
fn named_keys(template: &str) -> impl Iterator<Item = String> {
    let calls = template.match_indices("t \"").filter(|(at, _)| {
        let before = template.as_bytes().get(at.wrapping_sub(1));
        before.is_some_and(|b| matches!(b, b'{' | b'('))
    });
    calls.filter_map(|(at, lead)| template.get(at + lead.len()..)?.split('"').next().map(str::to_owned))
}

fn catalogue(catalogues: &[Catalogue; 2], lang: Lang) -> &Catalogue {
    match lang {
        Lang::Id => &catalogues[0],
        Lang::En => &catalogues[1],
    }
}

/// `{{t "key" name=value}}`: the text of the key, `{name}` replaced; with `count=1` the text of `key.one` if there is one.
fn translate(texts: &Catalogue, helper: &Helper<'_>) -> Result<String, RenderError> {
    let key = first_text(helper)?;
    let one = helper.hash_get("count").is_some_and(|count| count.value().as_i64() == Some(1));
    let singular = if one { texts.get(&format!("{key}.one")) } else { None };
    let found = singular.or_else(|| texts.get(key));
    let mut text = found.ok_or_else(|| other(format!("no text for {key}")))?.clone();
    for (name, value) in helper.hash() {
        let shown = match value.value() {
            Value::String(shown) => shown.clone(),
            other => other.to_string(),
        };
        text = text.replace(&format!("{{{name}}}"), &shown);
    }
    Ok(text)
}

/// `(concat "folio.method." method)`: texts one behind the other, to name a key.
fn concat(helper: &Helper<'_>) -> String {
    helper.params().iter().map(|param| param.value().as_str().unwrap_or_default()).collect()
}

/// `{{asset "app.css"}}`: the file's address with its hash.
fn asset(assets: &Assets, helper: &Helper<'_>) -> Result<String, RenderError> {
    let name = first_text(helper)?;
    assets.address(name).map(str::to_owned).ok_or_else(|| other(format!("no asset {name}")))
}

/// `{{icon "bed"}}`: a symbol of `icons.svg`, hidden from screen readers.
fn icon(assets: &Assets, helper: &Helper<'_>) -> Result<String, RenderError> {
    let name = handlebars::html_escape(first_text(helper)?);
    let sprite = assets.address("icons.svg").unwrap_or_default();
    Ok(format!("<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{sprite}#{name}\"/></svg>"))
}
