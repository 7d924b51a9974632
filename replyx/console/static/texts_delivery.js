// What managers read on the page "Delivery".
export const DELIVERY = {
  en: {
    title: "Delivery", period: "Period", days: { 1: "Today", 7: "7 days", 30: "30 days" },
    intro: "How the messages of visitors and managers reached the server. Days are in UTC; counts show up within seconds.",
    empty: "No messages in this time. Once somebody writes, you see here which way it took.",
    columns: ["Site", "Messages", "Socket", "HTTP", "Retried"],
    slow: ["of the messages went over HTTP. Their senders see answers seconds later.",
      "WebSockets don't get through everywhere. If it is not a few visitors' networks, it is the proxy: run “replyx doctor” on the server."],
    duplicates: ["arrived twice, as the answer was lost on its way back. Each was stored once.", "Nothing to do."],
    failed: {
      unreachable: ["A browser got no answer.", "A network, the proxy or the server was down. The message waits in the browser and "
        + "is sent again. If it happens often, look at the server's log and run “replyx doctor”."],
      no_ack: ["No answer came through an open socket; the message went over HTTP.", "A network that changes does this. If it "
        + "happens often, the proxy cuts sockets: run “replyx doctor”."],
      no_socket: ["A browser could not open a socket.", "Messages go over HTTP meanwhile. If it happens often, the proxy lets no "
        + "WebSockets through: run “replyx doctor”."],
    },
    refused: {
      invalid: ["Not a valid message: too long, or not written as the API wants it.", "The sender sees why. For a program of "
        + "yours, the server's log names the fields."],
      unauthorized: ["The page's credentials don't count.", "Copy the snippet again; visitors with an old page reload it."],
      forbidden: ["The sender may not write there.", "Nothing to do, unless somebody complains."],
      forbidden_origin: ["The page is on none of the site's domains.", "If it is yours, run “replyx site set-domains”."],
      not_found: ["The dialog is not there, or is another visitor's.", "The chat opens a new one by itself. After restoring an old "
        + "copy of the database this is to be expected."],
      conflict: ["The dialog had changed meanwhile.", "The sender sees it and can send again."],
      identity: ["The page said who its visitor is, and the signature does not count. The visitor could chat, unverified.", "Look at "
        + "your site's signing: user_id, name, email and exp signed as they are sent, with the secret in the site's settings, and exp "
        + "in the future. The browser's console on your page says which it is; with an old page, only exp is over."],
      other_user: ["The page named another user than the one whose chat it is. The visitor chats on as the first one.",
        "Call ReplyX.reset() in your page when somebody signs out."],
      too_large: ["Too large.", "The sender sees it and can send it in parts."],
      rate_limited: ["Too many messages in a short time.", "They are sent again by themselves. If all visitors seem to have one "
        + "address, set REPLYX_TRUSTED_PROXIES."],
      internal: ["The server made a mistake.", "The message is sent again by itself. The server's log says what happened."],
      storage_unavailable: ["The database could take no messages.", "They are sent again by themselves. Check the server's disk "
        + "and its log."],
    },
    own: "This browser", ownHelp: "What happened here between this page and the server, for somebody who helps you. "
      + "It holds no messages, names or passwords.",
    copy: "Copy diagnostics", copied: "Copied.", byHand: "The browser does not let us copy. Copy this text by hand.",
  },
  ru: {
    title: "Доставка", period: "Период", days: { 1: "Сегодня", 7: "7 дней", 30: "30 дней" },
    intro: "Как сообщения посетителей и менеджеров дошли до сервера. Дни считаются по UTC, числа появляются за секунды.",
    empty: "За это время сообщений нет. Когда кто-нибудь напишет, здесь будет видно, каким путём.",
    columns: ["Сайт", "Всего", "Сокет", "HTTP", "Не сразу"],
    slow: ["сообщений ушло по HTTP. Их отправители видят ответы на секунды позже.",
      "Веб-сокеты проходят не везде. Если дело не в сетях нескольких посетителей, то в прокси: выполните на сервере «replyx doctor»."],
    duplicates: ["пришло дважды: ответ потерялся по пути назад. Каждое сохранено один раз.", "Делать ничего не нужно."],
    failed: {
      unreachable: ["Браузер не получил ответа.", "Не работала сеть, прокси или сервер. Сообщение ждёт в браузере и уйдёт снова. "
        + "Если это часто, посмотрите журнал сервера и выполните «replyx doctor»."],
      no_ack: ["По открытому сокету ответ не пришёл; сообщение ушло по HTTP.", "Так бывает, когда меняется сеть. Если это часто, "
        + "сокеты обрывает прокси: выполните «replyx doctor»."],
      no_socket: ["Браузер не смог открыть сокет.", "Сообщения пока идут по HTTP. Если это часто, веб-сокеты не пропускает прокси: "
        + "выполните «replyx doctor»."],
    },
    refused: {
      invalid: ["Не годится как сообщение: слишком длинное или не по правилам API.", "Отправитель видит причину. Для вашей "
        + "программы поля названы в журнале сервера."],
      unauthorized: ["Ключи страницы не действуют.", "Скопируйте код для сайта ещё раз; старую страницу посетитель обновит."],
      forbidden: ["Отправителю сюда писать нельзя.", "Делать ничего не нужно, если никто не жалуется."],
      forbidden_origin: ["Страница не на доменах сайта.", "Если она ваша, выполните «replyx site set-domains»."],
      not_found: ["Диалога нет, или он другого посетителя.", "Чат сам откроет новый. После восстановления старой копии базы так и "
        + "должно быть."],
      conflict: ["Диалог тем временем изменился.", "Отправитель это видит и может отправить снова."],
      identity: ["Страница сказала, кто её посетитель, но подпись не принята. Посетитель мог писать, но как непроверенный.",
        "Проверьте подпись на вашем сайте: user_id, name, email и exp подписаны так же, как отправлены, секретом из настроек сайта, "
        + "и exp в будущем. Что именно не так, скажет консоль браузера на вашей странице; на старой странице просто истёк exp."],
      other_user: ["Страница назвала другого пользователя, не того, чей это чат. Посетитель пишет дальше как первый.",
        "Вызовите на странице ReplyX.reset(), когда пользователь выходит."],
      too_large: ["Слишком большое.", "Отправитель это видит и может отправить частями."],
      rate_limited: ["Слишком много сообщений сразу.", "Они уйдут снова сами. Если у всех посетителей один адрес, задайте "
        + "REPLYX_TRUSTED_PROXIES."],
      internal: ["Ошибка сервера.", "Сообщение уйдёт снова само. Причина записана в журнале сервера."],
      storage_unavailable: ["База не принимала сообщений.", "Они уйдут снова сами. Проверьте диск сервера и его журнал."],
    },
    own: "Этот браузер", ownHelp: "Что происходило между этой страницей и сервером, для того, кто вам помогает. "
      + "Сообщений, имён и паролей там нет.",
    copy: "Скопировать диагностику", copied: "Скопировано.",
    byHand: "Браузер не даёт скопировать. Скопируйте этот текст сами.",
  },
};
