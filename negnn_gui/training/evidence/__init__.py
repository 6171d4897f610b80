"""The paper's evidence measured again: cells, tables, figures, claims and a report (``negnn reproduce``)."""
