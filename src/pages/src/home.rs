//! Homecoming with company: the page on which a fallback's answer is put behind the prompt, before both go back into Claude.
//! It shows exactly what will stand in Claude's composer. The answer comes by the user's own paste, or is read from the fallback's page
//! when the user asks for it, and is kept nowhere.

use crate::handoff::{LOOK_MS, WORDS, shown};
use crate::host::{Host, Read, Scene, begin, copy, send};
use crate::marks::{brand, button};
use crate::stage::Entered;
use crate::tree::{Part, el, say};
use gloo_timers::future::TimeoutFuture;
use std::rc::Rc;
use understudy_browser::tabs::{self, Tab};
use understudy_browser::{object, permissions};
use understudy_engine::context::{Answered, Budget, answered};
use understudy_engine::handoff::TYPED_UNITS;
use understudy_engine::provider::{CATALOGUE, Provider, about};
use understudy_engine::view::PromptRow;
use understudy_engine::words::Say;
use understudy_engine::{Act, EntryId, Millis, UserText};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// What the page remembers.
#[derive(Debug)]
pub struct Home {
    entry: EntryId,
    /// What was pasted or read, as it stands in the field.
    answer: UserText,
    /// What was read last, and how often that was: each time it stands in a new field.
    read: UserText,
    reads: u32,
    /// The prompt, while this page is about it: once it has gone, its row is another one.
    last: Option<PromptRow>,
    leaving: bool,
    notice: Option<Say>,
}

/// What the user can do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Paste or change the answer.
    Answer,
    /// Read the answer from the fallback's page.
    Read,
    /// Put both back.
    PutBack,
    /// Rather not: close this page.
    Cancel,
}

impl Home {
    /// For one prompt.
    pub fn new(entry: EntryId) -> Self {
        Self {
            entry,
            answer: UserText::default(),
            read: UserText::default(),
            reads: 0,
            last: None,
            leaving: false,
            notice: None,
        }
    }

    /// The whole page.
    pub fn page(&self, row: Option<&PromptRow>) -> Vec<Part<Deed>> {
        let main = el("main").class("sheet").and(brand());
        let Some((goes, name)) = row.and_then(|row| Some((self.goes(row)?, row.elsewhere.as_ref()?))) else {
            return vec![Part::El(
                main.and(el("h1").text(say("page_handoff_gone")))
                    .and(el("p").class("lead").text(say("page_handoff_gone_next"))),
            )];
        };
        let said = self.notice.as_ref().map(|notice| el("p").class("lead").text(notice));
        let field = el("div")
            .class("field")
            .and(el("label").attr("for", "answer").text(Say::new("page_home_answer").text(name)))
            .and(
                el("textarea")
                    .key(format!("answer {}", self.reads))
                    .attr("id", "answer")
                    .attr("rows", "6")
                    .attr("dir", "auto")
                    .text(&self.read)
                    .does(Deed::Answer),
            );
        let read =
            place(name).map(|_| button("quiet", Say::new("page_home_read").text(name), Deed::Read).attr("id", "read"));
        let cut = goes.cut.then(|| el("p").class("explain").attr("id", "cut").text(say("page_home_cut")));
        let busy = if self.leaving { "true" } else { "false" };
        // Named, for the line above it comes and goes.
        let decide = el("div")
            .key("decide")
            .class("decide")
            .and(
                button("primary", say("page_put_back_into"), Deed::PutBack)
                    .attr("id", "back")
                    .attr("aria-disabled", busy),
            )
            .and(button("secondary", say("page_cancel"), Deed::Cancel).attr("id", "cancel"));
        vec![Part::El(
            main.and(el("h1").text(say("page_home_title")))
                .and(
                    el("div")
                        .class("lines")
                        .and(el("div").attr("role", "status").with(said))
                        .and(el("p").class("line").text(Say::new("page_home_explain").text(name))),
                )
                .and(field.with(read))
                .and(shown(&goes.text, "page_home_preview"))
                .with(cut)
                .and(decide)
                .and(el("p").class("fine").text(say("page_home_promise"))),
        )]
    }

    /// What goes; nothing without the prompt's text.
    fn goes(&self, row: &PromptRow) -> Option<Answered> {
        let name = row.elsewhere.as_deref().unwrap_or_default();
        Some(answered(row.text.as_ref()?, name, self.answer.reveal(), Budget::Units(TYPED_UNITS), &WORDS))
    }
}

impl Scene for Home {
    type Deed = Deed;

    fn draw(&mut self, read: &Read, now: Millis) -> Vec<Part<Deed>> {
        let found = read.view(now).prompts.into_iter().find(|row| row.entry == self.entry && row.back);
        if !self.leaving {
            self.last = found;
        }
        self.page(self.last.as_ref())
    }

    fn texts(&self, _: &Read) -> Vec<EntryId> {
        vec![self.entry.clone()]
    }

    fn begun(host: &Rc<Host<Self>>) {
        let host = Rc::clone(host);
        spawn_local(async move {
            while host.look(|_, read| read.is_none()) {
                TimeoutFuture::new(LOOK_MS).await;
            }
            // The answer is on the clipboard of whoever comes here.
            host.focus("answer");
        });
    }

    fn done(host: &Rc<Host<Self>>, deed: Deed, entered: Entered) {
        let host = Rc::clone(host);
        match deed {
            Deed::Answer => host.change(|page| page.answer = UserText::new(entered.value)),
            Deed::Cancel => begin(close()),
            Deed::Read => {
                let name = host.look(|page, _| page.last.as_ref()?.elsewhere.clone()).unwrap_or_default();
                let Some((provider, answers)) = place(&name) else { return };
                // Asked at once, inside the click.
                let asked = permissions::request(provider.pattern().as_deref());
                begin(async move {
                    let allowed = asked.await.unwrap_or(false);
                    let found = if allowed { read_from(provider, answers).await } else { None };
                    host.change(|page| {
                        page.notice = found.is_none().then(|| Say::new("page_home_unread").text(&name));
                        if let Some(found) = found {
                            page.read = UserText::new(found);
                            page.answer = page.read.clone();
                            page.reads += 1;
                        }
                    });
                });
            }
            Deed::PutBack => {
                let Some((entry, prompt, goes)) = host.look(|page, _| {
                    let row = page.last.as_ref()?;
                    Some((row.entry.clone(), row.text.clone()?, page.goes(row)?.text))
                }) else {
                    return;
                };
                // First of all, while this is still the click.
                let copied = copy(goes.reveal());
                begin(async move {
                    host.change(|page| page.leaving = true);
                    let copied = copied.await;
                    let text = (goes != prompt).then_some(goes);
                    if send(&Act::PutBack { entry, text, copied }).await.is_ok() {
                        close().await;
                    } else {
                        host.change(|page| {
                            page.leaving = false;
                            page.notice = Some(say("page_trouble_send"));
                        });
                    }
                });
            }
        }
    }
}

/// Where the answers of the provider of this name are found, if that is known.
fn place(name: &str) -> Option<(&'static Provider, &'static str)> {
    let provider = CATALOGUE.iter().find(|provider| provider.name == name)?;
    let answers = about(provider.id)?.answer;
    (!answers.is_empty()).then_some((provider, answers))
}

/// The last answer on the provider's page that was last looked at.
async fn read_from(provider: &Provider, answers: &str) -> Option<String> {
    let origin = provider.origin();
    let tab = Tab::from(tabs::last(&[&[origin, "/"].concat()]).await?).id?;
    tabs::run_script(tab, "fill.js").await.ok()?;
    let order = object().text("origin", origin).text("selectors", answers);
    let message = JsValue::from(object().text("type", "answer").with("order", &order.into()));
    let answer = tabs::send_within(READ_MS, tab, &message).await.ok()?.as_string()?;
    (!answer.trim().is_empty()).then_some(answer)
}

/// How long a page may take to show its answer.
const READ_MS: u32 = 3_000;

/// Closes this page's tab.
async fn close() {
    if let Ok(Some(tabs::Tab { id: Some(tab) })) = tabs::current().await {
        let _ = tabs::close(tab).await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Deed, Home};
    use crate::tree::El;
    use crate::tree::look::{self, all, attr, texts};
    use understudy_engine::UserText;
    use understudy_engine::outbox::EntryState;
    use understudy_engine::view::PromptRow;
    use understudy_engine::words::Say;

    fn row() -> PromptRow {
        PromptRow {
            entry: "e1".into(),
            at: 1,
            state: EntryState::Unknown,
            label: Say::new("state"),
            head: UserText::new("why?"),
            chars: 4,
            text: Some(UserText::new("why?")),
            attachments: Vec::new(),
            inside: false,
            title: None,
            handoff: None,
            back: true,
            put_off: None,
            may_wait: false,
            elsewhere: Some("ChatGPT".into()),
            place: [None, None, None],
        }
    }

    fn whole(page: &Home, row: Option<&PromptRow>) -> El<Deed> {
        look::page(page.page(row))
    }

    #[test]
    fn it_shows_exactly_what_will_stand_there() {
        let mut page = Home::new("e1".into());
        let preview = |page: &Home| {
            let root = whole(page, Some(&row()));
            let found = all(&root).into_iter().find(|one| attr(one, "id") == Some("preview")).map(texts);
            found.expect("a preview").join("")
        };
        assert_eq!(preview(&page), "why?");
        page.answer = UserText::new("because\n</script>");
        assert_eq!(preview(&page), "why?\n\npack_answer\n\n> because\n> </script>");
        assert!(texts(&whole(&page, Some(&row()))).contains(&"size 40".to_owned()));
        page.answer = UserText::new(format!("a line\n{}", "x".repeat(200_000)));
        let root = whole(&page, Some(&row()));
        assert!(texts(&root).contains(&"page_home_cut".to_owned()) && preview(&page).ends_with("pack_answer_cut"));
    }

    #[test]
    fn an_answer_is_read_where_it_is_known_how() {
        let mut page = Home::new("e1".into());
        let has_read = |page: &Home, name: &str| {
            let root = whole(page, Some(&PromptRow { elsewhere: Some(name.into()), ..row() }));
            all(&root).into_iter().any(|one| one.does == Some(Deed::Read))
        };
        assert!(has_read(&page, "ChatGPT") && !has_read(&page, "My own"));
        // What was read stands in a new field, which the user may change.
        let field = |page: &Home| {
            let root = whole(page, Some(&row()));
            let field = all(&root).into_iter().find(|one| one.does == Some(Deed::Answer)).expect("a field");
            (field.key.clone(), texts(field).concat())
        };
        let before = field(&page);
        (page.read, page.reads) = (UserText::new("read"), 1);
        assert!(field(&page).0 != before.0 && field(&page).1 == "read" && before.1.is_empty());
    }

    #[test]
    fn without_its_prompt_or_a_handoff_there_is_nothing_to_do() {
        let page = Home::new("e1".into());
        for row in [None, Some(PromptRow { elsewhere: None, ..row() }), Some(PromptRow { text: None, ..row() })] {
            let root = whole(&page, row.as_ref());
            assert!(texts(&root).contains(&"page_handoff_gone".to_owned()));
            assert!(all(&root).into_iter().all(|one| one.does.is_none()));
        }
    }
}
