// The headers that the web client puts on its own requests.

/** Sent with every API request. */
export const CLIENT_HEADERS = {
  "anthropic-client-platform": "web_claude_ai",
  "anthropic-client-version": "1.0.0",
  "anthropic-client-sha": "5ca1ab1e",
};
