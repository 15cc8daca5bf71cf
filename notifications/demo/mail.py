"""The HTML of the shop's emails: tables and inline styles, which every mail program can read."""

INK, FAINT, ACCENT, PAPER, RULE = "#1c2430", "#5b6675", "#2f5bea", "#ffffff", "#e4e8ee"
FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"


def page(*, language: str, preview: str, heading: str, content: str, footer: str) -> str:
    """A whole document, 560 points wide at most. All of it may hold template code."""
    return f"""\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{heading}</title>
</head>
<body style="margin:0;padding:0;background:#f3f5f8;color:{INK};font-family:{FONT}">
<div style="display:none;max-height:0;overflow:hidden">{preview}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f5f8">
<tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" \
style="max-width:560px;background:{PAPER};border:1px solid {RULE};border-radius:12px">
<tr><td style="padding:28px 32px 0;font-size:15px;font-weight:700;color:{ACCENT}">Shop</td></tr>
<tr><td style="padding:12px 32px 0">
<h1 style="margin:0;font-size:24px;line-height:1.3;color:{INK}">{heading}</h1></td></tr>
{content}
<tr><td style="padding:24px 32px 28px;font-size:13px;line-height:1.5;color:{FAINT}">
{footer}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
"""


def paragraph(text: str) -> str:
    style = f"padding:16px 32px 0;font-size:16px;line-height:1.6;color:{INK}"
    return f'<tr><td style="{style}">{text}</td></tr>'


def facts(rows: dict[str, str]) -> str:
    """Names and values, one below the other."""
    cell = f"padding:12px 0;border-top:1px solid {RULE};font-size:15px"
    body = "\n".join(
        f'<tr><td style="{cell};color:{FAINT}">{name}</td>'
        f'<td align="right" style="{cell};font-weight:600;color:{INK}">{value}</td></tr>'
        for name, value in rows.items()
    )
    table = (
        f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0">{body}</table>'
    )
    return f'<tr><td style="padding:24px 32px 0">{table}</td></tr>'


def button(label: str, link: str) -> str:
    style = (
        f"display:inline-block;padding:13px 22px;border-radius:8px;background:{ACCENT};"
        f"color:{PAPER};font-size:15px;font-weight:600;text-decoration:none"
    )
    anchor = f'<a href="{link}" style="{style}">{label}</a>'
    return f'<tr><td style="padding:24px 32px 0">{anchor}</td></tr>'


def code(text: str) -> str:
    style = (
        f"padding:18px;border-radius:8px;background:#f3f5f8;color:{INK};text-align:center;"
        "font-size:32px;font-weight:700;letter-spacing:8px"
    )
    return f'<tr><td style="padding:24px 32px 0"><div style="{style}">{text}</div></td></tr>'
