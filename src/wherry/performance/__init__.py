"""How it goes: measures, process control, indicator methods, peers, inequalities, evaluation, the report."""
