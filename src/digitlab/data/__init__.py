"""Datasets of digits: MNIST, the classroom set and a person's own files, as `Digits`."""

from digitlab.data.classroom import classroom, classroom_matrix
from digitlab.data.digits import Digits, SplitMethod, scale_ink, stratified_sample
from digitlab.data.idx import parse_idx, read_idx, read_idx_pair, write_idx
from digitlab.data.image_folder import SkippedEntries, UnknownEntryError
from digitlab.data.load import DatasetInfo, datasets, known_label_errors, load
from digitlab.data.mat import read_mat, write_mat
from digitlab.data.mnist import FileCheck, Split, cache_folder, embedded_folder, mnist, verify
from digitlab.data.npz_csv import read_csv, read_npz

__all__ = [
    "DatasetInfo",
    "Digits",
    "FileCheck",
    "SkippedEntries",
    "Split",
    "SplitMethod",
    "UnknownEntryError",
    "cache_folder",
    "classroom",
    "classroom_matrix",
    "datasets",
    "embedded_folder",
    "known_label_errors",
    "load",
    "mnist",
    "parse_idx",
    "read_csv",
    "read_idx",
    "read_idx_pair",
    "read_mat",
    "read_npz",
    "scale_ink",
    "stratified_sample",
    "verify",
    "write_idx",
    "write_mat",
]
