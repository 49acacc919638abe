// Passkeys: asks the browser for a credential and posts it as the form's own field.

const forms = [...document.querySelectorAll("form[data-passkey]")];

const optionsOf = async (form) => {
  const kept = document.getElementById(form.dataset.options ?? "");
  if (kept) return JSON.parse(kept.textContent);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return answer.json();
};

const create = async (form) => {
  const { creation_options: wanted } = await optionsOf(form);
  const alone = form.elements.passwordless?.checked ?? false;
  const how = wanted.publicKey.authenticatorSelection;
  how.residentKey = alone ? "required" : "discouraged";
  how.requireResidentKey = alone;
  if (alone) how.userVerification = "required";
  return window.webauthnJSON.create(wanted);
};

const get = async (form) => {
  const { request_options: wanted } = await optionsOf(form);
  return window.webauthnJSON.get(wanted);
};

const ask = { create, get };

for (const form of forms) {
  const trouble = form.querySelector("[data-passkey-trouble]");
  form.hidden = !window.PublicKeyCredential;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.hidden = true;
    form.setAttribute("aria-busy", "true");
    try {
      const credential = await ask[form.dataset.passkey](form);
      form.elements.credential.value = JSON.stringify(credential);
      form.submit();
    } catch {
      // The person said no, waited too long, or the device has no key: say so, stay here.
      form.removeAttribute("aria-busy");
      trouble.hidden = false;
    }
  });
}
