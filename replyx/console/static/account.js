// The panel on who is signed in, and how they turn on sign-in with a code.
import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Avatar } from "./avatar.js";
import { CodeField } from "./entry.js";
import { beginTwoFactor, confirmTwoFactor, setMailWish, setOwnAvatar } from "./session.js";
import { Alert, Form, html, texts, why } from "./ui.js";

export function Account({ me, mail, onClose }) {
  const panel = useRef();
  useEffect(() => panel.current.showModal(), []);
  return html`<dialog ref=${panel} aria-labelledby="account" onClose=${onClose}>
    <header>
      <h2 id="account">${texts.account}</h2>
      <button type="button" aria-label=${texts.closePanel} onClick=${() => panel.current.close()}>×</button>
    </header>
    <p><strong>${me.name}</strong><br />${me.email}</p>
    <${Avatar} label=${texts.avatar.own} url=${me.avatar} name=${me.name} onDone=${setOwnAvatar} />
    ${mail.is_on && html`<${MailWish} wanted=${mail.wanted} />`}
    <h3>${texts.twoFactor}</h3>
    <${TwoFactor} isOn=${me.two_factor} />
  </dialog>`;
}

function MailWish({ wanted }) {
  const failure = useSignal("");
  const change = async (event) => {
    const box = event.target;
    failure.value = "";
    try {
      await setMailWish(box.checked);
    } catch (error) {
      box.checked = wanted;
      failure.value = why(error);
    }
  };
  return html`<h3>${texts.mail}</h3>
    <label class="switch"><input type="checkbox" checked=${wanted} onChange=${change} /> ${texts.mailWish}</label>
    <${Alert}>${failure.value}<//>`;
}

function TwoFactor({ isOn }) {
  const offer = useSignal(null);
  if (!offer.value) {
    const begin = async () => { offer.value = await beginTwoFactor(); };
    return html`<p role="status">${isOn ? texts.twoFactorOn : texts.twoFactorOff}</p>
      <${Form} key="begin" submit=${isOn ? texts.twoFactorAgain : texts.twoFactorStart} onSend=${begin} />`;
  }
  const { secret, uri } = offer.value;
  const confirm = async ({ code }) => {
    await confirmTwoFactor(secret, code);
    offer.value = null;
  };
  return html`<p>${texts.twoFactorSteps}</p>
    <p>${texts.secret}: <code>${secret}</code><br /><a href=${uri}>${texts.openApp}</a></p>
    <${Form} key="confirm" submit=${texts.twoFactorFinish} onSend=${confirm}
      explain=${(error) => why(error, texts.twoFactorErrors)}>
      <${CodeField} />
    <//>`;
}
