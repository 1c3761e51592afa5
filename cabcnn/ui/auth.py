"""Who may open the page: names and passwords, as a host gives them."""

from __future__ import annotations

from pathlib import Path

from cabcnn.errors import CabcnnError

People = list[tuple[str, str]]  # names and passwords
VARIABLE = "CABCNN_AUTH"


def parse(auth: str | None, mcp: bool) -> People | None:
    """Those who may come in, None for everybody. `auth` is what a host gave by --auth or the
    environment, `mcp` whether the page's endpoints are tools too.

    Raises CabcnnError where `auth` is neither a pair nor a file of them, or the tools would stay
    open beside it.
    """
    if auth is None:
        return None
    if mcp:
        raise CabcnnError(
            f"Tools of MCP know no password: choose --mcp (CABCNN_MCP=1) or --auth ({VARIABLE}), "
            "not both."
        )
    return people(auth)


def people(text: str) -> People:
    """Pairs of name and password, from one such pair or a file of them.

    Raises CabcnnError for what is neither.
    """
    path = Path(text)
    try:
        lines = path.read_text("utf-8").splitlines() if path.is_file() else [text]
    except (OSError, UnicodeDecodeError) as error:
        raise CabcnnError(f"The file of passwords {path} can't be read ({error}).") from error
    found = []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            name, _, password = line.strip().partition(":")
            found.append((name, password))
    if not found or not all(name and password for name, password in found):
        raise CabcnnError(
            f"--auth and {VARIABLE} take USER:PASSWORD, or a file with a line of that for each "
            "visitor."
        )
    return found
