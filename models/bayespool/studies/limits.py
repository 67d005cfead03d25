"""What a table may hold at most: one list, kept before anything is unpacked, listed or computed."""

# Of a file: its size, that of an unpacked workbook or Parquet file, and of the table in it.
MOST_BYTES = 32 * 2**20
MOST_UNPACKED = 64 * 2**20
MOST_ROWS = 10_000
MOST_COLUMNS = 500
MOST_CHARACTERS = 10_000  # of a cell
MOST_IN_LABEL = 300  # of a study, of a second label and of a header
DEEPEST_HEADER = 30  # lines that titles and notes may take above it

# Of numbers: every count up to here is exact as a float, and a fourth power of a number is finite.
LARGEST_COUNT = 2**53
LARGEST_NUMBER = 1e75

# Of what is tried and listed behind a statement that is no full result.
MOST_TRIED = 5_000_000  # tables compared with printed rates
MOST_PAIRS = 10_000  # pairs of sizes of two groups
MOST_PEOPLE = 1_000_000  # of one group, where its tables are tried
MOST_DESIGNS = 200_000  # sizes with events behind a P value
MOST_OUTCOMES = 1_000_000  # tables of these designs
MOST_COMPARED = 20_000_000  # pairs of them, for an exact test
MOST_LISTED = 20_000  # tables with the margins of a pair
MOST_TABLES = 5_000  # that a statement may leave possible

# Of messages.
MOST_PROBLEMS = 25
MOST_NAMED = 20  # columns, rows or values listed within one
LONGEST_MESSAGE = 700


def listed(items: list[str] | tuple[str, ...], most: int = MOST_NAMED) -> str:
    """Items with commas, and how many more there are."""
    rest = len(items) - most
    return ", ".join(items[:most]) + (f" and {rest} more" if rest > 0 else "")
