"""Writes the page and the pictures of the validation from the engine itself, so that they cannot say anything else.

Run it as `.venv/bin/python docs/gallery.py`; with `--check` it writes nothing and fails when the page is stale. A
picture counts as stale when the numbers it was made from have changed: they are kept, as a hash, inside the file.
"""

import argparse
import hashlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import norket
from norket.pharmacology.gallery import OVERVIEW, group, groups, overview, slug
from norket.pharmacology.validate import Outcome, totals, validate
from norket.pharmacology.validation_report import accepted, number, observed, totals_sentence, words

HERE = Path(__file__).parent
PAGE = HERE / "explanation" / "validation.md"
PICTURES = HERE / "images" / "validation"
CURVES = HERE / "images" / "curves"
DPI = 100
MADE = "<!-- Made by docs/gallery.py. Change the program or its data, not this page. -->"
COLOURS = 80
FINGERPRINT = "norket-figures"
INTRODUCTION = """\
Every development row of the project's evidence is held against the engine: what people measured, what the engine says
for the same dose in the same kind of person, and whether the two agree within a limit that was written down before.
`norket validate` makes the same table on your machine in half a minute and ends with status 1 when a verdict has
changed. No published parameter was changed to move a row. A row that is missed stays here with its reason, and a row
that no model answers is counted too.

How to read it:

- **Ratio** is predicted through observed, for the typical patient. Of an observed range it is taken to its nearest end.
- **Limit**: 1.5-fold for a single study's peak, time, half-life, share of patients or effect; 1.25-fold for areas,
  clearances, volumes, fractions absorbed and interactions; tighter where a row says so. The limits are clinic policy
  (certainty D) and stand in the knowledge base (`norket knowledge show validation.acceptance`).
- **Same data**: the model was made from this very study. Such a row shows that the model was transcribed faithfully and
  solved rightly. It does not show that the model is true of other people; only the other rows can.
- Arterial and venous concentrations differ most while a dose goes in ([why](curves.md)). A venous observation is held
  against a venous model wherever there is one.
- No peak is read in the first minutes after a bolus: published models differ most there.
"""
ADDING = """
## Add a row

A row is one entry of `src/norket/knowledge/data/validation.yaml`: the observed figures with unit, spread and source,
and under `data` the regimen as dose texts, the patient, the sampling site, the model that should answer, and one check
per figure. Write the verdict that comes out under `expect`, with the reason under `because` where it is not "inside",
and set `same_data` when the model was made from that study. Then run `norket validate` and
`.venv/bin/python docs/gallery.py`. Never change a model to move a row.
"""


def page(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The page, line by line."""
    yield MADE
    yield "# The engine against published data\n"
    yield INTRODUCTION
    yield f"**{totals_sentence(outcomes)}**\n"
    yield f"![Predicted through observed, every row](../images/validation/{OVERVIEW}.png)\n"
    for name in groups(outcomes):
        yield f"## {name[0].upper()}{name[1:]}\n"
        yield f"![{name}: curves and ratios](../images/validation/{slug(name)}.png)\n"
        yield from regimens([one for one in outcomes if one.group == name])
        yield ""
        yield from table([one for one in outcomes if one.group == name])
        yield ""
    yield "## What was missed, and why\n"
    yield from reasons(outcomes, "outside")
    yield "\n## What was not computed, and why\n"
    yield from reasons(outcomes, "not computed")
    yield ADDING


def regimens(own: Sequence[Outcome]) -> Iterator[str]:
    """What each row of a group gave to whom, and who says so."""
    seen = set()
    for one in own:
        if one.row not in seen:
            seen.add(one.row)
            cited = ", ".join(f"`{key}`" for key in one.sources)
            yield f"- Row {one.row}: {one.regimen} ({one.subjects}; sampling: {one.observed_site}). Source: {cited}."


def table(own: Sequence[Outcome]) -> Iterator[str]:
    """The checks of a group."""
    heads = ("row", "figure", "model", "predicted", "observed", "unit", "ratio", "limit", "verdict")
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for one in own:
        verdict = one.verdict if one.verdict == "inside" else f"**{one.verdict}**"
        origin = "" if one.independent or one.predicted is None else ", same data"
        cells = (str(one.row), words(one), f"`{one.model}`" if one.model else "–", number(one.predicted))
        seen = (observed(one), "" if one.unit == "1" else one.unit, number(one.ratio), accepted(one))
        yield "| " + " | ".join((*cells, *seen, verdict + origin)) + " |"


def reasons(outcomes: Sequence[Outcome], verdict: str) -> Iterator[str]:
    """Each check that came out like this, with its reason."""
    for one in outcomes:
        if one.verdict == verdict:
            model = f", `{one.model}`" if one.model else ""
            yield f"- Row {one.row}, {words(one)}{model}: {one.reason}."


def fingerprint(own: Sequence[Outcome]) -> str:
    """A hash of the figures that a picture shows, as the page prints them."""
    return hashlib.sha256("\n".join(table(own)).encode()).hexdigest()


def shown(name: str, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The checks in the picture `name`."""
    return [one for one in outcomes if name in (OVERVIEW, slug(one.group))]


def examples() -> dict[str, Callable[[], Figure]]:
    """The pictures of the other pages about curves, by name."""
    patient = norket.Patient(weight_kg=70, age_y=45, sex="female")
    infusion = ["0.5 mg/kg iv over 40 min"]
    two_hours = np.arange(0.0, 121.0)

    def several() -> Figure:
        return norket.predict(patient, infusion, model="ensemble", times_min=np.arange(0.0, 361.0)).plot(log=True)

    def sites() -> Figure:
        return norket.predict(patient, infusion, model="all", times_min=two_hours).plot()

    def first() -> Figure:
        return norket.predict(patient, infusion).plot(targets=["dissociation"])

    return {"first-curve": first, "compare-models": several, "arterial-and-venous": sites}


def stale_pictures(outcomes: Sequence[Outcome]) -> list[str]:
    """The pictures that are missing or were made from other figures."""
    wanted = [OVERVIEW, *(slug(name) for name in groups(outcomes))]
    stale = [name for name in wanted if kept(PICTURES / f"{name}.png") != fingerprint(shown(name, outcomes))]
    return stale + [path.stem for path in PICTURES.glob("*") if path.stem not in wanted]


def kept(path: Path) -> str | None:
    """The hash inside a picture; None if there is no picture."""
    if not path.exists():
        return None
    with Image.open(path) as image:
        return str(image.info.get(FINGERPRINT))


def save(figure: Figure, path: Path, mark: str) -> None:
    """The picture with few colours and at few dots, which keeps it small, and with its hash."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=DPI)
    drawn.seek(0)
    note = PngInfo()
    note.add_text(FINGERPRINT, mark)
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(drawn) as image:
        with_few_colours(image.convert("RGB")).save(path, optimize=True, pnginfo=note)


def with_few_colours(image: Image.Image) -> Image.Image:
    """The image in the colours that it has most of, unchanged: those of its lines and areas."""
    points = np.asarray(image).reshape(-1, 3)
    colours, which, counts = np.unique(points, axis=0, return_inverse=True, return_counts=True)
    kept_colours = colours[np.argsort(-counts)[:COLOURS]]
    apart = ((colours[:, None, :].astype(int) - kept_colours[None, :, :].astype(int)) ** 2).sum(axis=-1)
    places = apart.argmin(axis=1).astype(np.uint8)[which.ravel()]
    few = Image.fromarray(places.reshape(image.height, image.width), mode="P")
    few.putpalette(kept_colours.astype(np.uint8).tobytes())
    return few


def save_all(outcomes: Sequence[Outcome]) -> None:
    """Every picture of the page, and those of the other pages about curves."""
    pictures = {OVERVIEW: overview(outcomes)} | {slug(name): group(name, outcomes) for name in groups(outcomes)}
    for name, figure in pictures.items():
        save(figure, PICTURES / f"{name}.png", fingerprint(shown(name, outcomes)))
    for name, make in examples().items():
        save(make(), CURVES / f"{name}.png", "an example, drawn anew with the others")


def main() -> int:
    """Writes what is stale, or says it."""
    parser = argparse.ArgumentParser(prog="docs/gallery.py", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page or a picture is stale")
    checking = parser.parse_args().check
    outcomes = validate()
    changed = [f"row {one.row}, {words(one)}: {one.verdict}" for one in outcomes if not one.as_expected]
    if changed:
        sys.stderr.write(f"norket validate ends with another verdict than on record: {'; '.join(changed)}\n")
        return 1
    text = "\n".join(page(outcomes)).strip() + "\n"
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    stale = stale_pictures(outcomes)
    if checking:
        for name in [*(["the page"] if text != old else []), *stale]:
            sys.stderr.write(f"docs/explanation/validation.md: {name} is stale: run docs/gallery.py\n")
        return 1 if stale or text != old else 0
    PAGE.write_text(text, encoding="utf-8")
    save_all(outcomes)
    for name in set(stale) - {OVERVIEW, *(slug(one) for one in groups(outcomes))}:
        (PICTURES / f"{name}.png").unlink()
    sys.stderr.write(f"docs/explanation/validation.md: {totals(outcomes)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
