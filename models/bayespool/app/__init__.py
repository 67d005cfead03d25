"""The page to click: a session without any user interface, and a page on top of it.

`session.Session` holds the table, what is asked of it and what was found; `page` shows it. A page
of another make needs `session`, `answer` and `work` alone.
"""
