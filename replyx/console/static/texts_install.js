// What owners read on the page "Install".
export const INSTALL = {
  en: {
    install: {
      name: "Site's name", domains: "Domains", domainsHint: "Where the chat may stand. A domain counts with all below it: shop.example allows "
        + "www.shop.example too. Changing them never needs a new snippet.",
      noDomains: "Without a domain the chat shows on no page of yours.", newDomain: "New domain", add: "Add",
      noDomain: (typed) => typed ? `“${typed}” is not a domain. Write it like shop.example, or shop.example:8443 with a port.`
        : "Write a domain like shop.example.",
      taken: (domain) => `Taken as ${domain}, which counts with all below it.`,
      snippet: "Snippet", snippetHint: "Put this line on every page where the chat should be, best just before </body>.",
      check: "Test", csp: "Content Security Policy", cspHint: "Only if your site sends such a policy: add these sources to it. Most sites have none.",
      link: "Link to the chat", linkHint: "The chat on a page of its own, for a mail, a profile or a QR code. It needs no snippet.",
      notes: {
        html: ["Plain HTML", "Paste the line before </body> into each page, or into the template or footer that all pages share.",
          "Upload the pages, then open one of them and reload it."],
        wordpress: ["WordPress", "Install the free plugin WPCode, open Code Snippets, Header & Footer, and paste the line into the box Footer. Save.",
          "If you use a caching plugin, clear its cache. On WordPress.com plugins need a plan that allows them."],
        tilda: ["Tilda", "Open Site Settings, More, and there the HTML code for HEAD; paste the line and save. Custom code needs a paid plan.",
          "Then publish all pages again: without that the line is not on them."],
        shopify: ["Shopify", "Open Online Store, Themes, and at your theme choose Edit code. In layout/theme.liquid paste the line just before </body> and save.",
          "Add both your own domain and the one that ends in myshopify.com above. The checkout is not part of the theme."],
      },
    },
    check: {
      hint: "Opens a page of your site in a new tab and says here what the chat does there. Leave that tab open until you see the result.",
      address: "Page's address", begin: "Test it now", noAddress: "This is not the address of a web page. Write it like https://shop.example/ or http://localhost:8000/.",
      blocked: "The browser did not open the tab. Allow ReplyX to open windows, then try again.",
      on: (origin) => `On ${origin}:`, steps: { loader: "Snippet found on the page", frame: "Chat drawn", online: "Connected to ReplyX" },
      states: { done: "yes", failed: "no", unheard: "not known", waiting: "waiting…" }, works: "The chat works on this page.",
      toPolicy: "Show the lines for the policy",
      addDomain: (domain) => `Add ${domain} to the domains`,
      added: (domain) => `${domain} is in the list. Browsers keep the old list for up to five minutes: wait, then test again.`,
      failures: {
        silent: ["Nothing was heard from the page for 15 seconds. Why, can't be told from here; look at this in turn:",
          "Look at the tab that was opened: did the page load? If not, check the address. Leave the tab open while you test.",
          "Is the snippet on that very page? Look for replyx.js in its source.",
          "A cache may still hand out the old page: clear the cache of your site, then test again.",
          { csp: "A strict Content Security Policy of your site may block the snippet. Press F12 in that tab and look at the browser's console: "
            + "then it says “Refused to load”, or names the Content Security Policy. Add the lines for it, then test again." },
          "Does the chat's button show there? Then the chat works, and only its answer did not get through."],
        foreign: ["The snippet is there, but the page is on none of the site's domains:",
          "If it is yours, add its domain, then test again. If it is not, the address leads elsewhere: check it."],
        policy: ["The page's Content Security Policy blocks the chat:", { csp: "Add the lines for it to the policy that your site sends, then test again." }],
        timeout: ["The chat began to load, and did not finish.", "Is ReplyX reachable from that page's network? A browser extension may block it.",
          "Run “replyx doctor” on the server."],
        other: ["The chat reported an error.", "Open the page's developer console: lines with [ReplyX] say more."],
      },
    },
  },
  ru: {
    install: {
      name: "Название сайта", domains: "Домены", domainsHint: "Где может стоять чат. Домен считается со всем, что под ним: shop.example разрешает "
        + "и www.shop.example. Код на сайте менять не нужно.",
      noDomains: "Без доменов чата не будет ни на одной странице.", newDomain: "Новый домен", add: "Добавить",
      noDomain: (typed) => typed ? `«${typed}» не домен. Запишите так: shop.example или, с портом, shop.example:8443.`
        : "Запишите домен так: shop.example.",
      taken: (domain) => `Записано как ${domain}: считается со всем, что под ним.`,
      snippet: "Код для сайта", snippetHint: "Вставьте эту строку на каждую страницу, где нужен чат, лучше перед </body>.",
      check: "Проверка", csp: "Content Security Policy", cspHint: "Только если сайт отдаёт такую политику: добавьте в неё эти источники. У большинства сайтов её нет.",
      link: "Ссылка на чат", linkHint: "Чат отдельной страницей: для письма, профиля или QR-кода. Код на сайте для неё не нужен.",
      notes: {
        html: ["Обычный HTML", "Вставьте строку перед </body> на каждой странице или в общий шаблон или подвал.",
          "Загрузите страницы на сервер, откройте одну и обновите её."],
        wordpress: ["WordPress", "Поставьте бесплатный плагин WPCode, откройте Code Snippets, Header & Footer и вставьте строку в поле Footer. Сохраните.",
          "Если стоит плагин кеширования, очистите кеш. На WordPress.com для плагинов нужен подходящий тариф."],
        tilda: ["Tilda", "Откройте «Настройки сайта», «Ещё», там «HTML-код для вставки внутрь HEAD»; вставьте строку и сохраните. Нужен платный тариф.",
          "Затем опубликуйте все страницы заново: без этого строки на них не будет."],
        shopify: ["Shopify", "Откройте Online Store, Themes и у темы выберите Edit code. В layout/theme.liquid вставьте строку перед </body> и сохраните.",
          "Добавьте выше и свой домен, и тот, что оканчивается на myshopify.com. Оформление заказа в тему не входит."],
      },
    },
    check: {
      hint: "Откроет страницу вашего сайта в новой вкладке и покажет здесь, что там с чатом. Не закрывайте ту вкладку, пока нет ответа.",
      address: "Адрес страницы", begin: "Проверить сейчас", noAddress: "Это не адрес страницы. Запишите так: https://shop.example/ или http://localhost:8000/.",
      blocked: "Браузер не открыл вкладку. Разрешите ReplyX открывать окна и попробуйте снова.",
      on: (origin) => `На ${origin}:`, steps: { loader: "Код есть на странице", frame: "Чат нарисован", online: "Есть связь с ReplyX" },
      states: { done: "да", failed: "нет", unheard: "неизвестно", waiting: "ждём…" }, works: "Чат на этой странице работает.",
      toPolicy: "К строкам для политики",
      addDomain: (domain) => `Добавить ${domain} в домены`,
      added: (domain) => `${domain} уже в списке. Браузеры помнят старый список до пяти минут: подождите и проверьте снова.`,
      failures: {
        silent: ["От страницы 15 секунд ничего не слышно. Почему, отсюда не видно; проверьте по порядку:",
          "Посмотрите на открывшуюся вкладку: загрузилась ли страница? Если нет, проверьте адрес. Не закрывайте вкладку, пока идёт проверка.",
          "Есть ли код именно на этой странице? Поищите replyx.js в её исходном тексте.",
          "Кеш мог отдать старую страницу: очистите кеш сайта и проверьте снова.",
          { csp: "Код может не пропускать строгая политика вашего сайта (Content Security Policy). Нажмите в той вкладке F12 и откройте консоль "
            + "браузера: тогда там будет «Refused to load» или названа Content Security Policy. Добавьте строки для неё и проверьте снова." },
          "Кнопка чата там есть? Тогда чат работает, не дошёл только ответ."],
        foreign: ["Код на странице есть, но её нет на доменах сайта:",
          "Если она ваша, добавьте домен и проверьте снова. Если нет, адрес ведёт не туда: проверьте его."],
        policy: ["Content Security Policy страницы не пропускает чат:", { csp: "Добавьте строки для неё в политику сайта и проверьте снова." }],
        timeout: ["Чат начал загружаться и не закончил.", "Доступен ли ReplyX из этой сети? Его может блокировать расширение браузера.",
          "Выполните на сервере «replyx doctor»."],
        other: ["Чат сообщил об ошибке.", "Откройте консоль разработчика на странице: строки с [ReplyX] скажут больше."],
      },
    },
  },
};
