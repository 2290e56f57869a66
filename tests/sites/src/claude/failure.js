// What can go wrong with a request, as the web client tells it apart, and the words it then shows.

/** One failed request or stream. */
export class Failure extends Error {
  /**
   * @param {object} what
   * @param {"http"|"stream"|"html"|"network"|"incomplete"} what.kind
   */
  constructor({ kind, status = 0, type = null, code = null, message = "", json = false, mitigated = false }) {
    super(message || type || kind);
    this.name = "Failure";
    Object.assign(this, { kind, status, type, code, json, mitigated });
  }

  /** An HTTP answer that is not what was asked for. */
  static fromResponse(response, text) {
    const mitigated = response.headers.get("cf-mitigated") === "challenge";
    const body = parse(text);
    if (response.ok) return new Failure({ kind: "html", status: response.status, message: text, mitigated });
    const { type, code, message } = readError(body, response.status);
    return new Failure({ kind: "http", status: response.status, type, code, message: message ?? text, json: body !== null, mitigated });
  }

  /** An `error` event inside a stream whose HTTP status was 200. */
  static fromEvent(data) {
    const { type, code, message } = readError(data, 0);
    return new Failure({ kind: "stream", type, code, message, json: true });
  }

  /** `fetch` or the body of its response was rejected, and the user did not do it. */
  static network(error) {
    return new Failure({ kind: "network", message: String(error?.message ?? error) });
  }

  get overloaded() {
    return this.type === "overloaded_error";
  }

  get session() {
    return this.status === 401 || (this.status === 403 && this.code === "account_session_invalid");
  }

  get challenge() {
    return this.mitigated;
  }

  get service() {
    return this.status >= 500 || (this.kind === "stream" && this.type === "api_error");
  }

  /** The words of a usage limit, or `null` if this is none. */
  get limit() {
    if (!(this.json && (this.status === 429 || this.type === "rate_limit_error"))) return null;
    const inner = parse(this.message);
    if (inner?.representativeClaim === "concurrents") return "Too many responses are running at once. Wait for one to finish and try again.";
    if (inner?.resetsAt) return limitWords(inner.resetsAt);
    if (inner?.type === "exceeded_limit") return "You’ve hit your limit for Claude messages.";
    return "Too many requests right now - try again in a moment.";
  }

  /** The line on the card under the answer. */
  get card() {
    if (this.overloaded) return "Claude is at capacity right now. Try again in a moment.";
    if (this.service) return "Claude is temporarily unavailable. Try again in a moment.";
    if (this.kind === "network" || this.kind === "incomplete") return "Can’t reach Claude. Check your connection and try again.";
    return "This response didn’t load.";
  }

  /** The line of the passing message. */
  get toast() {
    if (this.code === "read_only_mode") {
      return "Due to capacity constraints, chatting with Claude is currently not available. Please try again in a little while.";
    }
    if (this.overloaded) {
      return "Due to unexpected capacity constraints, Claude is unable to respond to your message. Please try again soon.";
    }
    if (this.kind === "html") return TECHNICAL;
    if (this.kind === "network") return "We couldn’t connect to Claude. Please check your network connection and try again.";
    if (this.kind === "incomplete") {
      return "Claude’s response was interrupted. This can be caused by network problems or exceeding the maximum conversation length. Please contact support if the issue persists.";
    }
    if (this.code === "model_not_available" || this.code === "model_blocklisted") return "This model isn’t available right now. Try another model.";
    if (this.status === 413 || /prompt is too long/i.test(this.message)) {
      return "Your message will exceed the length limit for this chat. Try shortening your message or starting a new conversation.";
    }
    if (this.status === 404) return "Conversation not found.";
    if (this.code === "kyc_pending") return "Identity verification is required to continue.";
    if (this.code === "ip_not_in_allowed_range") return "Your network has been blocked from accessing Claude.";
    return this.service ? TECHNICAL : "Something went wrong. Please try again.";
  }
}

/** The banner of a used-up limit; `resetsAt` in unix seconds. */
export function limitWords(resetsAt) {
  const time = new Date(resetsAt * 1000).toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit" });
  return `You’ve hit your limit for Claude messages. Limits will reset at ${time}.`;
}

function readError(body, status) {
  const error = body?.error;
  const bare = typeof error === "string" ? error : error?.type;
  return {
    type: bare === "error" ? typeOfStatus(status) : (bare ?? null),
    code: error?.details?.error_code ?? error?.code ?? null,
    message: error?.message ?? body?.error_description,
  };
}

function typeOfStatus(status) {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  if (status === 529) return "overloaded_error";
  if (status >= 500) return "api_error";
  return status >= 400 ? "invalid_request_error" : null;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const TECHNICAL = "We are experiencing technical difficulties. Some functionality may be temporarily unavailable.";
