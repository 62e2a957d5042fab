"""Packages of IMS: zips whose imsmanifest.xml says what is in them."""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import unquote

from quizzes.formats.base import FormatError
from quizzes.formats.build import label
from quizzes.formats.foreign_xml import Element, parse
from quizzes.formats.foreign_zip import unpacked

MANIFEST = "imsmanifest.xml"


@dataclass(frozen=True, slots=True)
class Package:
    """Files by their names below the manifest; resources by their identifiers, in order."""

    files: dict[str, bytes]
    resources: dict[str, Element] = field(default_factory=dict)

    def parsed(self, name: str) -> Element:
        """Raises FormatError, with the file's name."""
        if name not in self.files:
            raise FormatError(f"{MANIFEST} names {label(name)[:80]!r}, which is not there")
        return parse(self.files[name], label(name)[:80])


def package(data: bytes) -> Package:
    """Raises FormatError."""
    files = unpacked(data)
    found = sorted((name for name in files if posixpath.basename(name) == MANIFEST), key=len)
    if not found:
        return Package(files)
    folder = found[0].removesuffix(MANIFEST)
    files = {name.removeprefix(folder): data for name, data in files.items() if name.startswith(folder)}
    manifest = parse(files[MANIFEST], MANIFEST)
    return Package(files, {one.get("identifier"): one for one in manifest.every("resource")})


def hrefs(resource: Element) -> list[str]:
    """Names of the files of a resource."""
    named = [resource.get("href"), *(file.get("href") for file in resource.all("file"))]
    return [posixpath.normpath(unquote(name)) for name in dict.fromkeys(named) if name]


def distinct(title: str, taken: Collection[str]) -> str:
    """A title, and so a tag, that is not in `taken`."""
    found, count = title, 1
    while found in taken:
        count += 1
        found = f"{title} {count}"
    return found
