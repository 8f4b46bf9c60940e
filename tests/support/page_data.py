"""The data that a page unpacks."""

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any


def content(page: Path) -> dict[str, Any]:
    """All of it."""
    (packed,) = re.findall(r'<script type="text/plain" id="content">(.*?)</script>', page.read_text())
    unpacked: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return unpacked
