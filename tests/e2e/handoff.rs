//! One click: the same text, unsent, in the fallback's composer, by the editor's own model.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::Duration;
use understudy_engine::claude::begun_answer;
use understudy_lab::{Answer, Effect, Fault, Part, Shape, Target};
use understudy_tests::matrix::FALLBACKS;
use understudy_tests::stage::{Words, same_text};
use understudy_tests::texts::hard;
use understudy_tests::wait::{PATIENT, SOON, never, until};
use understudy_tests::{Display, Kind, Stage, axe};

const ORIGINS: [&str; 4] = [
    "https://chatgpt.com/*",
    "https://gemini.google.com/*",
    "https://www.perplexity.ai/*",
    "https://chat.deepseek.com/*",
];

pub fn add(suite: &mut Suite) {
    for units in [10, 2_000, 100_000] {
        suite.both(&format!("handoff_typed_{units}"), move |stage| typed(stage, units));
    }
    suite.both("handoff_typed_elsewhere", typed_elsewhere);
    suite.both("handoff_to_an_address_of_ones_own", own_address);
    suite.both("handoff_by_link_without_permission", by_link);
    suite.both("handoff_asks_for_consent_where_the_browser_wants_it", consent);
    suite.both("handoff_says_where_it_goes_the_first_time", first_time);
    suite.both("handoff_to_this_machine_says_so", own_machine);
    suite.both("handoff_page_asks_and_types", asked_and_allowed);
    suite.both("handoff_page_copies_instead", copied_instead);
    suite.both("handoff_masks_a_secret", masked_secret);
    suite.both("handoff_takes_the_text_of_an_attachment_along", attached);
    suite.both("handoff_continues_an_answer_whose_page_is_gone", begun_and_gone);
    suite.both("handoff_takes_the_conversation_along", taken_along);
    suite.both_alone("handoff_refused_goes_by_clipboard", refused);
    suite.both("handoff_leaves_a_draft_alone", draft_is_left_alone);
    suite.both("handoff_survives_a_late_composer", late_composer);
    suite.both("handoff_copy_button", copy_button);
    suite.both("handoff_click_fills_the_clipboard", click_copies);
    suite.both("handoff_a_hidden_card_has_no_buttons", hidden_card);
    suite.both("handoff_types_on_its_own_site_only", own_site_only);
}

/// With permission: typed into `ProseMirror`, Quill, Lexical and a textarea, verified, unsent.
fn typed(stage: &Stage, units: usize) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.grant(&ORIGINS)?;
    stage.prefer(&FALLBACKS.map(|(id, ..)| id))?;
    let text = hard(units);
    fail_with(stage, &text)?;
    for (index, (id, name, host)) in FALLBACKS.into_iter().enumerate() {
        let label = words.say(if index == 0 { "action_continue" } else { "action_name" }, &[name])?;
        let known = stage.browser.driver().windows()?;
        stage.browser.click_card(&label)?;
        let took = stage.expect_arrival(&known, host, &text).with_context(|| name.to_owned())?;
        eprintln!("{} handoff_typed_{units}: {name} after {} ms", stage.browser.kind().name(), took.as_millis());
        let handed = stage.wait_for_handed(&text, id)?;
        ensure!(handed["way"] == "typed" && handed["verified"] == true, "{name}: {handed}");
        // Whoever has one more thing to say goes on behind the text.
        if units < 100_000 {
            stage.browser.driver().press("!")?;
            stage.expect_text(host, &format!("{text}!")).with_context(|| format!("{name}: the caret"))?;
        }
        stage.browser.close_other_tabs(stage.home())?;
    }
    Ok(())
}

/// The other assistants of the catalogue, with permission.
fn typed_elsewhere(stage: &Stage) -> Result<()> {
    const OTHERS: [(&str, &str, &str); 3] = [
        ("mistral", "Mistral Le Chat", "chat.mistral.ai"),
        ("grok", "Grok", "grok.com"),
        ("ms-copilot", "Microsoft Copilot", "copilot.microsoft.com"),
    ];
    let words = Words::read(stage.browser.kind())?;
    stage.browser.grant(&["https://chat.mistral.ai/*", "https://grok.com/*", "https://copilot.microsoft.com/*"])?;
    stage.prefer(&OTHERS.map(|(id, ..)| id))?;
    let text = hard(2_000);
    fail_with(stage, &text)?;
    for (index, (id, name, host)) in OTHERS.into_iter().enumerate() {
        let label = words.say(if index == 0 { "action_continue" } else { "action_name" }, &[name])?;
        let known = stage.browser.driver().windows()?;
        stage.browser.click_card(&label)?;
        stage.expect_arrival(&known, host, &text).with_context(|| name.to_owned())?;
        let handed = stage.wait_for_handed(&text, id)?;
        ensure!(handed["way"] == "typed" && handed["verified"] == true, "{name}: {handed}");
        stage.browser.close_other_tabs(stage.home())?;
    }
    Ok(())
}

/// An address of one's own takes the prompt in its place; one that is too long for it goes by the clipboard.
fn own_address(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.consent()?;
    stage.prefer_own("https://chatgpt.com/?prompt={prompt}", "Our own")?;
    let text = hard(400);
    fail_with(stage, &text)?;
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&words.say("action_continue", &["Our own"])?)?;
    stage.expect_arrival(&known, "chatgpt.com", &text)?;
    let handed = stage.wait_for_handed(&text, "custom")?;
    ensure!(handed["way"] == "link", "{handed}");
    Ok(())
}

/// Without permission, and short enough: the provider's own link fills the composer and does not send.
fn by_link(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.consent()?;
    for units in [10, 400] {
        let text = hard(units);
        fail_with(stage, &text)?;
        let known = stage.browser.driver().windows()?;
        stage.browser.click_card(&words.say("action_continue", &["ChatGPT"])?)?;
        stage.expect_arrival(&known, "chatgpt.com", &text)?;
        let handed = stage.wait_for_handed(&text, "chatgpt")?;
        ensure!(handed["way"] == "link", "{handed}");
        stage.browser.close_other_tabs(stage.home())?;
        stage.lab.reset();
    }
    Ok(())
}

/// Firefox wants to be asked before the first prompt leaves, even by a link; then one click is one click. In Chromium it always is.
fn consent(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let main = words.say("action_continue", &["ChatGPT"])?;
    for first in [true, false] {
        let text = hard(40);
        fail_with(stage, &text)?;
        let known = stage.browser.driver().windows()?;
        stage.browser.click_card(&main)?;
        if first && stage.browser.kind() == Kind::Firefox {
            let asked = words.say("handoff_consent", &[])?;
            until("the handoff page", PATIENT, || {
                Ok(stage.browser.own_tab_text(HANDOFF)?.contains(&asked).then_some(()))
            })?;
            let arrived = stage.lab.requests().iter().any(|seen| seen.host == "chatgpt.com");
            ensure!(!arrived, "ChatGPT was asked before the consent");
            click_decision(stage, "action_continue", &["ChatGPT"])?;
        }
        stage.expect_arrival(&known, "chatgpt.com", &text)?;
        stage.wait_for_handed(&text, "chatgpt")?;
        stage.browser.close_other_tabs(stage.home())?;
        stage.lab.reset();
    }
    Ok(())
}

/// The first time with an assistant a card says where the prompt goes, how much it is and who sends it. Enter is enough (in Firefox it
/// gives the browser's consent, too); then one click is one click. Another assistant is new all the same, and is granted in the same click.
fn first_time(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.agree(&[])?;
    stage.prefer(&["chatgpt", "deepseek"])?;
    for first in [true, false] {
        let text = hard(400);
        fail_with(stage, &text)?;
        let known = stage.browser.driver().windows()?;
        stage.browser.click_card(&words.say("action_continue", &["ChatGPT"])?)?;
        if first {
            card_says(
                stage,
                &[("page_first_web", &["chatgpt.com"]), ("page_first_filled", &[]), ("page_first_no_login", &[])],
            )?;
            let shown = stage.browser.own_tab_eval(HANDOFF, SHOWN_TEXT)?;
            ensure!(shown["text"].as_str().is_some_and(|shown| same_text(shown, &text)), "{shown}");
            until("the focus is on the button", SOON, || {
                Ok((stage.browser.own_tab_eval(HANDOFF, SHOWN_TEXT)?["focus"] == "go").then_some(()))
            })?;
            axe::sound_page(&stage.browser, HANDOFF)?;
            ensure!(
                !stage.lab.requests().iter().any(|seen| seen.host == "chatgpt.com"),
                "ChatGPT was asked before the click"
            );
            ensure!(stage.browser.local_storage()?["left"].is_null(), "nothing has left");
            stage.browser.own_tab_enter(HANDOFF)?;
        }
        stage.expect_arrival(&known, "chatgpt.com", &text)?;
        let handed = stage.wait_for_handed(&text, "chatgpt")?;
        ensure!(handed["way"] == "link", "{handed}");
        stage.browser.close_other_tabs(stage.home())?;
        stage.lab.reset();
    }
    let text = hard(2_000);
    fail_with(stage, &text)?;
    for allowed in [false, true] {
        let known = stage.browser.driver().windows()?;
        let tabs = || stage.browser.probe_eval("return (await browser.tabs.query({})).length");
        let before = tabs()?;
        stage.browser.click_card(&words.say("action_name", &["DeepSeek"])?)?;
        card_says(
            stage,
            &[
                ("page_first_web", &["chat.deepseek.com"]),
                ("page_first_typed", &[]),
                ("page_first_unsure", &[]),
                ("page_first_login", &[]),
            ],
        )?;
        if allowed {
            click_decision(stage, "action_continue", &["DeepSeek"])?;
            stage.expect_arrival(&known, "chat.deepseek.com", &text)?;
            let handed = stage.wait_for_handed(&text, "deepseek")?;
            ensure!(handed["way"] == "typed" && handed["verified"] == true, "{handed}");
        } else {
            // Rather not: nothing is agreed to, and the next click is the first again.
            click_decision(stage, "page_cancel", &[])?;
            until("the card's tab is gone", SOON, || Ok((tabs()? == before).then_some(())))?;
            stage.browser.driver().switch(stage.home())?;
        }
    }
    let agreed = stage.browser.local_storage()?["agreed"].clone();
    ensure!(agreed == "chatgpt\ndeepseek\n", "{agreed}");
    Ok(())
}

/// An address of one's own on this machine is no place on the web, and what it does with the text is its own affair.
fn own_machine(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.prefer_own("http://localhost:3000/?q={prompt}", "My own")?;
    stage.agree(&[])?;
    fail_with(stage, "At home")?;
    stage.browser.click_card(&words.say("action_continue", &["My own"])?)?;
    card_says(stage, &[("page_first_here", &["localhost:3000"]), ("page_first_unknown", &[])])
}

/// Waits until the card of the first time says all of this.
fn card_says(stage: &Stage, said: &[(&str, &[&str])]) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    for (key, arguments) in said {
        let said = words.say(key, arguments)?;
        until(&format!("the card says {said:?}"), PATIENT, || {
            Ok(stage.browser.own_tab_text(HANDOFF)?.contains(&said).then_some(()))
        })?;
    }
    Ok(())
}

/// Without permission, and too long for a link: the handoff page asks, and the granted host is typed into.
fn asked_and_allowed(stage: &Stage) -> Result<()> {
    let text = hard(2_000);
    let known = open_handoff_page(stage, "deepseek", "DeepSeek", &text)?;
    axe::sound_page(&stage.browser, HANDOFF)?;
    click_decision(stage, "action_continue", &["DeepSeek"])?;
    stage.browser.follow_new_tab(&known)?;
    stage.expect_text("chat.deepseek.com", &text)?;
    let handed = stage.wait_for_handed(&text, "deepseek")?;
    ensure!(handed["way"] == "typed" && handed["verified"] == true, "{handed}");
    Ok(())
}

/// With permission, but with an API key in the prompt: the page names it, and what arrives is what it showed.
fn masked_secret(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.grant(&ORIGINS)?;
    stage.prefer(&["chatgpt"])?;
    let key = format!("sk-ant-api03-{}", "a1B2c3D4e5F6g7H8".repeat(5));
    let prompt = |key: &str| format!("why is\n{key}\nrefused? é 🧑‍💻");
    fail_with(stage, &prompt(&key))?;
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&words.say("action_continue", &["ChatGPT"])?)?;
    let name = words.say("secret_key", &[])?;
    until("the handoff page names the secret", SOON, || {
        Ok(stage.browser.own_tab_text(HANDOFF)?.contains(&name).then_some(()))
    })?;
    axe::sound_page(&stage.browser, HANDOFF)?;
    let masked = prompt(&words.say("page_masked", &[&name])?);
    click_decision(stage, "action_continue", &["ChatGPT"])?;
    stage.browser.follow_new_tab(&known)?;
    stage.expect_text("chatgpt.com", &masked)?;
    let handed = stage.wait_for_handed(&prompt(&key), "chatgpt")?;
    ensure!(handed["way"] == "typed" && handed["verified"] == true, "{handed}");
    let left = stage.browser.local_storage()?["left"].as_str().unwrap_or_default().to_owned();
    // Flag 1: secrets were replaced. Nothing of the text is in it.
    let told = format!(" chatgpt typed {} 1\n", masked.chars().count());
    ensure!(left.ends_with(&told) && !left.contains(&key), "{left}");
    Ok(())
}

/// What an open tab has loaded of the conversation goes along, where that is wanted: the page shows all of it, and all of it arrives. The
/// lab is asked for nothing.
fn taken_along(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.grant(&ORIGINS)?;
    stage.take_along(2)?;
    stage.open("/new")?;
    stage.send_whole("What does it cost? é 🧑‍💻")?;
    stage.browser.driver().reload()?;
    stage.browser.wait_for("window.lab?.ready")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    let prompt = "And with\ntax?";
    stage.send(prompt)?;
    stage.watch(2)?;
    let known = stage.browser.driver().windows()?;
    let loads = || stage.lab.requests().iter().filter(|seen| seen.target.contains("tree=True")).count();
    let before = loads();
    stage.browser.click_card(&words.say("action_continue", &["ChatGPT"])?)?;
    let shown = until("the handoff page shows the conversation", SOON, || {
        let shown =
            stage.browser.own_tab_eval(HANDOFF, "return document.querySelector('#preview')?.textContent ?? ''")?;
        let shown = shown.as_str().unwrap_or_default().to_owned();
        Ok(shown.contains("What does it cost? é 🧑‍💻").then_some(shown))
    })?;
    ensure!(shown.ends_with(prompt) && shown.contains(&words.say("pack_claude", &[])?), "{shown}");
    // What has come into the page meanwhile has not taken the focus: Enter is all that is needed.
    let focus = stage.browser.own_tab_eval(HANDOFF, "return document.activeElement.id")?;
    ensure!(focus == "go", "the focus is at {focus}");
    axe::sound_page(&stage.browser, HANDOFF)?;
    ensure!(before > 0 && loads() == before, "claude.ai was asked for the conversation: {before}, then {}", loads());
    click_decision(stage, "action_continue", &["ChatGPT"])?;
    stage.browser.follow_new_tab(&known)?;
    stage.expect_text("chatgpt.com", &shown)?;
    let handed = stage.wait_for_handed(prompt, "chatgpt")?;
    ensure!(handed["way"] == "typed" && handed["verified"] == true, "{handed}");
    Ok(())
}

/// An answer breaks off, and its page is closed: what had come of it is kept with the prompt, under the title of its conversation, and goes
/// along where that is wanted. When the prompt is deleted, it is gone as well.
fn begun_and_gone(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.grant(&ORIGINS)?;
    stage.take_along(2)?;
    stage.open("/new")?;
    stage.send_whole("How do bees fly?")?;
    let title = until("the conversation has its name", SOON, || {
        let title = stage.browser.eval("return document.title")?;
        let named = title.as_str().and_then(|title| title.strip_suffix(" - Claude")).filter(|name| *name != "New chat");
        Ok(named.map(str::to_owned))
    })?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::CutBody { after: 12 }));
    let prompt = "And how far? é 🧑‍💻";
    stage.send(prompt)?;
    stage.watch(2)?;
    let kept = until("the beginning of the answer is kept", SOON, || {
        let stored = stage.browser.local_storage()?;
        let stored = stored.as_object().context("no store")?;
        Ok(stored.iter().find(|(key, _)| key.starts_with("begun:")).map(|(key, value)| (key.clone(), value.clone())))
    })?;
    let kept_text = kept.1.as_str().and_then(begun_answer).context("no beginning")?.text;
    ensure!(kept_text.chars() > 10, "only {} characters had come", kept_text.chars());
    let entry = kept.0.strip_prefix("begun:").context("no entry")?;
    until("the title is kept", SOON, || {
        let stored = stage.browser.local_storage()?;
        let facts = stored[format!("entry:{entry}")].as_str().map(serde_json::from_str::<Value>).transpose()?;
        Ok(facts.filter(|facts| facts["title"] == title.as_str()))
    })?;
    stage.browser.visit("https://gemini.google.com/app")?;
    stage.browser.open_popup()?;
    let place = words.say("page_in_thread", &[&title])?;
    until("the popup names the conversation", SOON, || {
        let shown = stage.browser.popup_text()?;
        Ok((shown.contains(&place) && shown.contains(prompt)).then_some(()))
    })?;
    stage.browser.popup_click("button", &words.say("page_continue_in", &["ChatGPT"])?)?;
    let begun = words.say("page_along_begun", &[])?;
    stage.browser.own_tab_click(HANDOFF, "label", &begun)?;
    let shown = until("the beginning of the answer is shown", SOON, || {
        let shown =
            stage.browser.own_tab_eval(HANDOFF, "return document.querySelector('#preview')?.textContent ?? ''")?;
        let shown = shown.as_str().unwrap_or_default().to_owned();
        Ok(shown.contains(&words.say("pack_begun", &[])?).then_some(shown))
    })?;
    ensure!(shown.contains(prompt) && shown.ends_with(kept_text.reveal()), "{shown}");
    stage.browser.close_own_tab(HANDOFF)?;
    let forget = json!({"type": "act", "act": {"act": "forget", "entry": entry}});
    stage.browser.probe_eval(&format!("await browser.runtime.sendMessage({forget})"))?;
    until("nothing is left of the prompt", SOON, || {
        let stored = stage.browser.local_storage()?;
        let stored = stored.as_object().context("no store")?;
        Ok((!stored.keys().any(|key| key.contains(entry))).then_some(()))
    })
}

/// A text that was attached, as a long one that is pasted is, is kept with a prompt that never arrived, and goes along where that is
/// wanted: without a question it would stay behind.
fn attached(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.grant(&ORIGINS)?;
    stage.prefer(&["chatgpt"])?;
    stage.open("/new")?;
    let inside = "first line\n\tsecond é 🧑‍💻";
    let body = "const file = new File([arguments[0]], 'notes.txt', {type: 'text/plain'});
        const moved = new DataTransfer();
        moved.items.add(file);
        const field = document.querySelector('[data-testid=file-upload]');
        field.files = moved.files;
        field.dispatchEvent(new Event('change', {bubbles: true}));
        return null";
    stage.browser.eval_with(body, &json!([inside]))?;
    stage.browser.wait_for("document.body.innerText.includes('notes.txt')")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::Overloaded)));
    stage.send("What is in it?")?;
    stage.watch(1)?;
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&words.say("action_continue", &["ChatGPT"])?)?;
    let preview = |what: &str, fits: &dyn Fn(&str) -> bool| {
        until(what, SOON, || {
            let shown =
                stage.browser.own_tab_eval(HANDOFF, "return document.querySelector('#preview')?.textContent ?? ''")?;
            let shown = shown.as_str().unwrap_or_default().to_owned();
            Ok(fits(&shown).then_some(shown))
        })
    };
    // It belongs to the prompt; whoever does not want it there unticks it.
    let label = words.say("page_along_attachments", &[])?;
    preview("the text of the attachment is shown", &|shown| shown.ends_with(inside))?;
    stage.browser.own_tab_click(HANDOFF, "label", &label)?;
    preview("the prompt alone is shown", &|shown| shown == "What is in it?")?;
    stage.browser.own_tab_click(HANDOFF, "label", &label)?;
    let shown = preview("both are shown again", &|shown| shown.ends_with(inside))?;
    ensure!(shown.starts_with("What is in it?") && shown.contains("notes.txt"), "{shown}");
    click_decision(stage, "action_continue", &["ChatGPT"])?;
    stage.browser.follow_new_tab(&known)?;
    stage.expect_text("chatgpt.com", &shown)
}

/// Without permission, and unwilling: one click copies the text and opens the provider, where it is pasted by hand.
fn copied_instead(stage: &Stage) -> Result<()> {
    let text = hard(2_000);
    let known = open_handoff_page(stage, "deepseek", "DeepSeek", &text)?;
    click_decision(stage, "page_rather_copy", &[])?;
    paste_by_hand(stage, &known, &text)
}

/// The browser's own prompt is refused: the same page then shows the clipboard way, and it works.
fn refused(kind: Kind) -> Result<()> {
    let display = if kind == Kind::Chromium { Some(Display::start()?) } else { None };
    let stage = Stage::start_with(kind, |options| {
        options.prompts = true;
        options.display = display.as_ref().map(|display| display.name.clone());
    })?;
    let text = hard(2_000);
    let known = open_handoff_page(&stage, "deepseek", "DeepSeek", &text)?;
    click_decision(&stage, "action_continue", &["DeepSeek"])?;
    let words = Words::read(kind)?;
    let copy = words.say("page_copy_and_open", &["DeepSeek"])?;
    stage.browser.answer_prompt(false, || Ok(stage.browser.own_tab_text(HANDOFF)?.contains(&copy)))?;
    let allowed = stage
        .browser
        .probe_eval("return await browser.permissions.contains({origins: ['https://chat.deepseek.com/*']})")?;
    ensure!(allowed == false, "the refusal was not taken");
    click_decision(&stage, "page_copy_and_open", &["DeepSeek"])?;
    paste_by_hand(&stage, &known, &text)
}

/// A draft in the fallback's composer is the user's: nothing is overwritten, the text waits on the clipboard.
fn draft_is_left_alone(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.grant(&ORIGINS)?;
    stage.prefer(&["deepseek"])?;
    // The stand-in finds a draft of its user's by a cookie of its own.
    stage.browser.visit_in_new_tab("https://chat.deepseek.com/")?;
    stage.browser.eval("document.cookie = 'lab=draft; path=/'")?;
    let checked = (|| {
        stage.browser.close_other_tabs(stage.home())?;
        fail_with(stage, "Do not mix me up")?;
        let known = stage.browser.driver().windows()?;
        stage.browser.click_card(&words.say("action_continue", &["DeepSeek"])?)?;
        stage.browser.follow_new_tab(&known)?;
        stage.browser.wait_for("window.lab?.ready")?;
        let handed = stage.wait_for_handed("Do not mix me up", "deepseek")?;
        ensure!(handed["way"] == "clipboard" && handed["verified"] == false, "{handed}");
        stage.browser.wait_for("window.lab.model() === window.lab.draft")?;
        stage.browser.wait_for_element("understudy-hint").map(drop)
    })();
    stage.browser.visit_in_new_tab("https://chat.deepseek.com/")?;
    stage.browser.eval("document.cookie = 'lab=; path=/; max-age=0'")?;
    checked
}

/// The composer takes no input for three seconds and is then replaced: the text still arrives.
fn late_composer(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.grant(&ORIGINS)?;
    stage.browser.visit_in_new_tab("https://chatgpt.com/")?;
    stage.browser.eval("document.cookie = 'lab=slow; path=/'")?;
    let checked = (|| {
        stage.browser.close_other_tabs(stage.home())?;
        let text = hard(500);
        fail_with(stage, &text)?;
        let known = stage.browser.driver().windows()?;
        stage.browser.click_card(&words.say("action_continue", &["ChatGPT"])?)?;
        stage.expect_arrival(&known, "chatgpt.com", &text)?;
        let handed = stage.wait_for_handed(&text, "chatgpt")?;
        ensure!(handed["verified"] == true, "{handed}");
        Ok(())
    })();
    stage.browser.visit_in_new_tab("https://chatgpt.com/")?;
    stage.browser.eval("document.cookie = 'lab=; path=/; max-age=0'")?;
    checked
}

/// The card's copy button puts the whole prompt on the clipboard.
fn copy_button(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let text = hard(2_000);
    fail_with(stage, &text)?;
    stage.browser.click_card(&words.say("action_copy", &[])?)?;
    clipboard_holds(stage, &text)
}

/// A click on a fallback puts the prompt on the clipboard too, before the other tab comes to the front.
fn click_copies(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.grant(&ORIGINS)?;
    stage.prefer(&["chatgpt"])?;
    let text = "On the clipboard too,\nand before the other tab comes";
    fail_with(stage, text)?;
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&words.say("action_continue", &["ChatGPT"])?)?;
    stage.expect_arrival(&known, "chatgpt.com", text)?;
    clipboard_holds(stage, text)
}

pub(crate) fn clipboard_holds(stage: &Stage, text: &str) -> Result<()> {
    stage.browser.visit_in_new_tab("https://chat.deepseek.com/")?;
    stage.browser.wait_for("window.lab?.ready")?;
    let composer = stage.browser.wait_for_element("textarea")?;
    until("the clipboard holds the prompt", SOON, || {
        stage.browser.eval("window.lab.setModel('')")?;
        stage.browser.driver().type_into(&composer, PASTE)?;
        let model = stage.browser.eval("return window.lab.model()")?;
        Ok(model.as_str().is_some_and(|model| same_text(model, text)).then_some(()))
    })
}

/// A page that hides the card, and lets the user click where its main button is, opens nothing.
fn hidden_card(stage: &Stage) -> Result<()> {
    stage.browser.consent()?;
    let text = "Not by a trick";
    fail_with(stage, text)?;
    let host = stage.browser.wait_for_element("understudy-card")?;
    let root = stage.browser.driver().shadow(&host)?;
    let place = stage.browser.eval_with(
        "const { left, top, height } = arguments[0].querySelector('button').getBoundingClientRect(); return [left, top + height / 2]",
        &json!([root.argument()]),
    )?;
    let (left, y) = (place[0].as_f64().context("no button")?, place[1].as_f64().context("no button")?);
    // Nobody reads a card faster.
    sleep(Duration::from_millis(400));
    let known = stage.browser.driver().windows()?;
    for hide in HIDDEN {
        let hidden = stage.browser.eval_with(&format!("{hide}; return true"), &json!([left]))?;
        ensure!(hidden == true);
        stage.browser.driver().click_at(left + 6.0, y)?;
        never(&format!("a tab opens by {hide}"), Duration::from_millis(700), || {
            let now = stage.browser.driver().windows()?;
            Ok((now.len() != known.len()).then_some(now))
        })?;
        stage.browser.eval(SHOWN)?;
    }
    stage.browser.driver().click_at(left + 6.0, y)?;
    stage.expect_arrival(&known, "chatgpt.com", text).map(drop)
}

/// A tab that has gone on to another site, though that one is open to us too and has a composer, gets nothing.
fn own_site_only(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.grant(&["https://chatgpt.com/*", "https://chat.mistral.ai/*"])?;
    stage.prefer(&["mistral"])?;
    stage.browser.visit_in_new_tab("https://chatgpt.com/")?;
    stage.browser.eval("document.cookie = 'lab=; path=/; max-age=0'; return null")?;
    stage.browser.close_other_tabs(stage.home())?;
    let text = "For Mistral alone";
    fail_with(stage, text)?;
    // The tab ends up at ChatGPT, whose composer Mistral's selectors would find.
    let elsewhere = Answer {
        status: Some(302),
        body: Some(String::new()),
        headers: [("location".to_owned(), "https://chatgpt.com/".to_owned())].into(),
        ..Answer::default()
    };
    stage.lab.fault(Fault {
        on: Target { host: Some("chat.mistral.ai".to_owned()), ..Target::default() },
        ..Fault::on(&[], Effect::Answer(elsewhere))
    });
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&words.say("action_continue", &["Mistral Le Chat"])?)?;
    stage.browser.follow_new_tab(&known)?;
    stage.browser.wait_for("location.host === 'chatgpt.com' && window.lab?.ready")?;
    never("the text stands in another site", Duration::from_secs(3), || {
        let model = stage.browser.eval("return window.lab.model()")?;
        Ok((model != "").then_some(model))
    })
}

/// Sends `text` into a broken claude.ai and waits for the card.
fn fail_with(stage: &Stage, text: &str) -> Result<()> {
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send(text)?;
    let shown = stage.watch(1)?;
    // With a long text the stand-in's own editor keeps the page busy: the time is taken with short ones.
    ensure!(
        text.len() > 10_000 || shown.after_ms() <= 1_000,
        "the card came {} ms after the failed response",
        shown.after_ms()
    );
    // What the stand-in sent is what the test gave it: else nothing below would prove anything.
    let sent = shown.request.prompt().unwrap_or_default();
    ensure!(same_text(&sent, text), "the stand-in changed the prompt");
    stage.wait_for_entry(text).map(drop)
}

/// Fails with `text` and clicks on a provider that has neither permission nor a link: the handoff page opens. Returns the tabs that were
/// there before.
fn open_handoff_page(stage: &Stage, id: &str, name: &str, text: &str) -> Result<Vec<String>> {
    let words = Words::read(stage.browser.kind())?;
    stage.prefer(&[id])?;
    fail_with(stage, text)?;
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&words.say("action_continue", &[name])?)?;
    let title = words.say("page_handoff_title", &[name])?;
    until("the handoff page", PATIENT, || Ok(stage.browser.own_tab_text(HANDOFF)?.contains(&title).then_some(())))?;
    Ok(known)
}

/// Clicks a button of the handoff page.
fn click_decision(stage: &Stage, key: &str, arguments: &[&str]) -> Result<()> {
    let label = Words::read(stage.browser.kind())?.say(key, arguments)?;
    stage.browser.own_tab_click(HANDOFF, "button", &label)
}

/// The provider's page is there with an empty composer; Ctrl+V brings the text.
fn paste_by_hand(stage: &Stage, known: &[String], text: &str) -> Result<()> {
    stage.browser.follow_new_tab(known)?;
    stage.expect_text("chat.deepseek.com", "")?;
    let composer = stage.browser.wait_for_element("textarea")?;
    stage.browser.driver().type_into(&composer, PASTE)?;
    stage.expect_text("chat.deepseek.com", text)?;
    let handed = stage.wait_for_handed(text, "deepseek")?;
    ensure!(handed["way"] == "clipboard", "{handed}");
    Ok(())
}

/// Ways in which a page can take the card out of sight and leave the left edge of its main button, at `arguments[0]`, under the
/// pointer.
const HIDDEN: [&str; 4] = [
    "document.querySelector('understudy-card').style.setProperty('opacity', '0.01', 'important')",
    "document.querySelector('understudy-card').style.setProperty('visibility', 'hidden', 'important')",
    "document.head.append(Object.assign(document.createElement('style'), { className: 'trick', \
     textContent: 'understudy-card::part(words) { visibility: hidden !important }' }))",
    "document.documentElement.append(Object.assign(document.createElement('div'), { className: 'trick', \
     style: `all: initial; position: fixed; inset: 0 0 0 ${arguments[0] + 12}px; z-index: 2147483647; background: #fff` }))",
];

/// And back.
const SHOWN: &str = "document.querySelector('understudy-card').removeAttribute('style');
    document.querySelectorAll('.trick').forEach((trick) => trick.remove());
    return null";

/// What will go, as the page shows it, and where the focus is.
const SHOWN_TEXT: &str = "
    return {text: document.querySelector('#preview').textContent, focus: document.activeElement?.id}";

/// The page on which a person decides.
const HANDOFF: &str = "handoff.html";

/// Ctrl+V in `WebDriver`'s key codes.
const PASTE: &str = "\u{e009}v\u{e000}";
