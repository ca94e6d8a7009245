"""What an image of a digit is, and where digits come from."""

from digitlab.data.classroom import classroom, classroom_matrix
from digitlab.data.digits import Digits, HoldOut
from digitlab.data.idx import parse_idx, read_idx, read_idx_pair, write_idx
from digitlab.data.mat import read_mat, write_mat
from digitlab.data.mnist import FileCheck, Split, cache_folder, embedded_folder, mnist, verify
from digitlab.data.sources import DigitSet, load, sets
from digitlab.data.tables import read_csv, read_npz

__all__ = [
    "DigitSet",
    "Digits",
    "FileCheck",
    "HoldOut",
    "Split",
    "cache_folder",
    "classroom",
    "classroom_matrix",
    "embedded_folder",
    "load",
    "mnist",
    "parse_idx",
    "read_csv",
    "read_idx",
    "read_idx_pair",
    "read_mat",
    "read_npz",
    "sets",
    "verify",
    "write_idx",
    "write_mat",
]
