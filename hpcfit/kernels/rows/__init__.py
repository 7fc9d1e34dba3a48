"""Models of tables: predictions of rows and their derivatives, by compiled kernels.

generate     the code of a model from its formulas
layout       which rows, groups and columns a chunk of a table has
row_kernel   that code compiled, and called
"""
