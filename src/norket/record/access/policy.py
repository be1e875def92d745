"""Reads the policy of access, and answers from it. What the policy does not list is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

import yaml

from norket.therapy.actor import Actor, Role
from norket.therapy.session.events import Command

FILE = Path(__file__).with_name("policy.yaml")
RELATIONS = frozenset({"public", "hospital", "signed_in", "clinic", "bound"})
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ANYONE = "anyone"


class PolicyError(ValueError):
    """The policy file cannot be followed; nothing is served with such a file."""


@dataclass(frozen=True)
class Policy:
    """`routes`: name → method → role → relation. `commands`: type → intent (`intended`, `happened`) → roles.
    `second_people`: the part that a second person has (`checker`, `witness`) → roles."""

    routes: Mapping[str, Mapping[str, Mapping[str, str]]]
    commands: Mapping[str, Mapping[str, frozenset[str]]]
    second_people: Mapping[str, frozenset[str]]

    def relation(self, route: str, method: str, roles: Iterable[str]) -> str | None:
        """The widest relation under which someone with these roles may call the route; None means refused."""
        rules = self.routes.get(route, {}).get("GET" if method == "HEAD" else method, {})
        if ANYONE in rules:
            return rules[ANYONE]
        granted = {rules[role] for role in roles if role in rules}
        return next((relation for relation in ("signed_in", "clinic", "bound") if relation in granted), None)

    def may_send(self, actor: Actor, command: Command) -> bool:
        """Whether someone of these roles may send this command with this intent."""
        intent = getattr(command, "as_", "intended")
        return bool(self.commands.get(command.type, {}).get(intent, frozenset()) & actor.roles)

    def may_record(self, actor: Actor, command_type: str) -> bool:
        """Whether someone of these roles may record that what this command asks for has happened."""
        return bool(self.commands.get(command_type, {}).get("happened", frozenset()) & actor.roles)

    def may_be(self, part: str, roles: Iterable[str]) -> bool:
        """Whether someone of these roles may be the second person in this part."""
        return not self.second_people.get(part, frozenset()).isdisjoint(roles)


class _Loader(yaml.SafeLoader):
    """A key written twice is a fault: of two rules for one route, the reader would see both and the program one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                line = node.value[place][0].start_mark.line + 1
                raise PolicyError(f"line {line}: '{key}' is written twice; keep one")
        return super().construct_mapping(node, deep)


@cache
def read(path: Path = FILE) -> Policy:
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 -- a stricter SafeLoader
    groups: dict[str, list[str]] = raw["groups"]
    unknown = {role for group in groups.values() for role in group} - set(get_args(Role))
    if unknown:
        raise PolicyError(f"{path.name}: no such roles: {', '.join(sorted(unknown))}")
    routes = {name: _route(name, entry, groups) for name, entry in raw["routes"].items()}
    commands = {kind: _command(kind, entry, groups) for kind, entry in raw["commands"].items()}
    second = {part: _roles(part, names, groups) for part, names in raw.get("second_people", {}).items()}
    return Policy(routes, commands, second)


def _members(name: str, groups: Mapping[str, list[str]], where: str) -> list[str]:
    if name in groups:
        return groups[name]
    if name == ANYONE or name in get_args(Role):
        return [name]
    raise PolicyError(f"{where}: '{name}' is neither a role nor a group of the policy")


def _route(name: str, entry: dict[str, Any], groups: Mapping[str, list[str]]) -> dict[str, dict[str, str]]:
    methods = {key: value for key, value in entry.items() if key != "what"}
    if not set(methods) <= METHODS or "what" not in entry:
        raise PolicyError(f"{name}: say `what` it is and its methods, of {', '.join(sorted(METHODS))}")
    rules: dict[str, dict[str, str]] = {}
    for method, grants in methods.items():
        rules[method] = {}
        for key, relation in grants.items():
            if relation not in RELATIONS:
                raise PolicyError(f"{name} {method}: '{relation}' is no relation; use {', '.join(sorted(RELATIONS))}")
            rules[method] |= dict.fromkeys(_members(key, groups, f"{name} {method}"), relation)
    return rules


def _command(kind: str, entry: Any, groups: Mapping[str, list[str]]) -> dict[str, frozenset[str]]:
    by_intent = entry if isinstance(entry, dict) else {"intended": entry, "happened": entry}
    return {intent: _roles(f"command {kind}", names, groups) for intent, names in by_intent.items()}


def _roles(what: str, names: Iterable[str], groups: Mapping[str, list[str]]) -> frozenset[str]:
    return frozenset(role for name in names for role in _members(name, groups, what))
