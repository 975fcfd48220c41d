//! A refusal on the page of the form that met it: a banner above, and at each field what is wrong there.
use std::collections::BTreeSet;

use handlebars::Helper;
use serde::Serialize;
use serde_json::Value;

use crate::templates::Catalogue;
use crate::wording::Named;
use crate::{AppError, Kind, Lang, Templates};

/// A refusal as a form page shows it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The slug: the catalogue's `problem.<code>` speaks for it.
    code: String,
    /// The English sentence, for codes without a text.
    detail: String,
    /// What the sentence names.
    named: Named,
    /// The fields that are wrong.
    errors: Vec<WrongHere>,
}

/// What is wrong with one field: the catalogue's `wrong.<message>` speaks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct WrongHere {
    field: String,
    message: String,
    named: Named,
}

impl AppError {
    /// What a form page shows; [`None`] for what no visitor can mend (then the error itself is the answer).
    pub fn refused(&self) -> Option<Refused> {
        let ours = matches!(self.kind(), Kind::Internal | Kind::Unavailable | Kind::Forbidden | Kind::Unauthenticated);
        let errors = self.fields().iter().map(|error| WrongHere {
            field: error.field.clone(),
            message: error.wrong.pattern().to_owned(),
            named: error.wrong.named().clone(),
        });
        (!ours).then(|| Refused {
            code: self.code().to_owned(),
            detail: self.detail().to_owned(),
            named: self.named().clone(),
            errors: errors.collect(),
        })
    }
}

impl Templates {
    /// What a form page says at a field of a refusal; empty where nothing is wrong.
    pub fn at_field(&self, lang: Lang, refusal: &AppError, field: &str) -> String {
        let refused = serde_json::to_value(refusal.refused()).unwrap_or_default();
        at_field(&refused, field, self.catalogue(lang), lang).unwrap_or_default()
    }

    /// What keeps a refusal from being read in both languages: a text that is missing, one that asks for a value nobody names,
    /// and a value that no text shows. For tests.
    pub fn flaws_of(&self, refusal: &AppError) -> Vec<String> {
        let sentence = (format!("problem.{}", refusal.code()), refusal.named());
        let own = refusal.fields().iter().filter(|error| error.wrong.is_own());
        let phrases = own.map(|error| (format!("wrong.{}", error.wrong.pattern()), error.wrong.named()));
        let mut flaws = Vec::new();
        for (key, named) in std::iter::once(sentence).chain(phrases) {
            let given: BTreeSet<&str> = named.names().collect();
            for lang in Lang::ALL {
                let Some(text) = self.catalogue(lang).get(&key) else {
                    flaws.push(format!("{} lacks {key}", lang.as_str()));
                    continue;
                };
                let asked = placeholders(text);
                flaws.extend(asked.difference(&given).map(|name| format!("{key}: nobody names {{{name}}}")));
                flaws.extend(
                    given.difference(&asked).map(|name| format!("{} of {key} leaves out {{{name}}}", lang.as_str())),
                );
            }
        }
        flaws
    }
}

/// `at most {most} characters` asks for `most`.
fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// A text with its values in the words of the language, escaped.
fn worded(text: &str, lang: Lang, named: Option<&Value>) -> String {
    let text = text.to_owned();
    let values = named.and_then(Value::as_object).into_iter().flatten();
    let fill = |text: String, (name, value): (&String, &Value)| {
        let value = value.get(lang.as_str()).and_then(Value::as_str).unwrap_or_default();
        text.replace(&format!("{{{name}}}"), value)
    };
    handlebars::html_escape(&values.fold(text, fill))
}

/// The sentence of a refusal: the catalogue's, or the English one.
fn sentence(refused: &Value, texts: &Catalogue, lang: Lang) -> String {
    let text = texts.get(&format!("problem.{}", text_of(refused, "code")));
    worded(text.map_or(text_of(refused, "detail"), String::as_str), lang, refused.get("named"))
}

/// What is wrong with a field: the catalogue's phrase, or the sentence of the refusal.
fn at_field(refused: &Value, field: &str, texts: &Catalogue, lang: Lang) -> Option<String> {
    let mut errors = refused.get("errors").and_then(Value::as_array).into_iter().flatten();
    let error = errors.find(|error| text_of(error, "field") == field)?;
    Some(match texts.get(&format!("wrong.{}", text_of(error, "message"))) {
        Some(text) => worded(text, lang, error.get("named")),
        None => sentence(refused, texts, lang),
    })
}

fn text_of<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// `{{refused page.refused}}`: the banner of a [`Refused`], in the catalogue's words (`problem.<code>`) where it has them.
pub(crate) fn banner(helper: &Helper<'_>, texts: &Catalogue, lang: Lang) -> String {
    let Some(refused) = helper.param(0).map(|param| param.value()).filter(|value| value.is_object()) else {
        return String::new();
    };
    format!("<div class=\"banner bad\" role=\"alert\"><span>{}</span></div>", sentence(refused, texts, lang))
}

/// `{{wrong page.refused "email"}}`: what is wrong with one field, in the catalogue's words (`wrong.<message>`), else the refusal's sentence.
pub(crate) fn wrong_field(helper: &Helper<'_>, texts: &Catalogue, lang: Lang) -> String {
    let refused = helper.param(0).map_or(&Value::Null, |param| param.value());
    let field = helper.param(1).and_then(|param| param.value().as_str()).unwrap_or_default();
    let wrong = at_field(refused, field, texts, lang);
    wrong.map_or_else(String::new, |text| format!("<p class=\"wrong\" id=\"{field}-wrong\">{text}</p>"))
}
