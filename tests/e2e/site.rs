//! The website, as it is built, from a port of this machine.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use tempfile::TempDir;
use understudy_tests::served::Served;
use understudy_tests::stage::{dist, repository};
use understudy_tests::wait::{SOON, until};
use understudy_tests::{Stage, axe};

pub fn add(suite: &mut Suite) {
    suite.both("site_plays_outages_and_reads_recordings", all);
}

/// One visit: the playground, recordings good and bad, a large one, and that all of it stays here.
fn all(stage: &Stage) -> Result<()> {
    let site = Served::start(dist().join("www"))?;
    stage.browser.visit(site.url())?;
    stage.browser.wait_for("document.querySelector('#figures')")?;
    the_outage_plays(stage)?;
    another_story(stage)?;
    recordings(stage)?;
    a_large_recording(stage)?;
    looks(stage)?;
    narrow(stage)?;
    nobody_else_is_asked(stage, &site)?;
    the_recording_plays(stage, &site)?;
    still(stage)?;
    broken(stage)
}

/// The verdict comes long before the status page, later without probes, and time can be moved by hand and by itself.
fn the_outage_plays(stage: &Stage) -> Result<()> {
    let page = &stage.browser;
    let [ours, rival, official] = figures(stage)?;
    ensure!(page.eval("return document.querySelector('#headline').textContent")? == "Claude is down");
    ensure!(ours.down.as_str() > "11:37" && ours.down < official.down, "{ours:?} {official:?}");
    ensure!(official.down == "11:49:00" && rival.down > ours.down, "{rival:?} {official:?}");
    ensure!(ours.over.as_str() > "15:22" && ours.over < official.over, "{ours:?} {official:?}");

    press(stage, "#probing")?;
    let [alone, ..] = figures(stage)?;
    ensure!(alone.down > ours.down && alone.down < official.down, "with {ours:?}, without {alone:?}");
    let caption = page.eval("return document.querySelector('#note').textContent")?;
    ensure!(caption.as_str().is_some_and(|text| text.ends_with("Asked claude.ai by itself: 0 times.")), "{caption}");
    press(stage, "#probing")?;
    ensure!(figures(stage)?[0] == ours, "what is switched on again is as it was");

    let before = clock(stage)?;
    let scrub = page.wait_for_element("#scrub")?;
    page.driver().type_into(&scrub, ARROW_RIGHT)?;
    let after = clock(stage)?;
    ensure!(after > before, "the slider: {before}, {after}");
    press(stage, "#speed-1200")?;
    press(stage, "#play")?;
    until("time passes", SOON, || Ok((clock(stage)?.as_str() > "12:30").then_some(())))?;
    press(stage, "#play")?;
    let stopped = clock(stage)?;
    ensure!(page.eval("return document.querySelector('#play').textContent")? == "Play" && clock(stage)? == stopped);
    ensure!(
        page.eval("return document.querySelector('#headline').textContent")? == "claude.ai is down. Claude’s API is up"
    );
    press(stage, "#jump")?;
    ensure!(clock(stage)? == ours.down, "the verdict's moment");
    Ok(())
}

/// Where only the network is dead, the rule beside ours is wrong and ours is silent.
fn another_story(stage: &Stage) -> Result<()> {
    press(stage, "#story-dead-network")?;
    let [ours, rival, official] = figures(stage)?;
    ensure!(ours.down == "never" && official.down == "never", "{ours:?} {official:?}");
    ensure!(rival.down.ends_with(", wrongly"), "{rival:?}");
    Ok(())
}

/// What the command line says of a file, the page says.
fn recordings(stage: &Stage) -> Result<()> {
    let page = &stage.browser;
    let mut good = Vec::new();
    for file in fs::read_dir(repository().join("tests/fixtures/har"))? {
        let path = file?.path();
        if path.extension().is_some_and(|kind| kind == "json") {
            good.push(path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    ensure!(good.len() > 10, "{good:?}");
    for stem in good {
        let path = repository().join(format!("tests/fixtures/har/{stem}.har"));
        let found: Value = serde_json::from_str(&fs::read_to_string(path.with_extension("json"))?)?;
        choose(stage, &path.to_string_lossy())?;
        let shown = until(&stem, SOON, || {
            let shown = page.eval(
                "const told = document.querySelector('#told'), texts = (css) => [...told.querySelectorAll(css)].map((one) => one.textContent);
                 return told && {facts: Object.fromEntries([...told.querySelectorAll('dl > div')].map((row) => [...row.children].map((one) => one.textContent))),
                    why: texts('.reasons span')}",
            )?;
            let file = shown["facts"]["Recording"].as_str().unwrap_or_default();
            Ok(file.starts_with(&format!("{stem}.har: ")).then_some(shown))
        })?;
        let facts = &shown["facts"];
        ensure!(facts["Verdict"] == found["verdict"], "{stem}: {facts} instead of {}", found["verdict"]);
        let failing: Vec<&str> =
            found["surfaces"].as_array().context("surfaces")?.iter().filter_map(Value::as_str).collect();
        ensure!(facts["Failing"].as_str().unwrap_or_default() == failing.join(", "), "{stem}: {facts}");
        // "2026-03-02 11:37:04 UTC" and "2026-03-02T11:37:04.000Z".
        let since = facts["Since"].as_str().map(|since| since.trim_end_matches(" UTC").replace(' ', "T"));
        let wanted = found["since"].as_str().map(|since| since.chars().take(19).collect::<String>());
        ensure!(since == wanted, "{stem}: since {since:?} instead of {wanted:?}");
        let mut why: Vec<Value> = Vec::new();
        for text in shown["why"].as_array().context("evidence")? {
            if !why.contains(text) {
                why.push(text.clone());
            }
        }
        ensure!(json!(why) == found["evidence"], "{stem}: {why:?} instead of {}", found["evidence"]);
        // Answers are streams: a page that cannot read them does not see that Claude is back.
        if stem == "outage-recovered" {
            let end = facts["At the end"].as_str().unwrap_or_default();
            ensure!(end.starts_with("clear: Claude works again"), "{stem}: {facts}");
        }
    }
    for stem in ["truncated", "damaged", "empty", "foreign", "no-claude"] {
        let path = repository().join(format!("tests/fixtures/har/{stem}.har"));
        let sentence = fs::read_to_string(path.with_extension("txt"))?.replace("FILE", &format!("{stem}.har"));
        choose(stage, &path.to_string_lossy())?;
        until(sentence.trim(), SOON, || {
            let shown = page.eval("return document.querySelector('#refused')?.textContent ?? ''")?;
            Ok((shown == sentence.trim()).then_some(()))
        })?;
    }
    Ok(())
}

/// 210 MB, dropped: the page says how far it is, goes on answering, stops when told to, and reads it to its end the second time.
fn a_large_recording(stage: &Stage) -> Result<()> {
    let seen = waiting(stage, LARGE)?;
    let steps = seen["steps"].as_array().context("steps")?;
    ensure!(steps.len() >= 5 && steps.windows(2).all(|pair| pair[0].as_f64() < pair[1].as_f64()), "{steps:?}");
    let size = seen["size"].as_f64().unwrap_or_default();
    ensure!(size >= 200e6 && steps.last().and_then(Value::as_f64).is_some_and(|last| last < size), "{seen}");
    ensure!(seen["answered"] == json!(["Pause", "Play"]), "a button while it reads: {seen}");
    ensure!(seen["stopped"] == "large.har was not read to its end.", "{seen}");
    // A turn of the page is some milliseconds long; what would freeze it is the whole file at once.
    ensure!(seen["longest"].as_f64().is_some_and(|ms| ms < 1_000.0), "the page did not answer for long: {seen}");
    let told = until("the whole of it", Duration::from_secs(120), || {
        let told = stage.browser.eval("return document.querySelector('#told')?.innerText ?? ''")?;
        Ok(told.as_str().filter(|told| told.contains("large.har")).map(str::to_owned))
    })?;
    ensure!(told.contains("1 of 211 requests went to claude.ai"), "{told}");
    let longest = stage.browser.eval("return window.testLongest")?;
    ensure!(longest.as_f64().is_some_and(|ms| ms > 0.0 && ms < 1_000.0), "the page did not answer for long: {longest}");
    Ok(())
}

/// axe-core finds nothing, in light and in dark, and the page is not wider than its window.
fn looks(stage: &Stage) -> Result<()> {
    axe::sound(&stage.browser, |body| waiting(stage, body))?;
    let wide =
        stage.browser.eval("return document.documentElement.scrollWidth - document.documentElement.clientWidth")?;
    ensure!(wide == 0, "{wide} pixels too wide");
    Ok(())
}

/// On a telephone and at a zoom of 200 %, nothing is wider than the window and nothing is cut. What is shown is the fullest page: a
/// story at its verdict, with its reasons opened, and a recording that was read.
fn narrow(stage: &Stage) -> Result<()> {
    let page = &stage.browser;
    press(stage, "#story-dead-network")?;
    press(stage, "#jump")?;
    page.eval("for (const one of document.querySelectorAll('details')) one.open = true; return null")?;
    for (width, height, zoom) in [(320, 640, 1), (360, 640, 1), (640, 360, 2)] {
        page.size(width, height, zoom)?;
        let found = page.eval(TOO_WIDE)?;
        ensure!(found == json!([]), "{width} x {height}: {found:#}");
    }
    page.size_of_window()
}

/// Who wants nothing to move gets one picture after another when it plays, and none that slides.
fn still(stage: &Stage) -> Result<()> {
    let page = &stage.browser;
    let pictures = |still: bool| {
        page.still(still)?;
        page.visit(&page.driver().url()?)?;
        page.wait_for("document.querySelector('#figures')")?;
        waiting(stage, &format!("const span = {}; {PLAYED}", if still { 2_500 } else { 1_000 }))
    };
    let moving = pictures(false)?;
    let resting = pictures(true);
    page.still(false)?;
    let resting = resting?;
    // At five minutes a second: ten pictures a second, or one.
    let steps: [Vec<u64>; 2] = serde_json::from_value(json!([moving["steps"], resting["steps"]]))?;
    ensure!(steps[0].len() > 3 && steps[0].iter().all(|step| *step == 30), "moving {moving}, resting {resting}");
    ensure!((1..=3).contains(&steps[1].len()) && steps[1].iter().all(|step| *step == 300), "{moving} {resting}");
    ensure!(resting["animated"] == 0 && resting["slides"] == 0, "{resting}");
    Ok(())
}

/// A module that does not come, is none, or breaks later, leaves one sentence with a next step; so does a script that does not come.
fn broken(stage: &Stage) -> Result<()> {
    let page = &stage.browser;
    let said = "const one = document.querySelector('.trouble');
        return one.checkVisibility({visibilityProperty: true}) ? one.textContent.replace(/\\s+/g, ' ') : ''";
    ensure!(page.eval(said)? == "", "a playground that runs is said not to");
    let script = fs::read_to_string(dist().join("www/site.js"))?;
    for (what, name, bytes) in [
        ("a module that is none", "site_bg.wasm", Some(b"\0asm, but not really".to_vec())),
        ("no module", "site_bg.wasm", None),
        ("a module that breaks later", "site.js", Some(format!("{script}{TRAP}").into_bytes())),
        ("no script", "site.js", None),
    ] {
        let folder = TempDir::with_prefix("understudy-site-")?;
        for file in fs::read_dir(dist().join("www"))? {
            let file = file?;
            if file.file_name() != name {
                fs::copy(file.path(), folder.path().join(file.file_name()))?;
            }
        }
        if let Some(bytes) = bytes {
            fs::write(folder.path().join(name), bytes)?;
        }
        let site = Served::start(folder.path().to_owned())?;
        page.visit(site.url())?;
        if what == "no script" {
            // Nobody can tell that it will never come: it is said after a while, which is not waited for here.
            page.wait_for("document.readyState === 'complete'")?;
            ensure!(page.eval(said)? == "", "{what}: said before its time");
            page.eval("for (const one of document.getAnimations()) one.finish(); return null")?;
        }
        let text =
            until(what, SOON, || Ok(page.eval(said)?.as_str().filter(|said| !said.is_empty()).map(str::to_owned)))?;
        ensure!(text.contains("Load this page again"), "{what}: {text}");
        let left = page.eval(
            "return document.querySelector('#page').checkVisibility() && document.querySelector('#play') !== null",
        )?;
        ensure!(left == false, "{what}: what does not work can still be seen");
    }
    page.visit("about:blank")
}

/// Nothing but the page's own files was fetched, and the page could not send anything if it wanted to.
fn nobody_else_is_asked(stage: &Stage, site: &Served) -> Result<()> {
    let loaded = stage.browser.eval("return performance.getEntriesByType('resource').map(({name}) => name)")?;
    let loaded: Vec<String> = serde_json::from_value(loaded)?;
    ensure!(loaded.len() >= 3 && loaded.iter().all(|url| url.starts_with(site.url())), "{loaded:?}");
    let tried = waiting(
        stage,
        "const broken = [];
         addEventListener('securitypolicyviolation', ({effectiveDirective}) => broken.push(effectiveDirective));
         const sent = await fetch('https://claude.ai/upload', {method: 'POST', body: 'x'}).then(() => true, () => false);
         await new Promise((done) => setTimeout(done, 100));
         return {sent, broken}",
    )?;
    ensure!(tried == json!({"sent": false, "broken": ["connect-src"]}), "{tried}");
    let asked = site.asked();
    ensure!(asked.iter().all(|line| line.starts_with("GET /")) && asked.len() <= FILES, "{asked:?}");
    // All this time.
    ensure!(
        !asked.iter().any(|line| line.contains(".webm")),
        "the recording was fetched, and nobody has played it: {asked:?}"
    );
    Ok(())
}

/// The recording of the first screen comes when it is played, can be sought in to its end, and says what it shows.
fn the_recording_plays(stage: &Stage, site: &Served) -> Result<()> {
    let seen = waiting(stage, PLAYS)?;
    ensure!(site.asked().contains(&"GET /recording.webm".to_owned()), "{:?}", site.asked());
    ensure!(seen["before"] == json!([0, true]), "before it is played nothing is read, and it stands still: {seen}");
    // Twice as many pixels as it takes room: for screens with small ones.
    ensure!(seen["size"] == json!([1440, 1120]), "{seen}");
    let lasts = seen["lasts"].as_f64().context("how long it lasts")?;
    ensure!((8.0..25.0).contains(&lasts) && seen["played"].as_f64() > Some(0.0), "{seen}");
    ensure!(seen["sought"].as_f64().is_some_and(|at| lasts - at < 0.2), "its end: {seen}");
    ensure!(
        seen["pictures"].as_array().is_some_and(|two| two.len() == 2 && two[0] != two[1]),
        "it shows one picture: {seen}"
    );
    let cues: Vec<(f64, f64, String)> = serde_json::from_value(seen["cues"].clone())?;
    ensure!((4..=6).contains(&cues.len()) && seen["shown"] == "showing", "{seen}");
    let fits = cues.iter().all(|(from, to, text)| from < to && *to < lasts + 0.2 && !text.is_empty());
    ensure!(fits && cues.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{cues:?}");
    Ok(())
}

/// Runs the body of an async function in the page.
fn waiting(stage: &Stage, body: &str) -> Result<Value> {
    stage.browser.eval(&format!("return (async () => {{{body}\n}})()"))
}

/// A row of the figures.
#[derive(Debug, PartialEq)]
struct Row {
    down: String,
    over: String,
}

fn figures(stage: &Stage) -> Result<[Row; 3]> {
    let rows = stage.browser.eval(
        "return [...document.querySelectorAll('#figures tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))",
    )?;
    let rows: Vec<[String; 5]> = serde_json::from_value(rows)?;
    let rows: Vec<Row> = rows.into_iter().map(|[_, down, _, over, _]| Row { down, over }).collect();
    rows.try_into().map_err(|rows| anyhow::anyhow!("three rows: {rows:?}"))
}

fn clock(stage: &Stage) -> Result<String> {
    let clock = stage.browser.eval("return document.querySelector('.clock time').textContent")?;
    Ok(clock.as_str().unwrap_or_default().trim_end_matches(" UTC").to_owned())
}

fn press(stage: &Stage, css: &str) -> Result<()> {
    stage.browser.driver().click(&stage.browser.wait_for_element(css)?)
}

fn choose(stage: &Stage, path: &str) -> Result<()> {
    stage.browser.driver().type_into(&stage.browser.wait_for_element("#har")?, path)
}

/// What is wider than the window, or is cut inside a box that hides it. What scrolls by itself is a table or a command.
const TOO_WIDE: &str = "
    const wide = document.documentElement.clientWidth, found = [];
    if (document.documentElement.scrollWidth > wide) found.push(`the page: ${document.documentElement.scrollWidth}`);
    const scrolls = (one) => one && (['auto', 'scroll'].includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
    for (const one of document.body.querySelectorAll('*')) {
        const {left, right, width} = one.getBoundingClientRect();
        const name = `${one.localName}.${one.getAttribute('class')} ${one.textContent.trim().slice(0, 40)}`;
        if (width && !scrolls(one.parentElement) && (left < -0.5 || right > wide + 0.5)) found.push(`${name}: ${left} to ${right}`);
        const {overflowX, textOverflow} = getComputedStyle(one);
        if (['hidden', 'clip'].includes(overflowX) && !['svg', 'input'].includes(one.localName) && one.scrollWidth > one.clientWidth) found.push(`${name}: cut ${textOverflow}`);
    }
    return found;
";

/// Plays for `span` milliseconds, and says by how many seconds the clock went on each time, and what moved meanwhile.
const PLAYED: &str = "
    const clock = document.querySelector('.clock time'), at = (css) => document.querySelector(css);
    const read = () => clock.textContent.match(/\\d+/g).reduce((sum, part) => sum * 60 + Number(part), 0);
    const steps = [];
    let last = read(), animated = 0;
    await new Promise((done) => {
        const seen = new MutationObserver(() => {
            steps.push(read() - last);
            last = read();
            animated = Math.max(animated, document.getAnimations().length);
        });
        seen.observe(clock, {subtree: true, childList: true, characterData: true});
        at('#play').click();
        setTimeout(() => { at('#play').click(); seen.disconnect(); done(); }, span);
    });
    const slides = [...document.querySelectorAll('*')].filter((one) => parseFloat(getComputedStyle(one).transitionDuration) > 0).length;
    return {steps, animated, slides};
";

/// What traps as wasm does, while the page lives.
const TRAP: &str = "
const trap = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11];
setTimeout(() => new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(trap))).exports.f());
";

/// A key, as the drivers know it.
const ARROW_RIGHT: &str = "\u{e014}";

/// Page, style, script, module and icon, and the browser's own wish for one; the picture that stands for the recording, and its captions.
const FILES: usize = 8;

/// Plays the recording for a moment and goes to its end.
const PLAYS: &str = "
    const film = document.querySelector('video'), once = (name) => new Promise((done) => film.addEventListener(name, done, {once: true}));
    const picture = () => {
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [36, 28];
        canvas.getContext('2d').drawImage(film, 0, 0, 36, 28);
        return canvas.toDataURL();
    };
    const before = [film.readyState, film.paused];
    await film.play();
    while (!film.currentTime) await once('timeupdate');
    const played = film.currentTime;
    film.pause();
    const pictures = [picture()];
    const sought = once('seeked');
    film.currentTime = film.duration;
    await sought;
    pictures.push(picture());
    const {track} = document.querySelector('track');
    while (!track.cues?.length) await new Promise((done) => setTimeout(done, 50));
    const cues = [...track.cues].map(({startTime, endTime, text}) => [startTime, endTime, text]);
    return {before, played, size: [film.videoWidth, film.videoHeight], lasts: film.duration, sought: film.currentTime, pictures, shown: track.mode, cues};
";

/// Drops the file, stops it half way, and drops it again.
const LARGE: &str = r#"
    const entry = (url, text) => JSON.stringify({startedDateTime: '2026-03-02T11:00:00.000Z', time: 80, request: {method: 'GET', url},
        response: {status: 200, headers: [], content: {size: text.length, mimeType: 'text/plain', text}}});
    const large = entry('https://assets.example/picture', 'x'.repeat(1e6)) + ',';
    const parts = ['{"log":{"entries":[', ...Array(210).fill(large), entry('https://claude.ai/edge-api/bootstrap', '{}'), ']}}'];
    const file = new File(parts, 'large.har');
    const drop = () => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(file);
        document.body.dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true, cancelable: true}));
    };
    const turn = () => new Promise((done) => setTimeout(done, 0));
    const at = (css) => document.querySelector(css);
    drop();
    const steps = [], answered = [];
    let [longest, last] = [0, performance.now()];
    while (steps.length < 12) {
        await turn();
        const now = performance.now();
        [longest, last] = [Math.max(longest, now - last), now];
        const read = at('#progress')?.value ?? -1;
        if (read > (steps.at(-1) ?? 0)) steps.push(read);
        else if (steps.length && read < 0) break;
        if (steps.length === 3 && !answered.length) {
            for (let n = 0; n < 2; n++) {
                at('#play').click();
                answered.push(at('#play').textContent);
            }
        }
    }
    at('#cancel')?.click();
    while (at('#progress')) await turn();
    const stopped = at('#refused')?.textContent;
    drop();
    window.testLongest = 0;
    (async () => {
        let last = performance.now();
        while (!at('#told')?.innerText.includes('large.har')) {
            await turn();
            const now = performance.now();
            [window.testLongest, last] = [Math.max(window.testLongest, now - last), now];
        }
    })();
    return {size: file.size, steps, answered, longest, stopped};
"#;
