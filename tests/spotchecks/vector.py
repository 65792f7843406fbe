"""The vector of the draw: ten townships, a secret of thirty-one zero bytes and a one, twenty digits."""

from __future__ import annotations

PLAN = "DC-2026Q4-01"
CODES = [f"X{n:02}" for n in range(1, 11)]
NAMES = {code: f"第{code[1:]}乡镇" for code in CODES}
FRAME = "".join(f"乡镇|{code}|{NAMES[code]}\n" for code in CODES)
SECRET = "00" * 31 + "01"
DIGITS = "20237331128159211123"
F = "2a27ee0692f788216e1eb5c7f18b00ef0e6269c966f22d729e86203326a3630a"
C = "12fb08a6c85c041c0ec0190c49a11fcca440937f8db1588a216eb8b27df0687f"
S = "fc1e02edc26ab30ea0ce27153d78791930104a7f9fc60c3972ddc7b08ebcd06a"
