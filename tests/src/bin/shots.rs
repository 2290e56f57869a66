//! Pictures of every page and card, in every state that a person can meet, light and dark, in both browsers.
//!
//! Nothing is arranged: each picture is taken of the shipped extension after the lab has really failed in that way. Only the
//! past of the history is told to it.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "those rules are the engine's; this program drives a browser and reports on a terminal"
)]

use anyhow::{Context, Result, anyhow, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};
use understudy_engine::provider::find;
use understudy_engine::verdict::State;
use understudy_lab::{
    Answer, Component, ComponentStatus, Effect, Fault, IncidentStatus, Link, Network, Part, Post, Scenario, Shape,
    StatusChange,
};
use understudy_tests::arguments::{Arguments, Known};
use understudy_tests::film::Film;
use understudy_tests::record::Record;
use understudy_tests::served::Served;
use understudy_tests::stage::{Words, dist, now, repository};
use understudy_tests::user::does;
use understudy_tests::wait::{PATIENT, SOON, until};
use understudy_tests::{Kind, Sight, Stage, leave_nothing_behind};

const USAGE: &str = "\
Takes a picture of every page and card, in every state, light and dark, below target/shots.

Usage: shots [--browser chromium|firefox] [--readme] [--german|--arabic|--japanese] [--low-vision] [word]

  --browser   only this browser (both)
  --readme    put the README's picture and the website's recording into www/pictures as well (from Chromium)
  --german, --arabic, --japanese
              in that language (Chromium), below target/shots/chromium-de and so on
  --low-vision
              twice as large and in forced colours, of which there is one scheme, below target/shots/chromium-low-vision and so on
  word        only pictures whose names contain it
";

/// In which languages beside English pictures are taken, of words that are long, from the other side, or of another width.
const LANGUAGES: [(&str, &str); 3] = [("--german", "de"), ("--arabic", "ar"), ("--japanese", "ja")];

/// The picture that the README shows.
const README: [&str; 1] = ["card-service-light"];

fn main() -> ExitCode {
    let known = Known {
        switches: &["--readme", "--german", "--arabic", "--japanese", "--low-vision"],
        word: true,
        ..Known::default()
    };
    let wish = match Arguments::read(known, USAGE) {
        Ok(wish) => wish,
        Err(code) => return code,
    };
    match run(&wish) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The pictures could not be taken: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(wish: &Arguments) -> Result<()> {
    leave_nothing_behind()?;
    for kind in wish.kinds() {
        let camera = Camera::start(kind, wish)?;
        for (name, scene) in scenes() {
            if !name.contains(&wish.word) && !wish.word.contains(name) {
                continue;
            }
            camera.stage.fresh()?;
            scene(&camera).with_context(|| format!("{name} in {}", kind.name()))?;
            // A look at the second tab of a scene must not be in the way of the next one.
            camera.stage.browser.offline(false)?;
        }
    }
    Ok(())
}

/// One state, brought about for real and then photographed.
type Scene = fn(&Camera) -> Result<()>;

fn scenes() -> Vec<(&'static str, Scene)> {
    [cards(), popups(), pages()].concat()
}

fn cards() -> Vec<(&'static str, Scene)> {
    vec![
        ("card-service", |c| c.failed_send("card-service", Effect::shape(Shape::ApiError))),
        ("card-capacity", |c| c.failed_send("card-capacity", Effect::shape(Shape::Overloaded))),
        ("card-gateway", |c| c.failed_send("card-gateway", Effect::shape(Shape::Cloudflare))),
        ("card-broken", |c| c.failed_send("card-broken", stream_error("api_error"))),
        ("card-cut", |c| c.failed_send("card-cut", Effect::CutBody { after: 12 })),
        ("card-limit", |c| {
            let answer = Answer { shape: Some(Shape::UsageLimit), resets_in: Some(7_200), ..Answer::default() };
            c.failed_send("card-limit", Effect::Answer(answer))
        }),
        ("card-session", |c| c.failed_send("card-session", Effect::shape(Shape::SessionInvalid))),
        ("card-challenge", |c| c.failed_send("card-challenge", Effect::shape(Shape::Challenge))),
        ("card-own-network", |c| {
            c.stage.open("/new")?;
            c.stage.lab.network(Network::all(Link::Reset));
            c.stage.send(PROMPT)?;
            until("the network is found dead", SOON, || {
                let card = c.stage.browser.card()?;
                Ok(card.filter(|card| c.words.are_said("what_own_network", &card.text).unwrap_or(false)))
            })?;
            c.card("card-own-network")
        }),
        ("card-offline", |c| {
            c.stage.open("/new")?;
            c.stage.browser.offline(true)?;
            c.stage.send(PROMPT)?;
            c.stage.browser.wait_for_card()?;
            c.card("card-offline")
        }),
    ]
}

fn popups() -> Vec<(&'static str, Scene)> {
    vec![
        ("popup-blind", |c| c.popup("popup-blind")),
        ("popup-clear", |c| {
            c.stage.open("/new")?;
            c.stage.send_whole("Is all well?")?;
            c.stage.wait_for_entry_state("Is all well?", "confirmed")?;
            c.popup("popup-clear")
        }),
        ("popup-hiccup", |c| {
            c.fails(Effect::shape(Shape::ApiError))?;
            c.popup("popup-hiccup")?;
            c.popup_at("popup-prompts", "section.prompts")
        }),
        ("popup-limit", |c| {
            let answer = Answer { shape: Some(Shape::UsageLimit), resets_in: Some(7_200), ..Answer::default() };
            c.fails(Effect::Answer(answer))?;
            c.popup("popup-limit")
        }),
        ("popup-down", |c| {
            c.goes_down()?;
            c.popup("popup-down")?;
            c.card("card-down")
        }),
        ("popup-posted", |c| {
            c.past()?;
            c.goes_down()?;
            c.posts_late()?;
            c.popup("popup-posted")
        }),
        ("popup-offline", |c| {
            c.stage.open("/new")?;
            c.stage.send_whole("Is all well?")?;
            c.stage.browser.offline(true)?;
            c.stage.send(PROMPT)?;
            c.stage.browser.wait_for_card()?;
            c.popup("popup-offline")
        }),
        ("popup-said", |c| {
            c.stage.open("/new")?;
            c.stage.send_whole("Is all well?")?;
            c.stage.browser.open_popup()?;
            c.stage.browser.popup_click("button", &c.words.say("action_it_is_down", &[])?)?;
            c.badge("down")?;
            c.popup("popup-said")
        }),
        ("popup-recovering", |c| {
            c.goes_down()?;
            c.stage.lab.clear();
            c.stage.send_whole(PROMPT)?;
            c.badge("up?")?;
            c.popup("popup-recovering")
        }),
        ("scenario", Camera::scenarios),
    ]
}

fn pages() -> Vec<(&'static str, Scene)> {
    vec![
        ("home", Camera::home),
        ("panel", Camera::panel),
        ("site", Camera::site),
        ("welcome", Camera::welcome),
        ("options", |c| {
            c.stage.browser.open_own_tab("options.html")?;
            c.own("options", "options.html")?;
            c.stage.browser.close_own_tab("options.html")
        }),
        ("sealed", Camera::sealed),
        ("history-empty", |c| {
            c.stage.browser.open_own_tab("history.html")?;
            c.own("history-empty", "history.html")?;
            c.stage.browser.close_own_tab("history.html")
        }),
        ("history", Camera::history),
        ("handoff", |c| c.handoff("handoff", "deepseek")),
        ("handoff-first-link", |c| {
            c.stage.agree(&[])?;
            c.handoff("handoff-first-link", "chatgpt")
        }),
        ("handoff-first-typed", |c| {
            c.stage.agree(&[])?;
            c.handoff("handoff-first-typed", "perplexity")
        }),
        ("handoff-along", Camera::along),
        ("recording", Camera::recording),
    ]
}

/// A browser and where its pictures go.
struct Camera {
    stage: Stage,
    words: Words,
    folder: PathBuf,
    readme: Option<PathBuf>,
    sight: Sight,
}

impl Camera {
    fn start(kind: Kind, wish: &Arguments) -> Result<Self> {
        let language = LANGUAGES.iter().find(|(switch, _)| wish.has(switch)).map(|(_, language)| *language);
        let sight = if wish.has("--low-vision") { Sight::Low } else { Sight::Usual };
        let low = (sight == Sight::Low).then_some("low-vision");
        let folder = [kind.name()].into_iter().chain(language).chain(low).collect::<Vec<_>>().join("-");
        let folder = repository().join("target/shots").join(folder);
        fs::create_dir_all(&folder)?;
        let readme = (wish.has("--readme") && kind == Kind::Chromium).then(|| repository().join("www/pictures"));
        if let Some(folder) = &readme {
            fs::create_dir_all(folder)?;
        }
        let stage = Stage::start_with(kind, |options| {
            options.language = language.unwrap_or(options.language);
            options.sight = sight;
        })?;
        let words = Words::read_in(kind, language.unwrap_or("en"))?;
        Ok(Self { stage, words, folder, readme, sight })
    }

    /// A send that meets `effect`; waits for the card.
    fn fails(&self, effect: Effect) -> Result<()> {
        self.stage.open("/new")?;
        self.stage.lab.fault(Fault::on(&[Part::Completion], effect));
        self.stage.send(PROMPT)?;
        self.stage.browser.wait_for_card().map(drop)
    }

    /// What stands between a click and the provider.
    fn handoff(&self, name: &str, provider: &str) -> Result<()> {
        self.stage.prefer(&[provider])?;
        self.fails(Effect::shape(Shape::ApiError))?;
        let words = &self.words;
        let shown = find(provider).context("no such provider")?.name;
        self.stage.browser.click_card(&words.say("action_continue", &[shown])?)?;
        let title = words.say("page_handoff_title", &[shown])?;
        until("the handoff page", PATIENT, || {
            Ok(self.stage.browser.own_tab_text("handoff.html")?.contains(&title).then_some(()))
        })?;
        self.own(name, "handoff.html")
    }

    fn failed_send(&self, name: &str, effect: Effect) -> Result<()> {
        self.fails(effect)?;
        self.card(name)
    }

    /// Fails until it is no hiccup any more; the status page knows of it by then.
    fn goes_down(&self) -> Result<()> {
        self.fails(Effect::shape(Shape::ApiError))?;
        until("the verdict is down", Duration::from_secs(120), || {
            if self.stage.browser.badge()? == "down" {
                return Ok(Some(()));
            }
            self.stage.wait_until_idle()?;
            self.stage.send(PROMPT)?;
            Ok(None)
        })
    }

    /// Everything else that the scenarios of `tests/scenarios` make popup and card say: a picture of each, the first time that it is said.
    fn scenarios(&self) -> Result<()> {
        let (mut headlines, mut titles) = (BTreeSet::new(), BTreeSet::new());
        for name in Scenario::names() {
            self.stage.fresh()?;
            let scenario = Scenario::named(&name).map_err(|error| anyhow!("{error}"))?;
            // A story of hours has no time for pictures; what it says, other scenes say.
            if scenario.compression > 1.0 {
                continue;
            }
            self.stage.probe(scenario.probes)?;
            // Claude is open and works when second 0 comes.
            self.stage.open("/new")?;
            let mut record = Record::start(&self.stage.browser)?;
            let mut reads = |state: State, headline: &str| {
                let mut last = String::new();
                until(headline, Duration::from_secs(120), || {
                    let Some(seen) = record.read()?.last() else { return Ok(None) };
                    last = seen.to_string();
                    Ok((seen.state == state && seen.headline == headline).then_some(()))
                })
                .with_context(|| last)
            };
            reads(State::Clear, "verdict_clear")?;
            let playing = self.stage.lab.play_at(&scenario, 0.0);
            let mut last: Option<Instant> = None;
            for (number, step) in (1..).zip(&scenario.user) {
                let wait = Duration::from_secs(step.wait.into());
                sleep(last.map_or(Duration::ZERO, |last| wait.saturating_sub(last.elapsed())));
                if let Some(time) = step.time {
                    playing.skip_to(time);
                }
                last = Some(Instant::now());
                does(&self.stage, step, number, &playing).with_context(|| format!("{name}, deed {number}"))?;
                let Some(told) = scenario.timeline.iter().take_while(|sight| sight.after <= number).last() else {
                    continue;
                };
                let browser = &self.stage.browser;
                reads(told.state, &told.headline).with_context(|| format!("{name}, deed {number}"))?;
                if headlines.insert((told.state.name(), told.headline.clone())) {
                    self.popup(&format!("scenario-{}-{}", told.state.name(), told.headline.replace('_', "-")))?;
                }
                if let Some(title) = &told.card
                    && browser.card()?.is_some()
                    && titles.insert(title.clone())
                {
                    self.card(&format!("scenario-card-{}", title.replace('_', "-")))?;
                }
            }
            playing.stop();
        }
        Ok(())
    }

    /// A prompt with a secret in it, and what goes along with it.
    fn along(&self) -> Result<()> {
        let browser = &self.stage.browser;
        self.stage.take_along(2)?;
        self.stage.open("/new")?;
        self.stage.send_whole("What does the share of each come to?")?;
        browser.driver().reload()?;
        browser.wait_for("window.lab?.ready")?;
        self.stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
        self.stage.send(&format!("And why does this not work?\n\nsk-ant-api03-{}", "a1B2c3D4e5F6g7H8".repeat(5)))?;
        browser.wait_for_card()?;
        let words = &self.words;
        browser.click_card(&words.say("action_continue", &["ChatGPT"])?)?;
        let named = words.say("secret_key", &[])?;
        until("the handoff page", PATIENT, || {
            Ok(browser.own_tab_text("handoff.html")?.contains(&named).then_some(()))
        })?;
        self.own("handoff-along", "handoff.html")
    }

    /// A prompt that was put off, another one that was taken to `ChatGPT`, and Claude is back: the card, the popup, and the page for the
    /// answer from elsewhere.
    fn home(&self) -> Result<()> {
        let (browser, words) = (&self.stage.browser, &self.words);
        browser.grant(&["https://chatgpt.com/*"])?;
        self.stage.open("/new")?;
        self.stage.send_whole("Is all well?")?;
        self.stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
        self.stage.send("What did we agree on last week about the release?")?;
        browser.wait_for_card()?;
        browser.open_popup()?;
        browser.popup_click("button", &words.say("page_later", &[])?)?;
        self.popup("popup-put-off")?;
        self.stage.wait_until_idle()?;
        self.stage.send(PROMPT)?;
        self.stage.watch(3)?;
        let known = browser.driver().windows()?;
        browser.click_card(&words.say("action_continue", &["ChatGPT"])?)?;
        self.stage.expect_arrival(&known, "chatgpt.com", PROMPT)?;
        self.stage.wait_for_handed(PROMPT, "chatgpt")?;
        browser.close_other_tabs(self.stage.home())?;
        self.stage.lab.clear();
        browser.visit_in_new_tab("https://claude.ai/new")?;
        browser.wait_for("window.lab?.ready")?;
        self.stage.send_whole("And now?")?;
        self.badge("1")?;
        browser.close_other_tabs(self.stage.home())?;
        let back = words.say("title_back", &[])?;
        until("the card says so", SOON, || Ok(browser.card()?.filter(|card| card.text.contains(&back))))?;
        self.card("card-back")?;
        self.popup("popup-home")?;
        let entry = self.stage.wait_for_entry(PROMPT)?["id"].as_str().context("an id")?.to_owned();
        browser.open_own_tab(&format!("handoff.html?home={entry}"))?;
        until("the page shows the prompt", PATIENT, || {
            Ok(browser.own_tab_text("handoff.html")?.contains("ChatGPT").then_some(()))
        })?;
        browser.own_tab_eval(
            "handoff.html",
            "const box = document.querySelector('#answer');
             box.value = 'If `people` is 0 this panics: integer division by zero.\\n\\nReturn an Option instead:\\n\\nfn share(total: u64, people: u64) -> Option<u64> {\\n\\ttotal.checked_div(people)\\n}';
             box.dispatchEvent(new Event('input', {bubbles: true}))",
        )?;
        self.own("home", "handoff.html")
    }

    /// The whole of it as a film, for the website: a prompt is typed and sent, Claude fails, one click, and it stands in `ChatGPT`.
    fn recording(&self) -> Result<()> {
        let (browser, words) = (&self.stage.browser, &self.words);
        if browser.kind() != Kind::Chromium {
            // It is Chromium that can encode one.
            return Ok(());
        }
        browser.grant(&["https://chatgpt.com/*"])?;
        self.stage.open("/new")?;
        self.stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
        let driver = browser.driver();
        driver.click(&browser.wait_for_element(COMPOSER)?)?;
        let mut film = Film::begin(browser, FILM_SIZE)?;
        film.say("You write a prompt in claude.ai.");
        film.hold(Duration::from_millis(600))?;
        // Two letters a picture: as fast as pictures can be taken, and no faster than a good typist.
        for letters in FILM_PROMPT.as_bytes().chunks(2) {
            driver.press(&String::from_utf8_lossy(letters))?;
            film.look()?;
        }
        film.hold(Duration::from_millis(700))?;
        film.say("You press Send. Claude fails: HTTP 500.");
        driver.click(&browser.wait_for_element(SEND)?)?;
        film.until("the card", || browser.card())?;
        film.hold(Duration::from_millis(1_400))?;
        film.say("Understudy says why and keeps the prompt.");
        film.hold(Duration::from_millis(2_400))?;
        let poster = film.taken();
        let label = words.say("action_continue", &["ChatGPT"])?;
        let (x, y) = browser.card_button(&label)?;
        film.say("One click takes it along.");
        driver.hover_at(x, y)?;
        film.hold(Duration::from_millis(1_200))?;
        let known = driver.windows()?;
        driver.click_at(x, y)?;
        let tab = film.until("another tab", || Ok(driver.windows()?.into_iter().find(|tab| !known.contains(tab))))?;
        driver.switch(&tab)?;
        film.frame_tab()?;
        film.cut();
        film.until("the prompt has arrived", || {
            let model = browser.eval("return window.lab?.model?.() ?? ''")?;
            Ok((model == FILM_PROMPT).then_some(()))
        })?;
        film.say("It stands in ChatGPT, read back, unsent.");
        film.hold(Duration::from_millis(2_200))?;
        film.say("You press Send there yourself.");
        film.hold(Duration::from_millis(2_200))?;
        self.stage.expect_text("chatgpt.com", FILM_PROMPT)?;
        let handed = self.stage.wait_for_handed(FILM_PROMPT, "chatgpt")?;
        ensure!(handed["way"] == "typed" && handed["verified"] == true, "{handed}");
        let reel = film.develop(poster)?;
        for (name, bytes) in [
            ("recording.webm", &reel.webm),
            ("recording.vtt", &reel.vtt.into_bytes()),
            ("recording.webp", &reel.poster),
        ] {
            for folder in [Some(&self.folder), self.readme.as_ref()].into_iter().flatten() {
                fs::write(folder.join(name), bytes)?;
            }
            println!("{}", self.folder.join(name).display());
        }
        browser.close_other_tabs(self.stage.home())?;
        browser.size_of_window()
    }

    /// An answered prompt and a failed one, in the panel.
    fn panel(&self) -> Result<()> {
        let browser = &self.stage.browser;
        self.stage.open("/new")?;
        self.stage.send_whole("Is all well?")?;
        self.stage.wait_for_entry_state("Is all well?", "confirmed")?;
        self.fails(Effect::shape(Shape::ApiError))?;
        let words = Words::read(browser.kind())?;
        browser.open_popup()?;
        browser.popup_click("#panel", &words.say("page_panel", &[])?)?;
        let title = words.say("page_prompts", &[])?;
        until("the panel", SOON, || Ok(browser.own_tab_text("panel.html")?.contains(&title).then_some(())))?;
        self.own("panel", "panel.html")?;
        browser.close_panel("panel.html")
    }

    /// The first day: before the rehearsal, in it and after it.
    fn welcome(&self) -> Result<()> {
        let (browser, page) = (&self.stage.browser, "welcome.html");
        let shows = |css: &str| {
            until(css, SOON, || {
                let found = browser.own_tab_eval(page, &format!("return Boolean(document.querySelector('{css}'))"))?;
                Ok((found == true).then_some(()))
            })
        };
        browser.open_own_tab(page)?;
        self.own("welcome", page)?;
        browser.own_tab_click(page, "#send", "")?;
        shows(".card")?;
        self.own("welcome-failed", page)?;
        browser.own_tab_click(page, "#carry", "")?;
        shows("#again")?;
        self.own("welcome-arrived", page)?;
        browser.close_own_tab(page)
    }

    /// Prompts under a passphrase: as it is set, and after the browser was closed.
    fn sealed(&self) -> Result<()> {
        let (browser, words, page) = (&self.stage.browser, &self.words, "options.html");
        let there = |key: &str| {
            let wanted = words.say(key, &[])?;
            until("the options say so", PATIENT, || Ok(browser.own_tab_text(page)?.contains(&wanted).then_some(())))?;
            browser.own_tab_eval(page, "document.getElementById('seal').scrollIntoView(); return null").map(drop)
        };
        self.fails(Effect::shape(Shape::ApiError))?;
        browser.open_own_tab(page)?;
        there("page_seal_begin")?;
        browser.own_tab_eval(
            page,
            "for (const id of ['phrase', 'again']) {
                 const field = document.getElementById(id);
                 field.value = 'correct horse battery';
                 field.dispatchEvent(new Event('input', {bubbles: true}));
             }",
        )?;
        browser.own_tab_click(page, "#seal button", &words.say("page_seal_begin", &[])?)?;
        there("page_seal_state")?;
        self.own("options-sealed", page)?;
        browser.close_own_tab(page)?;
        // What is gone with the browser.
        browser.probe_eval("await browser.storage.session.clear()")?;
        browser.kill_background()?;
        self.stage.open("/new")?;
        self.popup("popup-locked")?;
        browser.open_own_tab(page)?;
        there("page_locked_lose")?;
        self.own("options-locked", page)?;
        browser.close_own_tab(page)
    }

    /// The website as it opens, its playground, and a recording that was read.
    fn site(&self) -> Result<()> {
        let site = Served::start(dist().join("www"))?;
        let page = &self.stage.browser;
        page.visit(site.url())?;
        page.wait_for("document.querySelector('#figures')")?;
        self.both("site", || page.screenshot())?;
        page.eval("document.querySelector('.play').scrollIntoView()")?;
        self.both("site-playground", || page.screenshot())?;
        let recording = repository().join("tests/fixtures/har/outage-recovered.har");
        page.driver().type_into(&page.wait_for_element("#har")?, &recording.to_string_lossy())?;
        page.wait_for("document.querySelector('#told')")?;
        page.eval("document.querySelector('.recording').scrollIntoView()")?;
        self.both("site-recording", || page.screenshot())
    }

    /// Two months and an outage just now; then opened.
    fn history(&self) -> Result<()> {
        self.past()?;
        self.goes_down()?;
        self.stage.lab.clear();
        self.stage.send_whole(PROMPT)?;
        self.badge("up?")?;
        self.stage.browser.open_own_tab("history.html")?;
        self.own("history", "history.html")?;
        self.stage.browser.own_tab_eval(
            "history.html",
            "document.querySelectorAll('.incident details, .as-table').forEach((one, at) => { one.open = at < 3; });
             document.querySelector('.incidents').scrollIntoView()",
        )?;
        self.own("history-incident", "history.html")?;
        self.stage.browser.close_own_tab("history.html")
    }

    /// Two months that nobody can live through for a picture: incidents and observed minutes as they would be stored. The
    /// background is started anew with them.
    fn past(&self) -> Result<()> {
        self.stage.browser.probe_eval(PAST)?;
        self.stage.browser.kill_background()
    }

    /// The status page speaks of it, more than a minute after the first failure here, and of the API it says that it works.
    fn posts_late(&self) -> Result<()> {
        let first = self.stage.lab.completions().first().map_or(0, |seen| seen.at);
        let minute = Duration::from_secs(90);
        until("a minute has passed", minute, || Ok((now().saturating_sub(first) > 61_000).then_some(())))?;
        let name = "Elevated errors on claude.ai".to_owned();
        let post = Post {
            name,
            status: IncidentStatus::Investigating,
            impact: None,
            body: String::new(),
            components: vec![Component::ClaudeAi],
        };
        self.stage.lab.status(&StatusChange {
            claude_ai: Some(ComponentStatus::MajorOutage),
            incident: Some(post),
            ..StatusChange::default()
        });
        until("the status page is read", Duration::from_secs(90), || {
            self.stage.send_whole(PROMPT)?;
            self.stage.browser.open_popup()?;
            Ok(self.stage.browser.popup_text()?.contains("Elevated errors").then_some(()))
        })
    }

    fn badge(&self, text: &str) -> Result<()> {
        until("the badge", SOON, || Ok((self.stage.browser.badge()? == text).then_some(())))
    }

    fn card(&self, name: &str) -> Result<()> {
        let browser = &self.stage.browser;
        self.both(name, || {
            browser.wait_for_card()?;
            browser.screenshot()
        })
    }

    fn popup(&self, name: &str) -> Result<()> {
        self.popup_at(name, "main")
    }

    /// The popup, scrolled to a part of it.
    fn popup_at(&self, name: &str, css: &str) -> Result<()> {
        let browser = &self.stage.browser;
        self.both(name, || {
            if !browser.popup_is_open()? {
                browser.open_popup()?;
            }
            browser.popup_eval(&format!("document.querySelector('{css}')?.scrollIntoView(); return null"))?;
            browser.popup_screenshot()
        })?;
        browser.close_popup()
    }

    fn own(&self, name: &str, page: &str) -> Result<()> {
        self.both(name, || self.stage.browser.own_tab_screenshot(page))
    }

    fn both(&self, name: &str, take: impl Fn() -> Result<Vec<u8>>) -> Result<()> {
        for (dark, scheme) in [(false, "light"), (true, "dark")] {
            self.stage.browser.close_popup()?;
            if self.sight == Sight::Low {
                // The colours are the system's, whatever a page would prefer.
                if dark {
                    continue;
                }
            } else {
                self.stage.browser.dark(dark)?;
            }
            let (png, name) = (still(&take)?, format!("{name}-{scheme}"));
            let path = self.folder.join(format!("{name}.png"));
            fs::write(&path, &png).with_context(|| path.display().to_string())?;
            println!("{}", path.display());
            if let Some(folder) = self.readme.as_ref().filter(|_| README.contains(&name.as_str())) {
                fs::write(folder.join(format!("{name}.png")), &png)?;
            }
        }
        self.stage.browser.dark(false)
    }
}

/// A picture of which the next one is the same: nothing moves or fades any more. A blinking cursor does not hold it up for long.
fn still(take: &impl Fn() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let mut last = take()?;
    for _ in 0..8 {
        let next = take()?;
        if next == last {
            break;
        }
        last = next;
    }
    Ok(last)
}

fn stream_error(kind: &str) -> Effect {
    Effect::StreamError { after: 8, kind: kind.to_owned(), message: "Internal server error".to_owned(), code: None }
}

const PROMPT: &str = "Please review this function before the release at 13:00.\n\n```rust\nfn share(total: u64, people: u64) -> u64 {\n\ttotal / people // what if nobody comes?\n}\n```";

/// What is typed for the film.
const FILM_PROMPT: &str = "Draft a short note to the team: the release moves to Thursday, what that means for the demo, and who tells the customer.";
/// The window of the film: narrow enough to be read at the size that it has on the website.
const FILM_SIZE: (u32, u32) = (720, 560);
const COMPOSER: &str = "[data-testid=\"chat-input\"]";
const SEND: &str = "button[aria-label=\"Send message\"]";

const PAST: &str = "
    const now = Date.now(), minute = 60000, day = 1440 * minute, month = (at) => new Date(at).getUTCFullYear() * 12 + new Date(at).getUTCMonth();
    const record = (id, ago, lasts, {down, posted, sends, closed = true, surfaces = 64, handed = 0, title, ended = true}) => {
        const since = now - ago, at = (ms) => ms ? since + ms : 0;
        const n = [id, since, since, since + 900, at(down), since + 1400, at(posted && posted + minute), at(posted), ended ? since + lasts : 0,
            Number(closed), 0, handed, handed ? since + 2 * minute : 0, since + lasts - minute, sends, sends, surfaces, 0, 0, 0, sends, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        const t = ['', ...(title ? ['t' + title] : []), 'mclaude-opus-4-8', 'rreq_011CVq3JxT8', 'rreq_011CVq3KbW2'];
        return {[`incident:${id}`]: JSON.stringify({n: [0, ...n], t})};
    };
    await browser.storage.local.set({
        ...record(1, 41 * day, 52 * minute, {down: minute, posted: 20 * minute, sends: 5, title: 'Elevated errors on claude.ai'}),
        ...record(2, 26 * day, 96 * minute, {down: 2 * minute, posted: 12 * minute, sends: 7, handed: 2, surfaces: 66, title: 'Login and chat errors'}),
        ...record(3, 19 * day, 3 * minute, {sends: 2}),
        ...record(4, 11 * day, 240 * minute, {down: minute, sends: 9, ended: false}),
        ...record(5, 3 * day, 31 * minute, {down: 3 * minute, posted: 24 * minute, sends: 4, title: 'Elevated errors across surfaces'}),
        ...record(6, 9 * 60 * minute, 4 * minute, {sends: 1}),
        ...record(7, 6 * 60 * minute, 84 * minute, {down: minute, posted: 18 * minute, sends: 6, handed: 1, title: 'Elevated errors on claude.ai'}),
        watch: JSON.stringify({n: [0, month(now - 41 * day), 4120, 31, month(now - 11 * day), 3872, 9], t: ['']}),
    });
    await browser.storage.session.remove('mirror');
";
