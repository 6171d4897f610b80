"""Small programs that :mod:`negnn_gui.bench.processes` starts; each prints one JSON object and ends.

Only here does the benchmark touch Qt and the window: never in the process of the command line.
"""
