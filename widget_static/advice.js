// What the site's owner reads in the browser's console when the page asks for something that can't be, in plain words.

const LINES = {
  event: (name, events) => `on("${String(name)}", listener): there are the events ${events.join(", ")}, and a listener is a function.`,
  profile: () => 'identify({name: "Vera", email: "vera@example.com", attributes: {plan: "pro"}}) takes an object, and an attribute is a '
    + "text, a number, true or false. What else it was given is left out.",
  frame: (address) => `${address}/frame did not load. Is ReplyX up, and this page's address among the site's domains?`,
};

export const advise = (warn, about, ...details) => warn(LINES[about](...details));
