"""A line of a chart in words, so that a finding can be checked against where it came from."""

from norket.therapy.chart import Item, MedicineItem


def shown(item: Item) -> str:
    """An item in a few words, as a person knows it again."""
    code = f"{item.short_system} {item.code}".strip() if item.code else ""
    return f"{item.text} ({code})" if item.text and code else item.text or code


def told(item: Item, *, answered: bool = False) -> str:
    """An item as a ground: its name, its value, its days, and where it comes from."""
    value = "" if item.value is None else f" {item.value:g} {item.unit or 'without unit'}"
    since = f" since {item.onset}" if item.onset else ""
    ended = f" until {item.ended}" if item.ended else ""
    dose = ""
    if isinstance(item, MedicineItem) and item.daily_dose is not None:
        dose = f" {item.daily_dose:g} {(item.daily_unit or 'without unit').removesuffix('/d')} a day"
    if isinstance(item, MedicineItem) and item.last_taken is not None:
        dose += f", last {item.last_taken}"
    name = {"yes": "yes", "no": "no", "unknown": "not sure"}[item.status] if answered else shown(item)
    where = ", ".join(filter(None, (str(item.day or ""), item.source)))
    return f"{name}{value}{dose}{since}{ended}" + (f" [{where}]" if where else "")
