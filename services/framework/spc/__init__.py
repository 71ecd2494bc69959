"""Statistical process control: charts, limits, runs, rules. Pure; numpy only."""
