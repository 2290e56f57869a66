// Builds the front-ends of the stand-in sites: `npm ci && npm run build` writes `dist/<host>/`, one folder for each host.
//
// A folder holds `index.html`, which the lab serves for every page path of that host, and the files it refers to. The assets of claude.ai
// stand under the host that serves them in real life. Nothing in a page is inline: the lab sends a content security policy.

import * as esbuild from "esbuild";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FALLBACKS } from "./src/fallbacks/table.mjs";
import { claudePage, fallbackPage } from "./src/pages.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, "dist");
// Built beside `dist` and moved over it, so that a lab that is running never serves half a build.
const STAGE = join(HERE, "dist.new");

const CLAUDE_ASSETS = "assets-proxy.anthropic.com/claude-ai/v2/assets/v1";

const OPTIONS = {
  absWorkingDir: HERE,
  bundle: true,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  conditions: ["production"],
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none",
  logLevel: "warning",
};

await rm(STAGE, { recursive: true, force: true });

await esbuild.build({
  ...OPTIONS,
  entryPoints: { preload: "src/claude/preload.js", index: "src/claude/app.js", style: "src/claude/claude.css" },
  outdir: join(STAGE, CLAUDE_ASSETS),
});
await write("claude.ai/index.html", claudePage(`https://${CLAUDE_ASSETS}`));

for (const site of FALLBACKS) {
  await esbuild.build({
    ...OPTIONS,
    entryPoints: { site: site.entry, style: "src/fallbacks/fallback.css" },
    outdir: join(STAGE, site.host, "assets"),
  });
  await write(`${site.host}/index.html`, fallbackPage(site));
}

await rm(DIST, { recursive: true, force: true });
await rename(STAGE, DIST);
console.log(`built ${1 + FALLBACKS.length} stand-in sites into ${DIST}`);

async function write(path, text) {
  const file = join(STAGE, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
