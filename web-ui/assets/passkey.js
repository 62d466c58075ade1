// SPDX-License-Identifier: AGPL-3.0-or-later
// Passkeys: at the sign-in page, and where a member adds one. Without this script there is the password.
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

  const begin = async (path) => {
    const answer = await fetch(path, { method: "POST" });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  };

  const add = async () => {
    const asked = await begin("/api/v1/account/passkeys/begin");
    const made = await navigator.credentials.create({ publicKey: {
      challenge: bytes(asked.challenge),
      rp: { id: asked.site, name: asked.site },
      user: { id: bytes(asked.user), name: asked.name, displayName: asked.display_name },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      excludeCredentials: asked.known.map((id) => ({ type: "public-key", id: bytes(id) })),
      attestation: "none",
    } });
    return {
      challenge: asked.challenge,
      client_data: text(made.response.clientDataJSON),
      authenticator_data: text(made.response.getAuthenticatorData()),
      public_key: text(made.response.getPublicKey()),
    };
  };

  const signIn = async () => {
    const asked = await begin("/api/v1/session/passkey/begin");
    const shown = await navigator.credentials.get({ publicKey: {
      challenge: bytes(asked.challenge),
      rpId: asked.site,
      userVerification: "required",
    } });
    return {
      id: text(shown.rawId),
      challenge: asked.challenge,
      client_data: text(shown.response.clientDataJSON),
      authenticator_data: text(shown.response.authenticatorData),
      signature: text(shown.response.signature),
    };
  };

  if (!window.PublicKeyCredential || !/\.[a-z]+$/.test(location.hostname)) return;
  for (const form of document.querySelectorAll("[data-passkey]")) {
    const work = form.dataset.passkey === "add" ? add : signIn;
    form.hidden = false;
    for (const other of document.querySelectorAll("[data-without-passkey]")) other.hidden = true;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const state = form.querySelector("[data-failed]");
      state.textContent = "";
      try {
        for (const [name, value] of Object.entries(await work())) form.elements[name].value = value;
      } catch {
        state.textContent = state.dataset.failed;
        return;
      }
      form.submit();
    });
  }
})();
