"""A language is a folder of data from strangers: what it may say, and what it is refused for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sandbox.catalog.languages import (
    CATALOGUE,
    FOLDER,
    LONGEST,
    OWN,
    SENTENCES,
    check_languages,
    read_language,
    read_own,
)
from sandbox.catalog.pseudo import CLOSES, OPENS, PSEUDO
from sandbox.errors import ContentError, NotFound
from sandbox.evidence.speech import Speech
from sandbox.model.language import ENGLISH
from sandbox.settings import CONTENT_ROOT

PROFILE = "name: kiswahili\ndirection: ltr\nformats: sw\nreviewed_by: ''\n"
HEADER = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
ONE = 'msgid "Step %(number)s"\nmsgstr "{}"\n'
MANY = 'msgid "%(num)s step"\nmsgid_plural "%(num)s steps"\nmsgstr[0] "{}"\nmsgstr[1] "hatua %(num)s"\n'


@pytest.fixture
def content(tmp_path: Path) -> Path:
    (tmp_path / FOLDER / "sw").mkdir(parents=True)
    shutil.copyfile(CONTENT_ROOT / SENTENCES, tmp_path / SENTENCES)
    return tmp_path


def write(content: Path, catalogue: str | bytes, profile: str = PROFILE) -> None:
    folder = content / FOLDER / "sw"
    (folder / "language.yaml").write_text(profile, encoding="utf-8")
    said = catalogue if isinstance(catalogue, bytes) else (HEADER + catalogue).encode()
    (folder / CATALOGUE).write_bytes(said)


def refusal(content: Path) -> ContentError:
    with pytest.raises(ContentError) as refused:
        read_language(content, "sw")
    assert str(refused.value) in [str(error) for error in check_languages(content)]
    return refused.value


def test_a_folder_is_a_language(content: Path) -> None:
    write(content, ONE.format("Hatua ya %(number)s") + "\n" + MANY.format("hatua moja"))
    speech = Speech(read_language(content, "sw"))
    assert speech.gettext("Step %(number)s", number="7") == "Hatua ya 7"
    assert speech.ngettext("%(num)s step", "%(num)s steps", 1) == "hatua moja"
    assert speech.ngettext("%(num)s step", "%(num)s steps", 1204) == "hatua 1,204"
    assert speech.gettext("Anyone") == "Anyone", "what nobody translated is shown in English"
    assert check_languages(content) == []


def test_a_doubtful_translation_is_not_shown(content: Path) -> None:
    write(content, "#, fuzzy\n" + ONE.format("Hatua %(other)s"))
    assert Speech(read_language(content, "sw")).gettext("Step %(number)s", number="7") == "Step 7"


@pytest.mark.parametrize(
    ("translation", "said"),
    [
        ("Hatua", "leaves out the place %(number)s"),
        ("Hatua %(number)s %(secret)s", "has a place %(secret)s, which the English sentence has not"),
        ("Hatua %(number)s 5 %", "a % that begins no place"),
        ("Hatua %(number)d", "leaves out the place %(number)s"),
        ("<b>Hatua</b> %(number)s", "holds markup"),
        ("Hatua %(number)s &lt;", "holds markup"),
        ("Hatua \u202e %(number)s", "the character U+202E"),
        ("Hatua \\r %(number)s", "the character U+000D"),
        ("%(number)s" + "a" * LONGEST, "characters, wanted at most"),
    ],
)
def test_a_translation_that_could_do_harm_is_refused_with_its_line(
    content: Path, translation: str, said: str
) -> None:
    write(content, ONE.format(translation))
    refused = refusal(content)
    assert said in str(refused)
    assert str(refused).startswith("datasets/languages/sw/messages.po:6: ")


@pytest.mark.parametrize(
    ("catalogue", "said"),
    [
        ('msgid "half"\n', "missing msgstr"),
        ("nonsense\n", "not readable as a catalogue"),
        (b"\xff\xfe", "not UTF-8"),
        (b"#" * 3_000_000, "larger than"),
        (HEADER.replace("nplurals=2", "nplurals=900000000").encode(), "900000000 plural forms, wanted 2"),
        (HEADER.replace("(n != 1)", "(n > 5)").encode(), "the plural rule is '(n > 5)'"),
    ],
)
def test_what_is_no_catalogue_is_refused(content: Path, catalogue: str | bytes, said: str) -> None:
    write(content, catalogue)
    assert said in str(refusal(content))


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("name: x\ndirection: up\nformats: sw\n", "direction"),
        ("name: x\ndirection: ltr\nformats: sw\nscript: evil\n", "unknown key 'script'"),
        ("name: x\ndirection: ltr\nformats: klingon\n", "Babel knows no locale 'klingon'"),
    ],
)
def test_a_profile_that_is_wrong_is_refused_with_its_line(content: Path, profile: str, said: str) -> None:
    write(content, "", profile)
    assert said in str(refusal(content))


def test_an_unknown_language_names_those_there_are(content: Path) -> None:
    with pytest.raises(NotFound, match="no language 'xx'") as refused:
        read_language(content, "xx")
    assert "ar-XB, en" in refused.value.hint


def test_english_needs_no_folder(content: Path) -> None:
    assert read_language(content, "en") is ENGLISH


def test_the_pseudo_locale_is_made_of_the_source(content: Path) -> None:
    language = read_language(content, PSEUDO)
    said = Speech(language).gettext("Step %(number)s", number="7")
    assert (language.direction, language.needs_review) == ("rtl", True)
    assert said.startswith(OPENS)
    assert said.endswith(CLOSES)
    assert "Şťép 7" in said
    assert Speech(language).gettext("outside the catalogue") == "outside the catalogue"


@pytest.mark.parametrize(
    ("translation", "said"),
    [
        ("{paid} kati ya {asked} walilipwa", ""),
        ("walilipwa", "other places in braces"),
        ("{paid} {asked} {secret}", "other places in braces"),
        ("{paid} {asked} \u202e", "the character U+202E"),
    ],
)
def test_a_scenario_s_own_catalogue_lies_in_its_folder(content: Path, translation: str, said: str) -> None:
    write(content, "")
    folder = content / "scenarios" / "pay"
    (folder / OWN).mkdir(parents=True)
    own = HEADER + f'msgid "{{paid}} of {{asked}} were paid"\nmsgstr "{translation}"\n'
    (folder / OWN / "sw.po").write_text(own, encoding="utf-8")
    language = read_language(content, "sw")
    if said:
        with pytest.raises(ContentError, match=re.escape(said)) as refused:
            read_own(folder, content, language)
        assert str(refused.value).startswith("scenarios/pay/languages/sw.po:6: ")
        assert [str(error) for error in check_languages(content)] == [str(refused.value)]
    else:
        speech = Speech(read_own(folder, content, language))
        assert speech.translate_own("{paid} of {asked} were paid") == translation
        assert speech.translate_own("nobody translated this") is None
