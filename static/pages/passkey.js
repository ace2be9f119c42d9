// Signs the statement on the page with a passkey. The challenge is the digest of the statement; the server checks it again.
(() => {
  const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

  const REASONS = {
    NotAllowedError: "The passkey did not answer, or you cancelled. Nothing was signed.",
    SecurityError: "A passkey belongs to a host name: open this page by its name, such as localhost, not by a number.",
  };

  const ask = async (options) => {
    const credential = await navigator.credentials.get({
      publicKey: {
        ...options,
        challenge: toBytes(options.challenge),
        allowCredentials: options.allowCredentials.map((one) => ({ ...one, id: toBytes(one.id) })),
      },
    });
    const { authenticatorData, clientDataJSON, signature } = credential.response;
    const response = { authenticatorData: toText(authenticatorData), clientDataJSON: toText(clientDataJSON), signature: toText(signature) };
    return { id: credential.id, rawId: toText(credential.rawId), type: credential.type, response };
  };

  document.querySelectorAll("[data-passkey]").forEach((button) => {
    const options = JSON.parse(document.getElementById(button.dataset.passkey).textContent);
    const fault = button.parentElement.querySelector("[data-passkey-fault]");
    const say = (text) => { fault.textContent = text; fault.hidden = !text; };
    button.addEventListener("click", async () => {
      say("");
      button.disabled = true;
      try {
        if (!window.PublicKeyCredential) throw new Error("This browser knows no passkeys.");
        button.form.elements.assertion.value = JSON.stringify(await ask(options));
        button.form.submit();
      } catch (error) {
        button.disabled = false;
        say(REASONS[error.name] ?? `The passkey could not be used: ${error.message}`);
      }
    });
  });
})();
