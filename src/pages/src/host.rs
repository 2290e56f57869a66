//! What every page does: read what is stored, draw it, and draw it again when it changes.

mod reading;

use crate::sealing::Sealing;
use crate::stage::{Entered, Stage};
use crate::tree::{Part, el, say};
use gloo_timers::callback::Interval;
use reading::{Page, keep_up, text};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use understudy_browser::{Refused, object, runtime, storage};
use understudy_engine::handoff::normalised;
use understudy_engine::incident::{self, Record};
use understudy_engine::view::View;
use understudy_engine::words::Say;
use understudy_engine::{Act, Engine, EntryId, Millis, UserText};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// One kind of page.
pub trait Scene: Sized + 'static {
    /// What its user can do.
    type Deed: Clone + 'static;

    /// What stands in the page now.
    fn draw(&mut self, read: &Read, now: Millis) -> Vec<Part<Self::Deed>>;

    /// The prompts whose whole texts are shown, to be read from the store.
    fn texts(&self, _: &Read) -> Vec<EntryId> {
        Vec::new()
    }

    /// The first picture is on the screen: whether there is more to draw, which was too long for it.
    fn rest(&mut self) -> bool {
        false
    }

    /// The page has begun.
    fn begun(_: &Rc<Host<Self>>) {}

    /// The user did something. Up to the first `await` this runs inside the click.
    fn done(host: &Rc<Host<Self>>, deed: Self::Deed, entered: Entered);
}

/// A prompt's text as it was found in the store.
struct Text {
    /// `None` if it was not there.
    text: Option<UserText>,
    /// Whether it is there, and the one that was stored.
    sound: bool,
}

/// What was read from the stores.
pub struct Read {
    /// The engine, restored; it is only looked at. (That also keeps everything that decides out of this module.)
    pub engine: Engine,
    /// How many damaged values have been set aside.
    pub damaged: usize,
    /// The hosts that Understudy may type into, as match patterns.
    pub origins: Vec<String>,
    /// The texts of prompts that were read.
    texts: BTreeMap<EntryId, Text>,
    /// Whether prompts are sealed.
    pub sealing: Sealing,
    /// The incident log as it is stored; only few pages look into it.
    log: Vec<(String, String)>,
}

impl Read {
    /// A text has come from the store.
    fn take(&mut self, entry: EntryId, text: Option<String>) {
        let sound = self.engine.give(&entry, text.clone());
        self.texts.insert(entry, Text { text: text.map(UserText::new), sound });
    }

    /// The incident log, the oldest first; of the incident that is open, what is not stored yet as well.
    pub fn records(&self) -> Vec<Record> {
        let stored = self.log.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let mut records = incident::records(stored);
        if let Some(open) = self.engine.open_record() {
            records.retain(|record| record.id != open.id);
            records.push(open);
        }
        records
    }

    /// The whole text of a prompt, if it was read.
    pub fn text(&self, entry: &str) -> Option<&UserText> {
        self.texts.get(entry)?.text.as_ref()
    }

    /// Everything the popup shows.
    pub fn view(&self, now: Millis) -> View {
        let mut view = self.engine.view(now);
        // The browser knows best what is allowed; the background may have slept through a change.
        for row in &mut view.fallbacks {
            row.allowed = row.origin.as_ref().is_some_and(|origin| self.origins.contains(origin));
        }
        for row in &mut view.prompts {
            row.text = row.text.take().or_else(|| self.text(&row.entry).cloned());
            if self.texts.get(&row.entry).is_some_and(|text| !text.sound) {
                row.label = say("state_lost");
            }
        }
        view
    }
}

/// A living page.
pub struct Host<S: Scene> {
    scene: RefCell<S>,
    read: RefCell<Option<Read>>,
    stage: RefCell<Option<Stage<S::Deed>>>,
    reading: Cell<bool>,
    stale: Cell<bool>,
}

impl<S: Scene> Host<S> {
    /// Starts a page. It lives as long as its document.
    pub fn start(scene: S, title: &Say) -> Result<(), JsValue> {
        let host = Rc::new(Self {
            scene: RefCell::new(scene),
            read: RefCell::new(None),
            stage: RefCell::new(None),
            reading: Cell::new(false),
            stale: Cell::new(false),
        });
        let hearing = Rc::clone(&host);
        let stage = Stage::new(move |deed, entered| S::done(&hearing, deed, entered))?;
        stage.title(title);
        *host.stage.borrow_mut() = Some(stage);

        let changed = Rc::clone(&host);
        if let Ok(changes) = storage::Changes::listen(move || changed.refresh()) {
            changes.forever();
        }
        let passing = Rc::clone(&host);
        Interval::new(REDRAW_MS, move || passing.redraw()).forget();
        host.refresh();
        S::begun(&host);
        Ok(())
    }

    /// Changes what the page itself remembers, and draws it.
    pub fn change(&self, change: impl FnOnce(&mut S)) {
        change(&mut self.scene.borrow_mut());
        self.redraw();
    }

    /// Looks at what the page itself remembers.
    pub fn look<T>(&self, look: impl FnOnce(&mut S, Option<&Read>) -> T) -> T {
        look(&mut self.scene.borrow_mut(), self.read.borrow().as_ref())
    }

    /// Moves the focus to the element with this id.
    pub fn focus(&self, id: &str) {
        if let Some(stage) = &*self.stage.borrow() {
            stage.focus(id);
        }
    }

    /// The same, unless the user is at the keys: who goes through choices with the arrows must not be taken out of them by one.
    pub fn focus_next(&self, id: &str) {
        let document = web_sys::window().and_then(|window| window.document());
        let at = document.and_then(|document| document.active_element());
        if !at.is_some_and(|at| at.matches(":focus-visible").unwrap_or_default()) {
            self.focus(id);
        }
    }

    /// Reads the stores again and draws. Calls that come during a reading lead to one more.
    pub fn refresh(self: &Rc<Self>) {
        self.stale.set(true);
        if !self.reading.replace(true) {
            let page: Rc<dyn Page> = Rc::<Self>::clone(self);
            spawn_local(keep_up(page));
        }
    }

    /// Reads a text and draws it.
    pub async fn read_text(&self, entry: EntryId) {
        let text = text(&entry).await;
        if let Some(read) = &mut *self.read.borrow_mut() {
            read.take(entry, text);
        }
        self.redraw();
    }

    fn redraw(&self) {
        let read = self.read.borrow();
        let (Some(read), Some(stage)) = (&*read, &*self.stage.borrow()) else { return };
        let parts = self.scene.borrow_mut().draw(read, now());
        stage.show(&parts);
    }
}

impl<S: Scene> Page for Host<S> {
    fn is_stale(&self) -> bool {
        self.stale.replace(false)
    }

    fn wanted(&self, read: &Read) -> Vec<EntryId> {
        self.scene.borrow().texts(read)
    }

    fn take(&self, read: Read) -> bool {
        let first = self.read.replace(Some(read)).is_none();
        self.redraw();
        first
    }

    fn rest(&self) {
        let more = self.scene.borrow_mut().rest();
        if more {
            self.redraw();
        }
    }

    fn trouble(&self) {
        if let Some(stage) = &*self.stage.borrow() {
            stage.show(&[Part::El(
                el("main").and(el("p").class("trouble").attr("role", "alert").text(say("page_trouble_store"))),
            )]);
        }
    }

    fn rested(&self) {
        self.reading.set(false);
    }
}

/// Tells the background what the user did.
pub async fn send(act: &Act) -> Result<(), Refused> {
    ask(act).await.map(drop)
}

/// Tells the background what the user did, and hands back its reply.
pub async fn ask(act: &Act) -> Result<JsValue, Refused> {
    let act = serde_wasm_bindgen::to_value(act).map_err(JsValue::from)?;
    runtime::send(&object().text("type", "act").with("act", &act).into()).await
}

/// Puts text on the clipboard, as it goes by any other way. Call it inside a click; the browser is asked at once, not when this is
/// awaited.
pub fn copy(text: &str) -> impl Future<Output = bool> + use<> {
    let text = &normalised(text);
    let written = web_sys::window().map(|window| JsFuture::from(window.navigator().clipboard().write_text(text)));
    async move {
        match written {
            Some(written) => written.await.is_ok(),
            None => false,
        }
    }
}

/// Begins a task at once, inside the click, and lets it go on by itself: Firefox forgets the click at the first turn.
pub fn begin(task: impl Future<Output = ()> + 'static) {
    let mut task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    if task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        spawn_local(task);
    }
}

/// Wall-clock milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a date of this era is positive and below 2^53"
)]
pub fn now() -> Millis {
    js_sys::Date::now() as Millis
}

/// How often a page is drawn anew without a change, because time passes in it.
const REDRAW_MS: u32 = 15_000;

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use super::send;
    use crate::stand_in::{install, js};
    use understudy_engine::json::Json;
    use understudy_engine::provider::Settings;
    use understudy_engine::{Act, UserText};
    use wasm_bindgen_test::wasm_bindgen_test;

    /// The background's border reads a message from its JSON.
    #[wasm_bindgen_test]
    async fn what_is_sent_is_what_the_border_reads() {
        let hard = || UserText::new("\u{202e}</script>\"\\ 🧑‍💻\0");
        let settings = Settings { target: Some(99_900), never: vec!["gemini".into()], ..Settings::default() };
        for act in [
            Act::HandOff { provider: "chatgpt".into(), entry: Some("e".into()), copied: true },
            Act::HandOff { provider: "chatgpt".into(), entry: None, copied: false },
            Act::PutBack { entry: "e".into(), text: Some(hard()), copied: true },
            Act::PutBack { entry: "e".into(), text: None, copied: false },
            Act::Later { entry: "e".into(), on: true },
            Act::Copy { entry: "e".into() },
            Act::Dismiss {},
            Act::Decided { job: "j".into(), granted: true },
            Act::Choose { job: "j".into(), text: Some(hard()), along: u32::MAX, copied: true },
            Act::PasteByHand { job: "j".into() },
            Act::Write { field: 1_772_452_152, text: hard() },
            Act::Forget { entry: "e".into() },
            Act::ForgetAll {},
            Act::Say { down: true },
            Act::Seal {},
            Act::Configure { settings: Settings::default() },
            Act::Configure { settings },
        ] {
            install()
                .replace("runtime.sendMessage", "async (message) => { globalThis.sent = JSON.stringify(message); }");
            send(&act).await.unwrap();
            let mut said = Json::parse(&js("sent").as_string().unwrap()).unwrap();
            assert_eq!(said.take("type").text().as_deref(), Some("act"));
            assert_eq!(Act::read(said.take("act")), Some(act));
            assert!(said.is_spent());
        }
    }
}
