//! The handoff page: it stands between the click and the provider only when something must be decided. It shows exactly
//! what will go: the prompt, what goes along with it, and the secrets that were found in both.

mod along;
mod first;
mod heard;
mod said;

use crate::host::{Host, Read, Scene, begin, copy};
use crate::marks::{brand, button};
use crate::stage::Entered;
use crate::tree::{El, Part, el, say};
use along::{Choice, Goes};
pub(crate) use along::{SCOPES, scope, shown};
use gloo_timers::future::TimeoutFuture;
pub(crate) use heard::Heard;
use said::{decide, said};
use std::rc::Rc;
use understudy_browser::{permissions, tabs};
use understudy_engine::view::HandoffView;
use understudy_engine::words::Say;
use understudy_engine::{Act, EntryId, JobId, Millis};
use wasm_bindgen_futures::spawn_local;

/// What the page remembers.
#[derive(Debug)]
pub struct Handoff {
    job: JobId,
    step: Step,
    /// The key that goes with V to paste on this machine.
    mac: bool,
    /// The last view: when the way is free the job is done before this tab has left.
    last: Option<HandoffView>,
    notice: Option<Say>,
    /// What a claude.ai page has of the conversation.
    heard: Heard,
    choice: Choice,
    /// The user's own address, if there is one.
    template: String,
}

/// How far the user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The question stands.
    Open,
    /// The browser asks.
    Asking,
    /// The user (or a policy) said no.
    Refused,
    /// The provider's page is on its way.
    Leaving,
    /// The same, with the text on the clipboard.
    LeavingByHand,
}

/// What the user can do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Ask the browser for the host.
    Allow,
    /// Take the clipboard.
    ByHand,
    /// Nothing is to be asked for: go.
    Go,
    /// Rather not: close this page.
    Cancel,
    /// So much of the conversation goes along.
    Scope(u32),
    /// The text of attachments goes along, or not.
    Attachments,
    /// The beginning of the answer goes along, or not.
    Begun,
    /// Secrets go as they are (or are replaced).
    AsIs(bool),
    /// From now on, this goes along.
    Remember,
}

impl Handoff {
    /// For one job.
    pub fn new(job: JobId, mac: bool) -> Self {
        Self {
            job,
            step: Step::Open,
            mac,
            last: None,
            notice: None,
            heard: Heard::default(),
            choice: Choice::default(),
            template: String::new(),
        }
    }

    /// The whole page.
    pub fn page(&self, view: Option<&HandoffView>) -> Vec<Part<Deed>> {
        let main = el("main").class("sheet").and(brand());
        let Some(view) = view else {
            return vec![Part::El(
                main.and(el("h1").text(say("page_handoff_gone")))
                    .and(el("p").class("lead").text(say("page_handoff_gone_next"))),
            )];
        };
        let by_hand = self.by_hand(view);
        let goes = self.goes(view);
        let title = if by_hand { "page_handoff_title_by_hand" } else { "page_handoff_title" };
        // The engine's lines are about the question as it stands; once it is answered here, they are out of date.
        let current = view.refused || matches!(self.step, Step::Open | Step::Asking);
        let lines = view.lines.iter().filter(|_| current).map(|line| el("p").class("line").text(line));
        let main = main
            .and(el("h1").text(Say::new(title).text(&view.name)))
            .with(view.first.then(|| first::facts(view, by_hand, &self.template)))
            .and(el("div").class("lines").attr("role", "status").with(self.lead(view)).with(lines))
            .with(along::choices(view, &self.heard, self.choice, &goes))
            .and(along::preview(&goes))
            .and(self.deeds(view))
            .with(by_hand.then(|| el("p").class("fine").text(say("page_handoff_promise"))))
            .with(view.first.then(|| el("p").class("fine").text(Say::new("page_first_once").text(&view.name))));
        vec![Part::El(main)]
    }

    fn by_hand(&self, view: &HandoffView) -> bool {
        view.by_hand || self.goes(view).too_long || matches!(self.step, Step::Refused | Step::LeavingByHand)
    }

    fn goes(&self, view: &HandoffView) -> Goes {
        along::goes(view, &self.heard, self.choice, &WORDS)
    }

    fn lead(&self, view: &HandoffView) -> Option<El<Deed>> {
        let lead = match self.step {
            _ if self.notice.is_some() => self.notice.clone()?,
            Step::Asking => say("page_handoff_asking"),
            Step::Leaving => Say::new("page_handoff_leaving").text(&view.name),
            Step::LeavingByHand => Say::new(self.paste_key("page_handoff_left_by_hand")).text(&view.name),
            Step::Open | Step::Refused => return None,
        };
        Some(el("p").class("lead").text(lead))
    }

    fn deeds(&self, view: &HandoffView) -> El<Deed> {
        // The conversation may be heard of later: what stands above this then must not take the focus.
        let row = el("div").class("decide").key("decide");
        let busy = if matches!(self.step, Step::Open | Step::Refused) { "false" } else { "true" };
        if self.by_hand(view) {
            let main = button("primary", Say::new("page_copy_and_open").text(&view.name), Deed::ByHand)
                .attr("id", "by-hand")
                .attr("aria-describedby", "then");
            return row
                .and(main)
                .and(el("p").class("then").attr("id", "then").text(say(self.paste_key("page_then_paste"))));
        }
        let deed = if view.origin.is_some() || view.consent { Deed::Allow } else { Deed::Go };
        let main = button("primary", Say::new("action_continue").text(&view.name), deed).attr("id", "go");
        row.and(main.attr("aria-disabled", busy))
            .and(
                button("secondary", say("page_rather_copy"), Deed::ByHand)
                    .attr("id", "by-hand")
                    .attr("aria-disabled", busy),
            )
            .and(button("secondary", say("page_cancel"), Deed::Cancel).attr("id", "cancel"))
    }

    fn paste_key(&self, key: &'static str) -> &'static str {
        match (key, self.mac) {
            ("page_then_paste", true) => "page_then_paste_mac",
            ("page_handoff_left_by_hand", true) => "page_handoff_left_by_hand_mac",
            _ => key,
        }
    }
}

impl Scene for Handoff {
    type Deed = Deed;

    fn draw(&mut self, read: &Read, _: Millis) -> Vec<Part<Deed>> {
        self.template = read.engine.settings().custom_url;
        let view = read.engine.handoff_view(&self.job);
        // What must be asked for depends on what goes.
        let view = view.and_then(|view| read.engine.handoff_view_of(&self.job, Some(&self.goes(&view).text)));
        if view.is_some() {
            self.last.clone_from(&view);
        }
        let leaving = matches!(self.step, Step::Leaving | Step::LeavingByHand);
        let view = view.or_else(|| self.last.clone().filter(|_| leaving));
        self.page(view.as_ref())
    }

    fn texts(&self, read: &Read) -> Vec<EntryId> {
        read.engine.prompt_of(&self.job).into_iter().collect()
    }

    fn begun(host: &Rc<Host<Self>>) {
        let host = Rc::clone(host);
        spawn_local(async move {
            while host.look(|_, read| read.is_none()) {
                TimeoutFuture::new(LOOK_MS).await;
            }
            // First of all what goes with the prompt by itself: it must be there before anybody is invited to go.
            if let Some(entry) = host.look(|page, read| read.and_then(|read| read.engine.prompt_of(&page.job))) {
                let kept = Heard::kept(&entry, &WORDS).await;
                host.change(|page| page.heard = kept);
            }
            // Whoever knows the page by now needs no more than Enter.
            if let Some(by_hand) = host.look(|page, _| page.last.as_ref().map(|view| page.by_hand(view))) {
                host.focus(if by_hand { "by-hand" } else { "go" });
            }
            let told = Heard::ask().await;
            host.change(|page| page.heard.take_all(&told, &WORDS));
        });
    }

    fn done(host: &Rc<Host<Self>>, deed: Deed, entered: Entered) {
        let shown = host.look(|page, _| page.last.clone().map(|view| (page.goes(&view), view)));
        let Some((goes, view)) = shown else { return };
        let host = Rc::clone(host);
        match deed {
            Deed::Allow | Deed::Go => {
                // First of all, while this is still the click. The prompt itself is on the clipboard already.
                let copied = goes.changed.then(|| copy(goes.text.reveal()));
                begin(async move {
                    let granted = if deed == Deed::Allow {
                        let asked = permissions::request(view.origin.as_deref());
                        host.change(|page| page.step = Step::Asking);
                        asked.await.unwrap_or(false)
                    } else {
                        true
                    };
                    let copied = if let Some(copied) = copied { copied.await } else { false };
                    let step = if granted { Step::Leaving } else { Step::Refused };
                    let acts = said(&host, &view, &goes, copied, Act::Decided { job: view.job.clone(), granted });
                    decide(&host, acts, step).await;
                    host.focus("by-hand");
                });
            }
            Deed::ByHand => {
                let copied = copy(goes.text.reveal());
                // The second time the user has copied by hand, and the way must not be barred by the clipboard.
                let told = host.look(|page, _| page.notice.is_some());
                begin(async move {
                    if copied.await || told {
                        let acts = said(&host, &view, &goes, true, Act::PasteByHand { job: view.job.clone() });
                        decide(&host, acts, Step::LeavingByHand).await;
                    } else {
                        host.change(|page| page.notice = Some(say("page_handoff_copy_refused")));
                        host.focus("preview");
                    }
                });
            }
            Deed::Cancel => begin(async move {
                // With its tab the handoff is over.
                if let Ok(Some(tabs::Tab { id: Some(tab) })) = tabs::current().await {
                    let _ = tabs::close(tab).await;
                }
            }),
            Deed::Scope(turns) => host.change(|page| page.choice.turns = Some(turns)),
            Deed::Attachments => host.change(|page| page.choice.attachments = Some(entered.checked)),
            Deed::Begun => host.change(|page| page.choice.begun = entered.checked),
            Deed::AsIs(as_is) => host.change(|page| page.choice.as_is = as_is),
            Deed::Remember => host.change(|page| page.choice.remember = entered.checked),
        }
    }
}

/// Between two looks whether the stores have been read.
pub(crate) const LOOK_MS: u32 = 20;

/// What goes to another assistant is in the user's language.
pub(crate) const WORDS: fn(&Say) -> String = if cfg!(target_arch = "wasm32") { understudy_browser::say } else { bare };

/// Where there is no browser there are no words.
fn bare(say: &Say) -> String {
    say.key.clone()
}

#[cfg(test)]
mod tests {
    use super::{Deed, Handoff, Heard, Step};
    use crate::tree::El;
    use crate::tree::look::{self, all, attr, texts};
    use understudy_engine::UserText;
    use understudy_engine::context::Budget;
    use understudy_engine::left::Along;
    use understudy_engine::outbox::EntryState;
    use understudy_engine::view::{HandoffView, PromptRow};
    use understudy_engine::words::Say;

    const CHAT: &str = "019f3f4c-ba14-79cd-bbb7-6926ba65fb53";

    fn view(refused: bool) -> HandoffView {
        HandoffView {
            job: "j1".into(),
            provider: "gemini".into(),
            name: "Gemini".into(),
            home: "https://gemini.google.com/app".into(),
            first: false,
            typed: !refused,
            origin: Some("https://gemini.google.com/*".into()),
            consent: false,
            refused,
            by_hand: refused,
            text: UserText::new("two\nlines"),
            prompt: UserText::new("two\nlines"),
            chosen: false,
            conversation: Some(CHAT.into()),
            message: None,
            parent: None,
            along: 0,
            budget: Budget::Units(1_000),
            lines: Vec::new(),
        }
    }

    fn whole(page: &Handoff, view: Option<&HandoffView>) -> El<Deed> {
        look::page(page.page(view))
    }

    fn deeds(root: &El<Deed>) -> Vec<(Deed, &str)> {
        let all = all(root).into_iter();
        all.filter_map(|element| Some((element.does?, attr(element, "class").unwrap_or_default()))).collect()
    }

    #[test]
    fn it_shows_exactly_what_goes_and_asks() {
        let root = whole(&Handoff::new("j1".into(), false), Some(&view(false)));
        assert_eq!(deeds(&root), [(Deed::Allow, "primary"), (Deed::ByHand, "secondary"), (Deed::Cancel, "secondary")]);
        let shown = texts(&root);
        assert!(shown.contains(&"two\nlines".to_owned()) && shown.contains(&"size 9".to_owned()));
    }

    #[test]
    fn after_a_refusal_only_the_clipboard_way_is_left() {
        let mut page = Handoff::new("j1".into(), true);
        for (step, refused) in [(Step::Open, true), (Step::Refused, false)] {
            page.step = step;
            let root = whole(&page, Some(&view(refused)));
            assert_eq!(deeds(&root), [(Deed::ByHand, "primary")]);
            assert!(texts(&root).contains(&"page_then_paste_mac".to_owned()));
        }
    }

    #[test]
    fn where_nothing_is_to_be_asked_for_one_goes_on() {
        let open = HandoffView { origin: None, ..view(false) };
        let root = whole(&Handoff::new("j1".into(), false), Some(&open));
        assert_eq!(deeds(&root)[0], (Deed::Go, "primary"));
        let by_hand = HandoffView { by_hand: true, ..open };
        let root = whole(&Handoff::new("j1".into(), false), Some(&by_hand));
        assert_eq!(deeds(&root), [(Deed::ByHand, "primary")]);
        assert!(texts(&root).contains(&"page_then_paste".to_owned()));
    }

    #[test]
    fn the_first_time_it_says_where_that_is_who_sends_and_what_it_needs() {
        let facts = |view: &HandoffView, template: &str| {
            let mut page = Handoff::new("j1".into(), false);
            page.template = template.into();
            let root = whole(&page, Some(view));
            assert_eq!(texts(&root).contains(&"page_first_once".to_owned()), view.first);
            all(&root).into_iter().filter(|one| one.tag == "dd").flat_map(texts).collect::<Vec<String>>()
        };
        let known = view(false);
        assert!(facts(&known, "").is_empty(), "it is said once");
        let first = HandoffView { first: true, ..known };
        assert_eq!(facts(&first, ""), ["page_first_web", "page_first_typed", "page_first_login_varies"]);
        let by_link = HandoffView { origin: None, typed: false, ..first.clone() };
        assert_eq!(facts(&by_link, "")[1], "page_first_filled");
        let by_hand = HandoffView { by_hand: true, ..first.clone() };
        assert_eq!(facts(&by_hand, "")[1], "page_first_pasted");
        let sends = HandoffView { provider: "perplexity".into(), ..first.clone() };
        assert_eq!(facts(&sends, "")[1..3], ["page_first_typed", "note_link_sends"]);
        let unsure = HandoffView { provider: "deepseek".into(), ..first.clone() };
        assert_eq!(facts(&unsure, "")[1..], ["page_first_typed", "page_first_unsure", "page_first_login"]);
        let own =
            HandoffView { provider: "custom".into(), home: "http://localhost:3000/".into(), typed: false, ..first };
        let fills = "http://localhost:3000/?q={prompt}&submit=false";
        assert_eq!(facts(&own, fills), ["page_first_here", "page_first_filled"]);
        assert_eq!(facts(&own, "https://x.example/?q={prompt}")[1], "page_first_unknown");
    }

    #[test]
    fn a_secret_is_named_and_masked_unless_it_is_to_go() {
        let prompt = format!("use sk-ant-api03-{} here", "a1B2c3D4e5F6g7H8".repeat(5));
        let prompt = UserText::new(prompt);
        let found = HandoffView { origin: None, text: prompt.clone(), prompt: prompt.clone(), ..view(false) };
        let mut page = Handoff::new("j1".into(), false);
        let root = whole(&page, Some(&found));
        assert!(texts(&root).contains(&"use page_masked here".to_owned()), "{:?}", texts(&root));
        assert!(texts(&root).contains(&"secret_key".to_owned()));
        let goes = page.goes(&found);
        assert!(goes.changed && goes.along.has(Along::MASKED));
        page.choice.as_is = true;
        let root = whole(&page, Some(&found));
        assert!(texts(&root).contains(&prompt.reveal().to_owned()));
        let goes = page.goes(&found);
        assert!(!goes.changed && goes.along.has(Along::SECRETS));
        // Once it was decided, it is not asked again.
        let chosen = HandoffView { chosen: true, text: UserText::new("masked"), ..found };
        let root = whole(&Handoff::new("j1".into(), false), Some(&chosen));
        assert!(!texts(&root).contains(&"secret_key".to_owned()) && texts(&root).contains(&"masked".to_owned()));
    }

    #[test]
    fn what_goes_along_begins_with_a_message_that_was_chosen() {
        let mut page = Handoff::new("j1".into(), false);
        let messages = (0..8).map(|at| {
            let (sender, text) = (["human", "assistant"][at % 2], ["first", "a", "second", "b", "third", "c", "", "d"][at]);
            format!(
                r#"{{"uuid":"019f3e54-0000-7000-8000-00000000000{at}","sender":"{sender}",
                "parent_message_uuid":"019f3e54-0000-7000-8000-00000000000{}","content":[{{"type":"text","text":"{text}"}}],"attachments":[{{"file_name":"{at}.txt","extracted_content":""}}]}}"#,
                if at == 0 { 9 } else { at - 1 }
            )
        });
        let messages = messages.collect::<Vec<_>>().join(",");
        let leaf = "019f3e54-0000-7000-8000-000000000007";
        let kept = format!(r#"{{"uuid":"{CHAT}","current_leaf_message_uuid":"{leaf}","chat_messages":[{messages}]}}"#);
        page.heard.take(&kept, &|say| say.key.clone());
        let asked = view(false);
        let rows = |page: &Handoff| {
            let root = whole(page, Some(&asked));
            let ids = all(&root).into_iter().filter_map(|one| attr(one, "id").map(str::to_owned));
            let ids: Vec<String> = ids.filter(|id| id.starts_with("since-") || id.starts_with("along-")).collect();
            let on = all(&root).into_iter().find(|one| attr(one, "checked").is_some());
            (ids, on.and_then(|one| attr(one, "id")).map(str::to_owned), texts(&root))
        };
        let (ids, on, said) = rows(&page);
        let own = ["since-1", "since-2", "since-3", "since-4"];
        assert_eq!(ids, [&["along-0", "along-2", "along-6", "along-1000"][..], &own].concat());
        assert_eq!(on.as_deref(), Some("along-0"));
        // The newest first; one without words has the names of what was attached.
        let at = |word: &str| said.iter().position(|text| text == word).unwrap_or_else(|| panic!("{word}: {said:?}"));
        assert!(at("6.txt") < at("third") && at("third") < at("second") && at("second") < at("first"));
        page.choice.turns = Some(3);
        assert_eq!(rows(&page).1.as_deref(), Some("since-3"));
        let goes = page.goes(&asked).text;
        assert!(goes.reveal().contains("second") && !goes.reveal().contains("first"), "{}", goes.reveal());
        page.choice.turns = Some(2);
        assert_eq!(rows(&page).1.as_deref(), Some("along-2"));
    }

    #[test]
    fn the_conversation_is_offered_where_it_is_known() {
        let asked = view(false);
        let mut page = Handoff::new("j1".into(), false);
        let scopes = |page: &Handoff, view: &HandoffView| {
            all(&whole(page, Some(view))).into_iter().filter(|one| matches!(one.does, Some(Deed::Scope(_)))).count()
        };
        assert_eq!(scopes(&page, &asked), 0);
        let load = |chat: &str| {
            format!(
                r#"{{"uuid":"{chat}","chat_messages":[{{"uuid":"019f3e54-0000-7000-8000-000000000001","sender":"human",
                "content":[{{"type":"text","text":"before"}}]}}]}}"#
            )
        };
        // Another conversation's text is no business of this prompt.
        page.heard.take(&load("019f3f4c-ba14-79cd-bbb7-000000000000"), &|say| say.key.clone());
        assert_eq!(scopes(&page, &asked), 0);
        page.heard.take(&load(CHAT), &|say| say.key.clone());
        assert!(scopes(&page, &asked) >= 3);
        assert_eq!(page.goes(&asked).text.reveal(), "two\nlines");
        page.choice.turns = Some(2);
        let goes = page.goes(&asked);
        assert_eq!(goes.text.reveal(), "pack_intro\n\npack_me\nbefore\n\npack_me\ntwo\nlines");
        assert!(goes.changed && goes.along.messages() == 1);
        // The default is the one of the settings.
        page.choice.turns = None;
        assert_eq!(page.goes(&HandoffView { along: 2, ..view(false) }).along.messages(), 1);
        // One that was loaded before the last turns has a gap: better none.
        for (parent, messages) in
            [("019f3e54-0000-7000-8000-000000000001", 1), ("019f3e54-0000-7000-8000-000000000009", 0)]
        {
            let later = HandoffView { along: 2, parent: Some(parent.into()), ..view(false) };
            assert_eq!(page.goes(&later).along.messages(), messages);
        }
    }

    #[test]
    fn what_a_loaded_conversation_holds_does_not_go_back_into_it() {
        let place = |message: Option<&str>, parent: Option<&str>, text: &str| PromptRow {
            entry: "e1".into(),
            at: 1,
            state: EntryState::Unknown,
            label: Say::new("state"),
            head: UserText::new(text),
            chars: text.chars().count(),
            text: Some(UserText::new(text)),
            attachments: Vec::new(),
            inside: false,
            title: None,
            handoff: None,
            back: true,
            put_off: None,
            may_wait: false,
            elsewhere: None,
            place: [Some(CHAT.into()), message.map(str::to_owned), parent.map(str::to_owned)],
        };
        let id = |end: u32| format!("019f3e54-0000-7000-8000-00000000000{end}");
        let said = |end: u32, sender: &str, text: &str| {
            format!(
                r#"{{"uuid":"{}","sender":"{sender}","parent_message_uuid":"{}","content":[{{"type":"text","text":"{text}"}}]}}"#,
                id(end),
                id(end - 1)
            )
        };
        let messages = [said(1, "human", "go on"), said(2, "assistant", "here"), said(3, "human", "go on")].join(",");
        let mut heard = Heard::default();
        heard.take(
            &format!(r#"{{"uuid":"{CHAT}","current_leaf_message_uuid":"{}","chat_messages":[{messages}]}}"#, id(3)),
            &|say| say.key.clone(),
        );
        let holds = |message: Option<u32>, parent: Option<u32>, text: &str| {
            let (message, parent) = (message.map(id), parent.map(id));
            heard.holds(&place(message.as_deref(), parent.as_deref(), text))
        };
        assert!(holds(Some(3), None, "whatever it became"), "the very message");
        assert!(holds(Some(9), Some(2), "go on\n"), "the same words in its place, under another id");
        assert!(!holds(Some(9), Some(3), "go on"), "what was said before is another turn");
        assert!(!holds(Some(9), Some(2), "go back") && !holds(Some(9), None, "go on") && !holds(None, None, "go on"));
        assert!(!holds(Some(2), None, "here"), "an answer is no prompt");
        let elsewhere = PromptRow { place: [None, Some(id(3)), None], ..place(None, None, "go on") };
        assert!(!heard.holds(&elsewhere));
    }

    #[test]
    fn a_text_that_is_too_long_to_be_typed_is_pasted_by_hand() {
        let key = format!("sk-ant-api03-{}", "a1B2c3D4e5F6g7H8".repeat(5));
        let prompt = UserText::new(format!("{key} {}", "x ".repeat(60_000)));
        let long = HandoffView { origin: None, text: prompt.clone(), prompt, ..view(false) };
        let root = whole(&Handoff::new("j1".into(), false), Some(&long));
        assert!(deeds(&root).contains(&(Deed::ByHand, "primary")));
        assert!(!deeds(&root).iter().any(|(deed, _)| *deed == Deed::Go));
    }

    #[test]
    fn while_the_browser_asks_the_buttons_rest() {
        let mut page = Handoff::new("j1".into(), false);
        page.step = Step::Asking;
        let root = whole(&page, Some(&view(false)));
        let resting =
            all(&root).into_iter().filter(|element| element.does.is_some() && element.does != Some(Deed::Cancel));
        assert!(resting.into_iter().all(|button| attr(button, "aria-disabled") == Some("true")));
        assert!(texts(&root).contains(&"page_handoff_asking".to_owned()));
    }

    #[test]
    fn a_job_that_is_over_says_so() {
        let root = whole(&Handoff::new("j9".into(), false), None);
        assert!(deeds(&root).is_empty());
        assert!(texts(&root).contains(&"page_handoff_gone".to_owned()));
    }
}
