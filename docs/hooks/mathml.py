"""Equations as MathML, which browsers render without scripts or fonts.

In Markdown, equations stand between dollars, as on GitHub. Arithmatex wraps them in elements of its class, which this
hook converts.
"""

import html
import re
from typing import Any

from math_core import LatexError, LatexToMathML
from mkdocs.exceptions import PluginError

EQUATION = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
CONVERTER = LatexToMathML()


def mathml(latex: str, block: bool) -> str:
    r"""An equation as a ``math`` element.

    >>> mathml(r"x^2", block=False)
    '<math><msup><mi>x</mi><mn>2</mn></msup></math>'
    """
    return CONVERTER.convert_with_local_state(latex, displaystyle=block)


def on_page_content(content: str, page: Any, **_: Any) -> str:
    """Replace every equation of a page.

    Raises:
        PluginError: if an equation cannot be parsed; names the page and the equation.
    """

    def replaced(found: re.Match[str]) -> str:
        latex = html.unescape(found[3]).strip()
        try:
            return mathml(latex, block=found[2] == "[")
        except LatexError as error:
            raise PluginError(f"{page.file.src_uri}: {latex}: {error}") from None

    return EQUATION.sub(replaced, content)
