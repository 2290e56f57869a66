//! One way of driving both browsers.

use crate::chromium::Chromium;
use crate::firefox::Firefox;
use crate::process::kill_tree;
use crate::wait::{PATIENT, SOON, until};
use crate::webdriver::{Element, WebDriver, text};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::fmt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;

/// A browser under test, with a profile of its own. Dropping it ends every process and removes the profile.
pub struct Browser {
    options: Options,
    // Dropped in this order: the session before its driver, the profile last.
    side: Box<dyn Side>,
    profile: TempDir,
}

/// Which browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Chromium, as Debian builds it.
    Chromium,
    /// Firefox ESR.
    Firefox,
}

/// Where keys are pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// The current tab.
    Tab,
    /// The popup.
    Popup,
    /// A tab, or the panel, with this page of the extension's own.
    Own(&'a str),
}

/// A key, or Shift with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// To the next stop.
    Tab,
    /// Shift+Tab: to the one before.
    Back,
    /// Enter.
    Enter,
    /// The space bar.
    Space,
    /// Escape.
    Escape,
    /// The arrow to the right.
    Right,
    /// The arrow down.
    Down,
    /// A letter or digit.
    Letter(char),
}

/// How to start a browser.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which.
    pub kind: Kind,
    /// The port on which the lab answers for every host.
    pub port: u16,
    /// The unpacked extension; `None` for a browser without it.
    pub extension: Option<PathBuf>,
    /// The same extension as a package, installed for good (Firefox; Chromium always loads the folder).
    pub package: Option<PathBuf>,
    /// Whether a request for an optional host is answered by a prompt; without, it is granted at once.
    pub prompts: bool,
    /// The X display to show the window on; `None` is headless.
    pub display: Option<String>,
    /// The language of the browser (Chromium; Firefox brings English alone).
    pub language: &'static str,
    /// Whether the extension's background is expected to start.
    pub background: bool,
    /// Whether the welcome page, which opens with the installation, is left open.
    pub welcome: bool,
    /// How well the user sees.
    pub sight: Sight,
}

/// How well a user sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// As a browser takes it for granted.
    Usual,
    /// Little: all is twice as large, in the system's colours, and nothing moves.
    Low,
}

/// What each browser does its own way.
pub(crate) trait Side: Send {
    /// The `WebDriver` session.
    fn driver(&self) -> &WebDriver;
    /// The same, to end it.
    fn driver_mut(&mut self) -> &mut WebDriver;
    /// The origin of the extension's pages, with a slash at the end.
    fn origin(&self) -> Option<&str>;
    /// Runs the body of an async function in the background; wakes it if need be.
    fn background_eval(&self, body: &str) -> Result<Value>;
    /// Runs the body of an async function with the extension's rights, without touching the background.
    fn probe_eval(&self, body: &str) -> Result<Value>;
    /// Whether the background is running.
    fn background_runs(&self) -> Result<bool>;
    /// Stops the background at once.
    fn kill_background(&self) -> Result<()>;
    /// Opens the popup as the toolbar button does, over the current tab.
    fn open_popup(&self) -> Result<()>;
    /// Whether the popup is open.
    fn popup_is_open(&self) -> Result<bool>;
    /// Closes the popup, if it is open.
    fn close_popup(&self) -> Result<()>;
    /// Runs the body of an async function in the popup.
    fn popup_eval(&self, body: &str) -> Result<Value>;
    /// Clicks with the mouse at a point of the popup.
    fn popup_click_at(&self, x: f64, y: f64) -> Result<()>;
    /// A PNG of the popup.
    fn popup_screenshot(&self) -> Result<Vec<u8>>;
    /// Runs the body of an async function in a tab that shows one of the extension's own pages; null while there is none.
    fn own_tab_eval(&self, page: &str, body: &str) -> Result<Value>;
    /// Closes such a tab.
    fn close_own_tab(&self, page: &str) -> Result<()>;
    /// Closes the panel, which is found by its page as a tab is.
    fn close_panel(&self, page: &str) -> Result<()>;
    /// Brings the tab that `WebDriver` calls current to the front.
    fn front(&self) -> Result<()>;
    /// Clicks with the mouse at a point of such a tab.
    fn own_tab_click_at(&self, page: &str, x: f64, y: f64) -> Result<()>;
    /// Presses the mouse at the first point of such a tab, takes it to the others and releases it at the last.
    fn own_tab_drag(&self, page: &str, points: &[(f64, f64)]) -> Result<()>;
    /// Presses keys, one after another, wherever the focus is in this place.
    fn press(&self, place: Place<'_>, keys: &[Key]) -> Result<()>;
    /// A PNG of such a tab.
    fn own_tab_screenshot(&self, page: &str) -> Result<Vec<u8>>;
    /// Grants optional hosts, and in Firefox the consent to handoffs, without a prompt.
    fn grant(&self, origins: &[&str]) -> Result<()>;
    /// Answers the permission prompt that is, or is about to be, on the screen; `done` says when the answer has arrived.
    fn answer_prompt(&self, accept: bool, done: &mut dyn FnMut() -> Result<bool>) -> Result<()>;
    /// Lets notices of the system be shown, also where there is no screen.
    fn room_for_notices(&self) -> Result<()>;
    /// Crashes the process of the current tab, which is then closed.
    fn crash_tab(&self) -> Result<()>;
    /// Puts a text without line breaks where the caret is, as an input method does.
    fn insert(&self, text: &str) -> Result<()>;
    /// Cuts the current tab off the network (`navigator.onLine` is false), or connects it again.
    fn offline(&self, off: bool) -> Result<()>;
    /// Makes the pages prefer dark or light.
    fn dark(&self, dark: bool) -> Result<()>;
    /// Makes the current tab prefer that nothing moves, or not.
    fn still(&self, still: bool) -> Result<()>;
    /// Gives the current tab so many pixels of its own, each so many of the screen's; or what the window has.
    fn sized(&self, size: Option<(u32, u32, u32)>) -> Result<()>;
}

/// The card of Understudy as it stands in the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The heading.
    pub title: String,
    /// The whole visible text.
    pub text: String,
    /// The labels of the buttons, the main one first.
    pub buttons: Vec<String>,
}

impl Kind {
    /// Both, in the order in which they are reported.
    pub const BOTH: [Self; 2] = [Self::Chromium, Self::Firefox];

    /// The name in test names and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    /// The folder of its build below `dist`.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Chromium => "chrome",
            Self::Firefox => "firefox",
        }
    }
}

impl Key {
    /// `WebDriver`'s code point, or the letter itself.
    pub(crate) const fn code(self) -> char {
        match self {
            Self::Tab | Self::Back => '\u{e004}',
            Self::Enter => '\u{e007}',
            Self::Space => ' ',
            Self::Escape => '\u{e00c}',
            Self::Right => '\u{e014}',
            Self::Down => '\u{e015}',
            Self::Letter(letter) => letter,
        }
    }

    /// The name in the page's events, and the number that goes with it.
    pub(crate) fn name(self) -> (String, u32) {
        let (name, number) = match self {
            Self::Tab | Self::Back => ("Tab", 9),
            Self::Enter => ("Enter", 13),
            Self::Space => (" ", 32),
            Self::Escape => ("Escape", 27),
            Self::Right => ("ArrowRight", 39),
            Self::Down => ("ArrowDown", 40),
            Self::Letter(letter) => return (letter.to_string(), u32::from(letter.to_ascii_uppercase())),
        };
        (name.to_owned(), number)
    }
}

impl Options {
    /// A headless browser with a folder as its extension and permission requests granted.
    pub fn new(kind: Kind, port: u16, extension: Option<&Path>) -> Self {
        Self {
            kind,
            port,
            extension: extension.map(Path::to_owned),
            package: None,
            prompts: false,
            display: None,
            language: "en-US",
            background: true,
            welcome: false,
            sight: Sight::Usual,
        }
    }
}

impl Browser {
    /// Starts a browser with a fresh profile.
    pub fn start(options: Options) -> Result<Self> {
        let profile = TempDir::with_prefix(format!("understudy-{}-", options.kind.name()))?;
        let side = start(&options, profile.path())?;
        let browser = Self { options, side, profile };
        if browser.options.extension.is_some() && browser.options.background && !browser.options.welcome {
            browser.dismiss_welcome()?;
        }
        Ok(browser)
    }

    /// Closes the welcome page, which comes by itself in a new profile, and returns to the tab that was there before.
    fn dismiss_welcome(&self) -> Result<()> {
        until("the welcome page has opened", PATIENT, || {
            Ok(self.side.own_tab_eval(WELCOME, "return 1")?.is_number().then_some(()))
        })?;
        self.side.close_own_tab(WELCOME)?;
        self.side.front()
    }

    /// Closes the browser as a user does and starts it again with the same profile.
    pub fn restart(&mut self) -> Result<()> {
        self.side.driver_mut().quit()?;
        self.side = start(&self.options, self.profile.path())?;
        Ok(())
    }

    /// Kills the browser without a goodbye and starts it again with the same profile.
    pub fn crash_and_restart(&mut self) -> Result<()> {
        self.crash()?;
        self.side.driver_mut().abandon();
        self.side = start(&self.options, self.profile.path())?;
        Ok(())
    }

    /// Kills the browser without a goodbye; its driver lives on.
    pub fn crash(&self) -> Result<()> {
        let capabilities = &self.driver().capabilities;
        let id =
            capabilities.get("goog:processID").or_else(|| capabilities.get("moz:processID")).and_then(Value::as_u64);
        kill_tree(u32::try_from(id.context("no process id")?)?);
        Ok(())
    }

    /// Where it puts what is downloaded.
    pub fn downloads(&self) -> PathBuf {
        downloads(self.profile.path())
    }

    /// Which browser this is.
    pub fn kind(&self) -> Kind {
        self.options.kind
    }

    /// The `WebDriver` session, for what has no name here.
    pub fn driver(&self) -> &WebDriver {
        self.side.driver()
    }

    /// Opens a URL in the current tab; a page that cannot load is not an error.
    pub fn visit(&self, url: &str) -> Result<()> {
        match self.driver().goto(url) {
            // Both drivers call the browser's own error page an error.
            Err(error) if error.to_string().contains("error page") || error.to_string().contains("net::ERR") => Ok(()),
            other => other,
        }
    }

    /// Opens a URL in a new tab and makes it the current one.
    pub fn visit_in_new_tab(&self, url: &str) -> Result<String> {
        let tab = self.driver().open_tab()?;
        self.driver().switch(&tab)?;
        self.visit(url)?;
        Ok(tab)
    }

    /// Runs the body of a function (it may return a promise) in the current page.
    pub fn eval(&self, body: &str) -> Result<Value> {
        self.driver().eval(body, &json!([]))
    }

    /// The same with arguments.
    pub fn eval_with(&self, body: &str, arguments: &Value) -> Result<Value> {
        self.driver().eval(body, arguments)
    }

    /// Waits until an expression is true in the current page.
    pub fn wait_for(&self, expression: &str) -> Result<()> {
        until(expression, PATIENT, || Ok((self.eval(&format!("return Boolean({expression})"))? == true).then_some(())))
    }

    /// Waits for an element of the current page.
    pub fn wait_for_element(&self, css: &str) -> Result<Element> {
        until(css, PATIENT, || self.driver().find(css))
    }

    /// Types a text into an editor of the current page by its own events; line breaks are Shift+Enter.
    pub fn type_text(&self, css: &str, text: &str) -> Result<()> {
        let editor = self.wait_for_element(css)?;
        self.driver().click(&editor)?;
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.driver().type_into(&editor, SHIFT_ENTER)?;
            }
            if !line.is_empty() {
                self.side.insert(line)?;
            }
        }
        Ok(())
    }

    /// Closes every tab but `keep` and makes that the current one.
    pub fn close_other_tabs(&self, keep: &str) -> Result<()> {
        for tab in self.driver().windows()? {
            if tab != keep {
                self.driver().switch(&tab)?;
                self.driver().close_tab()?;
            }
        }
        self.driver().switch(keep)
    }

    /// Waits for a tab that is not in `known`, makes it the current one and returns its handle.
    pub fn follow_new_tab(&self, known: &[String]) -> Result<String> {
        let tab =
            until("a new tab", SOON, || Ok(self.driver().windows()?.into_iter().find(|tab| !known.contains(tab))))
                .with_context(|| {
                    let tabs = "return (await browser.tabs.query({})).map(({url, pendingUrl}) => [url, pendingUrl])";
                    format!(
                        "tabs: {:?}; the handoff page says {:?}",
                        self.probe_eval(tabs),
                        self.own_tab_text("handoff.html")
                    )
                })?;
        self.driver().switch(&tab)?;
        Ok(tab)
    }

    /// The card in the current page, if it is shown.
    pub fn card(&self) -> Result<Option<Card>> {
        let Some(host) = self.driver().find(CARD_HOST)? else { return Ok(None) };
        let read = self.driver().shadow(&host).and_then(|root| self.eval_with(READ_CARD, &json!([root.argument()])));
        let read = match read {
            Ok(read) => read,
            // The card was taken away between two commands.
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        if read.is_null() {
            return Ok(None);
        }
        Ok(Some(Card {
            title: text(read["title"].clone())?,
            text: text(read["text"].clone())?,
            buttons: serde_json::from_value(read["buttons"].clone())?,
        }))
    }

    /// Waits for the card.
    pub fn wait_for_card(&self) -> Result<Card> {
        until("the card is shown", SOON, || self.card())
    }

    /// Clicks a button of the card by its label, as a user does.
    pub fn click_card(&self, label: &str) -> Result<()> {
        until(&format!("the card's button {label:?} is clicked"), SOON, || {
            let Some(card) = self.card()? else { return Ok(None) };
            let Some(index) = card.buttons.iter().position(|button| button == label) else {
                bail!("no button {label:?} among {:?}", card.buttons);
            };
            let Some(host) = self.driver().find(CARD_HOST)? else { return Ok(None) };
            let root = self.driver().shadow(&host)?;
            let button = self.eval_with(
                "return [...arguments[0].querySelectorAll('button')].filter((b) => b.getClientRects().length)[arguments[1]]",
                &json!([root.argument(), index]),
            )?;
            let Some((_, reference)) = button.as_object().and_then(|object| object.iter().next()) else {
                return Ok(None);
            };
            // Nobody reads a card faster; a click that comes sooner is not taken for one.
            sleep(Duration::from_millis(350));
            self.driver().click(&Element(text(reference.clone())?))?;
            Ok(Some(()))
        })
    }

    /// Where a button of the card is, by its label: its centre in the viewport.
    pub fn card_button(&self, label: &str) -> Result<(f64, f64)> {
        let host = self.driver().find(CARD_HOST)?.context("no card")?;
        let root = self.driver().shadow(&host)?;
        let middle = self.eval_with(
            "const [root, label] = arguments;
             const box = [...root.querySelectorAll('button')].find((one) => one.innerText.trim() === label)?.getBoundingClientRect();
             return box && [box.x + box.width / 2, box.y + box.height / 2]",
            &json!([root.argument(), label]),
        )?;
        serde_json::from_value(middle).with_context(|| format!("no button {label:?}"))
    }

    /// Runs the body of an async function in the background; wakes it if need be.
    pub fn background_eval(&self, body: &str) -> Result<Value> {
        self.side.background_eval(body)
    }

    /// Runs the body of an async function with the extension's rights, without touching the background.
    pub fn probe_eval(&self, body: &str) -> Result<Value> {
        self.side.probe_eval(body)
    }

    /// All of `storage.local`.
    pub fn local_storage(&self) -> Result<Value> {
        self.probe_eval("return await browser.storage.local.get(null)")
    }

    /// The saved prompts (`entry:…`), parsed, each with its text (`text:…`).
    pub fn entries(&self) -> Result<Vec<Value>> {
        let all = self.local_storage()?;
        let mut entries = Vec::new();
        for (key, value) in all.as_object().context("storage is no object")? {
            if key.starts_with("entry:") {
                let json = value.as_str().with_context(|| format!("{key} is no string"))?;
                let mut entry: Value = serde_json::from_str(json).with_context(|| key.clone())?;
                entry["text"] = all[key.replacen("entry:", "text:", 1)].clone();
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// Writes into the lasting store (`items` is an expression of JavaScript) behind the extension's back; what it mirrors of that
    /// store is not true any more.
    pub fn store(&self, items: &str) -> Result<()> {
        self.probe_eval(&format!(
            "await browser.storage.local.set({items}); await browser.storage.session.remove('mirror')"
        ))?;
        Ok(())
    }

    /// Empties both stores: a fresh install, without a restart. The background is stopped, so that it forgets too.
    pub fn forget_everything(&self) -> Result<()> {
        until("the stores are empty", SOON, || {
            // An event may wake the background at any moment: once more, until it has woken up with nothing.
            self.side.kill_background()?;
            self.probe_eval("await browser.storage.session.clear(); await browser.storage.local.clear()")?;
            self.side.kill_background()?;
            let left = self.probe_eval("return (await browser.storage.local.getBytesInUse?.()) ?? 0")?;
            Ok((left == 0).then_some(()))
        })
    }

    /// The text on the toolbar button.
    pub fn badge(&self) -> Result<String> {
        text(self.probe_eval("return await browser.action.getBadgeText({})")?)
    }

    /// Stops the background at once.
    pub fn kill_background(&self) -> Result<()> {
        self.side.kill_background()
    }

    /// Whether the background is running.
    pub fn background_runs(&self) -> Result<bool> {
        self.side.background_runs()
    }

    /// The URL of one of the extension's own pages.
    pub fn page(&self, path: &str) -> Result<String> {
        Ok(format!("{}{path}", self.side.origin().context("no extension")?))
    }

    /// The origin of the extension's pages, with a slash at the end.
    pub fn extension_origin(&self) -> Option<&str> {
        self.side.origin()
    }

    /// Opens the real popup over the current tab, anew if it is open, and waits until it has rendered.
    pub fn open_popup(&self) -> Result<()> {
        self.side.close_popup()?;
        self.side.open_popup()?;
        until("the popup has rendered", SOON, || Ok((!self.popup_text()?.is_empty()).then_some(())))
    }

    /// Whether the popup is open.
    pub fn popup_is_open(&self) -> Result<bool> {
        self.side.popup_is_open()
    }

    /// Closes the popup, if it is open.
    pub fn close_popup(&self) -> Result<()> {
        self.side.close_popup()
    }

    /// The visible text of the popup.
    pub fn popup_text(&self) -> Result<String> {
        text(self.side.popup_eval("return document.body ? document.body.innerText.trim() : ''")?)
    }

    /// Runs the body of an async function in the popup.
    pub fn popup_eval(&self, body: &str) -> Result<Value> {
        self.side.popup_eval(body)
    }

    /// Clicks the first visible element of the popup that matches and holds `label`, with the mouse.
    pub fn popup_click(&self, css: &str, label: &str) -> Result<()> {
        let (x, y) = point_of(css, label, |body| self.side.popup_eval(body))?;
        self.side.popup_click_at(x, y)
    }

    /// The visible text of a tab with one of the extension's own pages (`handoff.html`); empty while there is none.
    pub fn own_tab_text(&self, page: &str) -> Result<String> {
        let text = self.side.own_tab_eval(page, "return document.body ? document.body.innerText.trim() : ''")?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Clicks the first visible element of such a tab that matches and holds `label`, with the mouse.
    pub fn own_tab_click(&self, page: &str, css: &str, label: &str) -> Result<()> {
        let (x, y) = point_of(css, label, |body| self.side.own_tab_eval(page, body)).with_context(|| {
            format!("{page} says: {}", self.own_tab_text(page).unwrap_or_else(|error| error.to_string()))
        })?;
        self.side.own_tab_click_at(page, x, y)
    }

    /// Presses the mouse on the middle of the first element of such a tab, takes it to the middles of the others, and releases it there.
    pub fn own_tab_drag(&self, page: &str, selectors: &[&str]) -> Result<()> {
        let found = self.own_tab_eval(
            page,
            &format!(
                "const all = {}.map((one) => document.querySelector(one));
                 all[0]?.scrollIntoView({{block: 'center', behavior: 'instant'}});
                 return all.map((one) => one.getBoundingClientRect()).map((box) => [box.x + box.width / 2, box.y + box.height / 2])",
                json!(selectors)
            ),
        )?;
        let points: Vec<(f64, f64)> = serde_json::from_value(found)?;
        self.side.own_tab_drag(page, &points)
    }

    /// Presses Enter in such a tab, wherever the focus is.
    pub fn own_tab_enter(&self, page: &str) -> Result<()> {
        self.press(Place::Own(page), &[Key::Enter])
    }

    /// Presses keys, one after another, wherever the focus is in this place.
    pub fn press(&self, place: Place<'_>, keys: &[Key]) -> Result<()> {
        self.side.press(place, keys)
    }

    /// Runs the body of an async function in this place.
    pub fn eval_in(&self, place: Place<'_>, body: &str) -> Result<Value> {
        match place {
            Place::Tab => self.eval(&format!("return (async () => {{{body}\n}})()")),
            Place::Popup => self.side.popup_eval(body),
            Place::Own(page) => self.side.own_tab_eval(page, body),
        }
    }

    /// A PNG of the popup.
    pub fn popup_screenshot(&self) -> Result<Vec<u8>> {
        self.side.popup_screenshot()
    }

    /// Opens one of the extension's own pages in a tab, as its own scripts do, and waits until it has rendered.
    pub fn open_own_tab(&self, page: &str) -> Result<()> {
        self.probe_eval(&format!("await browser.tabs.create({{url: browser.runtime.getURL({})}})", json!(page)))?;
        until(&format!("{page} has rendered"), SOON, || Ok((!self.own_tab_text(page)?.is_empty()).then_some(())))
    }

    /// Runs the body of an async function in such a tab; null while there is none.
    pub fn own_tab_eval(&self, page: &str, body: &str) -> Result<Value> {
        self.side.own_tab_eval(page, body)
    }

    /// Closes such a tab.
    pub fn close_own_tab(&self, page: &str) -> Result<()> {
        self.side.close_own_tab(page)?;
        // Which tab comes to the front then, is the browser's choice.
        self.side.front()
    }

    /// Closes the panel beside the page, which is looked into as a tab with its page is.
    pub fn close_panel(&self, page: &str) -> Result<()> {
        self.side.close_panel(page)
    }

    /// A PNG of a tab with one of the extension's own pages.
    pub fn own_tab_screenshot(&self, page: &str) -> Result<Vec<u8>> {
        self.side.own_tab_screenshot(page)
    }

    /// Gives the consent to handoffs that Firefox asks for, without a prompt; Chromium knows no such thing.
    pub fn consent(&self) -> Result<()> {
        if self.kind() == Kind::Firefox { self.side.grant(&[]) } else { Ok(()) }
    }

    /// Grants optional hosts, and in Firefox the consent that it asks for together with them, without a prompt.
    pub fn grant(&self, origins: &[&str]) -> Result<()> {
        self.side.grant(origins)
    }

    /// Answers the permission prompt that is, or is about to be, on the screen; `done` says when the answer has arrived.
    pub fn answer_prompt(&self, accept: bool, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
        self.side.answer_prompt(accept, &mut done)
    }

    /// Lets notices of the system be shown, also where there is no screen.
    pub fn room_for_notices(&self) -> Result<()> {
        self.side.room_for_notices()
    }

    /// Which notices stand on the screen now, by their ids.
    pub fn notices(&self) -> Result<Vec<String>> {
        Ok(serde_json::from_value(self.probe_eval("return Object.keys(await browser.notifications.getAll())")?)?)
    }

    /// Puts an engine's snapshot into the place of the background's own, which is stopped, and wakes it up.
    pub fn wake_with(&self, snapshot: &str) -> Result<()> {
        // Its characters stand for bytes, and not every way into a browser keeps those beyond ASCII.
        let bytes: Vec<u32> = snapshot.chars().map(u32::from).collect();
        let write = format!("await browser.storage.session.set({{engine: String.fromCharCode(...{})}})", json!(bytes));
        // An event on its way, of a permission just given perhaps, may start a life between the two that knows the old one.
        until("the snapshot is in its place", SOON, || {
            self.side.kill_background()?;
            self.probe_eval(&write)?;
            Ok((!self.background_runs()?).then_some(()))
        })?;
        // An alarm of any name is an event like any other; Firefox's background runs no wasm before one comes. A worker that is
        // only just starting has no API yet.
        let wake = "await browser.alarms.create('test-wake', {when: Date.now()})";
        until("the background wakes up", SOON, || self.background_eval(wake).map(Some)).map(drop)
    }

    /// Crashes the process of the current tab, which is then closed; no tab is current afterwards.
    pub fn crash_tab(&self) -> Result<()> {
        self.side.crash_tab()
    }

    /// Cuts the current tab off the network, or connects it again.
    pub fn offline(&self, off: bool) -> Result<()> {
        self.side.offline(off)
    }

    /// Makes the pages prefer dark or light.
    pub fn dark(&self, dark: bool) -> Result<()> {
        self.side.dark(dark)?;
        // Firefox tells its pages a little later.
        self.wait_for(&format!("matchMedia('(prefers-color-scheme: dark)').matches === {dark}"))
    }

    /// Makes the current tab prefer that nothing moves, or not.
    pub fn still(&self, still: bool) -> Result<()> {
        self.side.still(still)?;
        self.wait_for(&format!("matchMedia('(prefers-reduced-motion: reduce)').matches === {still}"))
    }

    /// Gives the current tab so many pixels in width and height, each so many of the screen's (2 is a zoom of 200 %).
    pub fn size(&self, width: u32, height: u32, zoom: u32) -> Result<()> {
        self.side.sized(Some((width, height, zoom)))?;
        self.wait_for(&format!("innerWidth === {width} && devicePixelRatio === {zoom}"))
    }

    /// The size that the window has.
    pub fn size_of_window(&self) -> Result<()> {
        self.side.sized(None)
    }

    /// A PNG of the current tab.
    pub fn screenshot(&self) -> Result<Vec<u8>> {
        self.driver().screenshot()
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Waits for a visible element that matches and holds `label`, and stays where it is, and returns its centre in the viewport.
fn point_of(css: &str, label: &str, eval: impl Fn(&str) -> Result<Value>) -> Result<(f64, f64)> {
    let body = format!(
        "const found = [...document.querySelectorAll({css})].find((e) => e.getClientRects().length && e.innerText.includes({label}));
         if (!found) return null;
         found.scrollIntoView({{block: 'center'}});
         const middle = () => {{
             const box = found.getBoundingClientRect();
             return [box.x + box.width / 2, box.y + box.height / 2];
         }};
         const before = middle();
         await new Promise((resolve) => setTimeout(resolve, {STILL_MS}));
         return found.isConnected && String(before) === String(middle()) ? before : null",
        css = json!(css),
        label = json!(label)
    );
    let point = until(&format!("{css} with {label:?}"), SOON, || {
        let point = eval(&body)?;
        Ok(point.is_array().then_some(point))
    })?;
    let number = |index: usize| point[index].as_f64().context("no coordinate");
    Ok((number(0)?, number(1)?))
}

/// What has not moved for so long is aimed at: a page that is still being filled moves its buttons.
const STILL_MS: u32 = 50;

/// The folder for downloads, inside the profile and gone with it.
pub(crate) fn downloads(profile: &Path) -> PathBuf {
    profile.join("understudy-downloads")
}

fn start(options: &Options, profile: &Path) -> Result<Box<dyn Side>> {
    Ok(match options.kind {
        Kind::Chromium => Box::new(Chromium::start(options, profile)?),
        Kind::Firefox => Box::new(Firefox::start(options, profile)?),
    })
}

/// Whether a `WebDriver` error says that the thing was there a moment ago.
fn is_gone(error: &anyhow::Error) -> bool {
    let said = error.to_string();
    ["no such shadow root", "detached shadow root", "stale element", "no such element"]
        .iter()
        .any(|code| said.starts_with(code))
}

/// In `WebDriver`'s key codes, with an end to the held key.
const SHIFT_ENTER: &str = "\u{e008}\u{e007}\u{e000}";

/// The page that opens with the installation.
const WELCOME: &str = "welcome.html";

/// The bridge's host element.
const CARD_HOST: &str = "understudy-card";

/// Reads the card in its shadow root; null when nothing of it is visible.
const READ_CARD: &str = "
    const root = arguments[0];
    const seen = (element) => element.getClientRects().length > 0;
    const heading = root.querySelector('h1, h2, h3, [role=heading]');
    if (!heading || !seen(heading)) return null;
    const all = [...root.children].filter((element) => element.localName !== 'style' && element.localName !== 'link');
    return {
        title: heading.innerText.trim(),
        text: all.map((element) => element.innerText).join('\\n').trim(),
        buttons: [...root.querySelectorAll('button')].filter(seen)
            .map((button) => (button.getAttribute('aria-label') || button.innerText.trim())),
    };
";
