"""An eForm as a web form: fields out of its JSON Schema, what was entered back into JSON, faults in words.

Flat forms only: a property that is an object or a list has no field, and is left to the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from jsonschema import Draft202012Validator

from blocks.registration.definitions import EForm
from blocks.registration.services import FORMATS

LONG = 400
"""Texts that may be longer than this get several lines."""
YES = "yes"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    name: str
    label: str
    hint: str
    kind: str
    required: bool
    options: tuple[str, ...] = ()

    @property
    def element(self) -> str:
        """The id of its element; prefixed, so that no property can take the place of one of ours."""
        return f"field-{self.name}"


def list_fields(form: EForm) -> list[Field]:
    """List the fields in the schema's order."""
    required = form.json_schema.get("required", [])
    return [
        Field(
            name=name,
            label=str(about.get("title", name)),
            hint=str(about.get("description", "")),
            kind=_kind(about),
            required=name in required,
            options=tuple(str(each) for each in about.get("enum", ())),
        )
        for name, about in form.fields.items()
        if isinstance(about, Mapping) and _kind(about)
    ]


def read_entered(form: EForm, entered: Mapping[str, str]) -> dict[str, Any]:
    """Turn what a browser sent into JSON; what was left empty is left out, what can't be read stays text."""
    read: dict[str, Any] = {}
    for field in list_fields(form):
        text = entered.get(field.name, "").strip()
        if field.kind == "checkbox":
            if text:
                read[field.name] = True
        elif text:
            read[field.name] = _read_number(field.kind, text) if field.kind in ("whole", "number") else text
    return read


def find_faults(form: EForm, content: Mapping[str, Any]) -> dict[str, str]:
    """Say in words what is wrong with which field; empty when the form fits."""
    fields = {field.name: field for field in list_fields(form)}
    faults: dict[str, str] = {}
    validator = Draft202012Validator(form.json_schema, format_checker=FORMATS)
    for fault in validator.iter_errors(content):
        if fault.validator == "required":
            names = [name for name in fault.validator_value if name not in content]
        else:
            names = [str(fault.absolute_path[0])] if fault.absolute_path else []
        for name in names:
            if name in fields:
                faults.setdefault(name, _say(fields[name], str(fault.validator), fault.validator_value))
    return {name: faults[name] for name in fields if name in faults}


def write_fields(form: EForm, content: Mapping[str, Any], faults: Mapping[str, str]) -> str:
    """Write the fields as HTML, filled in."""
    return "".join(
        _write(field, content.get(field.name), faults.get(field.name)) for field in list_fields(form)
    )


def write_summary(form: EForm, faults: Mapping[str, str]) -> str:
    """Write what is wrong as a list of links to the fields; the page's first words."""
    if not faults:
        return ""
    lines = "".join(
        f"<li><a href='#{escape(field.element)}'>{escape(field.label)}: {escape(faults[field.name])}</a></li>"
        for field in list_fields(form)
        if field.name in faults
    )
    return (
        "<div role=alert aria-labelledby=summary tabindex=-1><h2 id=summary>There is a problem</h2>"
        f"<ul>{lines}</ul></div>"
    )


def write_answers(form: EForm, content: Mapping[str, Any]) -> str:
    """Write what was filled in, for reading."""
    lines = "".join(
        f"<div><dt>{escape(field.label)}</dt><dd>{escape(_show(content[field.name]))}</dd></div>"
        for field in list_fields(form)
        if content.get(field.name) is not None
    )
    return f"<dl>{lines}</dl>"


def _kind(about: Mapping[str, Any]) -> str:
    types = about.get("type", "string")
    named = next(
        (each for each in ([types] if isinstance(types, str) else types) if each != "null"), "string"
    )
    if "enum" in about:
        return "choice"
    if named == "string":
        if about.get("format") in ("date", "email"):
            return str(about["format"])
        return "lines" if about.get("maxLength", 0) > LONG else "text"
    return {"integer": "whole", "number": "number", "boolean": "checkbox"}.get(named, "")


def _read_number(kind: str, text: str) -> Any:
    try:
        number = float(text)
    except ValueError:
        return text
    if number != number or abs(number) >= 1e15:
        return text
    return int(number) if number == int(number) else (number if kind == "number" else text)


def _say(field: Field, rule: str, value: Any) -> str:
    match rule:
        case "required" | "minLength":
            return "fill this in"
        case "minimum" | "exclusiveMinimum":
            return f"{'at least' if rule == 'minimum' else 'more than'} {value}"
        case "maximum":
            return f"at most {value}"
        case "maxLength":
            return f"at most {value} characters"
        case "enum":
            return "choose one of the answers"
        case "format" | "pattern" if field.kind == "date":
            return "a date, as year-month-day"
        case "type":
            return f"a {'whole number' if field.kind == 'whole' else 'number'}"
        case _:
            return "this is not written as it should be"


def _write(field: Field, value: Any, fault: str | None) -> str:
    element, name = escape(field.element), escape(field.name)
    described = [f"{element}-{each}" for each, given in (("hint", field.hint), ("fault", fault)) if given]
    hint = f"<small id={element}-hint>{escape(field.hint)}</small>" if field.hint else ""
    told = f"<strong class=fault id={element}-fault>{escape(fault.capitalize())}</strong>" if fault else ""
    marks = f" aria-describedby='{' '.join(described)}'" if described else ""
    marks += " aria-invalid=true" if fault else ""
    if field.kind == "checkbox":
        checked = " checked" if value is True else ""
        return (
            f"<div class=tick><input type=checkbox id={element} name={name} value={YES}{checked}{marks}>"
            f"<label for={element}>{escape(field.label)}</label></div>{hint}{told}"
        )
    optional = "" if field.required else " <span>(optional)</span>"
    label = f"<label for={element}>{escape(field.label)}{optional}</label>{hint}{told}"
    needed = " aria-required=true" if field.required else ""
    shown = escape("" if value is None else _show(value))
    if field.kind == "choice":
        options = "".join(_option(each, chosen=each == value) for each in field.options)
        empty = "<option value=''></option>"
        return f"{label}<select id={element} name={name}{marks}{needed}>{empty}{options}</select>"
    if field.kind == "lines":
        return f"{label}<textarea id={element} name={name} rows=5{marks}{needed}>{shown}</textarea>"
    kinds = {
        "date": "type=date",
        "email": "type=email",
        "whole": "inputmode=numeric",
        "number": "inputmode=decimal",
    }
    how = kinds.get(field.kind, "type=text")
    return f"{label}<input {how} id={element} name={name} value='{shown}'{marks}{needed}>"


def _option(value: str, *, chosen: bool) -> str:
    words = escape(value.replace("-", " ").capitalize())
    return f"<option value='{escape(value)}'{' selected' if chosen else ''}>{words}</option>"


def _show(value: Any) -> str:
    return {True: "Yes", False: "No"}[value] if isinstance(value, bool) else str(value)
