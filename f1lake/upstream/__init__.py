"""upstream: everything that talks to FastF1: session, retries, budget, paging, typed failures, recordings.

What comes out are frames with FastF1's own column names; what they mean is raw's matter.
"""
