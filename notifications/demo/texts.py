"""The shop's templates: {slug: (name, the parts of each version)}."""

from typing import Any

from notifications.demo import mail

LINK = "https://shop.example/orders/{{ order_id|urlencode }}"
FOOTER = "You get this email because you ordered at Shop."
FOOTER_DE = "Sie erhalten diese E-Mail, weil Sie bei Shop bestellt haben."

ORDER_V1: dict[str, Any] = {
    "push": {"default": {"title": "Order confirmed", "body": "Order {{ order_id }}, {{ total }}"}},
    "email": {
        "default": {
            "subject": "Your order {{ order_id }}",
            "text": "Thank you. {{ order_id }}, {{ total }}, arrives {{ estimated_delivery }}.",
        }
    },
    "sms": {"default": {"body": "Order {{ order_id }} confirmed: {{ total }}."}},
    "inbox": {"default": {"title": "Order confirmed", "body": "Order {{ order_id }}"}},
}

ORDER_TEXT = """\
Thank you for your order!

Order: {{ order_id }}
Total: {{ total }}
Estimated delivery: {{ estimated_delivery }}

Your order: https://shop.example/orders/{{ order_id|urlencode }}
"""
ORDER_TEXT_DE = """\
Vielen Dank für Ihre Bestellung!

Bestellung: {{ order_id }}
Summe: {{ total }}
Voraussichtliche Lieferung: {{ estimated_delivery }}

Ihre Bestellung: https://shop.example/orders/{{ order_id|urlencode }}
"""
ORDER_HTML = mail.page(
    language="en",
    preview="{{ order_id }} arrives {{ estimated_delivery }}",
    heading="Thank you for your order",
    content=mail.paragraph("We are packing it now and tell you when it is on its way.")
    + mail.facts(
        {
            "Order": "{{ order_id }}",
            "Total": "{{ total }}",
            "Estimated delivery": "{{ estimated_delivery }}",
        }
    )
    + mail.button("View your order", LINK),
    footer=FOOTER,
)
ORDER_HTML_DE = mail.page(
    language="de",
    preview="{{ order_id }} kommt am {{ estimated_delivery }}",
    heading="Vielen Dank für Ihre Bestellung",
    content=mail.paragraph("Wir packen gerade und melden uns, wenn das Paket unterwegs ist.")
    + mail.facts(
        {
            "Bestellung": "{{ order_id }}",
            "Summe": "{{ total }}",
            "Voraussichtliche Lieferung": "{{ estimated_delivery }}",
        }
    )
    + mail.button("Bestellung ansehen", LINK),
    footer=FOOTER_DE,
)
ORDER_V2: dict[str, Any] = {
    "push": {
        "default": {
            "title": "Order confirmed",
            "body": "{{ order_id }} for {{ total }} arrives {{ estimated_delivery }}.",
            "link": LINK,
            "data": {"order_id": "{{ order_id }}"},
        },
        "de": {
            "title": "Bestellung bestätigt",
            "body": "{{ order_id }} über {{ total }} kommt am {{ estimated_delivery }}.",
        },
    },
    "email": {
        "default": {
            "subject": "Your order {{ order_id }} is confirmed",
            "html": ORDER_HTML,
            "text": ORDER_TEXT,
        },
        "de": {
            "subject": "Ihre Bestellung {{ order_id }} ist bestätigt",
            "html": ORDER_HTML_DE,
            "text": ORDER_TEXT_DE,
        },
    },
    "sms": {
        "default": {
            "body": "Shop: order {{ order_id }} ({{ total }}) is confirmed. "
            "Estimated delivery: {{ estimated_delivery }}."
        },
        "de": {
            "body": "Shop: Bestellung {{ order_id }} ({{ total }}) ist bestätigt. "
            "Lieferung: {{ estimated_delivery }}."
        },
    },
    "inbox": {
        "default": {
            "title": "Order {{ order_id }} confirmed",
            "body": "{{ total }}, arrives {{ estimated_delivery }}.",
            "link": LINK,
        },
        "de": {
            "title": "Bestellung {{ order_id }} bestätigt",
            "body": "{{ total }}, kommt am {{ estimated_delivery }}.",
        },
    },
    "web_push": {
        "default": {
            "title": "Order confirmed",
            "body": "{{ order_id }} for {{ total }} arrives {{ estimated_delivery }}.",
            "link": LINK,
        },
        "de": {
            "title": "Bestellung bestätigt",
            "body": "{{ order_id }} ({{ total }}) kommt am {{ estimated_delivery }}.",
        },
    },
    "webhook": {
        "default": {
            "event": "order.confirmed",
            "json": '{"order_id": {{ order_id }}, "total": {{ total }},'
            ' "estimated_delivery": {{ estimated_delivery }}}',
        }
    },
    "slack": {
        "default": {
            "text": "Order {{ order_id }} confirmed: {{ total }}, arrives {{ estimated_delivery }}."
        }
    },
}

LOGIN: dict[str, Any] = {
    "sms": {
        "default": {"body": "{{ code }} is your Shop code. Never share it."},
        "de": {"body": "{{ code }} ist Ihr Shop-Code. Geben Sie ihn niemandem."},
    },
    "email": {
        "default": {
            "subject": "Your Shop code",
            "text": "Your code is {{ code }}. It is valid for five minutes. Never share it.",
            "html": mail.page(
                language="en",
                preview="Valid for five minutes",
                heading="Your code",
                content=mail.code("{{ code }}")
                + mail.paragraph("It is valid for five minutes. Never share it."),
                footer="Nobody at Shop will ever ask for it.",
            ),
        }
    },
}

OFFERS: dict[str, Any] = {
    "push": {"default": {"title": "Offers of the week", "body": "{{ headline }}"}},
    "sms": {"default": {"body": "Shop: {{ headline }} Reply STOP to end."}},
    "email": {
        "default": {
            "subject": "{{ headline }}",
            "text": "{{ headline }}\n{% for offer in offers|default('') %}\n"
            "- {{ offer.name }}: {{ offer.price }}{% endfor %}\n\n"
            "No more offers: {{ unsubscribe_url }}\n"
            "Choose what you get: {{ preferences_url }}\n"
            "Why did I get this? {{ why_url }}",
            "html": mail.page(
                language="en",
                preview="{{ headline }}",
                heading="{{ headline }}",
                content="{% for offer in offers|default('') %}"
                + mail.facts({"{{ offer.name }}": "{{ offer.price }}"})
                + "{% endfor %}"
                + mail.button("See all offers", "https://shop.example/offers"),
                footer="You get this email because you subscribed to our weekly offers. "
                '<a href="{{ unsubscribe_url }}">Unsubscribe</a> · '
                '<a href="{{ preferences_url }}">Choose what you get</a> · '
                '<a href="{{ why_url }}">Why this email?</a>',
            ),
        }
    },
}

SECURITY: dict[str, Any] = {
    "push": {"default": {"title": "Security alert", "body": "{{ event }}"}},
    "sms": {"default": {"body": "Shop security alert: {{ event }}. Not you? Call us."}},
    "inbox": {"default": {"title": "Security alert", "body": "{{ event }}"}},
    "email": {
        "default": {
            "subject": "Security alert for your Shop account",
            "text": "{{ event }}\n\nIf this was not you, change your password now.",
            "html": mail.page(
                language="en",
                preview="{{ event }}",
                heading="Security alert",
                content=mail.paragraph("{{ event }}")
                + mail.paragraph("If this was not you, change your password now."),
                footer="We send this for every change to how you sign in.",
            ),
        }
    },
}

TEMPLATES: dict[str, tuple[str, tuple[dict[str, Any], ...]]] = {
    "order-confirmation": ("Order confirmation", (ORDER_V1, ORDER_V2)),
    "login-code": ("Login code", (LOGIN,)),
    "weekly-offers": ("Weekly offers", (OFFERS,)),
    "security-alert": ("Security alert", (SECURITY,)),
}
