"""Models of tables: predictions of rows and their derivatives, by compiled kernels.

generate     the code of a model from its formulas
layout       which rows, groups and columns a chunk of a table has
row_model    that code compiled, and called
network_*    neural networks, by products of matrices
compile      which of the two a model is
"""
