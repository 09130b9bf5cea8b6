/**
 * The form that a browser is shown instead of the page. It sends `token` and `next` to `/sign-in`. Whoever is
 * led by a link may be signed in already.
 */
export function signInPage(next: string, message: string | undefined, isLedByLink: boolean): string {
  const alert =
    message === undefined
      ? ''
      : `\n    <p class="wrong" role="alert">${escaped(message.slice(0, 1).toUpperCase() + message.slice(1))}</p>`;
  const way = `\n    <p>Signed in already? A link from elsewhere does not show it: <a href="${escaped(next)}">go on to the page.</a></p>`;
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Sign in – Tallyboard</title>
  <link rel="icon" type="image/svg+xml" href="data:image/svg+xml,${encodeURIComponent(MARK)}">
  <link rel="stylesheet" href="/sign-in.css">
</head>
<body>
  <main>
    <h1>${MARK} Tallyboard</h1>${alert}
    <form method="post" action="/sign-in">
      <input type="hidden" name="next" value="${escaped(next)}">
      <label for="token">Dashboard token</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
      <button>Sign in</button>
    </form>${isLedByLink && message === undefined ? way : ''}
  </main>
</body>
</html>
`;
}

/** The mark of the page. Here it stands in the document: the page's own files have names that change. */
const MARK = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="7" fill="#3d4fc4"/>
  <path d="M9 8v16M14 8v16M19 8v16M24 8v16" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/>
  <path d="M6 21 27 11" stroke="#ffb057" stroke-width="2.6" stroke-linecap="round"/>
</svg>`;

/** Looks like the page behind it, whose colours these are. */
export const SIGN_IN_STYLE = `:root {
  color-scheme: light dark;
  --page: #f6f7f9; --surface: #ffffff; --text: #16181d; --muted: #586072; --hairline: #e5e8ed; --edge: #cfd4dd;
  --accent: #3346b8; --on-accent: #ffffff; --bad: #b3261e;
  font: 400 14px/1.5 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1014; --surface: #16191f; --text: #e8eaef; --muted: #9da5b4; --hairline: #262b34; --edge: #3a414d;
    --accent: #a3b2ff; --on-accent: #10131c; --bad: #ff9a92;
  }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--page); color: var(--text); }
main {
  display: grid; gap: 1rem; width: min(24rem, 100% - 1.5rem); padding: 1.5rem;
  border: 1px solid var(--hairline); border-radius: 0.875rem; background: var(--surface);
}
h1 { display: flex; align-items: center; gap: 0.5rem; margin: 0; font-size: 1.0625rem; font-weight: 650; letter-spacing: -0.015em; }
h1 svg { width: 1.5rem; height: 1.5rem; }
form { display: grid; gap: 0.25rem; }
label { color: var(--muted); font-size: 0.8125rem; }
input:not([type=hidden]), button {
  min-height: 2.125rem; padding: 0.25rem 0.75rem; border: 1px solid var(--edge); border-radius: 0.5rem;
  background: var(--surface); color: var(--text); font: inherit; font-size: 0.875rem;
}
button { margin-top: 0.5rem; border-color: var(--accent); background: var(--accent); color: var(--on-accent); cursor: pointer; }
a { color: var(--accent); text-underline-offset: 0.2em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
p { margin: 0; color: var(--muted); font-size: 0.8125rem; }
.wrong { color: var(--bad); font-weight: 600; }
`;

/** Where to go after a sign-in: a path of this server, whatever a form says. */
export function pathWithin(next: string | undefined): string {
  // Browsers take //host and /\host for another host, and pass over tabs and line ends.
  return next !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) ? next : '/';
}

/** Text as it stands in HTML. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
