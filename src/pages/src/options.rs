//! The options: which fallbacks, in which order, where Understudy may type, and what is stored. Saved at once.

mod carry;
mod change;
mod choices;
mod drag;
mod file;
mod keys;
mod left;
mod own;
mod parts;
mod seal;

use crate::host::{Host, Read, Scene, begin};
use crate::marks::{brand, button};
use crate::sealing::Sealing;
use crate::selftest::{Outcome, SelfTest, look};
use crate::stage::Entered;
use crate::tree::{El, Part, el, say};
use change::{configure, forget, offer, shift};
use gloo_timers::callback::Timeout;
use own::{readdress, rename};
use parts::{failing, fallbacks, never};
use std::rc::Rc;
use understudy_browser::permissions;
use understudy_engine::left::{KEY, Left};
use understudy_engine::provider::{Own, Settings, find};
use understudy_engine::words::Say;
use understudy_engine::{Act, Millis};

/// What the page remembers.
#[derive(Debug, Default)]
pub struct Options {
    /// Settings on their way to the background.
    pending: Option<Settings>,
    /// What stands in the address field, while it is not (yet) usable.
    draft: Option<String>,
    /// The kind of address that was chosen, while it differs from the stored one's.
    own: Option<Own>,
    /// Saves when the user stops typing.
    typing: Option<Timeout>,
    /// Whether the next click deletes every prompt.
    doomed: bool,
    notice: Option<Say>,
    /// The providers whose pages were looked at, and what came of it.
    tested: SelfTest,
    /// The passphrase that is being typed.
    phrases: seal::Phrases,
}

/// What the user can do here.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Offer this provider, or no longer.
    Offer(String),
    /// One place up.
    Up(String),
    /// One place down.
    Down(String),
    /// Ask the browser for this host.
    Allow(String),
    /// Open this provider's page and look whether its composer is still the one that is known.
    Test(&'static str),
    /// Never offer this provider anywhere.
    Never(String),
    /// It may be offered again.
    Again(String),
    /// What kind of address the custom one is.
    Kind(Own),
    /// The custom fallback's address.
    Url,
    /// Its name.
    Name,
    /// From now on so much of the conversation goes along.
    Along(u32),
    /// Ask claude.ai while it fails, or no longer.
    Probes,
    /// Offer another assistant at a usage limit, too, or no longer.
    Limits,
    /// Ask the browser for notices, or give them back.
    Notices,
    /// Keep answered prompts for so many days.
    Keep(u32),
    /// Ask before deleting everything.
    Doom,
    /// Keep it.
    Spare,
    /// Delete every saved prompt.
    ForgetAll,
    /// Delete the log of what left.
    ForgetLeft,
    /// Seal what is private, or open it.
    Seal(seal::Seal),
    /// Save the settings to a file.
    Export,
    /// Take them from one.
    Import,
}

/// What the page shows.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The settings in force.
    pub settings: &'a Settings,
    /// The hosts that Understudy may type into, and what else was allowed.
    pub origins: &'a [String],
    /// Saved prompts.
    pub prompts: usize,
    /// Values set aside because they could not be read.
    pub damaged: usize,
    /// What left this browser, the newest first.
    pub left: &'a [Left],
    /// Whether prompts are sealed.
    pub sealing: Sealing,
    /// The providers whose pages were looked at, and what came of it.
    pub tested: &'a SelfTest,
}

impl Scene for Options {
    type Deed = Deed;

    fn draw(&mut self, read: &Read, now: Millis) -> Vec<Part<Deed>> {
        let stored = read.engine.settings();
        if self.pending.as_ref() == Some(&stored) {
            self.pending = None;
        }
        let settings = self.pending.clone().unwrap_or(stored);
        let prompts = read.view(now).saved;
        let left = read.engine.left();
        let (origins, damaged) = (&read.origins, read.damaged);
        let tested = &self.tested;
        self.page(&Shown { settings: &settings, origins, prompts, damaged, left: &left, sealing: read.sealing, tested })
    }

    fn begun(host: &Rc<Host<Self>>) {
        drag::listen(host);
    }

    fn done(host: &Rc<Host<Self>>, deed: Deed, entered: Entered) {
        match deed {
            Deed::Allow(origin) => {
                let host = Rc::clone(host);
                begin(async move {
                    let granted = permissions::request(Some(&origin)).await.unwrap_or(false);
                    let notice = if granted { "page_allowed_now" } else { "page_allow_refused" };
                    host.change(|page| page.notice = Some(say(notice)));
                    host.refresh();
                });
            }
            Deed::Test(id) => {
                let Some(provider) = find(id) else { return };
                host.change(|page| page.tested.note(id, Outcome::Looking));
                let host = Rc::clone(host);
                begin(async move {
                    let outcome = look(provider).await;
                    host.change(|page| page.tested.note(id, outcome));
                });
            }
            Deed::Offer(id) => configure(host, |settings| offer(settings, &id, entered.checked)),
            Deed::Never(id) => configure(host, |settings| {
                settings.never.retain(|other| *other != id);
                settings.never.push(id);
            }),
            Deed::Again(id) => configure(host, |settings| settings.never.retain(|other| *other != id)),
            Deed::Kind(own) => host.change(|page| {
                page.own = Some(own);
                // What stands there is of another kind, and goes on being offered until there is something in its place.
                page.draft = Some(String::new());
                page.notice = None;
            }),
            Deed::Up(id) => configure(host, |settings| shift(settings, &id, true)),
            Deed::Down(id) => configure(host, |settings| shift(settings, &id, false)),
            Deed::Url | Deed::Name => {
                let name = deed == Deed::Name;
                let later = Rc::clone(host);
                let save =
                    move || if name { rename(&later, &entered.value) } else { readdress(&later, &entered.value) };
                if entered.typing {
                    let timeout = Timeout::new(TYPING_MS, save);
                    host.look(|page, _| page.typing = Some(timeout));
                } else {
                    host.look(|page, _| page.typing = None);
                    save();
                }
            }
            Deed::Along(turns) => configure(host, |settings| settings.along = turns),
            Deed::Keep(days) => configure(host, |settings| settings.keep = days),
            Deed::Probes => configure(host, |settings| settings.probes = entered.checked),
            Deed::Limits => configure(host, |settings| settings.limits = entered.checked),
            Deed::Notices => {
                let (host, on) = (Rc::clone(host), entered.checked);
                begin(async move {
                    let done =
                        if on { permissions::request_notices().await } else { permissions::withdraw_notices().await };
                    let notice = match (on, done.unwrap_or(false)) {
                        (true, true) => "page_notices_on",
                        (true, false) => "page_notices_refused",
                        (false, true) => "page_notices_off",
                        (false, false) => "page_trouble_send",
                    };
                    host.change(|page| page.notice = Some(say(notice)));
                    host.refresh();
                });
            }
            Deed::Doom => {
                host.change(|page| page.doomed = true);
                host.focus("keep");
            }
            Deed::Spare => host.change(|page| page.doomed = false),
            Deed::ForgetAll => {
                host.look(|page, _| page.doomed = false);
                forget(host, Act::ForgetAll {}, "page_forgotten_all");
            }
            Deed::ForgetLeft => forget(host, Act::Forget { entry: KEY.to_owned() }, "page_left_forgotten"),
            Deed::Seal(deed) => seal::done(host, deed, entered),
            Deed::Export => carry::export(host),
            // A file field tells of a choice twice.
            Deed::Import if entered.typing => {}
            Deed::Import => carry::import(host),
        }
    }
}

impl Options {
    /// The whole page.
    pub fn page(&self, shown: &Shown<'_>) -> Vec<Part<Deed>> {
        let notice = el("p").class("notice").attr("role", "status").attr("id", "notice");
        let notice = match &self.notice {
            Some(words) => notice.text(words),
            None => notice,
        };
        let main = el("main")
            .class("sheet options")
            .and(brand())
            .and(el("h1").text(say("page_title_options")))
            .and(notice)
            .and(fallbacks(shown))
            .with(never(shown))
            .and(self.custom(shown.settings))
            .and(choices::along(shown))
            .and(failing(shown))
            .and(keys::keys())
            .and(left::left(shown))
            .and(self.stored(shown))
            .and(seal::section(&self.phrases, shown))
            .and(carry::carry());
        vec![Part::El(main)]
    }

    fn stored(&self, shown: &Shown<'_>) -> El<Deed> {
        let count = match shown.prompts {
            0 => say("page_stored_none"),
            1 => say("page_stored_one"),
            many => Say::new("page_stored_many").count(many as u64),
        };
        let damaged = (shown.damaged > 0)
            .then(|| el("p").class("explain").text(Say::new("page_damaged").count(shown.damaged as u64)));
        let deeds = el("div").class("deeds").with(match (shown.prompts, self.doomed) {
            (0, _) => Vec::new(),
            (_, true) => vec![
                el("span").class("ask").text(say("page_forget_all_ask")),
                button("secondary danger", say("page_forget_all_yes"), Deed::ForgetAll).key("yes"),
                button("secondary", say("page_forget_no"), Deed::Spare).key("no").attr("id", "keep"),
            ],
            (_, false) => vec![button("secondary", say("page_forget_all"), Deed::Doom).key("forget")],
        });
        let items = ["page_stored_prompts", "page_stored_evidence", "page_stored_settings", "page_stored_nowhere"];
        el("section")
            .attr("aria-labelledby", "stored-title")
            .and(el("h2").attr("id", "stored-title").text(say("page_stored")))
            .and(el("ul").class("plain").with(items.map(|key| el("li").text(say(key)))))
            .and(
                el("p")
                    .class("explain")
                    .and(el("a").attr("href", "history.html").attr("id", "history").text(say("page_open_history"))),
            )
            .and(choices::keep(shown))
            .and(el("p").class("explain").text(count))
            .with(damaged)
            .and(deeds)
    }
}

/// So long after the last key a field is saved, without waiting for the user to leave it.
const TYPING_MS: u32 = 600;

#[cfg(test)]
mod tests {
    use super::change::place;
    use super::seal::Seal;
    use super::{Deed, Options, Shown, offer, shift};
    use crate::sealing::Sealing;
    use crate::selftest::{Outcome, SelfTest};
    use crate::tree::El;
    use crate::tree::look::{self, all, attr, texts};
    use understudy_engine::handoff::Way;
    use understudy_engine::left::{Along, Left};
    use understudy_engine::provider::{CATALOGUE, CUSTOM, EVERYTHING, KEPT, Own, Settings};

    fn whole(page: &Options, settings: &Settings, prompts: usize) -> El<Deed> {
        let origins = ["https://gemini.google.com/*".to_owned()];
        look::page(page.page(&Shown {
            settings,
            origins: &origins,
            prompts,
            damaged: 0,
            left: &[],
            sealing: Sealing::default(),
            tested: &SelfTest::default(),
        }))
    }

    fn chosen(ids: &[&str]) -> Settings {
        Settings { fallbacks: ids.iter().map(|id| (*id).to_owned()).collect(), ..Settings::default() }
    }

    #[test]
    fn where_typing_is_allowed_a_test_is_one_click_and_its_outcome_stands_in_its_row() {
        let settings = Settings::default();
        let origins = ["https://gemini.google.com/*".to_owned()];
        let mut tested = SelfTest::default();
        tested.note("gemini", Outcome::Looked(vec![false, true]));
        tested.note("grok", Outcome::Looking);
        let shown = Shown {
            settings: &settings,
            origins: &origins,
            prompts: 0,
            damaged: 0,
            left: &[],
            sealing: Sealing::default(),
            tested: &tested,
        };
        let root = look::page(Options::default().page(&shown));
        let tests: Vec<_> = all(&root).into_iter().filter_map(|one| one.does.clone()).collect();
        let tests: Vec<_> = tests.into_iter().filter(|deed| matches!(deed, Deed::Test(_))).collect();
        assert_eq!(tests, [Deed::Test("gemini")]);
        let told = |id: &str| {
            let row = all(&root).into_iter().find(|one| attr(one, "data-provider") == Some(id)).expect("its row");
            texts(row).contains(&"page_selftest_found".to_owned())
        };
        assert!(told("gemini") && !told("chatgpt"));
    }

    #[test]
    fn every_provider_has_its_row_the_offered_ones_first() {
        let root = whole(&Options::default(), &chosen(&["grok", "gemini"]), 0);
        let rows: Vec<_> =
            all(&root).into_iter().filter(|element| element.tag == "li" && element.key.is_some()).collect();
        assert_eq!(rows.len(), CATALOGUE.len());
        let named: Vec<_> =
            rows.iter().map(|row| (row.key.as_deref().unwrap_or_default(), attr(row, "class"))).collect();
        assert_eq!(named[..3], [("grok", Some("on")), ("gemini", Some("on")), ("chatgpt", Some("off"))]);
        let asks: Vec<_> =
            all(&root).into_iter().filter(|element| matches!(element.does, Some(Deed::Allow(_)))).collect();
        let typed = CATALOGUE.iter().filter(|provider| provider.editor.is_some()).count();
        assert_eq!(asks.len(), typed - 1, "what is allowed is not asked for again, nor what is never typed into");
        let known = texts(&root).into_iter().filter(|key| key == "page_known").count();
        assert_eq!(known, CATALOGUE.len(), "each says how well it is known");
    }

    #[test]
    fn what_must_never_be_offered_is_listed_apart() {
        let settings = Settings { never: vec!["gemini".into()], ..chosen(&["grok"]) };
        let root = whole(&Options::default(), &settings, 0);
        let parts = all(&root);
        assert!(!parts.iter().any(|element| attr(element, "data-provider") == Some("gemini")));
        let row = parts.iter().find(|element| attr(element, "data-never") == Some("gemini")).expect("its row");
        assert!(all(row).iter().any(|element| element.does == Some(Deed::Again("gemini".into()))));
        assert!(parts.iter().any(|element| element.does == Some(Deed::Never("grok".into()))));
        let none = whole(&Options::default(), &chosen(&["grok"]), 0);
        assert!(!texts(&none).contains(&"page_never_title".to_owned()));
    }

    #[test]
    fn a_program_of_ones_own_shows_its_address_only() {
        let field = |page: &Options, url: &str| {
            let settings = Settings { custom_url: url.into(), ..chosen(&[CUSTOM]) };
            let root = whole(page, &settings, 0);
            let ticked = |element: &&&El<Deed>| element.attrs.iter().any(|(name, _)| *name == "checked");
            let kinds = all(&root);
            let kind = kinds.iter().filter(|element| attr(element, "name") == Some("own")).find(ticked);
            let kind = kind.and_then(|element| attr(element, "id")).map(str::to_owned);
            let field = all(&root).into_iter().find(|element| element.does == Some(Deed::Url)).expect("the field");
            (kind.unwrap_or_default(), attr(field, "value").unwrap_or_default().to_owned())
        };
        let own = "http://localhost:3000/?q={prompt}&submit=false";
        assert_eq!(field(&Options::default(), own), ("own-openwebui".into(), "http://localhost:3000".into()));
        let page = Options { own: Some(Own::LibreChat), draft: Some(String::new()), ..Options::default() };
        assert_eq!(field(&page, own), ("own-librechat".into(), String::new()));
    }

    #[test]
    fn the_ends_of_the_order_do_not_move() {
        let mut settings = chosen(&["a", "b", "c"]);
        shift(&mut settings, "a", true);
        shift(&mut settings, "c", false);
        shift(&mut settings, "x", true);
        assert_eq!(settings.fallbacks, ["a", "b", "c"]);
        shift(&mut settings, "c", true);
        shift(&mut settings, "a", false);
        assert_eq!(settings.fallbacks, ["c", "a", "b"]);
        offer(&mut settings, "a", false);
        offer(&mut settings, "d", true);
        offer(&mut settings, "d", true);
        assert_eq!(settings.fallbacks, ["c", "b", "d"]);
    }

    #[test]
    fn a_row_goes_where_it_was_dropped() {
        let dropped = |id: &str, there: &str| {
            let mut settings = chosen(&["a", "b", "c"]);
            place(&mut settings, id, there);
            settings.fallbacks.concat()
        };
        assert_eq!(["a", "b", "c"].map(|there| dropped("a", there)), ["abc", "bac", "bca"]);
        assert_eq!(["a", "b", "c"].map(|there| dropped("c", there)), ["cab", "acb", "abc"]);
        assert_eq!([dropped("x", "a"), dropped("a", "x")], ["abc", "abc"], "what has gone meanwhile comes not back");
    }

    #[test]
    fn only_what_has_a_place_in_the_order_has_a_grip() {
        let grips = |ids: &[&str]| {
            let root = whole(&Options::default(), &chosen(ids), 0);
            let rows: Vec<_> = all(&root).into_iter().filter(|one| one.tag == "li").collect();
            let gripped = |row: &&&El<Deed>| all(row).into_iter().any(|one| attr(one, "class") == Some("grip"));
            rows.iter().filter(gripped).filter_map(|row| row.key.clone()).collect::<Vec<_>>()
        };
        assert_eq!(grips(&["grok", "gemini"]), ["grok", "gemini"]);
        assert!(grips(&["grok"]).is_empty(), "one alone has nowhere to go");
    }

    #[test]
    fn an_unusable_address_stays_with_its_reason() {
        let page = Options { draft: Some("http://chat.example/{prompt}".into()), ..Options::default() };
        let root = whole(&page, &Settings::default(), 0);
        assert!(texts(&root).contains(&"template_not_https".to_owned()));
        let field = all(&root).into_iter().find(|element| element.does == Some(Deed::Url)).expect("the field");
        assert_eq!(attr(field, "value"), Some("http://chat.example/{prompt}"));
        assert_eq!(attr(field, "aria-invalid"), Some("true"));
    }

    #[test]
    fn a_custom_fallback_has_a_row_and_no_permission() {
        let settings = Settings { custom_url: "https://chat.example/?q={prompt}".into(), ..chosen(&[CUSTOM]) };
        let root = whole(&Options::default(), &settings, 0);
        let row = all(&root).into_iter().find(|element| element.key.as_deref() == Some(CUSTOM)).expect("its row");
        assert!(texts(row).contains(&"chat.example".to_owned()));
        assert!(!all(row).into_iter().any(|element| matches!(element.does, Some(Deed::Allow(_)))));
    }

    #[test]
    fn asking_and_telling_are_shown_as_they_are() {
        let ticked = |settings: &Settings, origins: &[String]| {
            let root = look::page(Options::default().page(&Shown {
                settings,
                origins,
                prompts: 0,
                damaged: 0,
                left: &[],
                sealing: Sealing::default(),
                tested: &SelfTest::default(),
            }));
            [Deed::Probes, Deed::Limits, Deed::Notices].map(|deed| {
                let found = all(&root).into_iter().find(|element| element.does.as_ref() == Some(&deed));
                found.is_some_and(|field| attr(field, "checked").is_some())
            })
        };
        let quiet = Settings { probes: false, limits: false, ..Settings::default() };
        assert_eq!(ticked(&Settings::default(), &[]), [true, true, false]);
        assert_eq!(ticked(&quiet, &["notifications".to_owned()]), [false, false, true]);
    }

    #[test]
    fn what_goes_along_is_chosen_here() {
        let chosen = |along| {
            let root = whole(&Options::default(), &Settings { along, ..Settings::default() }, 0);
            let on = |one: &&&El<Deed>| matches!(one.does, Some(Deed::Along(_))) && attr(one, "checked").is_some();
            let found: Vec<_> = all(&root).iter().filter(on).filter_map(|one| one.does.clone()).collect();
            found
        };
        // One that is not among the usual ones is shown as it is.
        for along in [0, 2, 3, EVERYTHING] {
            assert_eq!(chosen(along), [Deed::Along(along)]);
        }
    }

    #[test]
    fn how_long_answered_prompts_are_kept_is_chosen_here() {
        for keep in KEPT {
            let root = whole(&Options::default(), &Settings { keep, ..Settings::default() }, 0);
            let on = |one: &&&El<Deed>| matches!(one.does, Some(Deed::Keep(_))) && attr(one, "checked").is_some();
            let chosen: Vec<_> = all(&root).iter().filter(on).filter_map(|one| one.does.clone()).collect();
            assert_eq!(chosen, [Deed::Keep(keep)]);
        }
    }

    #[test]
    fn what_left_is_listed_and_can_be_deleted() {
        let root = whole(&Options::default(), &Settings::default(), 0);
        assert!(texts(&root).contains(&"page_left_none".to_owned()));
        assert!(!all(&root).into_iter().any(|one| one.does == Some(Deed::ForgetLeft)));
        let along = Along::new(Along::MASKED | Along::BEGUN, 2);
        let left = [Left { at: 7, provider: "gemini".into(), way: Way::Typed, size: 1_234, along }];
        let settings = Settings::default();
        let shown = Shown {
            settings: &settings,
            origins: &[],
            prompts: 0,
            damaged: 0,
            left: &left,
            sealing: Sealing::default(),
            tested: &SelfTest::default(),
        };
        let root = look::page(Options::default().page(&shown));
        let texts = texts(&root);
        for text in [
            "clock 7",
            "Gemini",
            "page_left_typed",
            "size 1234",
            "page_left_messages",
            "page_left_begun",
            "page_left_masked",
        ] {
            assert!(texts.contains(&text.to_owned()), "{text}: {texts:?}");
        }
        assert!(all(&root).into_iter().any(|one| one.does == Some(Deed::ForgetLeft)));
    }

    #[test]
    fn everything_is_deleted_only_after_a_question() {
        let deeds = |page: &Options, prompts| {
            let root = whole(page, &Settings::default(), prompts);
            all(&root).into_iter().filter_map(|element| element.does.clone()).collect::<Vec<_>>()
        };
        assert!(!deeds(&Options::default(), 0).contains(&Deed::Doom), "nothing to delete");
        assert!(deeds(&Options::default(), 2).contains(&Deed::Doom));
        assert!(!deeds(&Options::default(), 2).contains(&Deed::ForgetAll));
        let asked = Options { doomed: true, ..Options::default() };
        assert!(deeds(&asked, 2).contains(&Deed::ForgetAll));
    }

    #[test]
    fn a_passphrase_is_asked_for_twice_and_what_is_locked_is_told() {
        let deeds = |page: &Options, on, locked| {
            let sealing = Sealing { on, locked };
            let settings = Settings::default();
            let shown = Shown {
                settings: &settings,
                origins: &[],
                prompts: 0,
                damaged: 0,
                left: &[],
                sealing,
                tested: &SelfTest::default(),
            };
            let root = look::page(page.page(&shown));
            let seals = all(&root).into_iter().filter_map(|one| match &one.does {
                Some(Deed::Seal(deed)) => Some(*deed),
                _ => None,
            });
            (seals.collect::<Vec<_>>(), texts(&root))
        };
        let page = Options::default();
        let (off, said) = deeds(&page, false, 0);
        assert_eq!(off, [Seal::Phrase, Seal::Again, Seal::Begin]);
        assert!(["page_seal_honest", "page_seal_lost"].iter().all(|key| said.contains(&(*key).to_owned())));
        let (on, said) = deeds(&page, true, 0);
        assert_eq!(on, [Seal::End]);
        assert!(said.contains(&"page_seal_honest".to_owned()));
        // Also where sealing was being ended when the browser was closed.
        let (locked, said) = deeds(&page, true, 2);
        assert_eq!(locked, [Seal::Phrase, Seal::Unlock, Seal::Doom]);
        assert!(said.contains(&"page_locked_many".to_owned()));
        assert!(deeds(&page, true, 1).1.contains(&"page_locked_one".to_owned()));
    }
}
