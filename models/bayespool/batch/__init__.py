"""Many analyses at once: a plan, done here or on a Dask cluster, and one dataset of results.

`plan` reads what is to be done, `work` does one analysis as the command line does, `results` keeps
them, `run` brings the three together, `cluster` is where Dask is.
"""
