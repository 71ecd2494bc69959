"""From what a message says to a letter: a text that stands alone, and HTML of the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import css_inline
from jinja2 import DictLoader, Environment, select_autoescape

from services.framework.texts import plainly
from services.ports.delivery import Letter, Part, Slot

MAIL = "mail"
_SUBJECT = 60

_STYLE = """
body{margin:0;padding:24px;background:#f4f6f8;color:#1b2a34;
font:16px/1.5 -apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
.card{max-width:600px;margin:0 auto 16px;padding:24px;background:#ffffff;border-radius:8px}
.state{margin:0;font-size:14px;font-weight:700;letter-spacing:.04em;text-transform:uppercase}
h1{margin:4px 0 12px;font-size:22px;line-height:1.25}
h2{margin:20px 0 4px;font-size:15px}
p{margin:0 0 12px}
table{border-collapse:collapse;width:100%}
td{padding:6px 0;border-bottom:1px solid #dbe2e7}
td.figure{text-align:right;font-weight:700}
ul{margin:0 0 12px;padding-left:20px}
a.button{display:inline-block;margin-top:8px;padding:12px 20px;background:#00549f;color:#ffffff;
text-decoration:none;border-radius:6px;font-weight:700}
.foot{max-width:600px;margin:0 auto;color:#5a6b77;font-size:13px}
@media (prefers-color-scheme: dark){body{background:#12191f!important;color:#e6edf2!important}
.card{background:#1d2830!important}td{border-color:#34434e!important}.foot{color:#9fb0bc!important}}
"""
"""Inlined, and kept as a whole for the dark, whose rules must win over what was inlined."""

_HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>{{ subject }}</title><style>{{ style|safe }}</style></head><body>
{% for c in contents %}<div class="card">
<p class="state">{{ c.state }}</p><h1>{{ c.about }}</h1>
<p>{{ c.reason }}{% if c.since %} Since {{ c.since }}.{% endif %}</p>
{% if c.cover %}<p>{{ c.cover }}</p>{% endif %}
{% if c.blind_since %}<p>No data since {{ c.blind_since }}.</p>{% endif %}
{% if c.figures %}<table role="presentation">{% for label, value in c.figures %}
<tr><td>{{ label }}</td><td class="figure">{{ value }}</td></tr>{% endfor %}</table>{% endif %}
{% if c.sites %}<p>{{ c.sites }}</p>{% endif %}
{% if c.links %}<h2>The weakest link below it</h2><ul>{% for link in c.links %}
<li>{% for name in link.above %}{{ name }} ◀ {% endfor -%}
{{ link.kind|capitalize }} “{{ link.name }}”: {{ link.problem }}
{%- if link.role %} ({{ link.role }}){% endif %}
{%- if link.stake %}; {{ link.stake }}{% endif %}
{%- if link.closes %}.<br>Closed by {{ link.closes }}.{% endif %}</li>{% endfor %}</ul>{% endif %}
{% if c.asked %}<h2>What is asked of you</h2><p>{{ c.asked }}</p>{% endif %}
{% for section in c.sections %}<h2>{{ section.title }}</h2><ul>{% for item in section["items"] %}
<li><a href="{{ base_url }}{{ item.path }}">{{ item.text }}</a></li>{% endfor %}</ul>{% endfor %}
{% if c.would_change %}<p>{{ c.would_change }}</p>{% endif %}
<a class="button" href="{{ base_url }}{{ c.path }}">{{ c.button }}</a>
</div>{% endfor %}
<p class="foot">Bigdot writes when a status changes, once, with the reason. You get this because the
plan names you for it.</p></body></html>"""

_templates = Environment(
    loader=DictLoader({"mail": _HTML}), autoescape=select_autoescape(default=True)
)


class LetterWriter:
    """Renders slots; links lead to ``base_url``, ids of threads are of ``domain``."""

    def __init__(self, base_url: str, domain: str) -> None:
        self._base_url = base_url
        self._domain = domain

    def __call__(self, slot: Slot) -> Letter:
        """The letter of a slot: the status of aims before all else that waits with it."""
        contents = sorted(
            (_plain(_placed(part)) for part in slot.parts), key=lambda c: c.get("kind") != "status"
        )
        first = slot.parts[0]
        data = _placed(first)
        subject = subject_of(contents)
        return Letter(
            slot.message_id,
            f"<alert-{first.alert_id}@{self._domain}>",
            subject,
            "\n\n".join(text_of(content, self._base_url) for content in contents),
            self._html(subject, contents) if slot.channel == MAIL else "",
            tuple(part.id for part in slot.parts),
            data | {"url": f"{self._base_url}{data['path']}"},
        )

    def _html(self, subject: str, contents: Sequence[Mapping[str, Any]]) -> str:
        template = _templates.get_template("mail")
        html = template.render(
            subject=subject, contents=contents, base_url=self._base_url, style=_STYLE
        )
        return css_inline.CSSInliner(keep_style_tags=True).inline(html)


def _placed(part: Part) -> dict[str, Any]:
    """The content with the page it leads to; what has no page of its own leads to its alert."""
    return {"trouble": True} | dict(
        part.content, path=part.content["path"] or f"/alerts/{part.alert_id}"
    )


_STAMPED = ("reason", "since", "would_change", "blind_since")


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with dates and periods by name."""
    named = {key: content[key] and plainly(content[key]) for key in _STAMPED}
    figures = [(label, plainly(value)) for label, value in content["figures"]]
    links = [dict(link, problem=plainly(link["problem"])) for link in content["links"]]
    sections = [
        dict(section, items=[dict(item, text=plainly(item["text"])) for item in section["items"]])
        for section in content.get("sections", ())
    ]
    button = _button(content)
    return dict(content, **named, figures=figures, links=links, sections=sections, button=button)


def _button(content: Mapping[str, Any]) -> str:
    if content["kind"] == "digest":
        return "All alerts"
    return "Review and acknowledge" if content["trouble"] else "Have a look"


def subject_of(contents: Sequence[Mapping[str, Any]]) -> str:
    """The state first, then what it is about; at most 60 characters, the same in a thread."""
    first = f"{contents[0]['state']}: {contents[0]['about']}"
    more = f" and {len(contents) - 1} more" if len(contents) > 1 else ""
    room = _SUBJECT - len(more)
    return (first if len(first) <= room else first[: room - 1].rstrip() + "…") + more


def text_of(content: Mapping[str, Any], base_url: str) -> str:
    """One message as plain text that stands alone."""
    since = f" Since {content['since']}." if content["since"] else ""
    lines = [f"{content['state'].upper()}: {content['about']}", "", f"{content['reason']}{since}"]
    if content.get("cover"):
        lines.append(content["cover"])
    if content["blind_since"]:
        lines.append(f"No data since {content['blind_since']}.")
    if content["figures"]:
        lines += ["", *(f"  {label}: {value}" for label, value in content["figures"])]
    lines += _apart(content.get("sites"))
    if content["links"]:
        lines += ["", "The weakest link below it:", *map(_link, content["links"])]
    for section in content["sections"]:
        lines += ["", f"{section['title']}:", *(_item(item, base_url) for item in section["items"])]
    if content["asked"]:
        lines += ["", f"What is asked of you: {content['asked']}"]
    lines += _apart(content["would_change"])
    return "\n".join([*lines, "", f"{content['button']}: {base_url}{content['path']}"])


def _apart(words: str | None) -> list[str]:
    """A sentence as a paragraph of its own; nothing where there is none."""
    return ["", words] if words else []


def _item(item: Mapping[str, Any], base_url: str) -> str:
    return f"  - {item['text']}\n    {base_url}{item['path']}"


def _link(link: Mapping[str, Any]) -> str:
    role = f" ({link['role']})" if link["role"] else ""
    above = "".join(f"{name} ◀ " for name in link.get("above") or ())
    stake = f"; {link['stake']}" if link.get("stake") else ""
    closes = f".\n    Closed by {link['closes']}." if link.get("closes") else ""
    named = f"{link['kind'].capitalize()} “{link['name']}”"
    return f"  - {above}{named}: {link['problem']}{role}{stake}{closes}"
