"""The Import page: from a file on this machine to a version of a set, and the versions that there are.

- ``flow``: what the reader has chosen, kept in the session; ``staging_job``: the reading in a thread.
- ``source_view``, ``found_view``, ``classes_view``, ``report_view``, ``first_frame``, ``publish_view``: the parts of
  the page, in their order.
- ``file_browser``, ``folders``, ``uploads``: choosing files. ``versions_view``, ``versions_table``: what there is.
"""
