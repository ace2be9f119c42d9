"""A profile: what one batch counts into a frozen grid. Small, and additive across batches."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from audits.profiles.grid import Grid
from audits.statistics.counts import Counts

# Magic, version, bytes per cell, grid digest, rows, cells, columns, checksum of the body; then the body, in zstd.
HEADER = struct.Struct("<4sBB32sQIII")
MAGIC = b"MRMP"
VERSION = 1
CODEC = "zstd"

TALLIES = ("missing", "nonfinite", "mistyped", "absent")
MOMENTS = ("minimum", "maximum", "mean", "squares")


class ProfileError(ValueError):
    """Bytes that are not a profile of this grid, or profiles that do not belong together."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """Counts of every column of a grid over `rows` rows.

    cells      int64, the cells of all columns end to end (Grid.offsets says where each begins)
    missing    int64 per column: rows without a usable value of the column's kind (mistyped and absent ones included)
    nonfinite  int64 per column: rows holding NaN or an infinity; neither these nor missing rows are in `cells`
    mistyped   int64 per column: rows that held a value of another kind, such as a text where a number is due
    absent     int64 per column: rows of tables that did not have the column at all
    minimum, maximum, mean, squares   float64 per column, of the finite values; NaN where there are none. `squares` is
               the sum of squared deviations from the mean, infinite where it exceeds a double.
    """

    grid: Grid
    rows: int
    cells: np.ndarray
    missing: np.ndarray
    nonfinite: np.ndarray
    mistyped: np.ndarray
    absent: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray
    mean: np.ndarray
    squares: np.ndarray

    def __post_init__(self):
        columns = len(self.grid.columns)
        if self.cells.shape != (self.grid.offsets[-1],):
            raise ProfileError(f"The grid has {self.grid.offsets[-1]} cells and the profile {len(self.cells)}.")
        if any(getattr(self, name).shape != (columns,) for name in TALLIES + MOMENTS):
            raise ProfileError(f"The grid has {columns} columns; some part of the profile has another number.")
        if np.any(self.observed + self.missing + self.nonfinite != self.rows):
            raise ProfileError("A column of the profile does not account for every row.")

    @classmethod
    def empty(cls, grid: Grid) -> "Profile":
        """The profile of no rows at all; adding it changes nothing."""
        columns = len(grid.columns)
        tallies = {name: np.zeros(columns, dtype=np.int64) for name in TALLIES}
        moments = {name: np.full(columns, np.nan) for name in MOMENTS}
        return cls(grid=grid, rows=0, cells=np.zeros(grid.offsets[-1], dtype=np.int64), **tallies, **moments)

    @property
    def observed(self) -> np.ndarray:
        """int64 per column: rows that hold a usable value."""
        return np.add.reduceat(self.cells, self.grid.offsets[:-1])

    def __add__(self, other: "Profile") -> "Profile":
        return merge([self, other])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Profile):
            return NotImplemented
        return (
            self.rows == other.rows
            and self.grid == other.grid
            and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ("cells", *TALLIES))
            and all(np.array_equal(getattr(self, name), getattr(other, name), equal_nan=True) for name in MOMENTS)
        )

    def counts(self, column: str) -> Counts:
        """The counts of one column, by its name in the grid."""
        position = self.grid.positions[column]
        known = self.grid.columns[position]
        begin, end = self.grid.offsets[position : position + 2]
        cells = self.cells[begin:end]
        shared = {
            "cells": cells,
            "missing": int(self.missing[position]),
            "nonfinite": int(self.nonfinite[position]),
        }
        if not known.is_numeric:
            return Counts(categories=known.categories, **shared)
        observed = int(cells.sum())
        return Counts(
            edges=known.edges,
            minimum=_finite(self.minimum[position]),
            maximum=_finite(self.maximum[position]),
            mean=_finite(self.mean[position]),
            second_moment=_finite(self.squares[position] / observed) if observed else None,
            **shared,
        )

    def mistyped_rows(self, column: str) -> int:
        return int(self.mistyped[self.grid.positions[column]])

    def absent_rows(self, column: str) -> int:
        return int(self.absent[self.grid.positions[column]])

    def to_bytes(self) -> bytes:
        """A compact form for storage; `from_bytes` with the same grid reads it back exactly."""
        width = np.min_scalar_type(int(self.cells.max()))
        body = b"".join(
            [
                self.cells.astype(width.newbyteorder("<")).tobytes(),
                *(getattr(self, name).astype("<i8").tobytes() for name in TALLIES),
                *(getattr(self, name).astype("<f8").tobytes() for name in MOMENTS),
            ]
        )
        digest = bytes.fromhex(self.grid.digest)
        sizes = (self.rows, len(self.cells), len(self.grid.columns))
        header = HEADER.pack(MAGIC, VERSION, width.itemsize, digest, *sizes, zlib.crc32(body))
        return header + pa.compress(body, codec=CODEC, asbytes=True)

    @classmethod
    def from_bytes(cls, stored: bytes, grid: Grid) -> "Profile":
        """The profile that `to_bytes` stored; raises ProfileError for another grid and for damaged bytes."""
        width, rows, body = _body(stored, grid)
        cells, columns = int(grid.offsets[-1]), len(grid.columns)
        at = cells * width
        arrays = {"cells": np.frombuffer(body, dtype=f"<u{width}", count=cells).astype(np.int64)}
        for names, kind in ((TALLIES, "<i8"), (MOMENTS, "<f8")):
            for name in names:
                arrays[name] = np.frombuffer(body, dtype=kind, count=columns, offset=at)
                at += 8 * columns
        return cls(grid=grid, rows=rows, **arrays)


def merge(profiles: Iterable[Profile]) -> Profile:
    """The profile of all the rows together: merge(profile of a, profile of b) is the profile of a and b.

    Counts add exactly; means and squared deviations combine by Chan, Golub and LeVeque (1979), exact but for rounding.
    """
    profiles = list(profiles)
    if not profiles:
        raise ProfileError("There is no profile to merge.")
    grid = profiles[0].grid
    if any(profile.grid is not grid and profile.grid != grid for profile in profiles):
        raise ProfileError("Profiles counted into different grids cannot be added.")
    cells = np.zeros(grid.offsets[-1], dtype=np.int64)
    for profile in profiles:  # one by one: stacking a year of them would take hundreds of megabytes
        cells += profile.cells
    tallies = {name: np.sum([getattr(profile, name) for profile in profiles], axis=0) for name in TALLIES}
    with np.errstate(over="ignore", invalid="ignore"):
        mean, squares = combine_moments(
            np.array([profile.observed for profile in profiles]),
            np.array([profile.mean for profile in profiles]),
            np.array([profile.squares for profile in profiles]),
        )
    return Profile(
        grid=grid,
        rows=sum(profile.rows for profile in profiles),
        cells=cells,
        **tallies,
        minimum=np.fmin.reduce([profile.minimum for profile in profiles]),
        maximum=np.fmax.reduce([profile.maximum for profile in profiles]),
        mean=mean,
        squares=squares,
    )


def combine_moments(observed: np.ndarray, means: np.ndarray, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and sum of squared deviations of several samples together, along the first axis.

    A sample without values has a NaN mean and takes no part; where no sample has values, the answer is NaN.
    """
    total = observed.sum(axis=0)
    there = np.isfinite(means)
    first = np.take_along_axis(means, there.argmax(axis=0)[None], axis=0)[0]
    shares = observed / np.maximum(total, 1)
    # Deviations from the first mean keep a constant column exactly constant; they overflow only near the largest
    # double, and then the plain weighted mean does.
    mean = first + np.sum(np.where(there, (means - first) * shares, 0.0), axis=0)
    mean = np.where(np.isfinite(mean), mean, np.sum(np.where(there, means * shares, 0.0), axis=0))
    between = np.where(there, observed * (means - mean) ** 2, 0.0).sum(axis=0)
    combined = np.where(there, squares, 0.0).sum(axis=0) + between
    somewhere = there.any(axis=0)
    return np.where(somewhere, mean, np.nan), np.where(somewhere, combined, np.nan)


def _body(stored: bytes, grid: Grid) -> tuple[int, int, bytes]:
    """Bytes per cell, rows and the decompressed body, after every check that needs no trust in it."""
    if len(stored) < HEADER.size:
        raise ProfileError("These bytes are too short to be a profile.")
    magic, version, width, digest, rows, cells, columns, checksum = HEADER.unpack_from(stored)
    if magic != MAGIC or version != VERSION:
        raise ProfileError(f"These bytes are not a profile of version {VERSION}.")
    if digest.hex() != grid.digest or cells != grid.offsets[-1] or columns != len(grid.columns):
        raise ProfileError("This profile was counted into another grid.")
    if width not in (1, 2, 4, 8):
        raise ProfileError("This profile is damaged.")
    size = cells * width + 8 * columns * (len(TALLIES) + len(MOMENTS))
    try:
        body = pa.decompress(stored[HEADER.size :], decompressed_size=size, codec=CODEC, asbytes=True)
    except (OSError, pa.ArrowException) as fault:
        raise ProfileError("This profile is damaged.") from fault
    if len(body) != size or zlib.crc32(body) != checksum:
        raise ProfileError("This profile is damaged.")
    return width, rows, body


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
