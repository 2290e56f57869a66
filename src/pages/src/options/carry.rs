//! Taking the settings to another browser, or to a fresh one: a file is saved here and loaded there.

use super::change::{now, put};
use super::file;
use super::{Deed, Options};
use crate::host::{Host, begin};
use crate::marks::button;
use crate::save::save;
use crate::tree::{El, el, say};
use js_sys::JSON;
use std::rc::Rc;
use understudy_engine::provider::{Settings, Template};
use understudy_engine::words::Say;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlInputElement};

pub(super) fn carry() -> El<Deed> {
    let choose = el("input").attr("type", "file").attr("id", FIELD).attr("accept", ".json").does(Deed::Import);
    el("section")
        .attr("aria-labelledby", "carry-title")
        .and(el("h2").attr("id", "carry-title").text(say("page_file")))
        .and(el("p").class("explain").text(say("page_file_explain")))
        .and(el("div").class("deeds").and(button("secondary", say("page_file_save"), Deed::Export)))
        .and(el("div").class("field").and(el("label").attr("for", FIELD).text(say("page_file_load"))).and(choose))
}

/// Saves what is in force, or on its way to be.
pub(super) fn export(host: &Rc<Host<Options>>) {
    let Some(settings) = now(host) else { return };
    let saved = readable(&file::write(&settings)).and_then(|text| save(file::NAME, "application/json", &text));
    let notice = match saved {
        Ok(()) => Say::new("page_file_saved").text(file::NAME),
        Err(_) => say("page_file_refused"),
    };
    host.change(|page| page.notice = Some(notice));
}

/// With a line for each value, as the browser writes it.
fn readable(json: &str) -> Result<String, JsValue> {
    let text = JSON::stringify_with_replacer_and_space(&JSON::parse(json)?, &JsValue::NULL, &2.into())?;
    Ok(text.into())
}

/// Looks at the chosen file; if all of it is good, its settings go the way of every change.
pub(super) fn import(host: &Rc<Host<Options>>) {
    let Some(chosen) = chosen() else { return };
    let host = Rc::clone(host);
    begin(async move {
        match look_into(chosen).await {
            Ok(settings) => {
                // What was being typed belongs to what was there before.
                host.look(|page, _| (page.typing, page.draft, page.own) = (None, None, None));
                let saved = in_force(&settings);
                put(&host, settings, saved);
            }
            Err(why) => host.change(|page| page.notice = Some(why)),
        }
    });
}

/// The file in the field, which is made empty: the same one, mended, can be chosen again.
fn chosen() -> Option<File> {
    let field = web_sys::window()?.document()?.get_element_by_id(FIELD)?;
    let field: HtmlInputElement = field.dyn_into().ok()?;
    let file = field.files()?.get(0)?;
    field.set_value("");
    Some(file)
}

async fn look_into(chosen: File) -> Result<Settings, Say> {
    if chosen.size() > f64::from(file::LARGEST) {
        return Err(say("page_file_large"));
    }
    let text = JsFuture::from(chosen.text()).await.ok().and_then(|text| text.as_string());
    // What the browser does not give is no JSON.
    file::read(&text.unwrap_or_default())
}

/// That they are in force, and what to look at: an address that came with them gets prompts, and no permission came.
fn in_force(settings: &Settings) -> Say {
    match Template::parse(&settings.custom_url) {
        Ok(own) => Say::new("page_file_loaded_own").text(own.host()),
        Err(_) => say("page_file_loaded"),
    }
}

/// The id of the field.
const FIELD: &str = "import";
