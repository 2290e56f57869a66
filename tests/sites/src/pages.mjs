// The documents of the stand-in sites. No inline script or style: the lab sends a content security policy.
// The lab may add two tags before the first script: `<meta name="lab-speed">`, how much faster than life the page waits, and
// `<meta name="lab-variant">`, which variant of the site it plays.

const HEAD = `<meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">`;

/** The document of claude.ai: it brings a composer look-alike, the application does the rest. */
export function claudePage(assets) {
  return `<!doctype html>
<html lang="en-US">
  <head>
    ${HEAD}
    <title>Claude</title>
    <link rel="stylesheet" href="${assets}/style.css">
    <script src="${assets}/preload.js"></script>
    <script defer src="${assets}/index.js"></script>
  </head>
  <body>
    <div id="root">
      <main class="main loading" aria-busy="true">
        <h1 class="greeting">How can I help you today?</h1>
        <textarea class="static-composer" aria-label="Write your prompt to Claude" placeholder="How can I help you today?" rows="2"></textarea>
      </main>
    </div>
  </body>
</html>
`;
}

/** The document of a fallback site. */
export function fallbackPage({ host, name, theme }) {
  return `<!doctype html>
<html lang="en-US" data-theme="${theme}">
  <head>
    ${HEAD}
    <title>${name}</title>
    <link rel="stylesheet" href="/assets/style.css">
    <script defer src="/assets/site.js"></script>
  </head>
  <body>
    <header class="site-header"><a class="site-name" href="/">${name}</a></header>
    <div id="root"></div>
    <footer class="stand-in">A stand-in for ${host}, for tests and demos. It is not ${name}, and nothing leaves this machine.</footer>
  </body>
</html>
`;
}
