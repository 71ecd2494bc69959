"""The execution framework: pure rules over plans and facts, with time as an argument."""
