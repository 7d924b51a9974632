// The pages before the desk: the owner's first account, signing in, and waiting for a server that is asked too much.
import { useSignal } from "@preact/signals";
import { ended, setUp, setupToken, signIn, stopWaiting, wait } from "./session.js";
import { Alert, Field, Form, html, texts, why } from "./ui.js";

const Card = ({ title, children }) => html`<main class="entry">
  <p class="brand">ReplyX</p>
  <h1>${title}</h1>
  ${children}
</main>`;

export function SetUp() {
  const explain = (error) => why(error, { ...texts.setUpErrors, invalid: firstField(error, texts.setUpErrors) });
  return html`<${Card} title=${texts.setUp}>
    ${setupToken ? html`<p>${texts.setUpIntro}</p>
      <${Form} submit=${texts.setUpSubmit} onSend=${setUp} explain=${explain}>
        <${Field} label=${texts.name} name="name" autocomplete="name" maxlength="200" isFirst />
        <${Field} label=${texts.email} name="email" type="email" autocomplete="username" maxlength="254" />
        <${Field} label=${texts.password} name="password" type="password" autocomplete="new-password" minlength="10"
          maxlength="1024" hint=${texts.passwordHint} />
      <//>` : html`<${Alert}>${texts.noToken}<//>`}
  <//>`;
}

const firstField = (error, special) => special[Object.keys(error.fields ?? {})[0]];

export function SignIn() {
  const needsCode = useSignal(false);
  const send = async (fields) => {
    ended.value = null;
    try {
      await signIn(fields);
    } catch (error) {
      if (error.code === "unauthorized") needsCode.value = Boolean(error.fields?.code);
      // The email and the password were right: a code is asked for, or the one given was refused.
      if (error.fields?.code) error.code = fields.code ? "wrongCode" : "code";
      throw error;
    }
  };
  return html`<${Card} title=${texts.signIn}>
    <${Alert}>${ended.value && why(ended.value)}<//>
    <${Form} submit=${texts.signIn} onSend=${send} explain=${(error) => why(error, texts.signInErrors)}>
      <${Field} label=${texts.email} name="email" type="email" autocomplete="username" maxlength="254" isFirst />
      <${Field} label=${texts.password} name="password" type="password" autocomplete="current-password" maxlength="1024" />
      ${needsCode.value && html`<${CodeField} />`}
    <//>
    <p class="help">${texts.signInHelp}</p>
  <//>`;
}

export const Waiting = () => html`<${Card} title=${texts.waitTitle}>
  <p>${texts.waitAsked(wait.value)}</p>
  <button class="primary" type="button" onClick=${stopWaiting}>${texts.signIn}</button>
<//>`;

export const CodeField = () => html`<${Field} label=${texts.code} name="code" inputmode="numeric"
  autocomplete="one-time-code" maxlength="10" hint=${texts.codeHint} isFirst />`;
