//! Send later, and coming home: what is put off, what waits, and that nothing goes back twice.

use super::{CHAT, T0, TAB, World, bootstrap, completion, error, failed, journey, put_back};
use understudy_engine::handoff::Way;
use understudy_engine::notice::Notice;
use understudy_engine::outbox::{Entry, EntryState};
use understudy_engine::provider::Settings;
use understudy_engine::view::HomeRow;
use understudy_engine::{
    Act, Fact, FillOutcome, Input, Output, Request, RequestStep, Stored, StreamEnd, Target, Technique, UserText,
    verdict::State,
};

const OTHER_CHAT: &str = "019f3f4c-ba14-79cd-bbb7-6926ba65fb99";
/// When the limit ends in [`limited`].
const RESET: u64 = T0 + 7_200_000;

impl World {
    fn newest(&self) -> String {
        self.engine.view(self.now).prompts[0].entry.clone()
    }

    fn put_off(&mut self) -> String {
        let entry = self.newest();
        self.page_act(Act::Later { entry: entry.clone(), on: true });
        entry
    }

    /// What the prompt waits for, in words; empty if for nothing.
    fn waits_for(&self, entry: &str) -> String {
        let view = self.engine.view(self.now);
        let row = view.prompts.iter().find(|row| row.entry == entry).expect("its row");
        row.put_off.as_ref().map(|say| say.key.clone()).unwrap_or_default()
    }

    fn waiting(&self) -> u64 {
        self.engine.view(self.now).waiting
    }

    fn home(&self) -> Vec<HomeRow> {
        self.engine.view(self.now).home
    }

    /// The stored entry.
    fn kept(&self, entry: &str) -> Entry {
        Entry::parse(&self.local[&format!("entry:{entry}")]).expect("a sound entry")
    }

    fn opens(&self) -> usize {
        self.done.iter().filter(|output| matches!(output, Output::Open { .. })).count()
    }

    /// The browser is closed and opened again: nothing of the session is left.
    fn reopen_browser(&mut self) {
        self.session = None;
        self.restart();
        self.tell(Input::Tick);
        self.tell(Input::Hello { tab: TAB, online: true });
    }

    /// A prompt in another tab and another chat is answered whole.
    fn answered_elsewhere(&mut self, text: &str) {
        self.requests += 1;
        let id = self.requests.to_string();
        let url = format!("https://claude.ai{}", completion().replace(CHAT, OTHER_CHAT));
        let body = serde_json::json!({"prompt": text, "model": "claude-opus-4-8"}).to_string().into_bytes();
        let step = |world: &mut World, step| world.tell(Input::Request(Request { id: id.clone(), tab: 8, step }));
        step(self, RequestStep::Started { method: "POST".into(), url: url.clone(), document: false, body: Some(body) });
        let headers =
            understudy_engine::Headers { content_type: Some("text/event-stream".into()), ..Default::default() };
        step(self, RequestStep::Headers { status: 200, headers });
        let seq = self.requests;
        for fact in [
            understudy_engine::Fact::Stream { seq, method: "POST".into(), url, status: 200 },
            understudy_engine::Fact::Event {
                seq,
                name: "message_stop".into(),
                data: r#"{"type":"message_stop"}"#.into(),
            },
        ] {
            self.tell(Input::Tap { tab: 8, fact });
        }
        step(self, RequestStep::Done);
    }
}

/// A send that meets the user's limit.
fn limited(world: &mut World, text: &str, known: bool) {
    let resets = if known { format!(r#",\"resetsAt\":{}"#, RESET / 1_000) } else { String::new() };
    let body = format!(
        r#"{{"type":"error","error":{{"type":"rate_limit_error","message":"{{\"type\":\"exceeded_limit\"{resets},\"representativeClaim\":\"five_hour\"}}"}}}}"#
    );
    world.refused(text, 429, "application/json", &body);
}

fn back_in_place(world: &mut World, text: &str) {
    let (job, _) = put_back(world);
    world.loaded(&job, 50);
    world.filled(&job, FillOutcome::Written, Some(text));
}

#[test]
fn a_prompt_put_off_waits_until_claude_is_back_and_goes_back_once() {
    journey(|world| {
        world.allow("https://claude.ai/*");
        world.outage();
        assert!(world.engine.view(world.now).prompts[0].may_wait);
        let entry = world.put_off();
        assert_eq!((world.waits_for(&entry), world.waiting()), ("later_back".into(), 0));
        assert!(!world.engine.view(world.now).prompts[0].may_wait, "it is put off already");
        world.recovery();
        assert_eq!(
            (world.waits_for(&entry), world.waiting()),
            (String::new(), 0),
            "it was the prompt that was answered"
        );
    });
    journey(|world| {
        world.allow("https://claude.ai/*");
        world.outage();
        failed(world, "for later");
        let entry = world.put_off();
        world.now += 21_000;
        world.answered("one");
        assert_eq!((world.engine.state(), world.waiting()), (State::Recovering, 0), "not yet");
        world.now += 21_000;
        world.answered("two");
        assert_eq!((world.waits_for(&entry), world.waiting(), world.badge.as_str()), ("later_ripe".into(), 1, "1"));
        let thread = format!("https://claude.ai/chat/{CHAT}");
        assert_eq!(world.home()[0], HomeRow { entry: entry.clone(), thread: Some(thread.clone()), put_off: true });
        assert_eq!(world.home().len(), 2, "and the one that nobody has put off");
        // One click, and no second page beside it.
        world.page_act(Act::PutBack { entry: entry.clone(), text: None, copied: true });
        let (job, target) = world.opened();
        assert_eq!(target, Target::Thread { url: thread, at: None });
        let opened = world.opens();
        world.page_act(Act::PutBack { entry: entry.clone(), text: None, copied: true });
        assert_eq!(world.opens(), opened, "the second click is the first one again");
        world.loaded(&job, 50);
        world.filled(&job, FillOutcome::Written, Some("for later"));
        assert_eq!((world.waits_for(&entry), world.waiting(), world.badge.as_str()), (String::new(), 0, ""));
        assert!(world.home().iter().all(|row| row.entry != entry));
        // On its way to Claude nobody writes it again, and once it was answered neither.
        let id = world.stream("for later");
        world.page_act(Act::PutBack { entry: entry.clone(), text: None, copied: true });
        world.event(id, "message_stop", r#"{"type":"message_stop"}"#);
        world.page_act(Act::PutBack { entry: entry.clone(), text: None, copied: true });
        assert_eq!(world.opens(), opened);
        assert_eq!(world.kept(&entry).state, EntryState::Confirmed);
    });
}

#[test]
fn a_second_page_looks_into_the_open_thread_and_writes_over_nothing() {
    journey(|world| {
        world.allow("https://claude.ai/*");
        failed(world, "mine");
        back_in_place(world, "mine");
        let before = world.fills().len();
        // Much later, from a page that does not know of it.
        world.wait(60_000);
        let (job, _) = put_back(world);
        world.loaded(&job, 50);
        // What stands there is compared by the filler: the same text stays, and so does any other.
        assert!(world.fills().iter().all(|(_, overwrite)| !overwrite));
        world.filled(&job, FillOutcome::Occupied, Some("mine, and more"));
        assert_eq!(world.fills().last(), Some(&(Technique::ByHand, false)));
        assert!(before >= 1);
    });
}

#[test]
fn a_limit_is_waited_for_until_its_own_time() {
    journey(|world| {
        limited(world, "too much", true);
        assert!(world.engine.view(world.now).prompts[0].may_wait);
        let entry = world.put_off();
        assert_eq!(world.waits_for(&entry), "later_until");
        // Claude answers others meanwhile, and the limit holds.
        world.now += 60_000;
        world.get(&bootstrap(), 200);
        assert_eq!((world.waits_for(&entry), world.waiting()), ("later_until".into(), 0));
        let woken = |output: &Output| matches!(output, Output::WakeAt { at } if *at == RESET);
        world.now = RESET - 1_000;
        world.tell(Input::Tick);
        assert!(world.done.iter().any(woken), "its end is woken for");
        assert_eq!(world.waiting(), 0);
        world.wait(1_000);
        assert_eq!((world.waits_for(&entry), world.waiting(), world.badge.as_str()), ("later_ripe".into(), 1, "1"));
    });
}

#[test]
fn what_is_put_off_outlives_the_browser() {
    journey(|world| {
        limited(world, "too much", true);
        let entry = world.put_off();
        world.now += 60_000;
        world.reopen_browser();
        assert_eq!(world.waits_for(&entry), "later_until");
        assert!(world.done.iter().rev().any(|output| matches!(output, Output::WakeAt { at } if *at == RESET)));
        world.now = RESET + 5;
        // A popup that is opened before the alarm has rung says so as well.
        assert_eq!(world.waiting(), 1);
        world.reopen_browser();
        assert_eq!((world.waiting(), world.badge.as_str()), (1, "1"));
        assert_eq!(world.home().len(), 1);
    });
    journey(|world| {
        world.outage();
        let entry = world.put_off();
        world.now += 3_600_000;
        world.reopen_browser();
        assert_eq!(
            (world.waits_for(&entry), world.waiting()),
            ("later_back".into(), 0),
            "nothing was seen of Claude yet"
        );
        world.now += 1_000;
        failed(world, "still down");
        world.now += 1_000;
        world.get(&bootstrap(), 200);
        assert_eq!(world.waiting(), 0, "a page that loads is no proof while sends fail");
        world.now += 3_600_000;
        world.reopen_browser();
        world.now += 1_000;
        world.get(&bootstrap(), 200);
        assert_eq!(world.waiting(), 1);
    });
}

#[test]
fn a_limit_without_a_time_is_over_with_the_next_answer() {
    journey(|world| {
        limited(world, "too much", false);
        let entry = world.put_off();
        assert_eq!(world.waits_for(&entry), "later_answer");
        world.now += 3_600_000;
        world.get(&bootstrap(), 200);
        assert_eq!((world.waits_for(&entry), world.waiting()), ("later_answer".into(), 0));
        world.now += 1_000;
        world.answered("works again");
        assert_eq!((world.waits_for(&entry), world.waiting()), ("later_ripe".into(), 1));
    });
}

#[test]
fn an_outage_at_the_end_of_a_limit_is_waited_for_as_well() {
    journey(|world| {
        limited(world, "too much", true);
        world.put_off();
        world.now = RESET - 60_000;
        world.outage();
        world.now = RESET + 1_000;
        world.tell(Input::Tick);
        assert_eq!((world.engine.state(), world.waiting()), (State::Down, 0));
        world.now += 21_000;
        world.recovery();
        assert_eq!(world.waiting(), 1);
    });
}

#[test]
fn the_same_text_sent_again_in_its_chat_is_the_prompt_that_waited() {
    journey(|world| {
        limited(world, "too much", true);
        let entry = world.put_off();
        world.now += 3_600_000;
        // The same words in another chat are another prompt.
        world.answered_elsewhere("too much");
        assert_eq!((world.prompts(), world.waits_for(&entry)), (2, "later_until".into()));
        world.now += 60_000;
        let id = world.send("too much");
        assert_eq!((world.prompts(), world.waits_for(&entry)), (2, String::new()));
        world.headers(id, 500, "application/json");
        assert_eq!(world.waits_for(&entry), "", "what fails again is put off again by its user, or not");
        world.now = RESET + 1_000;
        world.tell(Input::Tick);
        assert_eq!(world.waiting(), 0);
    });
}

#[test]
fn who_does_not_want_it_any_more_is_not_offered_it() {
    journey(|world| {
        world.outage();
        failed(world, "never mind");
        let entry = world.put_off();
        world.now += 21_000;
        world.recovery();
        assert_eq!(world.waiting(), 1);
        world.page_act(Act::Later { entry: entry.clone(), on: false });
        assert_eq!((world.waiting(), world.home(), world.badge.as_str()), (0, Vec::new(), ""));
        // It is kept all the same.
        assert_eq!(world.local[&format!("text:{entry}")], "never mind");
    });
}

#[test]
fn a_temporary_chats_prompt_is_not_put_off() {
    journey(|world| {
        let body = r#"{"prompt":"off the record","create_conversation_params":{"is_temporary":true}}"#;
        let id = world.start("POST", &completion(), false, Some(body.as_bytes().to_vec()));
        world.headers(id, 500, "application/json");
        world.step(id, RequestStep::Done);
        let row = world.engine.view(world.now).prompts[0].clone();
        assert!(!row.may_wait);
        world.page_act(Act::Later { entry: row.entry.clone(), on: true });
        assert_eq!(world.waits_for(&row.entry), "");
        assert_eq!(world.prompts(), 0);
    });
}

#[test]
fn the_notice_of_a_recovery_counts_what_waits_and_there_is_no_third() {
    journey(|world| {
        world.allow("notifications");
        world.outage();
        failed(world, "one");
        world.put_off();
        world.wait(61_000);
        world.recovery();
        world.wait(61_000);
        world.wait(61_000);
        assert_eq!(world.notices(), [Notice::Down, Notice::Back(1)]);
        assert_eq!(Notice::Back(1).words().1.key, "notice_waiting_one");
    });
}

#[test]
fn the_end_of_a_limit_is_told_once() {
    journey(|world| {
        world.allow("notifications");
        limited(world, "too much", true);
        world.put_off();
        world.now = RESET + 1;
        world.tell(Input::Tick);
        assert_eq!(world.notices(), [Notice::Waiting(1)]);
        world.wait(61_000);
        world.reopen_browser();
        world.allow("notifications");
        world.wait(61_000);
        assert_eq!(world.notices(), [Notice::Waiting(1)]);
    });
    journey(|world| {
        limited(world, "too much", true);
        world.put_off();
        world.now = RESET + 1;
        world.tell(Input::Tick);
        world.allow("notifications");
        world.wait(1_000);
        assert_eq!((world.notices(), world.waiting()), (Vec::new(), 1), "nobody had allowed it");
    });
}

#[test]
fn what_was_too_short_for_notices_has_one_for_what_waits() {
    journey(|world| {
        world.allow("notifications");
        failed(world, "one");
        world.put_off();
        world.now += 5_000;
        world.answered("two");
        world.wait(61_000);
        assert_eq!(world.notices(), [Notice::Waiting(1)]);
    });
}

#[test]
fn a_clicked_notice_opens_the_one_thread_that_was_left() {
    let followed = |world: &mut World| {
        world.tell(Input::Noticed);
        match world.done.last() {
            Some(Output::Open { job, target: Target::Thread { url, .. }, .. }) if job.is_empty() => url.clone(),
            other => panic!("{other:?}"),
        }
    };
    journey(|world| {
        assert_eq!(followed(world), "https://claude.ai/");
        world.outage();
        failed(world, "one");
        assert_eq!(followed(world), "https://claude.ai/", "while it fails there is nothing to go back to");
        world.put_off();
        world.now += 21_000;
        world.recovery();
        assert_eq!(followed(world), format!("https://claude.ai/chat/{CHAT}"));
        // A second thread makes it a choice, which is the user's.
        let url = completion().replace(CHAT, OTHER_CHAT);
        let body = serde_json::json!({"prompt": "two", "model": "m"}).to_string().into_bytes();
        let id = world.start("POST", &url, false, Some(body));
        world.headers(id, 500, "application/json");
        world.step(id, RequestStep::Done);
        world.put_off();
        world.now += 21_000;
        world.answered("three");
        assert_eq!(world.waiting(), 2);
        assert_eq!(followed(world), "https://claude.ai/");
    });
}

#[test]
fn home_lists_what_the_outage_has_left_and_for_three_hours() {
    journey(|world| {
        world.allow("https://chatgpt.com/*");
        failed(world, "asked before");
        world.now += 3_600_000;
        world.tell(Input::Tick);
        world.outage();
        failed(world, "handed over");
        let handed = world.newest();
        world.page_act(Act::HandOff { provider: "chatgpt".into(), entry: Some(handed.clone()), copied: true });
        let (job, _) = world.opened();
        world.loaded(&job, 50);
        world.filled(&job, FillOutcome::Written, Some("handed over"));
        assert_eq!(world.home(), [], "not while Claude fails");
        world.now += 21_000;
        world.recovery();
        let home: Vec<_> = world.home().into_iter().map(|row| (row.entry, row.put_off)).collect();
        assert_eq!(home, [(handed.clone(), false)], "what was answered, or is of another day, is not among them");
        let view = world.engine.view(world.now);
        let row = view.prompts.iter().find(|row| row.entry == handed).unwrap();
        assert_eq!(row.elsewhere.as_deref(), Some("ChatGPT"));
        assert_eq!(view.waiting, 0, "nobody has put it off");
        world.wait(3 * 3_600_000);
        assert_eq!(world.home(), []);
    });
}

#[test]
fn an_answer_from_elsewhere_comes_along_and_is_settled_with_its_prompt() {
    journey(|world| {
        world.allow("https://claude.ai/*");
        world.outage();
        failed(world, "why?");
        let entry = world.newest();
        world.now += 21_000;
        world.recovery();
        let text = "why?\n\nMeanwhile ChatGPT answered this:\n\n> because";
        world.page_act(Act::PutBack { entry: entry.clone(), text: Some(UserText::new(text)), copied: true });
        let (job, _) = world.opened();
        world.loaded(&job, 50);
        let filled = |output: &Output| matches!(output, Output::Fill { order, .. } if order.text.reveal() == text);
        assert!(world.done.iter().any(filled));
        world.filled(&job, FillOutcome::Written, Some(text));
        let handed = world.kept(&entry).handed.unwrap();
        assert_eq!((handed.way, handed.verified), (Way::Typed, true));
        assert!(!world.local.contains_key("left"), "it comes home, it does not leave");
        // What is sent is kept whole, as a prompt of its own; its answer settles both.
        world.now += 60_000;
        let id = world.stream(text);
        assert_eq!(world.entry(), (EntryState::Unknown, text.into()));
        assert_eq!(world.home(), []);
        world.event(id, "message_stop", r#"{"type":"message_stop"}"#);
        assert_eq!(world.kept(&entry).state, EntryState::Confirmed);
        assert_eq!(world.entry().0, EntryState::Confirmed);
    });
}

#[test]
fn a_card_that_stands_says_that_claude_is_back_and_puts_back() {
    journey(|world| {
        world.allow("https://claude.ai/*");
        failed(world, "mine");
        assert_eq!((world.title(), world.offered()[0].as_str()), ("title_failed", "chatgpt"));
        world.now += 5_000;
        world.answered_elsewhere("another");
        assert_eq!((world.title(), world.line(0), world.line(1)), ("title_back", "what_back", "saved_not_sent"));
        assert_eq!(world.headline(), "verdict_clear", "the popup does not contradict it");
        let card = world.card.clone().unwrap();
        assert_eq!(card.tone, understudy_engine::Tone::Calm);
        assert_eq!(world.offered()[..2], ["claude", "chatgpt"]);
        let main: Vec<_> = card
            .actions
            .iter()
            .filter(|action| action.kind == understudy_engine::ActionKind::Primary)
            .map(|action| action.label.key.as_str())
            .collect();
        assert_eq!(main, ["action_put_back"]);
        // What fails again is told as ever, and the button is gone with the reason for it.
        let button = card.actions[0].act.clone();
        world.now += 5_000;
        world.get(&bootstrap(), 500);
        assert_eq!(world.title(), "title_failed");
        let opened = world.opens();
        world.card_act(button);
        assert_eq!(world.opens(), opened);
        world.now += 5_000;
        world.get(&bootstrap(), 200);
        assert_eq!(world.title(), "title_back");
        world.click_main();
        let (job, target) = world.opened();
        assert_eq!(target, Target::Thread { url: format!("https://claude.ai/chat/{CHAT}"), at: None });
        world.loaded(&job, TAB);
        world.filled(&job, FillOutcome::Written, Some("mine"));
        assert_eq!(world.card, None);
    });
}

#[test]
fn a_card_about_the_user_or_without_a_prompt_does_not_say_that_claude_is_back() {
    // An answer that breaks off is nobody's outage yet: a list that loads does not end it.
    journey(|world| {
        let id = world.stream("cut");
        world.fact(Fact::Closed { seq: id, events: 3, end: StreamEnd::End });
        world.step(id, RequestStep::Done);
        assert_eq!(world.title(), "title_cut");
        world.now += 1_000;
        world.get(&bootstrap(), 200);
        assert_eq!((world.engine.state(), world.title()), (State::Clear, "title_cut"));
    });
    journey(|world| {
        limited(world, "too much", true);
        world.now += 5_000;
        world.answered_elsewhere("another");
        assert_eq!(world.title(), "title_limit");
    });
    journey(|world| {
        world.refused("hello", 401, "application/json", &error("authentication_error"));
        world.now += 5_000;
        world.get(&bootstrap(), 200);
        assert_eq!(world.title(), "title_session");
    });
}

#[test]
fn nobody_puts_back_what_is_not_there() {
    let mut world = World::new(false);
    world.allow("https://claude.ai/*");
    let before = world.done.len();
    for act in [
        Act::PutBack { entry: "none".into(), text: Some(UserText::new("x")), copied: true },
        Act::Later { entry: "none".into(), on: true },
    ] {
        world.page_act(act);
    }
    assert!(!world.done[before..].iter().any(|output| matches!(output, Output::Open { .. } | Output::Fill { .. })));
    // Entries of an older version have no such marks.
    failed(&mut world, "old");
    let entry = world.newest();
    let plain = world.local[&format!("entry:{entry}")].clone();
    assert!(!plain.contains("later") && !plain.contains("limit"));
    let mut settings = Settings::default();
    settings.fallbacks.clear();
    world.page_act(Act::Configure { settings });
    let stored = Stored { session: None, local: world.local.clone().into_iter().collect() };
    let engine = understudy_engine::Engine::restore(super::config(), stored, world.now);
    assert_eq!(engine.view(world.now).prompts[0].put_off, None);
}
