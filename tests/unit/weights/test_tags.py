"""Options by tag name tags that the data have."""

from __future__ import annotations

import pytest

from hpcfit.errors import JobError
from hpcfit.weights.tags import check_tags


def test_every_tag_that_no_configuration_has_is_named() -> None:
    check_tags("weights.tags", ["bulk"], {"bulk", "surface"})
    with pytest.raises(JobError) as caught:
        check_tags("weights.tags", ["bluk", "bulk", "x"], {"bulk", "surface"})
    assert caught.value.problems == (
        "weights.tags.bluk: no selected configuration has this tag. Did you mean bulk?",
        "weights.tags.x: no selected configuration has this tag. Known: bulk, surface",
    )
