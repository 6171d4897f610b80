"""What ``negnn_gui.predict`` refuses before it reads anything."""

import pytest

from negnn_gui import predict


def test_unknown_choices_and_inputs_are_refused_with_what_is_known() -> None:
    with pytest.raises(ValueError, match="disorder is one of majority, enumerate, skip, not 'x'"):
        predict([], disorder="x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="errors is one of raise, omit"):
        predict([], errors="x")  # type: ignore[arg-type]
    for wrong in (42, "", [3.5]):
        with pytest.raises(TypeError, match="a path or a pymatgen structure"):
            predict(wrong)  # type: ignore[arg-type]
