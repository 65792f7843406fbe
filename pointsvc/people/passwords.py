"""Which passwords are taken, how they are made up and kept. No database, no clock."""

from __future__ import annotations

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pointsvc.errors import N_, Message

SHORTEST, LONGEST = 8, 200

# Many people sign in at the same minute, so 19 MiB each and not the library's 64.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash("nobody has this password")

# The first ones that anybody tries. Longer lists help little once tries are counted.
_FIRST_TRIED = """
    12345678 123456789 1234567890 0123456789 987654321 9876543210 87654321 12341234 11223344
    123123123 123321123 112233445566 147258369 159357456 12344321 123456780 01234567 100200300
    password password1 password123 passw0rd p@ssw0rd p@ssword pass1234 pass123456 passport
    qwertyuiop qwertyui qwerty123 qwer1234 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qazxsw2 zaq12wsx q1w2e3r4
    asdfghjk asdfghjkl asdf1234 zxcvbnm123 zxcvbnmm abcd1234 abc12345 abc123456 abcdefgh a1234567
    a12345678 a123456789 aa123456 aa12345678 qq123456 qq123456789 wo123456 woaini1314 woaini520
    woaini123 5201314520 52013145 13145200 1314520520 iloveyou iloveyou1 sunshine princess football
    baseball welcome1 welcome123 administrator admin123 admin1234 admin123456 admin888 admin@123
    root1234 letmein1 trustno1 superman batman123 computer internet whatever 66668888 88886666
    20202020 19491001 19210701 zhongguo zhonghua china123 dangyuan dangjian dangzhibu zhibushuji
    changeme changeme1 default1 test1234 testtest guest123 system123 master123 huawei@123
"""
_COMMON = frozenset(_FIRST_TRIED.split())


def fault(password: str, name: str) -> Message | None:
    """What is wrong with this as the password of the account ``name``, or None."""
    if not SHORTEST <= len(password) <= LONGEST:
        return Message(N_("Between %(min)s and %(max)s characters"), min=SHORTEST, max=LONGEST)
    plain = _folded(password).lower()
    if plain in _COMMON or len(set(plain)) < 3 or plain == _folded(name).lower():
        return Message(N_("This password is among the first that anybody would try. Please choose another."))
    return None


def first() -> str:
    """A password that nobody has had, to be read from a slip of paper and typed once (74 bits)."""
    # Without what looks alike on paper.
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(3))


def hashed(password: str) -> str:
    """The password as it is kept (argon2id). Takes some hundredths of a second on purpose."""
    return _hasher.hash(_bytes(password))


def fits(password: str, kept: str | None) -> bool:
    """Whether the password is the kept one; without a kept one the same work is done, and it is not."""
    try:
        matched = _hasher.verify(kept or _NOBODY, _bytes(password[:LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return matched and kept is not None


def _folded(text: str) -> str:
    # Chinese input methods type full-width letters without its being seen.
    return unicodedata.normalize("NFKC", text)


def _bytes(password: str) -> bytes:
    return _folded(password).encode("utf-8", "surrogatepass")
