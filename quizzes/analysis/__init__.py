"""Item analysis: what a quiz's answers say of its questions.

read_scored ──► matrix ──► classical, options, irt ──► analyse ──► flags ──► terminal, JSON, page
read_scored and notebooks' grades ──► concepts ──► the same three
"""
