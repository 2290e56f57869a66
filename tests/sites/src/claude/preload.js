// Runs in the head of every claude.ai document: the first call of a page load leaves before the application itself is there.
// The application takes the promise from `window.__BOOTSTRAP_PRELOAD__`.

import { CLIENT_HEADERS } from "./headers.js";
import { cookie } from "../shared/dom.js";

const QUERY = "statsig_hashing_algorithm=djb2&growthbook_format=sdk&include_system_prompts=false";

const org = cookie("lastActiveOrg");
const url = org ? `/edge-api/bootstrap/${org}/app_start?${QUERY}` : `/edge-api/bootstrap?${QUERY}`;
const response = window.fetch(url, { headers: CLIENT_HEADERS });
// The application reports the failure; here it only must not count as unhandled before the application has looked.
response.catch(() => {});
window.__BOOTSTRAP_PRELOAD__ = { url, response };
