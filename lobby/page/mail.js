// The page that links in e-mails open. What a link is good for stands behind the #, which no server sees; it is used only when
// the player presses the button, because mail programs open links to look at them.
const [purpose, token] = location.hash.slice(1).split("=");
history.replaceState(null, "", location.pathname);

const say = (text) => {
  document.getElementById("say").textContent = text;
};
const form = token ? { confirm: "confirm", reset: "reset" }[purpose] : undefined;
if (form) {
  say("");
  document.getElementById(form).hidden = false;
} else {
  say("This link is not complete. Copy all of it from the e-mail.");
}

async function send(path, body, done) {
  say("One moment ...");
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) {
      document.getElementById(form).hidden = true;
      say(done);
    } else {
      say((await answer.json()).detail);
    }
  } catch {
    say("The server does not answer. Try again.");
  }
}

document.getElementById("confirm").addEventListener("submit", (e) => {
  e.preventDefault();
  send("/v1/auth/confirm", { token }, "Confirmed. You can sign in with this address and your password.");
});
document.getElementById("reset").addEventListener("submit", (e) => {
  e.preventDefault();
  const password = document.getElementById("password").value;
  send("/v1/auth/password", { token, password }, "Done. Sign in with the new password.");
});
