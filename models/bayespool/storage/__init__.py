"""A fit as an xarray DataTree, and as a NetCDF file that reads back into the same fit."""

from bayespool.storage.fits import load, save
from bayespool.storage.groups import to_tree
from bayespool.storage.records import model_from_call
from bayespool.storage.series import load_series, save_series

__all__ = ["load", "load_series", "model_from_call", "save", "save_series", "to_tree"]
