"""How fast the program is: measured, not tested. ``negnn bench`` runs the suite and reports it.

Each benchmark is one function that returns figures with unit and target. What needs a window runs in a
process of its own (:mod:`negnn_gui.bench.probes`): the command line stays free of Qt. Targets are ratios
within one run where they can be, since machines differ.
"""
