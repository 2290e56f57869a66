//! Chromium, by chromedriver and by the `DevTools` protocol of the whole browser.

use crate::browser::{Key, Options, Place, Side, Sight, downloads};
use crate::cdp::{Attached, Cdp};
use crate::process::Process;
use crate::wait::{PATIENT, SOON, until};
use crate::webdriver::WebDriver;
use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

pub(crate) struct Chromium {
    wire: RefCell<Wire>,
    // Before its driver: the session ends first.
    driver: WebDriver,
    _process: Process,
    origin: Option<String>,
    /// What pages are made to prefer, for those that are attached later.
    dark: Cell<bool>,
    display: Option<String>,
}

/// The browser's own socket and what is attached through it.
struct Wire {
    cdp: Cdp,
    probe: Option<Attached>,
    popup: Option<Attached>,
    /// Kept attached while offline: the emulation ends with the attachment.
    cut_worker: Option<Attached>,
}

impl Chromium {
    pub(crate) fn start(options: &Options, profile: &Path) -> Result<Self> {
        let path = env::var("CHROMEDRIVER").unwrap_or_else(|_| "/usr/bin/chromedriver".to_owned());
        let mut command = Command::new(path);
        // The browser's own words are kept beside the driver's, for the day it dies.
        command.args(["--port=0", "--enable-chrome-logs"]);
        if let Some(display) = &options.display {
            command.env("DISPLAY", display);
        }
        // The browser takes its language from here on Linux (GLib's order: `LANGUAGE` first), elsewhere from `--lang`.
        command.env("LANGUAGE", options.language);
        // "ChromeDriver was started successfully on port 40123."
        let (process, port) = Process::start_and_read(command, |line| {
            line.split("successfully on port ").nth(1)?.trim().trim_end_matches('.').parse::<u16>().ok()
        })?;
        let driver = WebDriver::start(port, &capabilities(options, profile)?, process.lines().clone())?;
        let address =
            driver.capabilities["goog:chromeOptions"]["debuggerAddress"].as_str().context("no debugger address")?;
        let mut cdp = Cdp::connect(address, process.lines().clone())?;
        leave_first_tab(&driver, &mut cdp)?;
        cdp.send("Browser.setDownloadBehavior", &json!({"behavior": "allow", "downloadPath": downloads(profile)}))?;
        let wire = Wire { cdp, probe: None, popup: None, cut_worker: None };
        let origin = options
            .extension
            .as_deref()
            .map(|folder| extension_id(folder).map(|id| format!("chrome-extension://{id}/")));
        let side = Self {
            wire: RefCell::new(wire),
            driver,
            _process: process,
            origin: origin.transpose()?,
            dark: Cell::new(false),
            display: options.display.clone(),
        };
        if side.origin.is_some() && options.background {
            until("the extension's worker has started", PATIENT, || Ok(side.background_runs()?.then_some(())))?;
        }
        Ok(side)
    }

    fn own_origin(&self) -> Result<&str> {
        self.origin.as_deref().context("this browser has no extension")
    }

    /// chromedriver does not list a tab with a page of an extension among its windows.
    fn with_own_tab<T>(&self, page: &str, none: T, work: impl FnOnce(&mut Cdp, &Attached) -> Result<T>) -> Result<T> {
        let url = format!("{}{page}", self.own_origin()?);
        let cdp = &mut self.wire.borrow_mut().cdp;
        let Some(tab) = cdp.targets("page", |target| target.starts_with(&url))?.pop() else { return Ok(none) };
        let tab = cdp.attach(&tab)?;
        let result = work(cdp, &tab);
        // The tab may be gone by now, and its session with it.
        let _ = cdp.detach(&tab);
        result
    }

    fn with_popup<T>(&self, work: impl FnOnce(&mut Cdp, &Attached) -> Result<T>) -> Result<T> {
        let mut wire = self.wire.borrow_mut();
        let popup = wire.popup.clone().context("the popup was not opened")?;
        work(&mut wire.cdp, &popup)
    }
}

impl Side for Chromium {
    fn driver(&self) -> &WebDriver {
        &self.driver
    }

    fn driver_mut(&mut self) -> &mut WebDriver {
        &mut self.driver
    }

    fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    fn background_eval(&self, body: &str) -> Result<Value> {
        let origin = self.own_origin()?;
        if !self.background_runs()? {
            // Any event wakes it; this one changes nothing.
            self.probe_eval("await browser.alarms.create('test-wake', {when: Date.now()})")?;
            until("the worker has woken up", SOON, || Ok(self.background_runs()?.then_some(())))?;
        }
        let cdp = &mut self.wire.borrow_mut().cdp;
        let worker = cdp.targets("service_worker", |url| url.starts_with(origin))?.pop().context("no worker")?;
        let worker = cdp.attach(&worker)?;
        let value = cdp.eval(&worker, body);
        cdp.detach(&worker)?;
        value
    }

    fn probe_eval(&self, body: &str) -> Result<Value> {
        let wire = &mut *self.wire.borrow_mut();
        if let Some(probe) = &wire.probe {
            // A reload of the extension closes its pages.
            if wire.cdp.eval(probe, "return 1").is_err() {
                wire.probe = None;
            }
        }
        let probe = if let Some(probe) = &wire.probe {
            probe.clone()
        } else {
            // A file of the extension that runs nothing: a page with its rights and without its code.
            let url = format!("{}manifest.json", self.own_origin()?);
            let target = wire.cdp.send("Target.createTarget", &json!({"url": url, "background": true}))?;
            let probe = wire.cdp.attach(target["targetId"].as_str().context("no target")?)?;
            wire.cdp.loaded(&probe)?;
            wire.probe = Some(probe.clone());
            probe
        };
        wire.cdp.eval(&probe, body)
    }

    fn background_runs(&self) -> Result<bool> {
        let origin = self.own_origin()?;
        let workers = self.wire.borrow_mut().cdp.targets("service_worker", |url| url.starts_with(origin))?;
        Ok(!workers.is_empty())
    }

    fn kill_background(&self) -> Result<()> {
        let origin = self.own_origin()?;
        let cdp = &mut self.wire.borrow_mut().cdp;
        for worker in cdp.targets("service_worker", |url| url.starts_with(origin))? {
            cdp.send("Target.closeTarget", &json!({"targetId": worker}))?;
            until("the worker has stopped", SOON, || {
                Ok((!cdp.targets("service_worker", |url| url.starts_with(origin))?.contains(&worker)).then_some(()))
            })?;
        }
        Ok(())
    }

    fn open_popup(&self) -> Result<()> {
        let origin = self.own_origin()?;
        let id = origin.trim_start_matches("chrome-extension://").trim_end_matches('/');
        // The tab that is in front is the one that WebDriver calls current.
        let page = self.driver.window()?;
        let wire = &mut *self.wire.borrow_mut();
        wire.popup = None;
        let tab = tab_of(&mut wire.cdp, &page)?;
        wire.cdp.send("Extensions.triggerAction", &json!({"id": id, "targetId": tab}))?;
        let cdp = &mut wire.cdp;
        let popup = until("the popup is there", SOON, || {
            Ok(cdp.targets("page", |url| url.starts_with(origin) && url.contains("popup.html"))?.pop())
        })?;
        let popup = cdp.attach(&popup)?;
        cdp.loaded(&popup)?;
        cdp.send_to(&popup, "Emulation.setEmulatedMedia", &scheme(self.dark.get()))?;
        wire.popup = Some(popup);
        Ok(())
    }

    fn popup_is_open(&self) -> Result<bool> {
        let origin = self.own_origin()?;
        let popups =
            self.wire.borrow_mut().cdp.targets("page", |url| url.starts_with(origin) && url.contains("popup.html"))?;
        Ok(!popups.is_empty())
    }

    fn close_popup(&self) -> Result<()> {
        let Some(origin) = &self.origin else { return Ok(()) };
        let is_popup = |url: &str| url.starts_with(origin.as_str()) && url.contains("popup.html");
        let wire = &mut *self.wire.borrow_mut();
        wire.popup = None;
        for popup in wire.cdp.targets("page", is_popup)? {
            // It may be closing by itself.
            let _ = wire.cdp.send("Target.closeTarget", &json!({"targetId": popup}));
        }
        until("the popup is closed", SOON, || Ok(wire.cdp.targets("page", is_popup)?.is_empty().then_some(())))
    }

    fn popup_eval(&self, body: &str) -> Result<Value> {
        self.with_popup(|cdp, popup| cdp.eval(popup, body))
    }

    fn popup_click_at(&self, x: f64, y: f64) -> Result<()> {
        self.with_popup(|cdp, popup| cdp.click_at(popup, x, y))
    }

    fn popup_screenshot(&self) -> Result<Vec<u8>> {
        let shot =
            self.with_popup(|cdp, popup| cdp.send_to(popup, "Page.captureScreenshot", &json!({"format": "png"})))?;
        Ok(BASE64_STANDARD.decode(shot["data"].as_str().context("no picture")?)?)
    }

    fn own_tab_eval(&self, page: &str, body: &str) -> Result<Value> {
        let dark = self.dark.get();
        self.with_own_tab(page, Value::Null, |cdp, tab| {
            cdp.send_to(tab, "Emulation.setEmulatedMedia", &scheme(dark))?;
            cdp.eval(tab, body)
        })
    }

    fn close_own_tab(&self, page: &str) -> Result<()> {
        let url = format!("{}{page}", self.own_origin()?);
        let cdp = &mut self.wire.borrow_mut().cdp;
        for tab in cdp.targets("page", |target| target.starts_with(&url))? {
            cdp.send("Target.closeTarget", &json!({"targetId": tab}))?;
        }
        // What is told to a tab that is closing is never answered.
        until("the tab is closed", SOON, || {
            Ok(cdp.targets("page", |target| target.starts_with(&url))?.is_empty().then_some(()))
        })
    }

    fn close_panel(&self, page: &str) -> Result<()> {
        self.close_own_tab(page)
    }

    fn front(&self) -> Result<()> {
        let page = self.driver.window()?;
        self.wire.borrow_mut().cdp.send("Target.activateTarget", &json!({"targetId": page})).map(drop)
    }

    fn own_tab_click_at(&self, page: &str, x: f64, y: f64) -> Result<()> {
        self.with_own_tab(page, (), |cdp, tab| cdp.click_at(tab, x, y))
    }

    fn own_tab_drag(&self, page: &str, points: &[(f64, f64)]) -> Result<()> {
        self.with_own_tab(page, (), |cdp, tab| cdp.drag(tab, points))
    }

    fn press(&self, place: Place<'_>, keys: &[Key]) -> Result<()> {
        match place {
            Place::Tab => self.driver.strike(keys),
            Place::Popup => self.with_popup(|cdp, popup| cdp.press(popup, keys)),
            Place::Own(page) => self.with_own_tab(page, (), |cdp, tab| cdp.press(tab, keys)),
        }
    }

    fn own_tab_screenshot(&self, page: &str) -> Result<Vec<u8>> {
        let dark = self.dark.get();
        // Where something sticks to the bottom of the window, a picture of more than the window never comes.
        let beyond = page != "handoff.html";
        let shot = self.with_own_tab(page, Value::Null, |cdp, tab| {
            // The emulation belongs to the attachment, and so does the picture.
            cdp.send_to(tab, "Emulation.setEmulatedMedia", &scheme(dark))?;
            cdp.send_to(tab, "Page.captureScreenshot", &json!({"format": "png", "captureBeyondViewport": beyond}))
        })?;
        Ok(BASE64_STANDARD.decode(shot["data"].as_str().context("no picture")?)?)
    }

    fn grant(&self, origins: &[&str]) -> Result<()> {
        // The profile is seeded so that a request is granted without a prompt; it still needs a gesture.
        let code = format!("browser.permissions.request({{origins: {}}})", json!(origins));
        self.probe_eval("return 1")?;
        let wire = &mut *self.wire.borrow_mut();
        let probe = wire.probe.clone().context("no probe page")?;
        let answer = wire.cdp.send_to(
            &probe,
            "Runtime.evaluate",
            &json!({"expression": code, "awaitPromise": true, "returnByValue": true, "userGesture": true}),
        )?;
        if answer["result"]["value"] != true {
            bail!("not granted: {answer}");
        }
        Ok(())
    }

    fn answer_prompt(&self, accept: bool, done: &mut dyn FnMut() -> Result<bool>) -> Result<()> {
        let display = self.display.as_deref().context("only a browser with a window shows a prompt")?;
        if accept {
            bail!("a prompt is accepted by a seeded profile, not by a key");
        }
        // The prompt ignores keys while it is new, and a key before it is there does nothing: so press until it has worked.
        until("the prompt is answered", SOON, || {
            if done()? {
                return Ok(Some(()));
            }
            let pressed = Command::new("xdotool").args(["key", "Escape"]).env("DISPLAY", display).status()?;
            if !pressed.success() {
                bail!("xdotool failed");
            }
            Ok(None)
        })
    }

    fn room_for_notices(&self) -> Result<()> {
        // Headless or not, it keeps them.
        Ok(())
    }

    fn crash_tab(&self) -> Result<()> {
        let page = self.driver.window()?;
        let cdp = &mut self.wire.borrow_mut().cdp;
        let tab = cdp.attach(&page)?;
        cdp.send_to(&tab, "Inspector.enable", &json!({}))?;
        cdp.tell(&tab, "Page.crash")?;
        cdp.wait_for_event("Inspector.targetCrashed")?;
        cdp.send("Target.closeTarget", &json!({"targetId": page})).map(drop)
    }

    fn insert(&self, text: &str) -> Result<()> {
        self.driver.post("/goog/cdp/execute", &json!({"cmd": "Input.insertText", "params": {"text": text}})).map(drop)
    }

    fn offline(&self, off: bool) -> Result<()> {
        let conditions = json!({"offline": off, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.driver.post("/goog/cdp/execute", &json!({"cmd": "Network.enable", "params": {}}))?;
        self.driver
            .post("/goog/cdp/execute", &json!({"cmd": "Network.emulateNetworkConditions", "params": conditions}))?;
        let wire = &mut *self.wire.borrow_mut();
        if let Some(worker) = wire.cut_worker.take() {
            wire.cdp.detach(&worker)?;
        }
        if off && let Some(origin) = &self.origin {
            for worker in wire.cdp.targets("service_worker", |url| url.starts_with(origin.as_str()))? {
                let worker = wire.cdp.attach(&worker)?;
                wire.cdp.send_to(&worker, "Network.enable", &json!({}))?;
                wire.cdp.send_to(&worker, "Network.emulateNetworkConditions", &conditions)?;
                wire.cut_worker = Some(worker);
            }
        }
        Ok(())
    }

    fn dark(&self, dark: bool) -> Result<()> {
        let media = scheme(dark);
        self.dark.set(dark);
        self.driver.post("/goog/cdp/execute", &json!({"cmd": "Emulation.setEmulatedMedia", "params": media}))?;
        let wire = &mut *self.wire.borrow_mut();
        if let Some(popup) = &wire.popup {
            wire.cdp.send_to(popup, "Emulation.setEmulatedMedia", &media)?;
        }
        Ok(())
    }

    fn still(&self, still: bool) -> Result<()> {
        let value = if still { "reduce" } else { "no-preference" };
        let media = json!({"features": [{"name": "prefers-reduced-motion", "value": value}]});
        self.driver.post("/goog/cdp/execute", &json!({"cmd": "Emulation.setEmulatedMedia", "params": media})).map(drop)
    }

    fn sized(&self, size: Option<(u32, u32, u32)>) -> Result<()> {
        let (cmd, params) = match size {
            Some((width, height, zoom)) => (
                "Emulation.setDeviceMetricsOverride",
                json!({"width": width, "height": height, "deviceScaleFactor": zoom, "mobile": false}),
            ),
            None => ("Emulation.clearDeviceMetricsOverride", json!({})),
        };
        self.driver.post("/goog/cdp/execute", &json!({"cmd": cmd, "params": params})).map(drop)
    }
}

/// What makes a page prefer dark or light.
fn scheme(dark: bool) -> Value {
    json!({"features": [{"name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" }}]})
}

/// Moves the session to a tab of its own. The first one may still be busy with the browser's start page, and then every command of
/// chromedriver in it hangs (seen in one start of four on a busy machine); so it is left without asking it anything.
fn leave_first_tab(driver: &WebDriver, cdp: &mut Cdp) -> Result<()> {
    let old = cdp.targets("page", |url| !url.starts_with("chrome-extension:"))?;
    let own = cdp.send("Target.createTarget", &json!({"url": "about:blank"}))?;
    let own = own["targetId"].as_str().context("no target")?;
    until("the new tab has a handle", SOON, || Ok(driver.windows()?.iter().any(|tab| tab == own).then_some(())))?;
    driver.switch(own)?;
    for tab in old {
        cdp.send("Target.closeTarget", &json!({"targetId": tab}))?;
    }
    until("only the new tab is left", SOON, || Ok((driver.windows()? == [own.to_owned()]).then_some(())))
}

/// The id that Chromium gives to an unpacked extension: the SHA-256 of its absolute path, 32 hex digits mapped to a..p.
fn extension_id(folder: &Path) -> Result<String> {
    let path = fs::canonicalize(folder)?;
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    Ok(digest.iter().take(16).flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(b'a' + digit)).collect())
}

/// The `tab` target around a `page` target: `Extensions.triggerAction` takes only the former.
fn tab_of(cdp: &mut Cdp, page: &str) -> Result<String> {
    for tab in cdp.targets("tab", |_| true)? {
        let info = cdp.send("Target.getTargetInfo", &json!({"targetId": page}))?;
        let tab_info = cdp.send("Target.getTargetInfo", &json!({"targetId": tab}))?;
        if info["targetInfo"]["parentId"] == json!(tab) || info["targetInfo"]["url"] == tab_info["targetInfo"]["url"] {
            return Ok(tab);
        }
    }
    bail!("no tab for the page {page}")
}

fn capabilities(options: &Options, profile: &Path) -> Result<Value> {
    let mut arguments = vec![
        format!("--user-data-dir={}", profile.display()),
        // Every host is the lab; nothing can leave this machine.
        format!("--host-resolver-rules=MAP * 127.0.0.1:{},EXCLUDE 127.0.0.1,EXCLUDE localhost", options.port),
        // `acceptInsecureCerts` reaches pages only; the worker asks the status page.
        "--ignore-certificate-errors".to_owned(),
        format!("--lang={}", options.language),
    ];
    arguments.extend(FLAGS.map(str::to_owned));
    // A window of 1280 by 1024 at 200 % is as large as one of half of that.
    let window = if options.sight == Sight::Low { "--window-size=640,512" } else { "--window-size=1200,900" };
    arguments.push(window.to_owned());
    if options.sight == Sight::Low {
        arguments.extend(LOW_VISION.map(str::to_owned));
    }
    if options.display.is_none() {
        arguments.push("--headless=new".to_owned());
    }
    // Without it `runtime.reload()` leaves the extension disabled.
    let mut prefs = json!({"extensions.ui.developer_mode": true});
    if let Some(folder) = &options.extension {
        let folder = fs::canonicalize(folder).with_context(|| format!("no extension in {}", folder.display()))?;
        arguments.push(format!("--load-extension={}", folder.display()));
        if !options.prompts {
            let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json"))?)?;
            let hosts = manifest.get("optional_host_permissions").cloned().unwrap_or_else(|| json!([]));
            let rights = manifest.get("optional_permissions").cloned().unwrap_or_else(|| json!([]));
            prefs[format!("extensions.settings.{}.runtime_granted_permissions", extension_id(&folder)?)] =
                json!({"api": rights, "manifest_permissions": [], "explicit_host": hosts, "scriptable_host": []});
        }
    }
    let binary = env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    Ok(json!({
        "browserName": "chrome",
        "acceptInsecureCerts": true,
        "pageLoadStrategy": "eager",
        "timeouts": {"pageLoad": PAGE_LOAD_LIMIT_MS},
        "goog:chromeOptions": {"binary": binary, "args": arguments, "prefs": prefs},
    }))
}

/// A page that has not loaded by then never will.
const PAGE_LOAD_LIMIT_MS: u32 = 30_000;

/// As Windows with its contrast themes, the browser's zoom, and the wish for less motion.
const LOW_VISION: [&str; 3] =
    ["--force-device-scale-factor=2", "--force-high-contrast", "--force-prefers-reduced-motion"];

/// Quiet, reproducible, and startable as root in a container.
const FLAGS: [&str; 9] = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_32_letters_from_a_to_p() {
        let id = extension_id(Path::new("/")).unwrap();
        assert_eq!(id.len(), 32);
        assert!(id.bytes().all(|letter| (b'a'..=b'p').contains(&letter)));
    }
}
