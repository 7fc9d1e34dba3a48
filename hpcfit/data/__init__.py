"""Reference data: configurations, tables, the native dataset and the readers that make it."""

from hpcfit.data.block import ConfigurationBlock, gather
from hpcfit.data.configuration import Configuration, check_configuration, configuration
from hpcfit.data.dataset import Dataset
from hpcfit.data.readers import QUANTITIES, READERS, Quantity, Reader, ReadOptions, ReadReport, Source
from hpcfit.data.selection import select_tags, split_test
from hpcfit.data.tables import Table
from hpcfit.data.write import write_dataset

__all__ = [
    "QUANTITIES",
    "READERS",
    "Configuration",
    "ConfigurationBlock",
    "Dataset",
    "Quantity",
    "ReadOptions",
    "ReadReport",
    "Reader",
    "Source",
    "Table",
    "check_configuration",
    "configuration",
    "gather",
    "select_tags",
    "split_test",
    "write_dataset",
]
