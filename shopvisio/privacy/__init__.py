"""What is kept of people, for how long, and how it goes: ``forgetting`` (retention, and the erasure of a case),
``person`` (all that is kept of somebody, to hand over). ``orphans`` and ``zipped`` are child processes.
"""
