"""Everything that people read in mails and on the pages that mails lead to, in one place: English and Russian."""


def _russian_count(number, one, few, many):
    if number % 10 == 1 and number % 100 != 11:
        return f"{number} {one}"
    if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14):
        return f"{number} {few}"
    return f"{number} {many}"


TEXTS = {
    "en": {
        "unread": lambda lines: "An unread message" if lines == 1 else f"{lines} unread messages",
        "from_guests": lambda dialogs, site, guest:
            f"from guest {guest}, {site}" if dialogs == 1 else f"from {dialogs} guests",
        "nobody_read": "Nobody has read this yet:",
        "guest": lambda guest, site: f"Guest {guest}, {site}",
        "more_lines": "…and more. Read it all and answer:",
        "answer_here": "Answer:",
        "more_dialogs": "More guests wait. See them all:",
        "why_manager": "You get this because you answer in ReplyX. To get no more of these mails:",
        "answer": lambda site: f"{site}: an answer for you",
        "answered": lambda site: f"You wrote to us on {site}. Here is the answer:",
        "somebody": "A manager",
        "go_on": "Read on and answer here (the link is yours alone, and good for 30 days):",
        "no_reply": "An answer to this mail reaches nobody: please use the link.",
        "why_guest": lambda site: f"You get this because this address was left in the chat of {site}. If that was not you, or to "
                                  "get no more of these mails:",
        "dialog": lambda site: f"{site}: your conversation",
        "your_dialog": lambda site: f"You asked for your conversation with {site}. Here it is:",
        "newest_alone": lambda lines: f"It is long: these are the newest {lines} messages.",
        "you": "You", "assistant": "Assistant", "note": "Note",
        "why_transcript": lambda site: f"This mail comes once, because somebody gave this address in the chat of {site}. If that "
                                       "was not you, there is nothing to do. An answer to this mail reaches nobody.",
        "test": "ReplyX can send mail",
        "test_text": "This is a test. Mail from ReplyX arrives here.",
        "stop_title": "No more mails?", "stop": "Stop these mails",
        "stop_manager": "You will get no more mails about unread messages. In the console, under Account, you can turn them on "
                        "again.",
        "stop_guest": "Answers will no longer be mailed to you. In the chat you can leave your address again.",
        "stopped_title": "Done", "stopped": "You get no more of these mails.",
        "bad_link": "This link is not whole, or it no longer counts. Open the one in the newest mail.",
    },
    "ru": {
        "unread": lambda lines: _russian_count(lines, "непрочитанное сообщение", "непрочитанных сообщения",
                                               "непрочитанных сообщений"),
        "from_guests": lambda dialogs, site, guest:
            f"от гостя {guest}, {site}" if dialogs == 1 else f"от гостей: {dialogs}",
        "nobody_read": "Этого ещё никто не прочитал:",
        "guest": lambda guest, site: f"Гость {guest}, {site}",
        "more_lines": "…и ещё. Прочитать всё и ответить:",
        "answer_here": "Ответить:",
        "more_dialogs": "Ждут и другие гости. Все диалоги:",
        "why_manager": "Вы получили это письмо, потому что отвечаете в ReplyX. Чтобы таких писем больше не было:",
        "answer": lambda site: f"{site}: вам ответили",
        "answered": lambda site: f"Вы писали нам на {site}. Вот ответ:",
        "somebody": "Менеджер",
        "go_on": "Читать дальше и ответить (ссылка только для вас, она действует 30 дней):",
        "no_reply": "Ответ на это письмо никто не увидит: пользуйтесь ссылкой.",
        "why_guest": lambda site: f"Вы получили это письмо, потому что этот адрес оставили в чате {site}. Если это были не вы или "
                                  "писем больше не нужно:",
        "dialog": lambda site: f"{site}: ваш разговор",
        "your_dialog": lambda site: f"Вы просили прислать разговор с {site}. Вот он:",
        "newest_alone": lambda lines: f"Разговор длинный, здесь самые новые сообщения: {lines}.",
        "you": "Вы", "assistant": "Ассистент", "note": "Заметка",
        "why_transcript": lambda site: f"Это письмо приходит один раз, потому что кто-то указал этот адрес в чате {site}. Если "
                                       "это были не вы, ничего делать не нужно. Ответ на это письмо никто не увидит.",
        "test": "ReplyX отправляет почту",
        "test_text": "Это проверка. Письма от ReplyX сюда доходят.",
        "stop_title": "Больше не писать?", "stop": "Больше не присылать",
        "stop_manager": "Письма о непрочитанных сообщениях больше не придут. Снова включить их можно в консоли, в профиле.",
        "stop_guest": "Ответы больше не будут приходить на почту. В чате можно оставить адрес снова.",
        "stopped_title": "Готово", "stopped": "Таких писем больше не будет.",
        "bad_link": "Ссылка неполная или больше не действует. Откройте ссылку из самого нового письма.",
    },
}


def texts_for(lang):
    return TEXTS.get(lang) or TEXTS["en"]
