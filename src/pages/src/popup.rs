//! The popup: the verdict, the way on, the saved prompts, and why we say what we say. And the panel, which is the same with room for
//! the prompts.

mod go;
mod home;
mod locked;
mod parts;
mod rows;
mod search;
mod text;
mod write;

use crate::host::{Host, Read, Scene, begin};
use crate::marks::button;
use crate::stage::Entered;
use crate::tree::{El, Part, el, say};
use go::{act, go, hand_off};
use locked::Locked;
use parts::{closed, diagnosis, leads, reasons, verdict, way_on, words};
use search::Search;
use std::rc::Rc;
use text::{copied, read_text};
use understudy_browser::{panel, runtime, tabs};
use understudy_engine::outbox::EntryState;
use understudy_engine::view::{PromptRow, View};
use understudy_engine::wait::Wait;
use understudy_engine::words::Say;
use understudy_engine::{Act, EntryId, Millis, UserText};
use write::Written;

/// What the popup remembers beside the view.
#[derive(Debug, Default)]
pub struct Popup {
    /// Whether this is the panel.
    panel: bool,
    /// Whether this browser has a panel that can be opened from here.
    opens: bool,
    /// What is looked for among the prompts.
    search: Search,
    /// The prompt to hand over, if it is not the newest.
    selected: Option<EntryId>,
    /// The prompts shown in full.
    expanded: Vec<EntryId>,
    /// The prompt that would be deleted by the next click.
    doomed: Option<EntryId>,
    /// What came of the last click.
    notice: Option<Say>,
    /// What is being written here.
    written: Written,
    /// What is locked, and the passphrase for it.
    locked: Locked,
    /// Every prompt has its row; the first picture is of the newest ones.
    whole: bool,
}

/// What the user can do in the popup.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Take the selected prompt to this provider.
    HandOff(String),
    /// Hand over this prompt from now on.
    Select(EntryId),
    /// Show the whole text, or its beginning again.
    Expand(EntryId),
    /// Put the text on the clipboard.
    Copy(EntryId),
    /// Put the text back into Claude's composer.
    PutBack(EntryId),
    /// Put it off until Claude is back, or offer it no more.
    Later(EntryId, bool),
    /// Go to the thread at this address.
    Thread(String),
    /// Put it back with an answer from elsewhere.
    Along(EntryId),
    /// Ask before deleting.
    Doom(EntryId),
    /// Keep it after all.
    Spare,
    /// Delete it.
    Forget(EntryId),
    /// Speak against the verdict.
    Say(Act),
    /// Keep what stands in the field.
    Write,
    /// The passphrase is what stands in the field.
    Phrase,
    /// Open what is locked with it.
    Unlock,
    /// Look for what stands in the field.
    Search,
    /// Show prompts in this state only, or all.
    Filter(Option<EntryState>),
    /// Open the panel.
    Panel,
    /// Open the incident log.
    History,
    /// Open the options.
    Options,
}

impl Scene for Popup {
    type Deed = Deed;

    fn draw(&mut self, read: &Read, now: Millis) -> Vec<Part<Deed>> {
        self.opens = !self.panel && panel::exists();
        self.locked.count = read.sealing.locked;
        let view = read.view(now);
        let since = view.since.filter(|_| view.diagnosis.as_ref().is_some_and(|diagnosis| diagnosis.down));
        self.page(&view, since.map(|since| Wait::of(since, &read.records(), now)))
    }

    fn rest(&mut self) -> bool {
        !std::mem::replace(&mut self.whole, true)
    }

    /// The prompt that a click would take along, so that it can go to the clipboard inside that click; and what is shown in full.
    fn texts(&self, read: &Read) -> Vec<EntryId> {
        let view = read.view(crate::host::now());
        let chosen = self.chosen(&view).map(|row| &row.entry);
        // A word may stand anywhere in a text.
        let all = !self.search.typed.is_empty();
        let shown = view.prompts.iter().filter(|row| row.text.is_none());
        shown
            .map(|row| &row.entry)
            .filter(|entry| all || chosen == Some(*entry) || self.expanded.contains(entry))
            .cloned()
            .collect()
    }

    fn done(host: &Rc<Host<Self>>, deed: Deed, entered: Entered) {
        match deed {
            Deed::Write => write::keep(host, entered.value),
            Deed::Phrase => {
                host.look(|popup, _| popup.locked.phrase = UserText::new(entered.value));
                // Enter, or on to the button.
                if !entered.typing {
                    locked::unlock(host);
                }
            }
            Deed::Unlock => locked::unlock(host),
            Deed::Search => {
                host.change(|popup| popup.search.typed = entered.value);
                host.refresh();
            }
            Deed::Filter(state) => host.change(|popup| popup.search.state = state),
            Deed::Panel => go(host, panel::open()),
            Deed::HandOff(provider) => hand_off(host, provider),
            Deed::PutBack(entry) => home::put_back(host, entry),
            Deed::Later(entry, on) => act(host, Act::Later { entry, on }),
            Deed::Thread(url) => go(host, async move {
                match tabs::bring(&[&url]).await {
                    Some(_) => Ok(()),
                    None => tabs::create(&url).await.map(drop),
                }
            }),
            Deed::Along(entry) => {
                let page = runtime::url("handoff.html?home=") + &String::from(js_sys::encode_uri_component(&entry));
                let opened = tabs::create(&page);
                go(host, async move { opened.await.map(drop) });
            }
            Deed::Copy(entry) => {
                let host = Rc::clone(host);
                begin(async move {
                    let notice = match copied(&host, entry).await {
                        Some(true) => "page_copied",
                        Some(false) => "page_copy_refused",
                        None => "state_lost",
                    };
                    host.change(|popup| popup.notice = Some(say(notice)));
                });
            }
            Deed::Forget(entry) => {
                host.change(|popup| popup.doomed = None);
                act(host, Act::Forget { entry });
            }
            Deed::Say(word) => act(host, word),
            // The panel has room for it, and stands beside the page.
            Deed::History if host.look(|popup, _| popup.panel) => {
                let _ = web_sys::window().map(|window| window.location().set_href("history.html?panel"));
            }
            Deed::History => {
                let opened = tabs::create(&runtime::url("history.html"));
                go(host, async move { opened.await.map(drop) });
            }
            Deed::Options => go(host, runtime::open_options()),
            Deed::Select(entry) => {
                host.change(|popup| popup.selected = Some(entry.clone()));
                read_text(host, entry);
            }
            Deed::Expand(entry) => {
                host.change(|popup| {
                    if popup.expanded.contains(&entry) {
                        popup.expanded.retain(|other| *other != entry);
                    } else {
                        popup.expanded.push(entry.clone());
                    }
                });
                read_text(host, entry);
            }
            Deed::Doom(entry) => {
                host.change(|popup| popup.doomed = Some(entry));
                host.focus("keep");
            }
            Deed::Spare => host.change(|popup| popup.doomed = None),
        }
    }
}

impl Popup {
    /// The panel.
    pub fn panel() -> Self {
        Self { panel: true, ..Self::default() }
    }

    /// The whole page.
    pub fn page(&self, view: &View, wait: Option<Wait>) -> Vec<Part<Deed>> {
        let chosen = self.chosen(view);
        let main = el("main").class("popup").and(verdict(view)).and(self.notice());
        // What fails and why is the popup's; the panel is for the prompts.
        let main = if self.panel { main } else { main.with(diagnosis(view, wait)) };
        let main = main.with(home::home(view)).with(locked::section(&self.locked));
        let (way, prompts) = (way_on(view, chosen), self.prompts(view, chosen));
        // Where to write when claude.ai does not even open.
        let field = (self.panel || closed(view)).then(write::field);
        // Who has a reason to leave finds the way first; for everybody else it is folded away below.
        let main =
            if leads(view) { main.with(way).with(field).and(prompts) } else { main.with(field).and(prompts).with(way) };
        let main = if self.panel { main } else { main.with(reasons(view)).with(words(view)) };
        let open = self.opens.then(|| {
            button("quiet", say("page_panel"), Deed::Panel).attr("id", "panel").attr("title", say("page_panel_title"))
        });
        let foot = el("footer").with((!self.panel).then(|| el("span").class("promise").text(say("page_promise")))).and(
            el("span")
                .class("pages")
                .with(open)
                .and(button("quiet", say("page_history"), Deed::History).attr("id", "history"))
                .and(button("quiet", say("page_options"), Deed::Options).attr("id", "options")),
        );
        vec![Part::El(main), Part::El(foot)]
    }

    fn chosen<'a>(&self, view: &'a View) -> Option<&'a PromptRow> {
        let selected = self.selected.as_ref();
        // Nothing goes that is not shown.
        let mut shown = view.prompts.iter().filter(|row| self.search.finds(row));
        let first = shown.clone().next();
        shown.find(|row| Some(&row.entry) == selected).or(first)
    }

    /// There from the start, so that screen readers hear what is put in.
    fn notice(&self) -> El<Deed> {
        let line = el("p").class("notice").attr("role", "status").attr("id", "notice");
        match &self.notice {
            Some(notice) => line.text(notice),
            None => line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parts::{beginning, in_one_piece};
    use super::{Deed, Popup};
    use crate::tree::look::{self, all, attr, texts};
    use crate::tree::{El, Words, el, say};
    use understudy_engine::outbox::{EntryState, HEAD};
    use understudy_engine::verdict::State;
    use understudy_engine::view::{Diagnosis, Evidence, FallbackRow, HomeRow, PromptRow, View};
    use understudy_engine::wait::Wait;
    use understudy_engine::words::Say;
    use understudy_engine::{Act, Tone, UserText};

    fn prompt(entry: &str, at: u64, state: EntryState, text: &str) -> PromptRow {
        PromptRow {
            entry: entry.to_owned(),
            at,
            state,
            label: Say::new("state"),
            head: UserText::new(text).beginning(HEAD),
            chars: UserText::new(text).chars(),
            text: Some(UserText::new(text)),
            attachments: Vec::new(),
            inside: false,
            title: None,
            handoff: None,
            back: state != EntryState::Confirmed,
            put_off: None,
            may_wait: false,
            elsewhere: None,
            place: [None, None, None],
        }
    }

    fn fallback(id: &str, enabled: bool, allowed: bool) -> FallbackRow {
        FallbackRow {
            provider: id.to_owned(),
            name: id.to_uppercase(),
            enabled,
            origin: Some(format!("https://{id}.example/*")),
            allowed,
            note: None,
            warning: None,
        }
    }

    fn down() -> View {
        View {
            state: State::Down,
            tone: Tone::Down,
            headline: Say::new("verdict_down"),
            since: Some(7),
            advice: Some(Say::new("advice_down")),
            evidence: (0..6).map(|at| Evidence { at, say: Say::new("seen_status") }).collect(),
            official: Some(Evidence { at: 9, say: Say::new("official_green_but") }),
            diagnosis: None,
            words: vec![(Say::new("action_it_works"), Act::Say { down: false })],
            prompts: vec![
                prompt("e2", 20, EntryState::NotSent, "second"),
                prompt("e1", 10, EntryState::Unknown, "first\nwith a second line"),
            ],
            saved: 2,
            home: Vec::new(),
            waiting: 0,
            troubled: None,
            fallbacks: vec![
                fallback("chatgpt", true, false),
                fallback("grok", false, false),
                fallback("gemini", true, true),
            ],
        }
    }

    fn whole(popup: &Popup, view: &View) -> El<Deed> {
        look::page(popup.page(view, None))
    }

    fn buttons(root: &El<Deed>) -> Vec<String> {
        all(root)
            .into_iter()
            .filter_map(|element| match &element.does {
                Some(Deed::HandOff(provider)) => {
                    Some(format!("{provider} {}", attr(element, "class").unwrap_or_default()))
                }
                _ => None,
            })
            .collect()
    }

    #[test]
    fn an_outage_shows_the_way_before_the_reasons() {
        let root = whole(&Popup::default(), &down());
        let shown = texts(&root);
        let place = |text: &str| shown.iter().position(|other| other == text).expect(text);
        assert!(place("page_state_down") < place("verdict_down"));
        assert!(place("verdict_down") < place("page_continue_in"));
        assert!(place("page_continue_in") < place("page_prompts"));
        assert!(place("page_prompts") < place("page_evidence"));
        assert!(place("page_evidence") < place("page_official"));
        assert_eq!(buttons(&root), ["chatgpt fallback primary", "gemini fallback"], "only what is enabled, in order");
        assert_eq!(shown.iter().filter(|text| *text == "seen_status").count(), 6, "no reason is left out");
    }

    #[test]
    fn one_can_write_where_claude_may_not_open() {
        let writes = |popup: &Popup, view: &View| {
            all(&whole(popup, view)).into_iter().any(|element| element.does == Some(Deed::Write))
        };
        let mut view = down();
        assert!(writes(&Popup::default(), &view));
        (view.state, view.tone, view.headline) = (State::Clear, Tone::Grey, Say::new("verdict_offline"));
        assert!(writes(&Popup::default(), &view), "to be sent later");
        (view.tone, view.headline) = (Tone::Calm, Say::new("verdict_clear"));
        assert!(!writes(&Popup::default(), &view), "Claude has a composer");
        assert!(writes(&Popup::panel(), &view), "where there is room");
    }

    #[test]
    fn the_newest_prompt_goes_unless_another_is_selected() {
        let checked = |root: &El<Deed>| {
            let radios: Vec<_> = all(root).into_iter().filter(|element| element.tag == "input").collect();
            radios
                .into_iter()
                .filter(|radio| attr(radio, "checked").is_some())
                .map(|radio| radio.does.clone())
                .collect::<Vec<_>>()
        };
        let mut popup = Popup::default();
        assert_eq!(checked(&whole(&popup, &down())), [Some(Deed::Select("e2".into()))]);
        popup.selected = Some("e1".into());
        let root = whole(&popup, &down());
        assert_eq!(checked(&root), [Some(Deed::Select("e1".into()))]);
        assert!(texts(&root).contains(&"first with a second line".to_owned()), "its beginning is named at the buttons");
        popup.selected = Some("gone".into());
        assert_eq!(checked(&whole(&popup, &down())), [Some(Deed::Select("e2".into()))]);
    }

    #[test]
    fn without_a_reason_to_leave_nothing_leads() {
        let mut view = down();
        (view.state, view.tone, view.headline) = (State::Clear, Tone::Calm, Say::new("verdict_clear"));
        view.prompts.clear();
        let root = whole(&Popup::default(), &view);
        assert_eq!(buttons(&root), ["chatgpt fallback", "gemini fallback"]);
        assert!(texts(&root).contains(&"page_prompts_none".to_owned()));

        view.prompts = down().prompts;
        assert_eq!(buttons(&whole(&Popup::default(), &view))[0], "chatgpt fallback primary", "a prompt is waiting");
        (view.tone, view.headline) = (Tone::Grey, Say::new("verdict_offline"));
        assert_eq!(buttons(&whole(&Popup::default(), &view))[0], "chatgpt fallback", "offline there is nowhere to go");
        assert!(texts(&whole(&Popup::default(), &view)).contains(&"page_state_connection".to_owned()));
    }

    #[test]
    fn no_line_of_the_headline_begins_with_the_number_of_a_model() {
        let whole = in_one_piece(&Say::new("title_model").text("claude-opus-4-8"));
        assert_eq!(
            whole,
            Say::new("title_model").text("claude\u{2060}-\u{2060}opus\u{2060}-\u{2060}4\u{2060}-\u{2060}8")
        );
    }

    #[test]
    fn the_name_of_a_fallback_and_what_it_does_are_two_words() {
        let root = whole(&Popup::default(), &down());
        let button = all(&root).into_iter().find(|one| one.does == Some(Deed::HandOff("gemini".into()))).expect("it");
        assert_eq!(texts(button), ["GEMINI", " ", "page_hint_types"]);
    }

    #[test]
    fn each_button_says_what_the_click_does() {
        let mut view = down();
        assert!(
            texts(&whole(&Popup::default(), &view)).contains(&"page_hint_link".to_owned()),
            "a short prompt by link"
        );
        view.prompts[0] = prompt("e2", 20, EntryState::NotSent, &"é".repeat(4_000));
        let shown = texts(&whole(&Popup::default(), &view));
        assert!(shown.contains(&"page_hint_asks".to_owned()), "too long for the link: permission is asked");
        assert!(shown.contains(&"page_hint_types".to_owned()));
        view.prompts.clear();
        assert!(!texts(&whole(&Popup::default(), &view)).iter().any(|text| text.starts_with("page_hint")));
    }

    #[test]
    fn who_comes_home_finds_the_prompts_first_and_no_reason_to_leave() {
        let mut view = down();
        (view.state, view.tone, view.headline) = (State::Clear, Tone::Calm, Say::new("verdict_recovered"));
        view.prompts[0].elsewhere = Some("ChatGPT".into());
        view.prompts[1].put_off = Some(Say::new("later_ripe"));
        let row = |entry: &str, thread: Option<&str>| HomeRow {
            entry: entry.into(),
            thread: thread.map(str::to_owned),
            put_off: entry == "e1",
        };
        view.home = vec![row("e2", Some("https://a.example/1")), row("e1", None), row("gone", None)];
        view.waiting = 1;
        let root = whole(&Popup::default(), &view);
        let shown = texts(&root);
        let place = |text: &str| shown.iter().position(|other| other == text).expect(text);
        assert!(place("verdict_recovered") < place("page_home") && place("page_home") < place("page_prompts"));
        assert!(place("page_prompts") < place("page_way_empty"), "nothing leads away");
        assert!(shown.contains(&"page_home_left".to_owned()) && shown.contains(&"later_ripe".to_owned()));
        let section = all(&root).into_iter().find(|one| attr(one, "class") == Some("home")).expect("its section");
        let deeds: Vec<_> = all(section).into_iter().filter_map(|one| one.does.clone()).collect();
        assert_eq!(
            deeds,
            [
                Deed::PutBack("e2".into()),
                Deed::Along("e2".into()),
                Deed::Thread("https://a.example/1".into()),
                Deed::Later("e2".into(), false),
                Deed::PutBack("e1".into()),
                Deed::Later("e1".into(), false),
            ]
        );
        assert!(!texts(&whole(&Popup::default(), &down())).contains(&"page_home".to_owned()));
        // Only where each of them was put off, they are what waits.
        view.home.retain(|row| row.put_off);
        assert!(texts(&whole(&Popup::default(), &view)).contains(&"page_home_waiting_one".to_owned()));
    }

    #[test]
    fn what_can_wait_can_be_put_off_and_taken_back() {
        let later = |view: &View| {
            let root = whole(&Popup::default(), view);
            let found = all(&root).into_iter().filter_map(|one| one.does.clone());
            found.filter(|deed| matches!(deed, Deed::Later(..))).collect::<Vec<_>>()
        };
        let mut view = down();
        assert_eq!(later(&view), []);
        view.prompts[0].may_wait = true;
        view.prompts[1].put_off = Some(Say::new("later_back"));
        assert_eq!(later(&view), [Deed::Later("e2".into(), true), Deed::Later("e1".into(), false)]);
    }

    #[test]
    fn deleting_takes_two_clicks() {
        let deeds = |popup: &Popup| {
            let root = whole(popup, &down());
            all(&root).into_iter().filter_map(|element| element.does.clone()).collect::<Vec<_>>()
        };
        let mut popup = Popup::default();
        assert!(!deeds(&popup).contains(&Deed::Forget("e1".into())));
        popup.doomed = Some("e1".into());
        let asked = deeds(&popup);
        assert!(asked.contains(&Deed::Forget("e1".into())) && asked.contains(&Deed::Spare));
        assert!(!asked.contains(&Deed::Forget("e2".into())));
    }

    #[test]
    fn the_verdict_can_be_overruled() {
        let said = |view: &View| {
            let root = whole(&Popup::default(), view);
            let found = all(&root).into_iter().filter(|element| matches!(element.does, Some(Deed::Say(_))));
            found.map(|element| element.does.clone()).collect::<Vec<_>>()
        };
        assert_eq!(said(&down()), [Some(Deed::Say(Act::Say { down: false }))]);
        assert_eq!(said(&View { words: Vec::new(), ..down() }), []);
    }

    fn failing() -> View {
        let diagnosis = Diagnosis {
            parts: vec![
                (Say::new("part_sending"), Some(State::Down)),
                (Say::new("part_login"), Some(State::Clear)),
                (Say::new("part_uploads"), None),
            ],
            models: vec![("claude-opus-4-8".into(), Some(State::Suspected))],
            api_up: true,
            lag: Some(Say::new("official_later").count(12)),
            down: true,
        };
        View { diagnosis: Some(diagnosis), ..down() }
    }

    #[test]
    fn each_part_has_its_shape_its_word_and_its_colour() {
        let root = whole(&Popup::default(), &failing());
        let rows: Vec<_> = all(&root)
            .into_iter()
            .filter(|element| attr(element, "class").is_some_and(|class| class == "part" || class == "model"))
            .map(|row| {
                let marks = all(row).into_iter().filter(|element| element.tag == "svg");
                let shapes: Vec<_> = marks.map(|mark| attr(mark, "data-tone").map(str::to_owned)).collect();
                assert_eq!(shapes, [attr(row, "data-tone").map(str::to_owned)], "the shape goes with the colour");
                (texts(row).join(" "), shapes[0].clone().unwrap_or_default())
            })
            .collect();
        let row = |text: &str, tone: &str| (text.to_owned(), tone.to_owned());
        assert_eq!(
            rows,
            [
                row("part_sending page_state_down", "down"),
                row("part_login page_state_clear", "calm"),
                row("part_uploads page_state_untried", "grey"),
                row("claude-opus-4-8 page_state_suspected", "warn"),
                row("page_api page_api_up", "calm"),
            ]
        );
        let shown = texts(&root);
        let place = |text: &str| shown.iter().position(|other| other == text).expect(text);
        assert!(place("verdict_down") < place("part_sending"), "the first line stays the verdict");
        assert!(place("part_sending") < place("page_continue_in"), "and the way follows at once");
        assert_eq!(place("official_later"), place("page_since") + 1, "the lag clock stands beside the time");
        assert!(!texts(&whole(&Popup::default(), &down())).contains(&"part_sending".to_owned()), "quiet without one");
    }

    #[test]
    fn what_is_still_to_wait_is_a_range_and_a_chance() {
        let said = |wait: Option<Wait>| {
            let root = look::page(Popup::default().page(&failing(), wait));
            let found = all(&root).into_iter().find(|element| attr(element, "class") == Some("wait")).cloned();
            found.map(|found| found.parts)
        };
        assert_eq!(said(None), None);
        let wait = Wait { least: 1_200_000, most: 10_800_000, within_hour: 0.46, own: 3 };
        let half = Words::Say(say("page_chance_half"));
        let sentence = Words::Phrase("page_wait", vec![Words::Lasted(1_200_000), Words::Lasted(10_800_000), half]);
        let basis = Say::new("page_wait_own").count(794).count(3);
        let line = |class: &str, say: Words| crate::tree::Part::El(el("p").class(class).text(say));
        assert_eq!(said(Some(wait)), Some(vec![line("range", sentence), line("basis", basis.into())]));
    }

    #[test]
    fn a_beginning_is_one_line() {
        assert_eq!(beginning("  a\n\n b\tc ", 80), "a b c");
        assert_eq!(beginning("äöü äöü", 5), "äöü ä…");
        assert_eq!(beginning("", 5), "");
    }
}
