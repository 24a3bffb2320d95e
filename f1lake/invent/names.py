"""Names of nobody, made of syllables, for drivers, teams, circuits and countries."""

from itertools import product

import numpy as np

PREFIX = "inv_"
"""Every invented id begins with this."""

GIVEN = (
    ("Al", "Bel", "Cai", "Do", "Eli", "Fa", "Hel", "Iva", "Jo", "Ka", "Lu", "Mi", "No", "Ori", "Ra", "Sel", "Ti", "Ve"),
    ("bric", "ndo", "lan", "vino", "rro", "sten", "len", "dric", "vanna", "lith", "mund", "zo"),
)
Parts = tuple[tuple[str, ...], ...]
FAMILY: Parts = (
    ("Bra", "Cor", "Dul", "Esk", "Fen", "Gar", "Hol", "Ird", "Jar", "Kel", "Lom", "Mur", "Nov", "Orl", "Pel", "Quil",
     "Ros", "Sul", "Tor", "Ulv", "Var", "Wex", "Yar", "Zel"),
    ("a", "e", "i", "o", "un", "an", "en", "or"),
    ("dek", "fax", "gorn", "hult", "lov", "mond", "nack", "pell", "quist", "rath", "sk", "tano", "vane", "wick",
     "zetti"),
)
PLACE: Parts = (
    ("Ash", "Bry", "Cael", "Drav", "Elm", "Fjor", "Gren", "Hav", "Ilm", "Kaz", "Lyr", "Mith", "Ner", "Osk", "Pry",
     "Rhun", "Syl", "Tamb", "Uv", "Vol"),
    ("a", "e", "o", "u"),
    ("bor", "dune", "fell", "mar", "mere", "nor", "ros", "stad", "thal", "vik"),
)
COUNTRY: Parts = (
    ("Aur", "Bor", "Cal", "Dal", "Elb", "Fal", "Gal", "Harm", "Ist", "Jov", "Kor", "Lav", "Mor", "Nar", "Oph", "Pav",
     "Quar", "Rav", "Sar", "Tal", "Urd", "Vel", "Wes", "Zan"),
    ("a", "e", "o", "u"),
    ("dia", "lia", "mia", "nia", "ria", "via"),
)


class Names:
    """Draws names without repetition."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._left = {parts: list(map("".join, product(*parts))) for parts in (FAMILY, PLACE, COUNTRY)}

    def new(self, parts: Parts) -> str:
        """A name made of these parts that was not drawn before."""
        left = self._left[parts]
        return left.pop(int(self._rng.integers(len(left))))

    def given(self) -> str:
        """A given name; these may repeat."""
        return "".join(str(self._rng.choice(syllables)) for syllables in GIVEN)


def identity(name: str) -> str:
    """The id that the source would give: `inv_corondek`."""
    return PREFIX + name.lower()
