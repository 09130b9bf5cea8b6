/** The form that a browser is shown instead of the page. It sends `token` and `next` to `/sign-in`. */
export function signInPage(next: string, message: string | undefined): string {
  const alert = message === undefined ? '' : `\n    <p class="wrong" role="alert">${escaped(message)}</p>`;
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Sign in – Tallyboard</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/sign-in.css">
</head>
<body>
  <main>
    <h1>Tallyboard</h1>${alert}
    <form method="post" action="/sign-in">
      <input type="hidden" name="next" value="${escaped(next)}">
      <label for="token">Dashboard token</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
      <button>Sign in</button>
    </form>
    <p>Came here by a link, and signed in before? <a href="${escaped(next)}">Go on to the page.</a></p>
  </main>
</body>
</html>
`;
}

export const SIGN_IN_STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText; }
main { width: min(22rem, 100% - 2rem); }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
form { display: grid; gap: 0.5rem; }
input, button { font: inherit; padding: 0.5rem 0.75rem; border: 1px solid GrayText; border-radius: 0.375rem; }
button { margin-top: 0.5rem; cursor: pointer; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
.wrong { border-left: 4px solid #c62828; padding-left: 0.75rem; }
p { font-size: 0.875rem; }
`;

/** Where to go after a sign-in: a path of this server, whatever a form says. */
export function pathWithin(next: string | undefined): string {
  // Browsers take //host and /\host for another host, and pass over tabs and line ends.
  return next !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) ? next : '/';
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
