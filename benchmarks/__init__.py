"""What is promised about speed, measured (docs/performance.md). `python3 run.py bench NAME` runs one on services of its own.

Every figure stands beside a baseline of the same run: on shared machines only ratios mean something (PERFORMANCE.md).
"""
