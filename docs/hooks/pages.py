"""Adds to the site what is not in docs/: pages from elsewhere, a page of tables per layer, the list of decisions.

Links are written for the repository, where people read these files too; here they become links between pages.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {
    "README.md": "index.md",
    "README.pt-BR.md": "pt/index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "deploy/README.md": "deployment.md",
    "learn/README.md": "learn.md",
    "deploy/scale.md": "scale.md",
}
"""The repository's file, and its page."""
FOLDERS = {"docs/decisions": "decisions/index.md", "docs/tables.md": "tables/index.md"}
"""Linked as a whole in the repository, a list of pages here."""
LINK = re.compile(r"(?<!`)\[((?:[^][]|\[[^]]*\])*)\]\(([^)#\s]*)(#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the two lists of the navigation that grow with the project."""
    for section in _sections(config.nav):
        if "Tables" in section:
            section["Tables"] = ["tables/index.md", *(f"tables/{layer}.md" for layer in _layers())]
        if "Decisions" in section:
            section["Decisions"] = ["decisions/index.md", *(f"decisions/{file.name}" for file in _decisions())]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in docs/."""
    made = {page: (ROOT / file).read_text() for file, page in ELSEWHERE.items()}
    head, layers = (ROOT / "docs" / "tables.md").read_text().partition("\n## ")[0], _layers()
    made["tables/index.md"] = f"{head}\n\n" + "\n".join(f"- [{layer}]({layer}.md)" for layer in layers) + "\n"
    made |= {f"tables/{layer}.md": f"# {layer}\n{text}" for layer, text in layers.items()}
    titles = [f"- [{_title(file)}]({file.name})" for file in _decisions()]
    made["decisions/index.md"] = "\n".join(["# Decisions", "", *titles]) + "\n"
    for page, text in made.items():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turn links between files of the repository into links between pages; what has no page is named without a link."""
    own = next((file for file, uri in ELSEWHERE.items() if uri == page.file.src_uri), f"docs/{page.file.src_uri}")

    def turned(match: re.Match[str]) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        file = posixpath.normpath(posixpath.join(posixpath.dirname(own), target))
        uri = ELSEWHERE.get(file) or FOLDERS.get(file) or file.removeprefix("docs/")
        if uri == file:
            return text
        return f"[{text}]({posixpath.relpath(uri, posixpath.dirname(page.file.src_uri) or '.')}{anchor})"

    return LINK.sub(turned, markdown)


def _sections(nav: Any) -> list[dict[str, Any]]:
    """Every named part of the navigation, however deep."""
    here = [part for part in nav if isinstance(part, dict)]
    return here + [part for named in here for below in named.values() if isinstance(below, list)
                   for part in _sections(below)]  # fmt: skip


def _layers() -> dict[str, str]:
    """The tables of each layer, as docs/tables.md has them."""
    layers: dict[str, str] = {}
    for table in (ROOT / "docs" / "tables.md").read_text().split("\n## ")[1:]:
        layer = table.partition("/")[0]
        layers[layer] = layers.get(layer, "") + f"\n## {table}"
    return layers


def _decisions() -> list[Path]:
    return sorted((ROOT / "docs" / "decisions").glob("*.md"))


def _title(file: Path) -> str:
    return file.read_text().partition("\n")[0].lstrip("# ")
