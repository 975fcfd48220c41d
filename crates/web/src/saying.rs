//! What templates can say: each word of theirs is a function from what stands behind it, and the page, to text.
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError, RenderErrorReason,
    ScopedJson,
};
use serde_json::Value;

use crate::Lang;

type Word = Box<dyn HelperDef + Send + Sync>;

/// A word whose text other words may take, and which is escaped where it is shown.
pub(crate) fn text(say: impl Fn(&Helper<'_>, Lang) -> Result<String, RenderError> + Send + Sync + 'static) -> Word {
    Box::new(Text(say))
}

/// A word that stands for HTML.
pub(crate) fn html(say: impl Fn(&Helper<'_>, Lang) -> Result<String, RenderError> + Send + Sync + 'static) -> Word {
    Box::new(Html(say))
}

/// What a template did wrong.
pub(crate) fn other(text: String) -> RenderError {
    RenderErrorReason::Other(text).into()
}

/// The text that a word cannot do without.
pub(crate) fn first_text<'a>(helper: &'a Helper<'_>) -> Result<&'a str, RenderError> {
    let value = helper.param(0).and_then(|param| param.value().as_str());
    value.ok_or_else(|| other(format!("{{{{{}}}}} needs a text", helper.name())))
}

struct Text<F>(F);

impl<F: Fn(&Helper<'_>, Lang) -> Result<String, RenderError>> HelperDef for Text<F> {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        Ok(ScopedJson::Derived(Value::String((self.0)(helper, lang_of(context))?)))
    }
}

struct Html<F>(F);

impl<F: Fn(&Helper<'_>, Lang) -> Result<String, RenderError>> HelperDef for Html<F> {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        out.write(&(self.0)(helper, lang_of(context))?)?;
        Ok(())
    }
}

fn lang_of(context: &Context) -> Lang {
    let lang = context.data().pointer("/shell/lang").and_then(Value::as_str).and_then(Lang::parse);
    lang.unwrap_or_default()
}
