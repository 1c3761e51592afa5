"""Who may open the page: user names and passwords, as the host gives them."""

from __future__ import annotations

from pathlib import Path

from cabcnn.errors import CabcnnError

Credentials = list[tuple[str, str]]  # (name, password)
VARIABLE = "CABCNN_AUTH"


def parse(auth: str | None, mcp: bool) -> Credentials | None:
    """The users who may open the page, None for everybody. `auth` is the value of --auth or of
    the environment variable, `mcp` whether the page's endpoints are MCP tools too.

    Raises CabcnnError if `auth` is neither USER:PASSWORD nor a file of such lines, or if the
    tools would be open beside it.
    """
    if auth is None:
        return None
    if mcp:
        raise CabcnnError(
            f"MCP tools can't ask for a password: choose --mcp (CABCNN_MCP=1) or --auth "
            f"({VARIABLE}), not both."
        )
    return credentials(auth)


def credentials(text: str) -> Credentials:
    """Names and passwords, from one USER:PASSWORD or from a file with one a line.

    Raises CabcnnError for anything else.
    """
    path = Path(text)
    try:
        lines = path.read_text("utf-8").splitlines() if path.is_file() else [text]
    except (OSError, UnicodeDecodeError) as error:
        raise CabcnnError(f"The password file {path} can't be read ({error}).") from error
    users = []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            name, _, password = line.strip().partition(":")
            users.append((name, password))
    if not users or not all(name and password for name, password in users):
        raise CabcnnError(
            f"--auth and {VARIABLE} take USER:PASSWORD, or a file with a line of that for each "
            "visitor."
        )
    return users
