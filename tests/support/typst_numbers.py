"""What is typed into the text of the paper: numbers and counts that are left without all that may be typed."""

import re

NUMBER = r"\d+(?:\.\d+)?"
SHAPING = "above|below|columns|figures|height|inset|left|most|places|size|top|width"
MAY_BE_TYPED = re.compile(
    "|".join(
        (
            r"/\*.*?\*/|(?<!:)//[^\n]*",  # comments
            r"```.*?```|`[^`]*`",  # raw text
            r"<[A-Za-z][\w-]*>|@[A-Za-z][\w-]*|\bStudy [1234]\b",  # labels, references, names
            r"#published\(<\w+>\)\[[^\]]*\]",
            r'(?:see(?:-larger)?|figs?)\((?:"S?\d+"(?:, )?)+',
            r'"[A-Z]+\d+(?: [\w. ]+)?"|"[a-z]+_\d[^"\d]*"|"[^"\d]*"',  # claims, and texts without a digit
            r'\bnumbering: "[A1.]+"',
            rf"\b(?:{SHAPING}): {NUMBER}(?:%|\w+)?|\b{NUMBER}(?:pt|em|fr|cm|mm|deg)\b",
            r"\.(?:at|update)\(-?\d\)|(?:[<>=]=?|[+-]) [01]\b(?!\.)",  # places in lists, and whether there are several
        )
    ),
    re.DOTALL,
)
FORMULA = re.compile(r"\$[^$%]*\$")
OF_FORMULA = re.compile(r"(?<![\d.])(?:10(?=\^)|\d)(?![\d.])")
LOST = re.compile(r"#[a-z-]+\([^()]*\);")
"""The compiler takes this semicolon for the end of the code, and does not print it."""
COUNTED = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?)[\s-]+"
    r"(?:checkpoints|claims|events|jobs|levels|measures|models|networks|per cent|probe sets|runs|samples|seeds|sizes|"
    r"skills|steps|task-levels|tasks|transformers|units)\b",
    re.IGNORECASE,
)


def typed_numbers(source: str) -> list[str]:
    """Numbers and counts that are typed into a text, with what is around them."""
    left = MAY_BE_TYPED.sub("·", source)
    left = FORMULA.sub(lambda formula: OF_FORMULA.sub("", formula[0]), left)
    numeric = [match[0] for match in re.finditer(r".{0,30}[\d¼-¾⁰-₉²³¹⅐-⅞].{0,20}", left)]
    return [*LOST.findall(source), *numeric, *COUNTED.findall(left)]
