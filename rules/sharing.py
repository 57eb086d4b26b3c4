"""Which of many texts share enough with one, found without comparing it with each. Pure.

A set of texts is one whole number with a bit for each. Counting how often each text is named is
done for all of them at once, in counters that lie across such numbers: a few dozen operations on
long numbers, whatever their length, in the place of thousands of comparisons.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence


class SharingIndex:
    """Texts by their features: pairs of letters, or words. Read-only once built."""

    def __init__(self, features: Sequence[Iterable[str]]) -> None:
        self._every = (1 << len(features)) - 1
        self._holders: dict[str, int] = {}
        for place, named in enumerate(features):
            for feature in set(named):
                self._holders[feature] = self._holders.get(feature, 0) | 1 << place

    def places(self, features: Collection[str], at_least: int) -> Iterator[int]:
        """The texts, by place, that have `at_least` of these features."""
        return _bits(self._sharing(features, at_least))

    def _sharing(self, features: Collection[str], at_least: int) -> int:
        if at_least <= 0:
            return self._every
        digits: list[int] = []  # of every text's count at once, the lowest first
        for feature in features:
            carry = self._holders.get(feature, 0)
            for place, digit in enumerate(digits):
                if not carry:
                    break
                digits[place], carry = digit ^ carry, digit & carry
            if carry:
                digits.append(carry)
        if at_least >> len(digits):
            return 0
        enough = self._every
        for place, digit in enumerate(digits):
            enough = digit & enough if at_least >> place & 1 else digit | enough
        return enough


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
