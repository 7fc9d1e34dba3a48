"""Triangles made by kernels are those of the processor, for any number of rows, columns and chunks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing

from hpcfit.devices.fold import PlacedRows, folding_for
from hpcfit.devices.fold.block_shape import BlockShape
from hpcfit.devices.fold.cholesky import CholeskyFolding
from hpcfit.devices.fold.folding import Folding
from hpcfit.devices.fold.householder import HouseholderFolding
from hpcfit.devices.fold.library import LibraryFolding
from hpcfit.linalg.householder import triangularize
from hpcfit.problem.second_derivative import project_second_derivative

NewDevice = Callable[[], Any]
#: of tests that ask the stand-in what no card tells
on_the_stand_in = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))
FOLDINGS = [HouseholderFolding, LibraryFolding, CholeskyFolding]
#: residuals of each chunk: none, fewer than columns, a part of a panel, several spans
COUNTS = (0, 3, 300, 5000, 1)


class Case:
    """Predictions of which some rows take part, on the host and on a device."""

    def __init__(self, width: int, counts: tuple[int, ...] = COUNTS, cond: float = 10.0, device: Any = None):
        random = np.random.default_rng(width)
        m, n_rows = sum(counts), 2 * sum(counts) + 5
        mixing = np.linalg.qr(random.normal(size=(width, width)))[0] * np.geomspace(1.0, 1.0 / cond, width)
        self.predictions = np.ascontiguousarray((random.normal(size=(n_rows, width)) @ mixing.T).T)
        self.first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.source = np.sort(random.choice(n_rows, m, replace=False)).astype(np.int64)
        self.weight, self.reference = random.uniform(0.5, 2.0, m), random.normal(size=m)
        self.device = HostDevice() if device is None else device

    def place(self) -> PlacedRows:
        return PlacedRows.place(self.device, self.first, self.source, self.weight, self.reference)

    def fold(self, kind: type[Folding]) -> tuple[np.ndarray, np.ndarray]:
        if kind is CholeskyFolding and not self.device.has_library:
            pytest.skip("products of matrices need NVIDIA's libraries, which CuPy does not find")
        return kind(self.device, len(self.predictions)).fold(self.device.put(self.predictions), self.place())

    def block(self, chunk: int) -> np.ndarray:
        own = slice(self.first[chunk], self.first[chunk + 1])
        block = self.predictions[:, self.source[own]].copy()
        block[-1] -= self.reference[own]
        return block * self.weight[own]

    def expected(self, chunk: int) -> np.ndarray:
        block = self.block(chunk)
        triangle = np.zeros((len(block), len(block)))
        if block.shape[1] < len(block):  # of what rounding leaves, the processor's loops may make NaN
            triangle[: block.shape[1]] = np.linalg.qr(block.T, mode="r")
        else:
            triangularize(block, triangle)
        return triangle


def upright(triangle: np.ndarray) -> np.ndarray:
    """With the signs of rows that make the diagonal positive."""
    return triangle * np.where(np.diag(triangle) < 0.0, -1.0, 1.0)[:, None]


def upright_all(case: Case) -> list[np.ndarray]:
    """The triangles of a case."""
    return [upright(each) for each in case.fold(HouseholderFolding)[0]]


@pytest.mark.parametrize("kind", FOLDINGS)
@pytest.mark.parametrize("width", [1, 2, 8, 33])
def test_triangles_and_costs_are_those_of_the_processor(
    kind: type[Folding], width: int, new_device: NewDevice
) -> None:
    case = Case(width, device=new_device())
    triangles, sums = case.fold(kind)
    for chunk in range(len(COUNTS)):
        expected = upright(case.expected(chunk))
        # Of fewer rows than columns, the last rows of a triangle are rounding.
        found = upright(triangles[chunk])[: COUNTS[chunk]]
        np.testing.assert_allclose(
            found, expected[: COUNTS[chunk]], rtol=0, atol=1e-12 * np.abs(expected).max()
        )
        np.testing.assert_allclose(sums[chunk], [np.sum(case.block(chunk)[-1] ** 2), 0.0], rtol=1e-13)


@pytest.mark.parametrize("kind", FOLDINGS)
def test_columns_that_nearly_depend_on_each_other_keep_eight_digits(
    kind: type[Folding], new_device: NewDevice
) -> None:
    case = Case(6, (4000,), cond=1e10, device=new_device())
    triangle = upright(case.fold(kind)[0][0])
    expected = upright(case.expected(0))
    assert 1e8 < np.linalg.cond(expected) < 1e9
    np.testing.assert_allclose(triangle, expected, rtol=0, atol=1e-8 * np.abs(expected).max())


def test_wide_blocks_do_without_a_triangle_in_shared_memory(new_device: NewDevice) -> None:
    case = Case(240, (300,), device=new_device())
    np.testing.assert_allclose(
        upright(case.fold(HouseholderFolding)[0][0]), upright(case.expected(0)), rtol=0, atol=1e-11
    )
    assert "#define PACKED 0" in HouseholderFolding(case.device, 240).source


@on_the_stand_in
@pytest.mark.parametrize("kind", FOLDINGS)
def test_bits_are_those_of_a_chunk_alone_in_any_order_of_threads(kind: type[Folding]) -> None:
    together = Case(8)
    backwards = Case(8, device=HostDevice(reverse=True))
    assert together.fold(kind)[0].tobytes() == backwards.fold(kind)[0].tobytes()
    triangles, sums = together.fold(kind)
    for chunk in range(len(COUNTS)):
        alone = Case(8)
        own = slice(alone.first[chunk], alone.first[chunk + 1])
        alone.source, alone.weight, alone.reference = (
            alone.source[own],
            alone.weight[own],
            alone.reference[own],
        )
        alone.first = alone.first[chunk : chunk + 2] - alone.first[chunk]
        found = alone.fold(kind)
        assert found[0][0].tobytes() == triangles[chunk].tobytes()
        assert found[1][0].tobytes() == sums[chunk].tobytes()


@pytest.mark.parametrize("kind", FOLDINGS)
def test_what_is_not_finite_is_counted_in_its_chunk(kind: type[Folding], new_device: NewDevice) -> None:
    case = Case(4, (100, 3000, 50), device=new_device())
    case.predictions[1, case.source[2500]] = np.nan
    case.predictions[3, case.source[2600]] = -np.inf
    triangles, sums = case.fold(kind)
    assert sums[:, 1].tolist() == [0.0, 2.0, 0.0]
    assert np.isfinite(triangles[[0, 2]]).all()


@pytest.mark.parametrize("kind", FOLDINGS)
def test_magnitudes_whose_squares_overflow_or_vanish_are_folded_all_the_same(
    kind: type[Folding], new_device: NewDevice
) -> None:
    case = Case(4, (100, 2500), device=new_device())
    case.predictions[0] *= 1e200
    case.predictions[2] *= 1e-200
    triangles, _ = case.fold(kind)
    for chunk in range(2):
        expected = upright(case.expected(chunk))
        np.testing.assert_allclose(upright(triangles[chunk]), expected, rtol=1e-10)


@pytest.mark.parametrize("kind", FOLDINGS)
@pytest.mark.parametrize("width", [8, 33])
def test_what_rounding_leaves_of_few_rows_stays_finite_at_any_magnitude(
    kind: type[Folding], width: int, new_device: NewDevice
) -> None:
    case = Case(width, (1, 2, 5, width - 1), device=new_device())
    magnitudes = np.random.default_rng(0).permutation(np.geomspace(1e-80, 1e80, width - 1))
    case.predictions[:-1] *= magnitudes[:, None]
    triangles, _ = case.fold(kind)
    for chunk, triangle in enumerate(triangles):
        block = case.block(chunk)
        norms = np.linalg.norm(block, axis=1)
        block, triangle = block / norms[:, None], triangle / norms
        np.testing.assert_allclose(triangle.T @ triangle, block @ block.T, rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", FOLDINGS)
def test_costs_have_the_bits_of_the_folding(kind: type[Folding], new_device: NewDevice) -> None:
    case = Case(8, (*COUNTS, 9000, 25000), device=new_device())
    folding, rows = kind(case.device, 8), case.place()
    predictions = case.device.put(case.predictions)
    cost = folding.cost(predictions.reshape(-1)[7 * predictions.shape[1] :], rows)
    assert cost.tobytes() == folding.fold(predictions, rows)[1].tobytes()


def test_second_derivatives_and_blocks_are_those_of_the_processor(new_device: NewDevice) -> None:
    case = Case(5, device=new_device())
    folding, rows = HouseholderFolding(case.device, 5), case.place()
    predictions = case.device.put(case.predictions)
    random = np.random.default_rng(1)
    moved, velocity, h = random.normal(size=case.predictions.shape[1]), random.normal(size=4), 0.1
    found = folding.project(predictions, case.device.put(moved), rows, velocity, h)
    blocks = [case.block(chunk) for chunk in range(len(COUNTS))]
    kept = np.concatenate([block.ravel() for block in blocks])
    residual = case.weight * (moved[case.source] - case.reference)
    expected = project_second_derivative(kept, case.first, residual, velocity, h)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    for chunk, block in enumerate(blocks):
        np.testing.assert_array_equal(folding.block(predictions, rows, chunk), block)


@on_the_stand_in
@pytest.mark.parametrize(
    ("width", "counts", "most"), [(8, (40, 5000), 227 * 1024), (33, (300,), 227 * 1024), (33, (70,), 14_000)]
)
def test_threads_meet_at_barriers_and_read_nothing_beside_arrays(
    width: int, counts: tuple[int, ...], most: int
) -> None:
    device = HostDevice(checked=True, contracted=True)
    device.shared_memory = most
    case = Case(width, counts, device=device)
    folding, rows = HouseholderFolding(case.device, width), case.place()
    assert folding.shape.packed == (most > 14_000)
    predictions = case.device.put(case.predictions)
    value = predictions[width - 1 : width].reshape(-1)
    triangles, sums = folding.fold(predictions, rows)
    for chunk, count in enumerate(counts):
        expected = upright(case.expected(chunk))[:count]
        np.testing.assert_allclose(upright(triangles[chunk])[:count], expected, rtol=0, atol=1e-11)
    assert folding.cost(value, rows).tobytes() == folding.facts(predictions, rows).sums.tobytes()
    assert folding.cost(value, rows).tobytes() == sums.tobytes()
    folding.project(predictions, value, rows, np.ones(width - 1), 0.1)
    folding.block(predictions, rows, 0)
    folding.merge(np.repeat(triangles[:1], 3, axis=0), np.array([[0, 1], [0, 2]]))


@on_the_stand_in
def test_chunks_without_several_spans_are_folded_in_one_launch() -> None:
    case = Case(8, (300, 40, 2048))
    case.fold(HouseholderFolding)
    assert case.device.kernels == ["fold_spans"]


@on_the_stand_in
def test_many_spans_of_a_chunk_are_merged_by_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = (300, 9000, 0, 25000, 4000)
    once = upright_all(Case(4, counts))
    monkeypatch.setattr(HouseholderFolding, "at_once", 3)
    case = Case(4, counts)
    triangles, _ = case.fold(HouseholderFolding)
    assert case.device.kernels == ["fold_spans"] + 3 * ["merge_spans"]  # 13 spans, 5, 2, 1
    for chunk, triangle in enumerate(triangles):
        np.testing.assert_allclose(upright(triangle), once[chunk], rtol=0, atol=1e-12 * 200.0)
    alone = Case(4, counts)
    alone.source, alone.weight, alone.reference = (
        each[9300:34300] for each in (alone.source, alone.weight, alone.reference)
    )
    alone.first = np.array([0, 25000])
    assert alone.fold(HouseholderFolding)[0][0].tobytes() == triangles[3].tobytes()


def test_a_block_merges_as_many_triangles_as_some_panels_hold() -> None:
    device = HostDevice()
    found = [HouseholderFolding(device, width).at_once for width in (3, 8, 33, 100, 199)]
    assert found == [341, 128, 31, 8, 8]


@on_the_stand_in
def test_no_chunks_are_no_work() -> None:
    case = Case(3, ())
    triangles, sums = case.fold(HouseholderFolding)
    assert (triangles.shape, sums.shape, case.device.launches) == ((0, 3, 3), (0, 2), 0)


@on_the_stand_in
def test_without_a_library_wide_blocks_are_folded_on_the_processor() -> None:
    case = Case(8)
    case.device.has_library = False
    triangles, _ = case.fold(LibraryFolding)
    np.testing.assert_allclose(upright(triangles[3]), upright(case.expected(3)), rtol=0, atol=1e-12)


@on_the_stand_in
def test_products_are_trusted_only_where_columns_are_far_from_depending_on_each_other() -> None:
    for cond, expected in ((10.0, 0), (3e5, 0), (1e10, 1)):
        case = Case(6, (4000,), cond=cond)
        folding = CholeskyFolding(case.device, 6)
        triangle = folding.fold(case.device.put(case.predictions), case.place())[0][0]
        assert folding.fallbacks == expected
        found, right = upright(triangle), upright(case.expected(0))
        np.testing.assert_allclose(
            found, right, rtol=0, atol=1e-12 * np.abs(right).max() * max(1.0, cond * 1e-4)
        )


@on_the_stand_in
def test_the_usual_way_depends_on_the_number_of_columns() -> None:
    assert isinstance(folding_for(HostDevice(), 199), HouseholderFolding)
    assert isinstance(folding_for(HostDevice(), 200), LibraryFolding)


@pytest.mark.parametrize("most", [99 * 1024, 163 * 1024, 227 * 1024])
@pytest.mark.parametrize("width", [1, 8, 33, 100, 199])
def test_blocks_have_no_more_shared_memory_than_there_is(width: int, most: int) -> None:
    shape = BlockShape.of(width, most)
    triangle = width * (width + 1) // 2 if shape.packed else 0
    assert shape.shared == 8 * (32 * shape.lane_rows * width + width + triangle)
    assert shape.shared <= most - 4096


def test_panels_that_fit_nowhere_are_an_error() -> None:
    with pytest.raises(ValueError, match="1000 columns are more than shared memory has room for"):
        BlockShape.of(1000, 227 * 1024)
