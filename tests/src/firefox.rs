//! Firefox, by geckodriver with access to the browser's own scripts.

use crate::browser::{Key, Options, Place, Side, Sight, downloads};
use crate::process::{Process, kill_tree};
use crate::wait::{PATIENT, SOON, until};
use crate::webdriver::{WebDriver, text};
use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::cell::Cell;
use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use tungstenite::Message;

pub(crate) struct Firefox {
    // Before its driver: the session ends first.
    driver: WebDriver,
    _process: Process,
    installed: Option<Installed>,
    /// What pages are made to prefer: a popup follows the browser's theme, and must be told by itself.
    dark: Cell<bool>,
}

struct Installed {
    id: String,
    origin: String,
}

impl Firefox {
    pub(crate) fn start(options: &Options, profile: &Path) -> Result<Self> {
        let mut command = Command::new(geckodriver());
        let socket = free_port()?;
        command.args(["--port", "0", "--allow-system-access", "--websocket-port", &socket.to_string()]);
        // Firefox writes below its home even with a profile of its own.
        command.env("HOME", profile);
        if let Some(display) = &options.display {
            command.env("DISPLAY", display);
        }
        // "… INFO geckodriver  Listening on 127.0.0.1:40123"
        let (process, port) = Process::start_and_read(command, |line| {
            line.split("Listening on ").nth(1)?.trim().rsplit(':').next()?.parse::<u16>().ok()
        })?;
        let id = options.extension.as_deref().map(add_on_id).transpose()?;
        let driver = WebDriver::start(port, &capabilities(options, profile, id.as_deref()), process.lines().clone())?;
        let mut side = Self { driver, _process: process, installed: None, dark: Cell::new(false) };
        if let (Some(id), Some(folder)) = (id, &options.extension) {
            side.install(id, folder, options.package.as_deref())?;
            if options.background {
                until("the extension's background has started", PATIENT, || Ok(side.background_runs()?.then_some(())))?;
            }
        }
        Ok(side)
    }

    fn install(&mut self, id: String, folder: &Path, package: Option<&Path>) -> Result<()> {
        let known = self.chrome_eval("return Boolean(WebExtensionPolicy.getByID(arguments[0]))", &json!([id]))?;
        if known != true {
            let body = match package {
                Some(package) => json!({"addon": BASE64_STANDARD.encode(fs::read(package)?), "temporary": false}),
                None => json!({"path": fs::canonicalize(folder)?, "temporary": true}),
            };
            self.driver.post("/moz/addon/install", &body)?;
        }
        self.installed = Some(Installed { id, origin: format!("moz-extension://{UUID}/") });
        Ok(())
    }

    /// Runs the body of an async function in the browser's own window.
    fn chrome_eval(&self, body: &str, arguments: &Value) -> Result<Value> {
        self.in_chrome(|| {
            self.driver.eval(&format!("return (async function () {{ {body} }}).apply(null, arguments)"), arguments)
        })
    }

    fn in_chrome<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.driver.post("/moz/context", &json!({"context": "chrome"}))?;
        let result = work();
        self.driver.post("/moz/context", &json!({"context": "content"}))?;
        result
    }

    /// Runs the body of an async function in the document of a `<browser>`, which `pick` finds.
    fn frame_eval(&self, pick: &str, body: &str) -> Result<Value> {
        let id = &self.installed()?.id;
        let answer = self.chrome_eval(&format!("{pick} {IN_FRAME}"), &json!([id, ascii(body)]))?;
        Ok(serde_json::from_str(&text(answer)?)?)
    }

    /// Script in which `b` is the `<browser>` of a tab, or of the sidebar, with one of the extension's own pages, or undefined.
    fn pick_own_tab(&self, page: &str) -> Result<String> {
        let url = json!(format!("{}{page}", self.installed()?.origin));
        Ok(format!(
            "const beside = document.getElementById('sidebar')?.contentDocument?.querySelectorAll('browser') ?? [];
             const b = [...gBrowser.tabs.map((tab) => tab.linkedBrowser), ...beside].find((b) => b.currentURI?.spec.startsWith({url}));"
        ))
    }

    /// Where in the browser's window a tab with one of the extension's own pages begins.
    fn corner(&self, page: &str) -> Result<(f64, f64)> {
        let place = self.chrome_eval(
            &format!(
                "{} if (!b) return null;
                 const [box, outer] = [b, b.ownerDocument.defaultView.frameElement].map((one) => one?.getBoundingClientRect());
                 return [box.x + (outer?.x ?? 0), box.y + (outer?.y ?? 0)]",
                self.pick_own_tab(page)?
            ),
            &json!([]),
        )?;
        let (Some(left), Some(top)) = (place[0].as_f64(), place[1].as_f64()) else { bail!("{page} is not open") };
        Ok((left, top))
    }

    fn installed(&self) -> Result<&Installed> {
        self.installed.as_ref().context("this browser has no extension")
    }

    /// Sends one command over `WebDriver` `BiDi`.
    fn bidi(&self, method: &str, params: &Value) -> Result<Value> {
        let url = self.driver.capabilities["webSocketUrl"].as_str().context("no BiDi socket")?;
        let (mut socket, _) = tungstenite::connect(url)?;
        socket.send(Message::text(json!({"id": 1, "method": method, "params": params}).to_string()))?;
        loop {
            let Message::Text(message) = socket.read()? else { continue };
            let answer: Value = serde_json::from_str(&message)?;
            if answer["id"] == 1 {
                let _ = socket.close(None);
                if answer["type"] == "error" {
                    bail!("{method}: {}", answer["message"]);
                }
                return Ok(answer["result"].clone());
            }
        }
    }
}

/// A script whose strings are the same without a character beyond ASCII: the script of a frame is loaded from an address, as bytes.
fn ascii(script: &str) -> String {
    let mut plain = String::with_capacity(script.len());
    for unit in script.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => plain.push(char::from(byte)),
            _ => plain.extend(["\\u".to_owned(), format!("{unit:04x}")]),
        }
    }
    plain
}

impl Side for Firefox {
    fn driver(&self) -> &WebDriver {
        &self.driver
    }

    fn driver_mut(&mut self) -> &mut WebDriver {
        &mut self.driver
    }

    fn origin(&self) -> Option<&str> {
        self.installed.as_ref().map(|installed| installed.origin.as_str())
    }

    fn background_eval(&self, body: &str) -> Result<Value> {
        self.frame_eval(PICK_BACKGROUND, body)
    }

    fn probe_eval(&self, body: &str) -> Result<Value> {
        self.frame_eval(&PICK_PROBE.replace("ORIGIN", &self.installed()?.origin), body)
    }

    fn background_runs(&self) -> Result<bool> {
        let id = &self.installed()?.id;
        let state = self
            .chrome_eval("return WebExtensionPolicy.getByID(arguments[0])?.extension.backgroundState", &json!([id]))?;
        Ok(state == "running")
    }

    fn kill_background(&self) -> Result<()> {
        let id = &self.installed()?.id;
        self.chrome_eval(
            "await WebExtensionPolicy.getByID(arguments[0]).extension.terminateBackground({ignoreDevToolsAttached: true})",
            &json!([id]),
        )
        // It has stopped when this returns; an event may have started a new life since.
        .map(drop)
    }

    fn open_popup(&self) -> Result<()> {
        self.chrome_eval(OPEN_POPUP, &json!([self.installed()?.id]))?;
        // It is loaded elsewhere and then moved into its panel: a question that comes before that goes to a document that never answers.
        let placed = format!(
            "{PICK_POPUP} return b?.closest('panel')?.state === 'open' && b.currentURI.schemeIs('moz-extension') && !b.webProgress.isLoadingDocument"
        );
        until("the popup has its place", PATIENT, || {
            Ok((self.chrome_eval(&placed, &json!([]))? == true).then_some(()))
        })?;
        until("the popup is there", PATIENT, || {
            let state = self.popup_eval("return document.readyState + ' ' + location.protocol")?;
            Ok((state == "complete moz-extension:").then_some(()))
        })?;
        let scheme = if self.dark.get() { "dark" } else { "light" };
        let prefer = format!("{PICK_POPUP} b.browsingContext.prefersColorSchemeOverride = arguments[0]");
        self.chrome_eval(&prefer, &json!([scheme])).map(drop)
    }

    fn popup_is_open(&self) -> Result<bool> {
        Ok(self.chrome_eval(&format!("{PICK_POPUP} return Boolean(b)"), &json!([]))? == true)
    }

    fn close_popup(&self) -> Result<()> {
        until("the popup is closed", SOON, || {
            let open = self.chrome_eval(
                &format!("{PICK_POPUP} b?.closest('panel')?.hidePopup(); return Boolean(b)"),
                &json!([]),
            )?;
            Ok((open == false).then_some(()))
        })
    }

    fn popup_eval(&self, body: &str) -> Result<Value> {
        self.frame_eval(PICK_POPUP, body)
    }

    fn popup_click_at(&self, x: f64, y: f64) -> Result<()> {
        let place = self.chrome_eval(
            &format!("{PICK_POPUP} if (!b) return null; const box = b.getBoundingClientRect(); return [box.x, box.y]"),
            &json!([]),
        )?;
        let (Some(left), Some(top)) = (place[0].as_f64(), place[1].as_f64()) else { bail!("the popup is not open") };
        self.in_chrome(|| self.driver.click_at(left + x, top + y))
    }

    fn popup_screenshot(&self) -> Result<Vec<u8>> {
        let url = self.chrome_eval(&format!("{PICK_POPUP} {SNAPSHOT}"), &json!([]))?;
        let url = text(url)?;
        Ok(BASE64_STANDARD.decode(url.split(',').nth(1).context("no picture")?)?)
    }

    fn own_tab_eval(&self, page: &str, body: &str) -> Result<Value> {
        let pick = format!("{} if (!b) return 'null';", self.pick_own_tab(page)?);
        self.frame_eval(&pick, body)
    }

    fn close_own_tab(&self, page: &str) -> Result<()> {
        let pick = self.pick_own_tab(page)?;
        self.chrome_eval(&format!("{pick} if (b) gBrowser.removeTab(gBrowser.getTabForBrowser(b))"), &json!([]))
            .map(drop)
    }

    fn close_panel(&self, _: &str) -> Result<()> {
        self.chrome_eval("SidebarController.hide()", &json!([])).map(drop)
    }

    fn front(&self) -> Result<()> {
        // A tab that is closed leaves the front to the one before it.
        Ok(())
    }

    fn own_tab_click_at(&self, page: &str, x: f64, y: f64) -> Result<()> {
        let (left, top) = self.corner(page)?;
        self.in_chrome(|| self.driver.click_at(left + x, top + y))
    }

    fn own_tab_drag(&self, page: &str, points: &[(f64, f64)]) -> Result<()> {
        let (left, top) = self.corner(page)?;
        let points: Vec<_> = points.iter().map(|(x, y)| (left + x, top + y)).collect();
        self.in_chrome(|| self.driver.drag(&points))
    }

    fn press(&self, place: Place<'_>, keys: &[Key]) -> Result<()> {
        let pick = match place {
            Place::Tab => "const b = gBrowser.selectedBrowser;".to_owned(),
            Place::Popup => PICK_POPUP.to_owned(),
            Place::Own(page) => self.pick_own_tab(page)?,
        };
        // As whoever opened it by a key, or clicked into it, has the focus in it.
        self.chrome_eval(&format!("{pick} if (document.activeElement !== b) b.focus()"), &json!([]))?;
        if keys.is_empty() {
            return Ok(());
        }
        // They go through the browser's window, and come to the page a little later.
        self.frame_eval(&pick, &format!("const count = {}; {LISTEN}", keys.len()))?;
        self.in_chrome(|| self.driver.strike(keys))?;
        // One that does something may close its page, which then tells no more.
        if keys.iter().any(|key| matches!(key, Key::Enter | Key::Space | Key::Escape)) {
            return Ok(());
        }
        self.frame_eval(&pick, HEARD).map(drop)
    }

    fn own_tab_screenshot(&self, page: &str) -> Result<Vec<u8>> {
        let url = self.chrome_eval(&format!("{} {SNAPSHOT}", self.pick_own_tab(page)?), &json!([]))?;
        Ok(BASE64_STANDARD.decode(text(url)?.split(',').nth(1).context("no picture")?)?)
    }

    fn grant(&self, origins: &[&str]) -> Result<()> {
        self.chrome_eval(
            "const {ExtensionPermissions} = ChromeUtils.importESModule('resource://gre/modules/ExtensionPermissions.sys.mjs');
             const [id, origins] = arguments;
             const data_collection = ['websiteContent', 'personalCommunications'];
             await ExtensionPermissions.add(id, {origins, permissions: [], data_collection}, WebExtensionPolicy.getByID(id).extension)",
            &json!([self.installed()?.id, origins]),
        )
        .map(drop)
    }

    fn answer_prompt(&self, accept: bool, done: &mut dyn FnMut() -> Result<bool>) -> Result<()> {
        until("the permission prompt is there", SOON, || {
            let open = self.chrome_eval(
                "const panel = PopupNotifications.panel;
                 return panel.state === 'open' && panel.firstElementChild?.id === 'addon-webext-permissions-notification'",
                &json!([]),
            )?;
            Ok((open == true).then_some(()))
        })?;
        // The prompt ignores clicks while it is new: so click until it has worked.
        until("the prompt is answered", SOON, || {
            if done()? {
                return Ok(Some(()));
            }
            self.chrome_eval(
                "const prompt = PopupNotifications.panel.firstElementChild;
                 (arguments[0] ? prompt?.button : prompt?.secondaryButton)?.click()",
                &json!([accept]),
            )?;
            Ok(None)
        })
    }

    fn room_for_notices(&self) -> Result<()> {
        self.chrome_eval(ALERTS, &json!([])).map(drop)
    }

    fn crash_tab(&self) -> Result<()> {
        // geckodriver wants the whole browser to end with the process of a tab, and who sees to that must not hear of it.
        let id = self.chrome_eval(
            "const {TabCrashHandler} = ChromeUtils.importESModule('resource:///modules/ContentCrashHandlers.sys.mjs');
             try { Services.obs.removeObserver(TabCrashHandler, 'ipc:content-shutdown') } catch {}
             return gBrowser.selectedBrowser.browsingContext.currentWindowGlobal.osPid",
            &json!([]),
        )?;
        let id = u32::try_from(id.as_u64().context("no process")?)?;
        kill_tree(id);
        until("the tab has crashed", SOON, || Ok((!fs::exists(format!("/proc/{id}/exe"))?).then_some(())))?;
        self.chrome_eval("gBrowser.removeTab(gBrowser.selectedTab)", &json!([])).map(drop)
    }

    fn insert(&self, text: &str) -> Result<()> {
        // Keys would make a tab character leave the editor.
        let inserted =
            self.driver.eval("return document.execCommand('insertText', false, arguments[0])", &json!([text]))?;
        if inserted != true {
            bail!("the editor takes no text");
        }
        Ok(())
    }

    fn offline(&self, off: bool) -> Result<()> {
        let conditions = if off { json!({"type": "offline"}) } else { Value::Null };
        let params = json!({"networkConditions": conditions, "contexts": [self.driver.window()?]});
        self.bidi("emulation.setNetworkConditions", &params).map(drop)
    }

    fn dark(&self, dark: bool) -> Result<()> {
        self.dark.set(dark);
        // 0 is dark, 1 is light.
        self.chrome_eval(
            "Services.prefs.setIntPref('layout.css.prefers-color-scheme.content-override', arguments[0]);
             const beside = document.getElementById('sidebar')?.contentDocument?.querySelectorAll('browser') ?? [];
             for (const b of beside) b.browsingContext.prefersColorSchemeOverride = arguments[0] ? 'light' : 'dark'",
            &json!([i32::from(!dark)]),
        )
        .map(drop)
    }

    fn still(&self, still: bool) -> Result<()> {
        let set = "Services.prefs.setIntPref('ui.prefersReducedMotion', arguments[0])";
        self.chrome_eval(set, &json!([i32::from(still)])).map(drop)
    }

    fn sized(&self, size: Option<(u32, u32, u32)>) -> Result<()> {
        let viewport = size.map(|(width, height, _)| json!({"width": width, "height": height}));
        let zoom = size.map(|(.., zoom)| zoom);
        let params = json!({"context": self.driver.window()?, "viewport": viewport, "devicePixelRatio": zoom});
        self.bidi("browsingContext.setViewport", &params).map(drop)
    }
}

/// Where geckodriver is: named, built by the task runner, or installed.
fn geckodriver() -> PathBuf {
    if let Some(path) = env::var_os("GECKODRIVER") {
        return path.into();
    }
    let home = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
    home.map(|home| home.join("understudy/geckodriver/bin/geckodriver"))
        .filter(|path| path.exists())
        .unwrap_or_else(|| "geckodriver".into())
}

/// The id that the manifest gives to Firefox.
fn add_on_id(folder: &Path) -> Result<String> {
    let path = folder.join("manifest.json");
    let manifest: Value = serde_json::from_slice(&fs::read(&path).with_context(|| format!("no {}", path.display()))?)?;
    let id = manifest["browser_specific_settings"]["gecko"]["id"]
        .as_str()
        .context("the manifest names no id for Firefox")?;
    Ok(id.to_owned())
}

/// A port that nobody uses now.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn capabilities(options: &Options, profile: &Path, id: Option<&str>) -> Value {
    let mut arguments = vec!["-profile".to_owned(), profile.display().to_string()];
    if options.display.is_none() {
        arguments.push("-headless".to_owned());
    }
    let mut prefs = json!({
        // Every host is the lab; nothing can leave this machine.
        "network.dns.forceResolve": "127.0.0.1",
        "network.socket.forcePort": format!("443={}", options.port),
        "network.http.http3.enable": false,
        "network.captive-portal-service.enabled": false,
        "network.connectivity-service.enabled": false,
        "app.normandy.enabled": false,
        "services.settings.server": "data:,",
        "browser.newtabpage.enabled": false,
        // To this folder, without a question.
        "browser.download.folderList": 2,
        "browser.download.dir": downloads(profile),
        "browser.download.alwaysOpenPanel": false,
        "extensions.webextOptionalPermissionPrompts": options.prompts,
        // For the installation for good of our own unsigned package.
        "xpinstall.signatures.required": false,
        "extensions.autoDisableScopes": 0,
        // The prompt's own protection against a click that was meant for something else.
        "security.notification_enable_delay": 0,
        "browser.privatebrowsing.autostart": false,
        "intl.locale.requested": options.language,
        "intl.accept_languages": options.language,
    });
    if options.sight == Sight::Low {
        prefs["layout.css.devPixelsPerPx"] = json!("2.0");
        // 2 is always, as a contrast theme of Windows has it.
        prefs["browser.display.document_color_use"] = json!(2);
        prefs["ui.prefersReducedMotion"] = json!(1);
    }
    if let Some(id) = id {
        prefs["extensions.webextensions.uuids"] = json!(json!({id: UUID}).to_string());
    }
    let binary = env::var("FIREFOX").unwrap_or_else(|_| "/usr/bin/firefox-esr".to_owned());
    json!({
        "browserName": "firefox",
        "acceptInsecureCerts": true,
        "pageLoadStrategy": "eager",
        // A navigation that something blocks hangs to this limit.
        "timeouts": {"pageLoad": 30_000},
        "webSocketUrl": true,
        "moz:firefoxOptions": {"binary": binary, "args": arguments, "prefs": prefs},
    })
}

/// The extension's address in every test, so that profiles and tests agree.
const UUID: &str = "5f1a5c3e-7d0b-4b7e-9a53-2f6d8c1e4a90";

/// `b` is the background's `<browser>`, awake.
const PICK_BACKGROUND: &str = "
    const {extension} = WebExtensionPolicy.getByID(arguments[0]);
    await extension.wakeupBackground();
    const b = [...extension.views].find((view) => view.viewType === 'background').xulBrowser;
";

/// `b` is the `<browser>` of a background tab with a file of the extension that runs nothing.
const PICK_PROBE: &str = "
    const url = 'ORIGINbackground.js';
    let tab = gBrowser.tabs.find((tab) => tab.linkedBrowser.currentURI.spec === url);
    if (!tab) {
        tab = gBrowser.addTab(url, {triggeringPrincipal: Services.scriptSecurityManager.getSystemPrincipal(), inBackground: true});
        await new Promise((resolve) => {
            const look = () => tab.linkedBrowser.currentURI.spec === url && !tab.linkedBrowser.webProgress.isLoadingDocument
                ? resolve() : setTimeout(look, 10);
            look();
        });
    }
    const b = tab.linkedBrowser;
";

/// `b` is the popup's `<browser>`, or null.
const PICK_POPUP: &str = "const b = document.querySelector('browser[webextension-view-type=popup]');";

/// Runs `arguments[1]` in the document of `b`, with that page's own rights, and returns its value as JSON.
const IN_FRAME: &str = "
    if (!b) throw new Error('there is no such document');
    const name = 'understudy-test:' + Services.uuid.generateUUID();
    let watch;
    return await new Promise((resolve, reject) => {
        b.messageManager.addMessageListener(name, function answer(message) {
            b.messageManager.removeMessageListener(name, answer);
            'error' in message.data ? reject(new Error(message.data.error)) : resolve(message.data.value);
        });
        setTimeout(() => reject(new Error('the document did not answer')), 10000);
        // A document that is being replaced, or whose place is, never answers; an answer from before that is on its way for a moment.
        const shown = () => b.isConnected && b.browsingContext?.currentWindowGlobal?.innerWindowId;
        const asked = shown();
        watch = setInterval(() => {
            if (shown() !== asked) setTimeout(() => reject(new Error('the document was replaced')), 500);
        }, 50);
        const code = `(async () => {
            try {
                const box = Components.utils.Sandbox(content.document.nodePrincipal, {sandboxPrototype: content, wantXrays: false});
                const run = ${JSON.stringify('(async () => {' + arguments[1] + '})().then((value) => JSON.stringify(value === undefined ? null : value))')};
                sendAsyncMessage(${JSON.stringify(name)}, {value: await Components.utils.evalInSandbox(run, box)});
            } catch (error) {
                sendAsyncMessage(${JSON.stringify(name)}, {error: String(error)});
            }
        })()`;
        b.messageManager.loadFrameScript('data:,' + encodeURIComponent(code), false);
    }).finally(() => clearInterval(watch));
";

/// Counts in the page the keys that have come to it.
const LISTEN: &str = "
    const count_one = ({key}) => { if (key !== 'Shift') window.testKeys++; };
    window.testKeys ??= (addEventListener('keyup', count_one, true), 0);
    window.testWanted = window.testKeys + count";

/// Waits until all of them are there. Where the focus leaves the page the others go elsewhere.
const HEARD: &str = "
    for (let turn = 0; turn < 900 && window.testKeys < window.testWanted && document.hasFocus(); turn++) {
        await new Promise((done) => setTimeout(done, 10));
    }";

const OPEN_POPUP: &str = "
    const {ExtensionParent} = ChromeUtils.importESModule('resource://gre/modules/ExtensionParent.sys.mjs');
    const action = ExtensionParent.apiManager.global.browserActionFor(WebExtensionPolicy.getByID(arguments[0]).extension);
    await action.openPopup(window, true);
";

/// Headless, there is no place for notices: a stand-in takes them, and says that they are shown.
const ALERTS: &str = "
    const contract = '@mozilla.org/alerts-service;1';
    const registrar = Components.manager.QueryInterface(Ci.nsIComponentRegistrar);
    const service = {
        QueryInterface: ChromeUtils.generateQI(['nsIAlertsService']),
        showAlert(alert, listener) { listener?.observe(null, 'alertshow', alert.cookie); },
        closeAlert() {},
    };
    const factory = {createInstance: (iid) => service.QueryInterface(iid), QueryInterface: ChromeUtils.generateQI(['nsIFactory'])};
    registrar.registerFactory(Services.uuid.generateUUID(), 'a stand-in', contract, factory);
";

/// A picture of the document in `b`.
const SNAPSHOT: &str = "
    const picture = await b.browsingContext.currentWindowGlobal.drawSnapshot(null, 1, 'white');
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    canvas.getContext('2d').drawImage(picture, 0, 0);
    const blob = await canvas.convertToBlob();
    return await new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.readAsDataURL(blob);
    });
";

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn a_script_is_plain_and_says_the_same() {
        assert_eq!(ascii("return 'a é 🧑'"), r"return 'a \u00e9 \ud83e\uddd1'");
    }
}
