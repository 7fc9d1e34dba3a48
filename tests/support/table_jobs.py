"""Jobs of tables that several tests fit."""

#: groups, two outputs, missing cells and a transform
GROUPED = """\
[data]
table = "t.csv"
x = ["t"]
y = ["s", "u"]
sigma = { s = "e" }
group = "g"
missing = "skip"
[model]
formula = { s = "A*exp(-t/tau) + c", u = "A*t + c" }
per_group = ["A"]
[model.parameters]
A = { initial = 2 }
tau = { initial = 1, transform = "log" }
c = { initial = 0.3 }
"""

#: a straight line, whose fit has an answer by hand
LINE = """\
[data]
table = "data.csv"
x = ["x"]
y = "y"

[model]
formula = "a + b*x"
[model.parameters]
a = { initial = 1.0 }
b = { initial = 1.0 }

[run]
folder = "run"
"""
