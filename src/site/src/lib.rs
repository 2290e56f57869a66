//! The website's playground: the engine on recorded outages and on HAR files, in the visitor's browser.
//!
//! It draws with the trees of the extension's pages, and reads with the reader of the command line. It asks nobody for anything.
#![deny(clippy::unwrap_used)]

mod lanes;
mod life;
#[path = "../../pages/src/marks.rs"]
#[allow(dead_code, reason = "the extension's pages use all of it")]
mod marks;
mod read;
mod recording;
mod show;
#[path = "../../pages/src/stage.rs"]
#[allow(dead_code, reason = "the extension's pages use all of it")]
mod stage;
mod story;
#[path = "../../pages/src/tree.rs"]
#[allow(dead_code, reason = "the extension's pages use all of it")]
mod tree;
mod world;

use crate::life::Life;
use crate::read::Slices;
use crate::recording::Recording;
use crate::show::{Deed, SPEEDS, Shown};
use crate::stage::{Entered, Stage};
use crate::story::{Story, stories};
use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Interval;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use understudy_cli::diagnose::diagnose_from;
use understudy_engine::Millis;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{Document, DragEvent, File, HtmlInputElement};

/// Draws the playground into `#page`. Called when the module has been loaded.
#[wasm_bindgen(start)]
pub fn start() -> Result<(), JsValue> {
    let document = web_sys::window().and_then(|window| window.document()).ok_or("no document")?;
    let stories = stories();
    let life = Life::live(stories.first().ok_or("no stories")?, true);
    let first = State {
        stories,
        chosen: 0,
        at: beginning(&life),
        life,
        speed: 1,
        probing: true,
        playing: None,
        turn: TURN_MS,
        recording: Recording::None,
    };
    let app = Rc::new(App { state: RefCell::new(first), stage: OnceCell::new(), reading: Cell::new(0) });
    // Both live as long as the page.
    let hearing = Rc::clone(&app);
    let stage = Stage::new(move |deed, entered| hearing.hear(&deed, &entered))?;
    let _ = app.stage.set(stage);
    app.listen_for_files(&document);
    app.draw();
    Ok(())
}

struct App {
    state: RefCell<State>,
    stage: OnceCell<Stage<Deed>>,
    /// Which file is read; a later one, or none, ends it.
    reading: Cell<u32>,
}

struct State {
    stories: Vec<Story>,
    chosen: usize,
    life: Life,
    at: Millis,
    speed: usize,
    probing: bool,
    playing: Option<Interval>,
    /// One step of what plays, in milliseconds.
    turn: u32,
    recording: Recording,
}

impl State {
    fn live(&mut self) {
        self.life = Life::live(&self.stories[self.chosen], self.probing);
    }
}

/// Where a story opens: at its verdict, or else at what is said first.
fn beginning(life: &Life) -> Millis {
    life.down().or(life.offered).unwrap_or(life.span.0)
}

impl App {
    fn draw(&self) {
        let state = self.state.borrow();
        let shown = Shown {
            stories: &state.stories,
            chosen: state.chosen,
            life: &state.life,
            at: state.at,
            speed: state.speed,
            playing: state.playing.is_some(),
            probing: state.probing,
            recording: &state.recording,
        };
        if let Some(stage) = self.stage.get() {
            stage.show(&show::page(&shown));
        }
    }

    fn hear(self: &Rc<Self>, deed: &Deed, entered: &Entered) {
        let mut state = self.state.borrow_mut();
        match deed {
            Deed::Choose(story) => {
                state.chosen = *story;
                state.playing = None;
                state.live();
                state.at = beginning(&state.life);
            }
            Deed::Probing => {
                state.probing = entered.checked;
                state.live();
            }
            Deed::Speed(speed) => state.speed = *speed,
            Deed::Play if state.playing.is_some() => state.playing = None,
            Deed::Play => {
                if state.at >= state.life.span.1 {
                    state.at = state.life.span.0;
                }
                let app = Rc::clone(self);
                state.turn = if still() { STILL_TURN_MS } else { TURN_MS };
                state.playing = Some(Interval::new(state.turn, move || app.go_on()));
            }
            Deed::Seek => {
                if let Ok(second) = entered.value.parse::<u64>() {
                    state.at = (state.life.span.0 + second * 1_000).min(state.life.span.1);
                }
            }
            Deed::Jump(at) => {
                state.playing = None;
                state.at = *at;
            }
            Deed::File => {
                drop(state);
                let Some(field) = field() else { return };
                let file = field.files().and_then(|files| files.get(0));
                // The same file can be chosen again.
                field.set_value("");
                return file.map_or((), |file| self.read(file));
            }
            Deed::Cancel => self.reading.set(self.reading.get() + 1),
        }
        drop(state);
        self.draw();
    }

    /// A moment has passed while it plays.
    fn go_on(&self) {
        let mut state = self.state.borrow_mut();
        let end = state.life.span.1;
        state.at = (state.at + u64::from(state.turn) * SPEEDS[state.speed].0).min(end);
        let over = state.at == end;
        // An interval must not be dropped while it is being called: it is stopped in a turn of its own.
        let ended = over.then(|| state.playing.take()).flatten();
        drop(state);
        self.draw();
        if let Some(ended) = ended {
            wasm_bindgen_futures::spawn_local(async move { drop(ended) });
        }
    }

    /// Takes a file that is dropped anywhere.
    fn listen_for_files(self: &Rc<Self>, document: &Document) {
        let root = document.document_element();
        let over = move |on: bool| {
            let _ = root.as_ref().map(|root| root.class_list().toggle_with_force("over", on));
        };
        let app = Rc::clone(self);
        for kind in ["dragenter", "dragover", "dragleave", "drop"] {
            let (app, over) = (Rc::clone(&app), over.clone());
            // Not passive: otherwise the browser opens the file instead of us.
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(document, kind, options, move |event| {
                event.prevent_default();
                over(matches!(event.type_().as_str(), "dragenter" | "dragover"));
                let dropped = event.dyn_ref::<DragEvent>().filter(|event| event.type_() == "drop");
                let files = dropped.and_then(DragEvent::data_transfer).and_then(|carried| carried.files());
                if let Some(file) = files.and_then(|files| files.get(0)) {
                    app.read(file);
                }
            })
            .forget();
        }
    }

    /// Reads a file through the engine, slice by slice.
    fn read(self: &Rc<Self>, file: File) {
        let turn = self.reading.get() + 1;
        self.reading.set(turn);
        let app = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            let (name, size) = (file.name(), file.size());
            let told = Rc::clone(&app);
            let source = Slices::new(file, {
                let name = name.clone();
                move |read| {
                    let current = told.reading.get() == turn;
                    if current {
                        told.tell(Recording::Reading { name: name.clone(), read, size });
                    }
                    current
                }
            });
            let came = diagnose_from(source).await;
            if app.reading.get() == turn {
                app.tell(match came {
                    Ok(diagnosis) => Recording::Told(name, Box::new(diagnosis)),
                    Err(trouble) => Recording::Refused(trouble.sentence(&name)),
                });
            } else if app.reading.get() == turn + 1 && matches!(app.state.borrow().recording, Recording::Reading { .. })
            {
                app.tell(Recording::Stopped(name));
            }
        });
    }

    fn tell(&self, recording: Recording) {
        self.state.borrow_mut().recording = recording;
        self.draw();
    }
}

/// Whether the visitor wants nothing to move.
fn still() -> bool {
    let asked =
        web_sys::window().and_then(|window| window.match_media("(prefers-reduced-motion: reduce)").ok().flatten());
    asked.is_some_and(|asked| asked.matches())
}

fn field() -> Option<HtmlInputElement> {
    web_sys::window()?.document()?.get_element_by_id("har")?.dyn_into().ok()
}

/// One step of what plays, in milliseconds.
const TURN_MS: u32 = 100;
/// The same where nothing may move: pictures one after another, and as much of the story in a second.
const STILL_TURN_MS: u32 = 1_000;

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
#[path = "../../browser/tests/stand_in/mod.rs"]
mod stand_in;
