"""The forms that people fill in here: those of the knowledge base, in the words that this clinic has a licence for."""

from pathlib import Path

from django.conf import settings

from norket.knowledge import KnowledgeBase, KnowledgeError
from norket.knowledge.wordings import read_wording
from norket.therapy.assessment.forms import PREFIX, Instrument, instrument, worded


def form(base: KnowledgeBase, name: str) -> Instrument:
    """The form `name`, worded if the clinic loaded its words. Words that do not fit are not shown: `loads` says why.

    A form that is not there raises `KnowledgeError`.
    """
    bare = instrument(base, name)
    file = Path(settings.NORKET_WORDS) / f"{bare.id.removeprefix(PREFIX)}.yaml"
    if not file.is_file():
        return bare
    try:
        return worded(bare, read_wording(file, base))
    except KnowledgeError as error:
        return bare.model_copy(update={"loads": str(error)})
