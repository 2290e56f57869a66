// The stand-in for the claude.ai web client: a small single-page application that behaves on the wire, in its waiting and in its DOM like
// the real one. It knows nothing of any extension.
//
// `window.lab` is for tests and demos: the text by the editor's own model, what was sent, and every completion byte for byte as it came.

import { cookie, h } from "../shared/dom.js";
import { wait } from "../shared/clock.js";
import { uuid7 } from "../shared/uuid.js";
import { answerOf, goToChallenge, leaveSession, request } from "./api.js";
import { Composer } from "./composer.js";
import { Failure, limitWords } from "./failure.js";
import { Messages } from "./messages.js";
import { crashPage, loginPage, logout, maintenancePage, restrictedPage } from "./screens.js";
import { startTelemetry, track } from "./telemetry.js";
import { runTurn } from "./turn.js";

const MODELS = [
  { id: "claude-sonnet-4-6", name: "Claude Sonnet 4.6" },
  { id: "claude-opus-4-8", name: "Claude Opus 4.8" },
  { id: "claude-haiku-4-5", name: "Claude Haiku 4.5" },
];
const NO_PARENT = "00000000-0000-4000-8000-000000000000";
const TOAST_MS = 8_000;
const LEAVE_AFTER_MS = 1_000;
// Pauses between the polls for a turn that goes on at the server.
const RECOVERY_FIRST_MS = 2_000;
const RECOVERY_MOST_MS = 10_000;
const INCOGNITO_KEY = "incognito_temporary_conversation_uuid";
// Text files of any size go along inside the request; everything else is uploaded first.
const INLINED = /^(text\/|application\/json)/;

const root = document.getElementById("root");
const toasts = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
const messages = new Messages();
const composer = new Composer({ models: MODELS, submit: () => submit(), stop: () => stop(), upload });
const chats = h("ul", { class: "chats" });
const greeting = h("h1", { class: "greeting" }, "How can I help you today?");
const title = h("div", { class: "chat-title", "data-testid": "chat-title-split" });
const entitle = (name) => {
  title.textContent = name;
  document.title = `${name || "New chat"} - Claude`;
};

const records = [];
const sent = [];
const turns = [];

let org = cookie("lastActiveOrg");
/** The open conversation; its uuid is ours until the server has begun an answer. */
let conversation = null;
/** The turn that is under way. */
let running = null;
let ready = false;

window.lab = {
  model: () => composer.text,
  composerText: () => composer.text,
  sent,
  lastAnswerBytes: records,
  turns,
  get ready() {
    return ready;
  },
  get busy() {
    return running !== null;
  },
  chooseModel: (id) => {
    composer.model = id;
  },
  send,
  crash: () => showCrash(),
};

document.body.append(toasts);
start().catch((error) => {
  showCrash();
  // The real client reports the crash and keeps it out of the page; here it must be found in the console.
  console.error(error);
});

async function start() {
  startTelemetry();
  const path = location.pathname;
  if (path === "/maintenance") return root.replaceChildren(maintenancePage(), footer());
  if (path === "/restricted") return root.replaceChildren(restrictedPage(), footer());
  if (path === "/logout") return logout({ toast });
  const account = await bootstrap();
  if (path === "/login" || !account) return showLogin(account);
  showApp();
  addEventListener("popstate", route);
  loadAccount();
  loadChats("eventual");
  await composer.hydrate();
  route();
  ready = true;
  track("app_ready");
}

/** Takes the call that left before the application was there; gives the account or `null`. */
async function bootstrap() {
  const preload = window.__BOOTSTRAP_PRELOAD__;
  let answer;
  try {
    answer = await answerOf(preload.response);
  } catch (failure) {
    if (failure.challenge && goToChallenge()) return new Promise(() => {});
    // A dead session is asked for again by the ordinary way, which then logs out.
    if (!failure.session || location.pathname === "/login") throw failure;
    answer = await request(preload.url);
  }
  org ??= answer?.account?.memberships?.[0]?.organization?.uuid ?? null;
  return answer?.account ?? null;
}

function showLogin(account) {
  const query = new URLSearchParams(location.search);
  // A session that was just found dead is not trusted, whatever the bootstrap still says.
  if (account && query.get("reauth") !== "1") return location.replace(query.get("returnTo") ?? "/new");
  if (location.pathname !== "/login") {
    history.replaceState(null, "", `/login?returnTo=${encodeURIComponent(location.pathname + location.search)}`);
  }
  const target = new URLSearchParams(location.search).get("returnTo") ?? "/new";
  root.replaceChildren(loginPage({ arrived: () => location.assign(target), toast }), footer());
  ready = true;
}

function showApp() {
  root.replaceChildren(
    h(
      "nav",
      { class: "sidebar", "aria-label": "Sidebar" },
      h("a", { class: "brand", href: "/new", onclick: follow }, "Claude"),
      h("a", { class: "new-chat", href: "/new", onclick: follow }, "+ New chat"),
      h("h2", {}, "Recents"),
      chats,
      h("a", { class: "user", href: "/logout", "data-testid": "user-menu-button" }, "Log out"),
    ),
    h("main", { class: "main" }, title, greeting, messages.root, composer.root, footer()),
  );
}

function showCrash() {
  ready = false;
  root.replaceChildren(crashPage(), footer());
}

function footer() {
  return h("footer", { class: "stand-in" }, "A stand-in for claude.ai, for tests and demos. It is not Claude, and nothing leaves this machine.");
}

function toast(text) {
  const element = h("div", { class: "toast" }, text);
  toasts.append(element);
  wait(TOAST_MS).then(() => element.remove());
}

// Routes ------------------------------------------------------------------------------------------------------------------------------

function follow(event) {
  event.preventDefault();
  history.pushState(null, "", event.currentTarget.getAttribute("href"));
  route();
}

function route() {
  const id = /^\/chat\/([0-9a-f-]{36})/.exec(location.pathname)?.[1] ?? null;
  if (conversation && conversation.uuid === id) return;
  running?.leave();
  messages.clear();
  entitle("");
  if (id) {
    conversation = { uuid: id, created: true, temporary: false, leaf: NO_PARENT, name: "" };
    loadConversation(conversation);
  } else {
    const temporary = new URLSearchParams(location.search).has("incognito");
    conversation = { uuid: null, created: false, temporary, leaf: NO_PARENT, name: "" };
  }
  greeting.hidden = id !== null;
  greeting.textContent = conversation.temporary ? "You’re incognito" : "How can I help you today?";
  composer.focus();
}

// Loading -----------------------------------------------------------------------------------------------------------------------------

async function loadAccount() {
  try {
    await request("/api/account");
    if (org) return;
    org = (await request("/api/organizations"))?.[0]?.uuid ?? null;
  } catch (failure) {
    complain(failure);
  }
}

async function loadChats(consistency) {
  if (!org) return;
  try {
    const page = await request(`${organization()}/chat_conversations_v2?limit=30&offset=0&starred=false&consistency=${consistency}`);
    chats.replaceChildren(
      ...page.data.map((chat) => h("li", {}, h("a", { href: `/chat/${chat.uuid}`, onclick: follow }, chat.name || "Untitled"))),
    );
  } catch (failure) {
    complain(failure);
    chats.replaceChildren(h("li", { class: "small" }, "Chats could not be loaded."));
  }
}

async function loadConversation(target) {
  const url = `${organization()}/chat_conversations/${target.uuid}?tree=True&rendering_mode=messages&render_all_tools=true&consistency=strong&return_dangling_human_message=true`;
  let tree;
  try {
    // The one GET that the client repeats by itself.
    tree = await request(url).catch((failure) => (failure.status >= 400 && failure.status < 500 ? Promise.reject(failure) : request(url)));
  } catch (failure) {
    if (conversation !== target) return;
    complain(failure);
    messages.list.replaceChildren(h("p", { class: "small", role: "alert" }, failure.toast));
    return;
  }
  if (conversation !== target) return;
  target.name = tree.name;
  entitle(tree.name || "Untitled");
  const branch = activeBranch(tree);
  messages.clear();
  for (const message of branch) {
    if (message.sender === "human") messages.human(textOf(message));
    else messages.assistant(textOf(message), false);
    target.leaf = message.uuid;
  }
  if (branch.at(-1)?.sender === "human") recoverTurn(target);
}

/** The branch from the current leaf up to the root; broken or looping links end it. */
function activeBranch(tree) {
  const byId = new Map(tree.chat_messages.map((message) => [message.uuid, message]));
  const branch = [];
  let id = tree.current_leaf_message_uuid;
  while (byId.has(id)) {
    const message = byId.get(id);
    byId.delete(id);
    branch.push(message);
    id = message.parent_message_uuid;
  }
  return branch.reverse();
}

function textOf(message) {
  const texts = (message.content ?? []).filter((block) => block.type === "text").map((block) => block.text);
  return texts.length > 0 ? texts.join("") : (message.text ?? "");
}

/** The last message has no answer: asks what became of its turn, and waits for it while it is under way. */
async function recoverTurn(target) {
  let words = "Response could not be confirmed. You can try sending again.";
  let pause = RECOVERY_FIRST_MS;
  try {
    let status = await request(`${conversationPath(target)}/completion_status?poll=false`);
    const wasPending = status.is_pending;
    while (status.is_pending && conversation === target) {
      await wait(pause);
      pause = Math.min(pause * 1.5, RECOVERY_MOST_MS);
      status = await request(`${conversationPath(target)}/completion_status?poll=true`);
    }
    if (wasPending && !status.is_error && conversation === target) return loadConversation(target);
    if (status.is_error) words = "Your message was sent, but Claude couldn’t respond - try again.";
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    // The words for "not confirmed" stand.
  }
  if (conversation !== target) return;
  target.human = target.leaf;
  messages.assistant("", false).fail(words, () => retry(target));
}

function complain(failure) {
  if (!(failure instanceof Failure)) throw failure;
  if (failure.code === "account_banned") location.assign("/restricted");
  else if (!failure.session && !failure.challenge) toast(failure.toast);
}

// Sending -----------------------------------------------------------------------------------------------------------------------------

/** For tests: puts a text into the composer by the editor's own means, presses Send, and gives the finished turn. */
async function send(text) {
  if (running) throw new Error("an answer is still coming");
  composer.text = text;
  return submit();
}

async function submit() {
  const prompt = composer.text;
  if (running || prompt.trim() === "" || !composer.ready) return null;
  const attachments = composer.attachments;
  sent.push(prompt);
  composer.text = "";
  composer.attachments = [];
  composer.notice(null);
  for (const failed of messages.list.querySelectorAll(".turn.failed")) failed.remove();
  greeting.hidden = true;

  const target = conversation;
  const isNew = !target.created;
  target.uuid ??= isNew && target.temporary ? temporaryUuid() : uuid7();
  const human = uuid7();
  const assistant = uuid7();
  const body = {
    prompt,
    ...(isNew ? {} : { parent_message_uuid: target.leaf }),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    locale: "en-US",
    model: composer.model,
    effort: "low",
    thinking_mode: "auto",
    tools: [],
    turn_message_uuids: { human_message_uuid: human, assistant_message_uuid: assistant },
    attachments: attachments.filter((one) => one.attachment).map((one) => one.attachment),
    files: attachments.filter((one) => one.file).map((one) => one.file),
    sync_sources: [],
    rendering_mode: "messages",
    ...(isNew ? { create_conversation_params: createParams(target) } : {}),
  };
  if (isNew && !target.temporary) history.pushState(null, "", `/chat/${target.uuid}`);

  const element = messages.human(prompt);
  const before = target.leaf;
  const turn = await run(target, "completion", body, { human, assistant });
  if (turn.outcome === "failed" && turn.answer.text === "") {
    // The server keeps no empty answer: the next message follows on what was there before.
    target.leaf = before;
    element.classList.add("failed");
    turn.answer.root.classList.add("failed");
    // Only if the user has not begun anything else meanwhile.
    if (composer.empty && !running) {
      composer.text = prompt;
      composer.attachments = attachments;
    }
    Messages.notDelivered(element);
  }
  if (turn.outcome === "ok" && isNew && !target.temporary) nameConversation(target, prompt);
  return report(turn);
}

async function retry(target) {
  if (running) return null;
  for (const card of messages.list.querySelectorAll(".failure-card")) card.closest(".turn").remove();
  const assistant = uuid7();
  const body = {
    prompt: "",
    parent_message_uuid: target.human ?? target.leaf,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    locale: "en-US",
    model: composer.model,
    effort: "low",
    thinking_mode: "auto",
    tools: [],
    turn_message_uuids: { assistant_message_uuid: assistant },
    attachments: [],
    files: [],
    sync_sources: [],
    rendering_mode: "messages",
  };
  return report(await run(target, "retry_completion", body, { human: target.human, assistant }));
}

/** Runs one turn and shows it; gives what became of it. */
async function run(target, endpoint, body, ids) {
  const abort = new AbortController();
  const answer = messages.assistant("", true);
  running = { abort, target, leave: () => abort.abort(new DOMException("left", "AbortError")) };
  composer.busy = true;
  track("message_sent");
  const turn = await runTurn({
    url: `${conversationPath(target)}/${endpoint}`,
    body,
    signal: abort.signal,
    records,
    on: (event) => {
      if (event.kind === "opened") target.created = true;
      else if (event.kind === "waiting") answer.waiting(event.next);
      else if (event.kind === "data") showEvent(event, answer, ids, target);
    },
  });
  running = null;
  composer.busy = false;
  if (turn.outcome === "failed") showFailure(turn.failure, answer, target);
  else answer.finish();
  if (turn.outcome === "ok" && records.at(-1).status === 409) loadConversation(target);
  if (!target.temporary) loadChats("strong");
  return { ...turn, answer, ids, conversation: target.uuid };
}

function showEvent({ event, data }, answer, ids, target) {
  if (event === "message_start") {
    // After a retry these may be the server's own.
    target.human = data.message?.parent_uuid ?? ids.human;
    target.leaf = data.message?.uuid ?? ids.assistant;
  } else if (event === "content_block_delta" && data.delta?.type === "text_delta") {
    answer.append(data.delta.text);
  } else if (event === "completion" && data.completion) {
    answer.append(data.completion);
  } else if (event === "message_limit" && data.message_limit?.type === "exceeded_limit" && data.message_limit.resetsAt) {
    composer.notice(limitWords(data.message_limit.resetsAt));
  } else if (event === "message_delta" && data.delta?.stop_reason === "refusal") {
    answer.append("Claude can’t help with this request.");
  }
}

function showFailure(failure, answer, target) {
  const partial = answer.text !== "";
  answer.fail(failure.card, partial ? () => retry(target) : null);
  const limit = failure.limit;
  if (limit) composer.notice(limit);
  else if (failure.challenge) goToChallenge();
  else if (failure.session) wait(LEAVE_AFTER_MS).then(leaveSession);
  else complain(failure);
}

async function stop() {
  if (!running) return;
  const { abort, target } = running;
  abort.abort(new DOMException("stopped by the user", "AbortError"));
  if (!target.created) return;
  try {
    await request(`${conversationPath(target)}/stop_response`, { method: "POST", json: {} });
  } catch {
    // The answer has been stopped on this side; the server finds out by the closed connection.
  }
}

async function nameConversation(target, prompt) {
  try {
    const named = await request(`${conversationPath(target)}/title`, { method: "POST", json: { message_content: prompt, recent_titles: [] } });
    if (named?.title && conversation === target) entitle(named.title);
    loadChats("strong");
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    // A chat without a title is still a chat: the client says nothing.
  }
}

async function upload(file) {
  const entry = { name: file.name };
  try {
    if (INLINED.test(file.type)) {
      entry.attachment = {
        file_name: file.name, file_type: file.type, file_size: file.size, extracted_content: await file.text(), origin: "user_upload", kind: "file",
      };
    } else {
      conversation.uuid ??= uuid7();
      const form = new FormData();
      form.append("file", file);
      const answer = await request(`${organization()}/conversations/${conversation.uuid}/wiggle/upload-file`, { method: "POST", body: form });
      entry.file = answer.file_uuid ?? answer.uuid;
    }
    composer.attachments = [...composer.attachments, entry];
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    toast(`${file.name} could not be uploaded. Please try again.`);
  }
}

/** What a test learns of a turn. */
function report(turn) {
  const { kind, status, type, code } = turn.failure ?? {};
  const result = {
    outcome: turn.outcome,
    requests: turn.requests,
    failure: turn.failure ? { kind, status, type, code } : null,
    text: turn.answer.text,
    conversation: turn.conversation,
    humanMessage: turn.ids.human,
  };
  turns.push(result);
  return result;
}

function createParams(target) {
  return {
    name: "",
    model: composer.model,
    include_conversation_preferences: true,
    paprika_mode: null,
    compass_mode: null,
    enabled_imagine: true,
    is_temporary: target.temporary,
    tool_search_mode: "auto",
  };
}

function temporaryUuid() {
  const uuid = uuid7();
  sessionStorage.setItem(INCOGNITO_KEY, JSON.stringify({ uuid, orgUuid: org }));
  return uuid;
}

function organization() {
  return `/api/organizations/${org}`;
}

function conversationPath(target) {
  return `${organization()}/chat_conversations/${target.uuid}`;
}
