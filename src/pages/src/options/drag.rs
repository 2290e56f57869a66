//! The order of the fallbacks by pointer: a row is held by its grip, follows the pointer, and takes the place of the row that it is let
//! go over; anywhere else nothing happens. The background hears of it once, then. None of it is in the page's tree: a redraw takes the
//! marks away, and the next move sets them again.

use super::Options;
use super::change::{configure, place};
use crate::host::Host;
use gloo_events::EventListener;
use std::cell::RefCell;
use std::rc::Rc;
use understudy_engine::json::numbered;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, PointerEvent};

/// A row that is held.
struct Held {
    row: HtmlElement,
    /// The row that it is over.
    over: Option<Element>,
    pointer: i32,
    /// Where the pointer took hold of it, in the page.
    from: i32,
}

/// From here on rows can be dragged, for as long as the document is there.
pub(super) fn listen(host: &Rc<Host<Options>>) {
    let page = web_sys::window().and_then(|window| window.document()?.get_element_by_id("page"));
    let Some(page) = page else { return };
    let held: Rc<RefCell<Option<Held>>> = Rc::default();
    for kind in ["pointerdown", "pointermove", "pointerup", "pointercancel", "lostpointercapture"] {
        let (host, held) = (Rc::clone(host), Rc::clone(&held));
        EventListener::new(&page, kind, move |event| {
            let dropped = heard(&mut held.borrow_mut(), event, kind);
            if let Some([id, there]) = dropped {
                configure(&host, |settings| place(settings, &id, &there));
            }
        })
        .forget();
    }
}

/// What was dropped, and over what.
fn heard(held: &mut Option<Held>, event: &Event, kind: &str) -> Option<[String; 2]> {
    let pointer: &PointerEvent = event.dyn_ref()?;
    if kind == "pointerdown" {
        // One that was never let go of is no longer held.
        if let Some(row) = take_hold(pointer)
            && let Some(lost) = held.replace(row)
        {
            lost.unmark();
        }
        return None;
    }
    let row = held.as_mut().filter(|row| row.pointer == pointer.pointer_id())?;
    row.unmark();
    if kind == "pointermove" {
        row.follow(pointer);
        return None;
    }
    let Held { row, over, .. } = held.take()?;
    let id = |row: &Element| row.get_attribute("data-provider");
    if kind == "pointerup" { Some([id(&row)?, id(&over?)?]) } else { None }
}

fn take_hold(pointer: &PointerEvent) -> Option<Held> {
    let grip = pointer.target()?.dyn_into::<Element>().ok()?.closest(".grip").ok()??;
    if pointer.button() != 0 {
        return None;
    }
    let id = pointer.pointer_id();
    // Wherever it goes, the page hears of it.
    let _ = grip.set_pointer_capture(id);
    Some(Held { row: grip.parent_element()?.dyn_into().ok()?, over: None, pointer: id, from: pointer.page_y() })
}

impl Held {
    /// The row is where the pointer is, and the one below it shows a line where it would come to stand.
    fn follow(&mut self, pointer: &PointerEvent) {
        let moved = pointer.page_y() - self.from;
        let from_there = numbered(if moved < 0 { "0 -" } else { "0 " }, moved.unsigned_abs().into()) + "px";
        let _ = self.row.set_attribute(HELD, "");
        let _ = self.row.style().set_property("translate", &from_there);
        self.over = over(pointer);
        if let Some(over) = &self.over {
            let _ = over.set_attribute(LINE, "");
        }
    }

    fn unmark(&self) {
        for name in ["style", HELD] {
            let _ = self.row.remove_attribute(name);
        }
        if let Some(over) = &self.over {
            let _ = over.remove_attribute(LINE);
        }
    }
}

/// The row of the order under the pointer. The one that is held lets the pointer through.
#[expect(clippy::cast_precision_loss, reason = "no window is wider than 2^24 pixels")]
fn over(pointer: &PointerEvent) -> Option<Element> {
    let found =
        web_sys::window()?.document()?.element_from_point(pointer.client_x() as f32, pointer.client_y() as f32)?;
    found.closest(".offers > .on").ok()?
}

/// The mark of the row that is held.
const HELD: &str = "data-held";
/// The mark of the row that it is over.
const LINE: &str = "data-line";
